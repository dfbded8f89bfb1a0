"""Candidates with what is true of them, to train on and to measure by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from algorithms.entity_graph import EntityGraph
from gnn.ring_features import RingFeatures
from gnn.ring_trees import FloatArray, learned
from graphrisk.models.traits import Traits, find_traits
from graphrisk.rings.candidates import Candidates
from graphrisk.rings.network_view import NetworkView
from graphrisk.rings.search import Search, measure
from graphrisk.rings.sharing import Sharing

LongArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

SAME_RING = 0.5
"""Jaccard similarity from which a candidate counts as a true ring."""


@dataclass(frozen=True, eq=False)
class TrueRings:
    """Rings that are known to be rings.

    Parameters
    ----------
    ids : list of str
    members : list of array of int64
        Actor indices.
    sizes : array of int64, shape (n_rings,)
        Members, those included that no actor of the data is.
    """

    ids: list[str]
    members: list[LongArray]
    sizes: LongArray


@dataclass(frozen=True, eq=False)
class LabelledCandidates:
    """All candidates of one search.

    Parameters
    ----------
    name : str
        Of the data.
    candidates : Candidates
    features : array of float64, shape (n, n_learned)
    similarity : array of float64, shape (n,)
        Jaccard similarity with the true ring most like it.
    nearest : array of int64, shape (n,)
        That ring, -1 where none shares a member.
    log_odds : array of float64, shape (n,)
        Of the model that the search was made with.
    n_true : int
    traits : dict of str to array of str, shape (n,)
        What each is like, from `find_traits`.
    view : NetworkView, optional
        The same as a network sees them.
    """

    name: str
    candidates: Candidates
    features: FloatArray
    similarity: FloatArray
    nearest: LongArray
    log_odds: FloatArray
    n_true: int
    traits: Traits = field(default_factory=dict)
    view: NetworkView | None = None

    @property
    def is_ring(self) -> BoolArray:
        """Which candidates are true rings."""
        return self.similarity >= SAME_RING

    @property
    def reachable(self) -> float:
        """Share of the true rings that some candidate is like enough to."""
        return len(np.unique(self.nearest[self.is_ring])) / max(self.n_true, 1)


def true_rings(labels: pa.Table, graph: EntityGraph, sharing: Sharing) -> TrueRings:
    """Collect the rings that labels name.

    Parameters
    ----------
    labels : pyarrow.Table
        The canonical table; rows without `ring_id` are passed over.
    graph : EntityGraph
    sharing : Sharing
        Gives the actors.

    Returns
    -------
    TrueRings
    """
    rows = labels.filter(labels["ring_id"].is_valid())
    wanted: dict[tuple[str, str], list[str]] = {}
    for kind, name, ring in zip(*(rows[c].to_pylist() for c in ("entity_type", "entity_id", "ring_id")), strict=True):
        wanted.setdefault((kind, name), []).append(ring)
    actor_of = np.full(graph.n_nodes, -1, np.int64)
    actor_of[sharing.actors] = np.arange(sharing.n_actors)
    sizes: dict[str, int] = {}
    for of_entity in wanted.values():
        for ring in of_entity:
            sizes[ring] = sizes.get(ring, 0) + 1
    rings: dict[str, list[int]] = {ring: [] for ring in sizes}
    for kind in sorted({kind for kind, _ in wanted}):
        nodes = graph.nodes_of(kind)
        names = graph.names.slice(nodes.start, len(nodes)).to_pylist()
        for node, name in zip(nodes, names, strict=True):
            for ring in wanted.get((kind, name), ()) if actor_of[node] >= 0 else ():
                rings[ring].append(int(actor_of[node]))
    ids = sorted(rings)
    members = [np.array(sorted(set(rings[ring])), dtype=np.int64) for ring in ids]
    return TrueRings(ids, members, np.array([sizes[ring] for ring in ids], dtype=np.int64))


def label_candidates(
    found: Search, rings: TrueRings, name: str, features: RingFeatures, traits: Traits | None = None
) -> LabelledCandidates:
    """Say of every candidate which true ring it is most like, and how much.

    Parameters
    ----------
    found : Search
    rings : TrueRings
    name : str
    features : RingFeatures
        Of all candidates.
    traits : dict, optional
        From `find_traits`.

    Returns
    -------
    LabelledCandidates
        O(members of candidates and rings).
    """
    rings_of: dict[int, list[int]] = {}
    for ring, members in enumerate(rings.members):
        for member in members.tolist():
            rings_of.setdefault(member, []).append(ring)
    n = len(found.candidates)
    similarity, nearest = np.zeros(n), np.full(n, -1)
    for c in range(n):
        group = found.candidates[c].tolist()
        common: dict[int, int] = {}
        for member in group:
            for ring in rings_of.get(member, ()):
                common[ring] = common.get(ring, 0) + 1
        for ring, both in sorted(common.items()):
            jaccard = both / (len(group) + int(rings.sizes[ring]) - both)
            if jaccard > similarity[c]:
                similarity[c], nearest[c] = jaccard, ring
    rows, log_odds = learned(features), found.scores.log_odds
    return LabelledCandidates(name, found.candidates, rows, similarity, nearest, log_odds, len(rings.ids), traits or {})


def labelled_search(
    found: Search, graph: EntityGraph, labels: pa.Table, name: str, by: Sequence[str] = ()
) -> LabelledCandidates:
    """Label what a search found by a table of labels, with attributes of accounts as traits."""
    rings, features = true_rings(labels, graph, found.sharing), measure(found)
    return label_candidates(found, rings, name, features, find_traits(found, features, graph, by))


def take_candidates(labelled: LabelledCandidates, rows: LongArray, name: str) -> LabelledCandidates:
    """Some of the candidates, with the true rings that are most like one of them."""
    nearest = labelled.nearest[rows]
    return LabelledCandidates(
        name,
        labelled.candidates.take(rows),
        labelled.features[rows],
        labelled.similarity[rows],
        nearest,
        labelled.log_odds[rows],
        len(np.unique(nearest[nearest >= 0])),
        {name: values[rows] for name, values in labelled.traits.items()},
        None if labelled.view is None else labelled.view.take(rows),
    )
