"""One ring as a file for other tools: CSV, GraphML, GEXF, node-link JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import networkx as nx

from graphrisk.export import safe_cell
from graphrisk.serve.masking import Names
from graphrisk.view_page import clean

Row = dict[str, Any]

TABLES = ("ring_member", "ring_evidence", "ring_link", "ring_act", "ring")
FORMATS = {"csv": "text/csv; charset=utf-8", "graphml": "application/xml", "gexf": "application/xml"}
FORMATS |= {"json": "application/json"}
LONGEST_NAME = 4000


def to_csv(rows: Sequence[Row], columns: Sequence[str], names: Names) -> str:
    """Write rows so that no spreadsheet takes a text for a formula."""
    text = io.StringIO()
    # quoted, so that a spreadsheet that splits at semicolons does not find a formula behind one
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(columns)
    for row in names.rows(rows):
        writer.writerow([safe_cell(row[name]) for name in columns])
    return text.getvalue()


def ring_network(members: Sequence[Row], links: Sequence[Row], names: Names) -> nx.MultiDiGraph:
    """Make the whole graph of a ring.

    Parameters
    ----------
    members, links : sequence of dict
        Rows of `ring_member` and `ring_link`.
    names : Names

    Returns
    -------
    networkx.MultiDiGraph
        Nodes are numbered and bear `entity_type`, `entity_id` and, if they are members, `role` and `member_score`.
    """
    graph = nx.MultiDiGraph()
    numbers: dict[tuple[str, str], int] = {}

    def node(kind: str, name: str) -> int:
        if (kind, name) not in numbers:
            numbers[kind, name] = len(numbers)
            # XML has no place for control characters
            shown = clean(names.exactly(name), LONGEST_NAME)
            graph.add_node(numbers[kind, name], label=shown, entity_type=clean(kind), entity_id=shown)
        return numbers[kind, name]

    for row in members:
        at = node(row["entity_type"], row["entity_id"])
        graph.nodes[at].update(role=clean(row["role"]), member_score=float(row["member_score"]))
    for row in links:
        ends = node(row["source_type"], row["source_id"]), node(row["target_type"], row["target_id"])
        facts = {"link_type": clean(row["link_type"]), "weight": float(row["weight"]), "is_hub": bool(row["is_hub"])}
        for key in ("first_seen", "last_seen"):
            facts |= {key: row[key].isoformat()} if row[key] is not None else {}
        graph.add_edge(*ends, **facts)
    return graph


def to_graph_file(graph: nx.MultiDiGraph, kind: str) -> bytes:
    """Write a graph as `graphml`, `gexf` or node-link `json`."""
    if kind == "json":
        return json.dumps(nx.node_link_data(graph, edges="links"), allow_nan=False).encode()
    out = io.BytesIO()
    {"graphml": nx.write_graphml_xml, "gexf": nx.write_gexf}[kind](graph, out)
    return out.getvalue()
