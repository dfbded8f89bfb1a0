"""One offline HTML page with the picture and the evidence of a ring."""

from __future__ import annotations

import math
import os
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import igraph
import pyarrow as pa
import pyvis
from pyvis.network import Network

from graphrisk.explain import rows_of
from graphrisk.view_page import clean, render

MOST_NODES = 2000
LABELLED_NODES = 120
# distance between neighbouring nodes, in the picture's own units, with and without labels below them
LABELLED_SPACING, PLAIN_SPACING = 115.0, 45.0

Node = tuple[str, str]
Row = dict[str, Any]

# colour, shape of vis-network, mark in the legend: types can be told apart without seeing colours
LOOKS = {
    "account": ("#a4262c", "dot", "●"),
    "wallet": ("#8a5a00", "hexagon", "⬢"),
    "device": ("#1f5fa8", "square", "■"),
    "instrument": ("#6b3fa0", "diamond", "◆"),
    "ip": ("#0b6e4f", "triangle", "▲"),
}
OTHER_LOOK = ("#3d6b78", "triangleDown", "▼")
HUB_COLOUR = "#9aa4af"
LINK_LOOKS = {"referral": ("#a4262c", "invitation"), "transfer": ("#8a5a00", "transfer")}
SHARED_COLOUR = "#b6bfca"

OPTIONS = {
    "physics": {"enabled": False},
    "interaction": {
        "hover": True,
        "tooltipDelay": 120,
        "hideEdgesOnDrag": True,
        "keyboard": {"enabled": True, "bindToWindow": False},
    },
    "nodes": {"font": {"size": 13, "color": "#1b2430"}, "borderWidth": 1},
    "edges": {"smooth": False},
}


def write_view(tables: Mapping[str, pa.Table], ring_id: str, path: str | Path) -> None:
    """Write the page of a ring.

    Everything is inside the page; it makes no request. Texts from the data are escaped, and a content security
    policy lets no script run but the page's own.

    Parameters
    ----------
    tables : mapping of str to pyarrow.Table
        With ``ring``, ``ring_member``, ``ring_link`` and ``ring_evidence``.
    ring_id : str
    path : str or Path
        Written aside and put in place whole.

    Raises
    ------
    ValueError
        If there is no such ring.
    FileNotFoundError
        If the folder of `path` does not exist.
    """
    target = Path(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(f"the folder of the page must exist, got {target.parent}")
    rings = rows_of(tables, "ring", ring_id)
    if not rings:
        raise ValueError(f"there must be a ring {ring_id!r} in the scan, got none")
    members = rows_of(tables, "ring_member", ring_id)
    graph, legend, shown = _draw(members, rows_of(tables, "ring_link", ring_id))
    library = Path(pyvis.__file__).parent / "templates" / "lib" / "vis-9.1.2"
    evidence = rows_of(tables, "ring_evidence", ring_id)
    page = render(rings[0], members, evidence, graph, legend, shown, library)
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        aside.write_text(page, encoding="utf-8")
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)


def _draw(members: list[Row], links: list[Row]) -> tuple[dict[str, Any], list[tuple[str, str, str]], str]:
    """Make the picture: vis-network's data, the legend, and what part is shown."""
    scores: dict[Node, float] = {(row["entity_type"], row["entity_id"]): row["member_score"] for row in members}
    signals: dict[Node, Row] = {}
    weights: dict[Node, float] = {}
    for row in links:
        if row["n_accounts"] is not None:
            node = (row["target_type"], row["target_id"])
            if node in scores:
                continue
            signals.setdefault(node, row)
            weights[node] = weights.get(node, 0.0) + row["weight"]
    kept = _strongest(scores, weights)
    number = {node: k for k, node in enumerate(kept)}
    rows = [row for row in links if _ends(row)[0] in number and _ends(row)[1] in number]
    edges = [(number[_ends(row)[0]], number[_ends(row)[1]]) for row in rows]
    net = Network(directed=True)
    places = _layout(len(kept), edges)
    for node, (x, y) in zip(kept, places, strict=True):
        _add_node(net, number[node], node, signals.get(node), scores.get(node), len(kept), (x, y))
    for row, (source, target) in zip(rows, edges, strict=True):
        direct = row["n_accounts"] is None
        colour, _ = LINK_LOOKS.get(row["link_type"], (SHARED_COLOUR, ""))
        arrow = "to" if direct else ""
        net.edges.append(
            {"from": source, "to": target, "width": 1 + min(row["weight"], 6) / 2, "arrows": arrow}
            | {
                "color": HUB_COLOUR if row["is_hub"] else colour,
                "dashes": bool(row["is_hub"]),
                "title": _about_link(row),
            }
        )
    total = len(scores) + len(signals)
    left_out = total - len(kept)
    shown = f"showing {len(kept):,} of {total:,} entities"
    shown += f", the strongest; {left_out:,} are left out" if left_out else ""
    return {"nodes": net.nodes, "edges": net.edges, "options": OPTIONS}, _legend(kept, rows, signals), shown


