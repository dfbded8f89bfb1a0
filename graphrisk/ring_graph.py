"""What of a ring is drawn, and where: the choice, the places and the looks that every picture shares."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import igraph

from graphrisk.ring_folding import Fold, fold_hubs
from graphrisk.rings.patterns.growth import GROWTH_PATTERNS
from graphrisk.rings.wallets import LINKS
from graphrisk.view_page import clean

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
LINK_LOOKS = {
    **{"referral": ("#a4262c", "invitation"), "transfer": ("#8a5a00", "transfer")},
    **{
        pattern.link_type: ("#3d6b78", pattern.typology.replace("_", " ")) for pattern in GROWTH_PATTERNS if pattern.why
    },
    **{link.name: ("#3d6b78", link.name.replace("_", " ")) for link in LINKS.values() if link.is_pair},
}
SHARED_COLOUR = "#b6bfca"


@dataclass(frozen=True, eq=False)
class RingGraph:
    """Members and signals of a ring and the links between them, or the strongest of them.

    Parameters
    ----------
    nodes : tuple of (type, id)
        Members first, each kind strongest first.
    links : tuple of dict
        Rows of `ring_link` whose two ends are both in `nodes`.
    ends : tuple of (int, int)
        Places of these ends in `nodes`, one pair per link.
    scores : dict of node to float
        Member score of every member of the ring.
    signals : dict of node to dict
        A row of `ring_link` for every signal of the ring, one for each fold.
    folds : dict of node to Fold
        What is drawn in the place of several hubs of one type.
    """

    nodes: tuple[Node, ...]
    links: tuple[Row, ...]
    ends: tuple[tuple[int, int], ...]
    scores: dict[Node, float]
    signals: dict[Node, Row]
    folds: dict[Node, Fold]

    @property
    def n_total(self) -> int:
        """Members and signals of the ring, drawn or not, each folded hub for itself."""
        return len(self.scores) + len(self.signals) + _n_folded(self.folds.values()) - len(self.folds)

    def shown(self) -> str:
        """Say what part is drawn."""
        drawn = [self.folds[node] for node in self.nodes if node in self.folds]
        n_folded = _n_folded(drawn)
        n_drawn = len(self.nodes) + n_folded - len(drawn)
        text = f"showing {n_drawn:,} of {self.n_total:,} entities"
        if left_out := self.n_total - n_drawn:
            text += f", the strongest; {left_out:,} are left out"
        return text + (f"; {n_folded:,} hubs are folded into {len(drawn):,}" if drawn else "")


def _n_folded(folds: Iterable[Fold]) -> int:
    return sum(len(fold.hubs) for fold in folds)


def choose_graph(members: Sequence[Row], links: Sequence[Row], *, most: int = MOST_NODES) -> RingGraph:
    """Choose what to draw: everything with hubs folded, or the strongest, of which at most two thirds are members.

    Parameters
    ----------
    members, links : sequence of dict
        Rows of `ring_member` and `ring_link`.
    most : int
        Most nodes.

    Returns
    -------
    RingGraph
    """
    scores: dict[Node, float] = {(row["entity_type"], row["entity_id"]): row["member_score"] for row in members}
    links, folds = fold_hubs(links, scores)
    signals: dict[Node, Row] = {}
    weights: dict[Node, float] = {}
    for row in links:
        if row["n_accounts"] is not None:
            node = (row["target_type"], row["target_id"])
            if node in scores:
                continue
            signals.setdefault(node, row)
            weights[node] = weights.get(node, 0.0) + row["weight"]
    kept = _strongest(scores, weights, most)
    number = {node: k for k, node in enumerate(kept)}
    rows = [row for row in links if _ends(row)[0] in number and _ends(row)[1] in number]
    ends = [(number[_ends(row)[0]], number[_ends(row)[1]]) for row in rows]
    return RingGraph(tuple(kept), tuple(rows), tuple(ends), scores, signals, folds)


def _ends(row: Row) -> tuple[Node, Node]:
    return (row["source_type"], row["source_id"]), (row["target_type"], row["target_id"])


def _strongest(scores: dict[Node, float], weights: dict[Node, float], most: int) -> list[Node]:
    members = sorted(scores, key=lambda node: (-scores[node], node))
    signals = sorted(weights, key=lambda node: (-weights[node], node))
    if len(members) + len(signals) > most:
        n_signals = min(len(signals), max(most - len(members), most // 3))
        members, signals = members[: most - n_signals], signals[:n_signals]
    return members + signals


def place_nodes(n: int, edges: Sequence[tuple[int, int]]) -> list[tuple[float, float]]:
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


def about_link(row: Row) -> str:
    """Say what a link is, how much it weighs and when it was."""
    hubs = f", {row['n_hubs']:,} of the hubs" if "n_hubs" in row else ""
    lines = [row["link_type"].replace("_", " ") + hubs, f"{row['weight']:.2f} nats"]
    if row["first_seen"] is not None:
        lines.append(f"{row['first_seen']:%Y-%m-%d %H:%M} to {row['last_seen']:%Y-%m-%d %H:%M} UTC")
    return clean("\n".join(lines))


def legend_of(graph: RingGraph) -> list[tuple[str, str, str]]:
    """Mark, colour and meaning of everything that is drawn."""
    legend = []
    for kind in sorted({kind for kind, _ in graph.nodes}):
        colour, _, mark = LOOKS.get(kind, OTHER_LOOK)
        legend.append((mark, colour, clean(kind, 40)))
    if any(row["is_hub"] for row in graph.signals.values()):
        folded = "; several of a type are folded into one" if graph.folds else ""
        legend.append(("■", HUB_COLOUR, f"grey: a hub{folded}"))
    for kind in sorted({row["link_type"] for row in graph.links} & set(LINK_LOOKS)):
        colour, meaning = LINK_LOOKS[kind]
        legend.append(("→", colour, meaning))
    return legend
