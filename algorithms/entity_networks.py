"""An entity graph to and from networkx and igraph; each library is imported only when asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from algorithms.entity_graph import EntityGraph
from algorithms.entity_interchange import entity_graph_from_pandas
from algorithms.times import MISSING_TIME

Row = tuple[Any, Any, dict[str, Any]]
NODE_ATTRIBUTES = ("entity_type", "entity_id", "created_at")
EDGE_ATTRIBUTES = {
    "link": ("first_seen", "last_seen", "n_events"),
    "transfer": ("occurred_at", "amount", "amount_usd", "currency"),
    "event": ("event_type", "occurred_at", "value"),
}
ENDS = {
    "link": (("account_type", "account_id"), ("signal_type", "signal_id")),
    "transfer": (("source_type", "source_id"), ("target_type", "target_id")),
    "event": (("account_type", "account_id"), ("target_type", "target_id")),
}
"""Columns of the frames for the two ends of an edge; the type of whoever links or acts is not looked at."""
TIMES = ("created_at", "first_seen", "last_seen", "occurred_at")


def entity_graph_to_networkx(graph: EntityGraph) -> Any:
    """Turn an entity graph into a `networkx.MultiDiGraph`.

    Nodes are ``(type, name)``. Links lead from account to signal, transfers from payer to payee, and events from
    account to target, or back to the account where there is none; the edge attribute ``kind`` tells them apart. Times
    are seconds, and what is absent is left out. Attributes of accounts, and which transfers are one transaction, are
    not kept.
    """
    import networkx

    nodes = _nodes(graph)
    keys = [(node["entity_type"], node["entity_id"]) for node in nodes]
    out = networkx.MultiDiGraph()
    out.add_nodes_from(zip(keys, nodes, strict=True))
    out.add_edges_from((keys[source], keys[target], data) for source, target, data in _edges(graph))
    return out


def entity_graph_from_networkx(graph: Any) -> EntityGraph:
    """Turn a directed `networkx` graph, as `entity_graph_to_networkx` gives it, into an entity graph.

    Raises
    ------
    ValueError
        If a node lacks ``entity_type`` or ``entity_id``, or an edge has another ``kind`` than those.
    """
    return _from_rows(dict(graph.nodes(data=True)), graph.edges(data=True))


def entity_graph_to_igraph(graph: EntityGraph) -> Any:
    """Turn an entity graph into a directed `igraph.Graph`, with the attributes of `entity_graph_to_networkx`."""
    import igraph

    rows, nodes = _edges(graph), _nodes(graph)
    out = igraph.Graph(n=graph.n_nodes, edges=[(a, b) for a, b, _ in rows], directed=True)
    for name in NODE_ATTRIBUTES:
        out.vs[name] = [node.get(name) for node in nodes]
    for name in ("kind", *dict.fromkeys(name for names in EDGE_ATTRIBUTES.values() for name in names)):
        out.es[name] = [data.get(name) for _, _, data in rows]
    return out


def entity_graph_from_igraph(graph: Any) -> EntityGraph:
    """Turn an `igraph.Graph`, as `entity_graph_to_igraph` gives it, into an entity graph.

    Raises
    ------
    ValueError
        As `entity_graph_from_networkx` does.
    """
    nodes = {node.index: node.attributes() for node in graph.vs}
    return _from_rows(nodes, ((edge.source, edge.target, edge.attributes()) for edge in graph.es))


def _nodes(graph: EntityGraph) -> list[dict[str, Any]]:
    codes = graph.type_codes(np.arange(graph.n_nodes))
    nodes: list[dict[str, Any]] = [
        {"entity_type": graph.types[code], "entity_id": name}
        for code, name in zip(codes, graph.names.to_pylist(), strict=True)
    ]
    for node, seconds in zip(nodes, graph.created_at.tolist(), strict=False):
        if seconds != MISSING_TIME:
            node["created_at"] = seconds
    return nodes


def _edges(graph: EntityGraph) -> list[Row]:
    links, transfers, events = graph.links, graph.transfers, graph.events
    currencies = np.array([*transfers.currency_names, None], dtype=object)
    targets = np.where(events.targets >= 0, events.targets, events.accounts)
    return [
        *_rows("link", links.accounts, links.signals, links.first_seen, links.last_seen, links.n_events),
        *_rows(
            "transfer",
            transfers.sources,
            transfers.targets,
            transfers.seconds,
            transfers.amounts,
            transfers.amounts_usd,
            None if transfers.currencies is None else currencies[transfers.currencies],
        ),
        *_rows(
            "event",
            events.accounts,
            targets,
            np.array(events.type_names, dtype=object)[events.types],
            events.seconds,
            events.values,
        ),
    ]


def _rows(kind: str, sources: Any, targets: Any, *columns: Any) -> list[Row]:
    """One row per edge, without what is absent."""
    rows: list[Row] = [(a, b, {"kind": kind}) for a, b in zip(sources.tolist(), targets.tolist(), strict=True)]
    for name, column in zip(EDGE_ATTRIBUTES[kind], columns, strict=True):
        for row, value in zip(rows, () if column is None else column.tolist(), strict=column is not None):
            if value is not None and value != MISSING_TIME and value == value:
                row[2][name] = value
    return rows


def _from_rows(nodes: dict[Any, dict[str, Any]], edges: Iterable[Row]) -> EntityGraph:
    """Build an entity graph by way of frames."""
    import pandas as pd

    for key, node in nodes.items():
        if node.get("entity_type") is None or node.get("entity_id") is None:
            raise ValueError(f"every node must have `entity_type` and `entity_id`, got {key!r} with {node}")
    rows: dict[str, list[dict[str, Any]]] = {kind: [] for kind in EDGE_ATTRIBUTES}
    for one, two, data in edges:
        kind = data.get("kind")
        if kind not in rows:
            raise ValueError(f"`kind` of an edge must be one of {', '.join(rows)}, got {kind!r}")
        source, target = nodes[one], nodes[two] if kind != "event" or one != two else {}
        row = {name: data.get(name) for name in EDGE_ATTRIBUTES[kind]}
        for (name_of_type, name_of_id), node in zip(ENDS[kind], (source, target), strict=True):
            row |= {name_of_type: node.get("entity_type"), name_of_id: node.get("entity_id")}
        rows[kind].append(row)
    frames = {"entities": pd.DataFrame([{name: node.get(name) for name in NODE_ATTRIBUTES} for node in nodes.values()])}
    frames |= {f"{kind}s": pd.DataFrame(some) for kind, some in rows.items() if some}
    for frame in frames.values():
        for name in set(TIMES) & set(frame):
            frame[name] = pd.to_datetime(frame[name].astype("Int64"), unit="s", utc=True)
    return entity_graph_from_pandas(frames)