def _ends(row: Row) -> tuple[Node, Node]:
    return (row["source_type"], row["source_id"]), (row["target_type"], row["target_id"])


def _strongest(scores: dict[Node, float], weights: dict[Node, float]) -> list[Node]:
    """Choose members and signals to show: at most two thirds members when not all fit."""
    members = sorted(scores, key=lambda node: (-scores[node], node))
    signals = sorted(weights, key=lambda node: (-weights[node], node))
    if len(members) + len(signals) > MOST_NODES:
        n_signals = min(len(signals), max(MOST_NODES - len(members), MOST_NODES // 3))
        members, signals = members[: MOST_NODES - n_signals], signals[:n_signals]
    return members + signals


def _layout(n: int, edges: list[tuple[int, int]]) -> list[tuple[float, float]]:
    """Place the nodes, the same way every time, so that the picture grows with the root of their number."""
    igraph.set_random_number_generator(random.Random(0))
    try:
        graph = igraph.Graph(n=n, edges=edges, directed=False)
        # the quadratic way is prettier; the grid keeps 2,000 nodes within a second or two
        layout = graph.layout_fruchterman_reingold(niter=500, grid="nogrid" if n <= LABELLED_NODES else "grid")
    finally:
        igraph.set_random_number_generator(random)
    spacing = LABELLED_SPACING if n <= LABELLED_NODES else PLAIN_SPACING
    sides = [max(axis) - min(axis) for axis in zip(*layout.coords, strict=True)]
    scale = spacing * math.sqrt(n) / max(*sides, 1e-9)
    return [(round(scale * x, 1), round(scale * y, 1)) for x, y in layout.coords]


def _add_node(
    net: Network, number: int, node: Node, signal: Row | None, score: float | None, total: int, at: tuple[float, float]
) -> None:
    kind, name = node
    colour, shape, _ = LOOKS.get(kind, OTHER_LOOK)
    lines = [f"{kind} {clean(name, 120)}"]
    size = 12
    if signal is not None:
        lines.append(f"shared by {signal['n_accounts']:,} accounts in all")
        if signal["is_hub"]:
            lines.append("a hub: sharing it says little")
            colour = HUB_COLOUR
    elif score is not None:
        lines.append(f"member score {score:.3f}")
        size = 15
    label = clean(name, 22) if total <= LABELLED_NODES else ""
    net.add_node(number, label=label, title="\n".join(lines), color=colour, shape=shape, size=size, x=at[0], y=at[1])


def _about_link(row: Row) -> str:
    lines = [row["link_type"].replace("_", " "), f"{row['weight']:.2f} nats"]
    if row["first_seen"] is not None:
        lines.append(f"{row['first_seen']:%Y-%m-%d %H:%M} to {row['last_seen']:%Y-%m-%d %H:%M} UTC")
    return clean("\n".join(lines))


def _legend(nodes: list[Node], rows: list[Row], signals: dict[Node, Row]) -> list[tuple[str, str, str]]:
    legend = []
    for kind in sorted({kind for kind, _ in nodes}):
        colour, _, mark = LOOKS.get(kind, OTHER_LOOK)
        legend.append((mark, colour, clean(kind, 40)))
    if any(row["is_hub"] for row in signals.values()):
        legend.append(("■", HUB_COLOUR, "grey: a hub"))
    for kind in sorted({row["link_type"] for row in rows} & set(LINK_LOOKS)):
        colour, meaning = LINK_LOOKS[kind]
        legend.append(("→", colour, meaning))
    return legend
