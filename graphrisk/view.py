"""One offline HTML page with the picture and the evidence of a ring."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyvis
from pyvis.network import Network

from graphrisk.explain import rows_of
from graphrisk.ring_folding import Fold
from graphrisk.ring_graph import (
    HUB_COLOUR,
    LABELLED_NODES,
    LINK_LOOKS,
    LOOKS,
    MOST_NODES,
    OTHER_LOOK,
    SHARED_COLOUR,
    Node,
    Row,
    about_link,
    choose_graph,
    legend_of,
    place_nodes,
)
from graphrisk.view_page import clean, render

__all__ = ["MOST_NODES", "write_view"]

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
    graph = choose_graph(members, links)
    net = Network(directed=True)
    places = place_nodes(len(graph.nodes), graph.ends)
    for number, (node, (x, y)) in enumerate(zip(graph.nodes, places, strict=True)):
        if node in graph.folds:
            _add_fold(net, number, graph.folds[node], (x, y))
        else:
            _add_node(net, number, node, graph.signals.get(node), graph.scores.get(node), len(graph.nodes), (x, y))
    for row, (source, target) in zip(graph.links, graph.ends, strict=True):
        direct = row["n_accounts"] is None
        colour, _ = LINK_LOOKS.get(row["link_type"], (SHARED_COLOUR, ""))
        arrow = "to" if direct else ""
        net.edges.append(
            {"from": source, "to": target, "width": 1 + min(row["weight"], 6) / 2, "arrows": arrow}
            | {
                "color": HUB_COLOUR if row["is_hub"] else colour,
                "dashes": bool(row["is_hub"]),
                "title": about_link(row),
            }
        )
    drawn = {"nodes": net.nodes, "edges": net.edges, "options": OPTIONS}
    return drawn, legend_of(graph), graph.shown()


def _add_fold(net: Network, number: int, fold: Fold, at: tuple[float, float]) -> None:
    """Several hubs as one node, labelled in large rings too, since it is one of few."""
    _, shape, _ = LOOKS.get(fold.kind, OTHER_LOOK)
    title = "\n".join(fold.about(lambda name: clean(name, 60)))
    net.add_node(number, label=fold.label(), title=title, color=HUB_COLOUR, shape=shape, size=18, x=at[0], y=at[1])


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
