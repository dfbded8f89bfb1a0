"""Candidate rings: communities at several densities in two views, overlapping, and their cleaned variants."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms.cleaning import clean
from algorithms.communities import find_communities, find_nested_communities
from algorithms.cuts import connected_components
from algorithms.graph import Graph
from graphrisk.rings.affinity import LEAST_PROBABILITY, Affinity, timed_probability, untimed_probability
from graphrisk.rings.history import History
from graphrisk.rings.settings import RingSettings

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]

TIMED_VIEW, SHARED_VIEW = 0, 1
VIEW_NAMES = ("timed", "shared")
LARGEST_TO_CUT = 400


@dataclass(frozen=True, eq=False)
class Candidates:
    """Sets of actors that may be rings; they may overlap.

    Parameters
    ----------
    starts : array of int64, shape (n + 1,)
        Members of candidate c are ``members[starts[c]:starts[c + 1]]``.
    members : array of int32
        Actor indices, ascending within a candidate.
    views : array of int8, shape (n,)
        Index into `VIEW_NAMES` of the view that gave each first.
    densities : array of float64, shape (n,)
        Resolution that gave each first; 0 for connected components.
    labels : tuple of array of int32, shape (n_actors,)
        Communities of all actors, one array for each view and density in the order in which they were searched.
    """

    starts: LongArray
    members: IntArray
    views: npt.NDArray[np.int8]
    densities: npt.NDArray[np.float64]
    labels: tuple[IntArray, ...] = ()

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, c: int) -> IntArray:
        """Members of one candidate."""
        return self.members[self.starts[c] : self.starts[c + 1]]

    @property
    def sizes(self) -> LongArray:
        """Members per candidate."""
        return np.diff(self.starts)


def find_views(affinity: Affinity, history: History, n_actors: int) -> list[Graph]:
    """Return the graphs that candidates are sought in: pairs weighted by how likely they act together.

    Parameters
    ----------
    affinity : Affinity
    history : History
    n_actors : int

    Returns
    -------
    list of Graph
        By time and sharing (where starts say anything), and by sharing alone.
    """
    probabilities = [timed_probability(affinity, history)] if history.timed else []
    probabilities.append(untimed_probability(affinity))
    graphs = []
    for probability in probabilities:
        use = probability > LEAST_PROBABILITY
        graphs.append(Graph.from_edges(n_actors, affinity.sources[use], affinity.targets[use], probability[use]))
    return graphs


def find_candidates(
    views: list[Graph], settings: RingSettings, seed: int, start: tuple[IntArray, ...] | None = None
) -> Candidates:
    """Search every view at every density and its components, and add the cleaned variants of what is found.

    The Constant Potts Model is used because modularity cannot see communities below a size that grows with the graph
    (Traag, Van Dooren and Nesterov 2011, section III).

    Parameters
    ----------
    views : list of Graph
        From `find_views`.
    settings : RingSettings
    seed : int
    start : tuple of array of int32, shape (n_actors,), optional
        Communities to start from, as `Candidates.labels` has them; by default every actor is alone.

    Returns
    -------
    Candidates
        Distinct sets, in the order in which they were found.
    """
    found: dict[bytes, tuple[IntArray, int, float]] = {}
    offset = len(VIEW_NAMES) - len(views)
    searched: list[IntArray] = []
    n = len(settings.densities)
    for number, graph in enumerate(views):
        for density, labels in partitions(graph, settings, seed, start and start[number * n : (number + 1) * n]):
            searched.append(labels)
            for members in _groups(labels, settings.min_size, settings.max_size):
                found.setdefault(members.tobytes(), (members, number + offset, density))
        for members in _groups(connected_components(graph), settings.min_size, settings.max_size):
            found.setdefault(members.tobytes(), (members, number + offset, 0.0))
    for number, graph in enumerate(views):
        here = [(members, density) for members, view, density in found.values() if view == number + offset]
        for part, density in _cleaned(graph, here, settings.min_size):
            found.setdefault(part.tobytes(), (part, number + offset, density))
    sets = list(found.values())
    return Candidates(
        starts=_starts(members for members, _, _ in sets),
        members=np.concatenate([members for members, _, _ in sets] or [np.empty(0, np.int32)]).astype(np.int32),
        views=np.array([view for _, view, _ in sets], dtype=np.int8),
        densities=np.array([density for _, _, density in sets], dtype=np.float64),
        labels=tuple(searched),
    )


def _starts(groups: Iterable[IntArray]) -> LongArray:
    return np.cumsum([0, *(len(members) for members in groups)], dtype=np.int64)


def partitions(
    graph: Graph, settings: RingSettings, seed: int, start: tuple[IntArray, ...] | None = None
) -> Iterator[tuple[float, IntArray]]:
    """Labels at every density: one search each, from `start` if there is one, or one sweep from the finest on."""
    if start is not None:
        # one run from communities that were good a moment ago leaves better ones than two runs from nothing
        for density, initial in zip(settings.densities, start, strict=True):
            found = find_communities(
                graph, objective="cpm", resolution=density, seed=seed, initial=initial, n_iterations=1
            )
            yield density, found.labels
    elif settings.nested:
        falling = sorted(set(settings.densities), reverse=True)
        for density, found in zip(falling, find_nested_communities(graph, falling, seed=seed), strict=True):
            yield density, found.labels
    else:
        for density in settings.densities:
            yield density, find_communities(graph, objective="cpm", resolution=density, seed=seed).labels


def _groups(labels: IntArray, least: int, most: int) -> list[IntArray]:
    """Members of every community of a size that can be a ring."""
    sizes = np.bincount(labels)
    order = np.argsort(labels, kind="stable").astype(np.int32)
    ends = np.cumsum(sizes)
    chosen = np.flatnonzero((sizes >= least) & (sizes <= most))
    return [order[ends[c] - sizes[c] : ends[c]] for c in chosen]


def _cleaned(graph: Graph, groups: list[tuple[IntArray, float]], least: int) -> Iterator[tuple[IntArray, float]]:
    """Cores without hangers-on, and the two sides of weak minimum cuts (a bridge at its extreme), group by group."""
    if not groups:
        return
    starts = _starts(members for members, _ in groups)
    densities = np.array([density for _, density in groups])
    everybody = np.concatenate([members for members, _ in groups])
    found = clean(graph, starts, everybody, densities, least=least, most=LARGEST_TO_CUT)
    cored, cut = (np.logical_or.reduceat(mask, starts[:-1]) for mask in (found.core, found.side))
    for g in np.flatnonzero(cored | cut).tolist():
        members, density = groups[g]
        rows = slice(starts[g], starts[g + 1])
        if cored[g]:
            yield members[found.core[rows]], density
        if cut[g]:
            yield members[found.side[rows]], density
            yield members[~found.side[rows]], density
