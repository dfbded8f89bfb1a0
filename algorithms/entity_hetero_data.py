"""An entity graph to and from PyG's `HeteroData`; PyG is imported only when asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from algorithms.entity_graph import EntityGraph, Events, Links
from algorithms.times import MISSING_TIME
from algorithms.transfers import Transfers

USES, TRANSFERS, ACT = "uses", "transfers", "act_"


def entity_graph_to_hetero_data(graph: EntityGraph) -> Any:
    """Turn an entity graph into a PyG `HeteroData`.

    Node types are entity types, with ``num_nodes``; accounts have ``created_at``. Edge types are

    - ``(account, uses, <signal type>)`` with ``first_seen``, ``last_seen`` and ``n_events``,
    - ``(<type>, transfers, <type>)`` with ``seconds``, ``amount`` and ``amount_usd``,
    - ``(account, act_<event type>, <type>)`` with ``seconds`` and ``value``; an event without a target leads back to
      its account.

    Seconds are since the epoch; `MISSING_TIME` and NaN stand for what is absent. Names, attributes, currencies and
    which transfers are one transaction are not kept.

    Raises
    ------
    ImportError
        If PyG is not installed.
    """
    try:
        import torch
        from torch_geometric.data import HeteroData
    except ImportError as error:
        raise ImportError("HeteroData needs PyG; install it with `pip install graphrisk[torch]`") from error

    data, starts = HeteroData(), graph.type_starts
    for code, kind in enumerate(graph.types):
        data[kind].num_nodes = int(starts[code + 1] - starts[code])
    data["account"].created_at = torch.from_numpy(graph.created_at.copy())

    def add(relation: str, sources: Any, targets: Any, **columns: Any) -> None:
        """Add edges of one relation, one edge type for each pair of node types."""
        codes = [graph.type_codes(side) for side in (sources, targets)]
        for one, two in sorted(set(zip(*map(np.ndarray.tolist, codes), strict=True))):
            rows = (codes[0] == one) & (codes[1] == two)
            store = data[graph.types[one], relation, graph.types[two]]
            ends = np.stack([sources[rows] - starts[one], targets[rows] - starts[two]])
            store.edge_index = torch.from_numpy(ends.astype(np.int64))
            for name, values in columns.items():
                store[name] = torch.from_numpy(values[rows])

    links, transfers, events = graph.links, graph.transfers, graph.events
    times = {"first_seen": links.first_seen, "last_seen": links.last_seen}
    add(USES, links.accounts, links.signals, **times, n_events=links.n_events.astype(np.int64))
    n = len(transfers)
    add(
        TRANSFERS,
        transfers.sources,
        transfers.targets,
        seconds=np.full(n, MISSING_TIME) if transfers.seconds is None else transfers.seconds,
        amount=np.full(n, np.nan) if transfers.amounts is None else transfers.amounts,
        amount_usd=np.full(n, np.nan) if transfers.amounts_usd is None else transfers.amounts_usd,
    )
    targets = np.where(events.targets >= 0, events.targets, events.accounts)
    for code, name in enumerate(events.type_names):
        of_type = events.types == code
        values = {"seconds": events.seconds[of_type], "value": events.values[of_type]}
        add(f"{ACT}{name}", events.accounts[of_type], targets[of_type], **values)
    return data


def entity_graph_from_hetero_data(data: Any, names: Mapping[str, Sequence[str]] | None = None) -> EntityGraph:
    """Turn a PyG `HeteroData`, as `entity_graph_to_hetero_data` gives it, into an entity graph.

    Parameters
    ----------
    data : torch_geometric.data.HeteroData
        A column that an edge type lacks counts as absent.
    names : mapping of str to sequence of str, optional
        Ids of the nodes of each type, sorted and distinct; by default their numbers, with leading zeros.

    Returns
    -------
    EntityGraph

    Raises
    ------
    ValueError
        If there are no accounts, or an edge type has another relation than those.
    """
    if "account" not in data.node_types:
        raise ValueError(f"`data` must have nodes of type 'account', got {', '.join(data.node_types) or 'none'}")
    types = ("account", *sorted(set(data.node_types) - {"account"}))
    counts = [int(data[kind].num_nodes) for kind in types]
    starts = dict(zip(types, np.cumsum([0, *counts[:-1]]).tolist(), strict=True))
    parts: dict[str, list[tuple[str, Any, npt.NDArray[np.int64]]]] = {USES: [], TRANSFERS: [], ACT: []}
    for one, relation, two in data.edge_types:
        part = ACT if relation.startswith(ACT) else relation
        if part not in parts:
            known = f"`{USES}`, `{TRANSFERS}` or begin with `{ACT}`"
            raise ValueError(f"the relation of an edge type must be {known}, got {relation!r}")
        store = data[one, relation, two]
        ends = store.edge_index.numpy() + np.array([[starts[one]], [starts[two]]])
        parts[part].append((relation.removeprefix(ACT), store, ends))
    created = data["account"].get("created_at")
    given = names or {kind: _numbers(n) for kind, n in zip(types, counts, strict=True)}
    return EntityGraph.from_nodes(
        types,
        [list(given[kind]) for kind in types],
        created_at=np.full(counts[0], MISSING_TIME) if created is None else created.numpy(),
        links=_links(parts[USES]),
        transfers=_transfers(parts[TRANSFERS]),
        events=_events(parts[ACT]),
    )


def _numbers(n: int) -> list[str]:
    return [f"{k:0{len(str(max(n - 1, 0)))}}" for k in range(n)]


def _column(stores: list[tuple[str, Any, Any]], name: str, absent: Any) -> Any:
    """Join a column of several edge types; an edge type without it gets what is absent."""
    found = [store.get(name) for _, store, _ in stores]
    parts = [
        np.full(ends.shape[1], absent) if one is None else one.numpy()
        for one, (_, _, ends) in zip(found, stores, strict=True)
    ]
    return np.concatenate(parts)


def _links(stores: list[tuple[str, Any, Any]]) -> Links:
    if not stores:
        return Links.empty()
    accounts, signals = np.concatenate([ends for _, _, ends in stores], axis=1)
    order = np.lexsort((signals, accounts))
    absent = {"first_seen": MISSING_TIME, "last_seen": MISSING_TIME, "n_events": 1}
    return Links(accounts[order], signals[order], *(_column(stores, name, absent[name])[order] for name in absent))


def _transfers(stores: list[tuple[str, Any, Any]]) -> Transfers:
    if not stores:
        return Transfers.empty()
    sources, targets = np.concatenate([ends for _, _, ends in stores], axis=1)
    seconds, amounts, usd = (
        _column(stores, name, absent)
        for name, absent in (("seconds", MISSING_TIME), ("amount", np.nan), ("amount_usd", np.nan))
    )
    order = np.lexsort((usd, amounts, targets, sources, seconds))
    return Transfers(sources[order], targets[order], seconds[order], amounts[order], usd[order])


def _events(stores: list[tuple[str, Any, Any]]) -> Events:
    if not stores:
        return Events.empty()
    names = tuple(sorted({name for name, _, _ in stores}))
    accounts, targets = np.concatenate([ends for _, _, ends in stores], axis=1)
    types = np.concatenate([np.full(ends.shape[1], names.index(name)) for name, _, ends in stores])
    seconds, values = _column(stores, "seconds", MISSING_TIME), _column(stores, "value", np.nan)
    targets = np.where(targets == accounts, -1, targets)
    order = np.lexsort((values, targets, types, seconds, accounts))
    return Events(accounts[order], types[order], seconds[order], targets[order], values[order], names)
