"""The graph of a ring for the browser: what is drawn, where, and what a node or link says of itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graphrisk.ring_graph import (
    HUB_COLOUR,
    LABELLED_NODES,
    LINK_LOOKS,
    LOOKS,
    MOST_NODES,
    OTHER_LOOK,
    SHARED_COLOUR,
    Node,
    RingGraph,
    Row,
    about_link,
    choose_graph,
    legend_of,
    place_nodes,
)
from graphrisk.serve.masking import Names
from graphrisk.view_page import clean


def draw(
    members: Sequence[Row], links: Sequence[Row], numbers: Mapping[Node, int], names: Names, *, most: int = MOST_NODES
) -> dict[str, Any]:
    """Lay out the graph of a ring.

    Parameters
    ----------
    members, links : sequence of dict
        Rows of `ring_member` and `ring_link`.
    numbers : mapping of (type, id) to int
        Number of each member in the page's list.
    names : Names
    most : int
        Most nodes.

    Returns
    -------
    dict
        `nodes`, `edges` and `legend`, ready for JSON, and `shown`, which says what part is drawn.
    """
    graph = choose_graph(members, links, most=most)
    places = place_nodes(len(graph.nodes), graph.ends)
    nodes = [_node(graph, node, numbers, names, at) for node, at in zip(graph.nodes, places, strict=True)]
    edges = [_edge(row, ends) for row, ends in zip(graph.links, graph.ends, strict=True)]
    legend = [{"mark": mark, "colour": colour, "text": text} for mark, colour, text in legend_of(graph)]
    return {"nodes": nodes, "edges": edges, "legend": legend, "shown": graph.shown()}


def _node(
    graph: RingGraph, node: Node, numbers: Mapping[Node, int], names: Names, at: tuple[float, float]
) -> dict[str, Any]:
    kind, name = node
    colour, _, _ = LOOKS.get(kind, OTHER_LOOK)
    signal, score, number = graph.signals.get(node), graph.scores.get(node), numbers.get(node)
    lines = [f"{clean(kind, 40)} {names(name, 80)}"]
    fold = graph.folds.get(node)
    if fold is not None:
        lines = fold.about(lambda hub: names(hub, 60))
    elif score is not None:
        lines += [f"member {number}", f"member score {score:.3f}"]
    elif signal is not None:
        lines.append(f"shared by {signal['n_accounts']:,} accounts in all")
        lines += ["a hub: sharing it says little"] if signal["is_hub"] else []
    is_hub = signal is not None and bool(signal["is_hub"])
    small = len(graph.nodes) > LABELLED_NODES
    return {
        "x": at[0],
        "y": -at[1],
        "size": (4 if small else 7) if score is not None else (3 if small else 5),
        "colour": HUB_COLOUR if is_hub else colour,
        "label": names(name, 40) if fold is None else fold.label(),
        "member": number,
        "about": lines,
    }


def _edge(row: Row, ends: tuple[int, int]) -> dict[str, Any]:
    colour, _ = LINK_LOOKS.get(row["link_type"], (SHARED_COLOUR, ""))
    return {
        "source": ends[0],
        "target": ends[1],
        "size": round(0.6 + min(row["weight"], 6) / 4, 2),
        "colour": HUB_COLOUR if row["is_hub"] else colour,
        "directed": row["n_accounts"] is None,
        "about": about_link(row).split("\n"),
    }
