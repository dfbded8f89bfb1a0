"""Candidate rings: clusters at all densities in two views, overlapping, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms.agglomeration import agglomerate
from algorithms.cleaning import clean
from algorithms.cuts import connected_components
from algorithms.graph import Graph
from algorithms.regrouping import complete, first_of_each, regroup
from algorithms.thinning import keep_heaviest
from algorithms.triads import add_triads
from graphrisk.rings.affinity import LEAST_PROBABILITY, Affinity, timed_probability, untimed_probability
from graphrisk.rings.history import History
from graphrisk.rings.settings import RingSettings

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

TIMED_VIEW, SHARED_VIEW = 0, 1
VIEW_NAMES = ("timed", "shared")
LARGEST_TO_CUT = 400
WEAK_CUT = 0.02
# The rest was chosen by how many rings of simulated worlds come within reach of how many candidates.
MOST_TIES = 200
LASTING = 1.3
TIE_SHARE = 0.3
NEARLY_ALIKE, LIKELY = 0.5, 0.5
PROPOSALS = 6


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
        Density at which the cluster that gave each first was merged; 0 for connected components.
    """

    starts: LongArray
    members: IntArray
    views: npt.NDArray[np.int8]
    densities: npt.NDArray[np.float64]

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


def find_candidates(views: list[Graph], settings: RingSettings) -> Candidates:
    """Propose the clusters of every view at all densities, its components, and what becomes of the clusters.

    What becomes of them: those whom enough ties join to them, cores without hangers-on, and the sides of weak cuts.

    Parameters
    ----------
    views : list of Graph
        From `find_views`.
    settings : RingSettings

    Returns
    -------
    Candidates
        Distinct sets, view by view.
    """
    offset = len(VIEW_NAMES) - len(views)
    found = [groups for graph in views for groups in _proposed(graph, settings)]
    numbers = [number + offset for number, graph in enumerate(views) for _ in range(PROPOSALS)]
    sizes = np.concatenate([np.diff(groups.starts) for groups in found])
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    everybody = np.concatenate([groups.members for groups in found]).astype(np.int32)
    # by sharing alone: who came at another time is a member all the same
    by_sharing = views[SHARED_VIEW - offset]
    starts, everybody = complete(
        by_sharing, starts, everybody, share=NEARLY_ALIKE, least_tie=LIKELY, most=settings.max_size
    )
    sizes = np.diff(starts)
    first = first_of_each(starts, everybody)
    return Candidates(
        starts=np.concatenate([[0], np.cumsum(sizes[first])]).astype(np.int64),
        members=everybody[np.repeat(first, sizes)],
        views=np.repeat(np.array(numbers, np.int8), [len(groups) for groups in found])[first],
        densities=np.concatenate([groups.densities for groups in found])[first],
    )


@dataclass(frozen=True, eq=False)
class _Groups:
    """Sets of nodes, packed as in `Candidates`."""

    starts: LongArray
    members: IntArray
    densities: FloatArray

    def __len__(self) -> int:
        return len(self.densities)

    def where_any(self, mask: BoolArray) -> BoolArray:
        """Mark all members of the groups that a mask over all members has any member of."""
        counted = np.concatenate([[0], np.cumsum(mask)])[self.starts]
        return np.repeat(np.diff(counted) > 0, np.diff(self.starts))

    def only(self, mask: BoolArray) -> _Groups:
        """Those members of each group that a mask over all members has; groups without any are left out."""
        kept = np.concatenate([[0], np.cumsum(mask)])[self.starts]
        some = np.diff(kept) > 0
        starts = np.concatenate([[0], np.cumsum(np.diff(kept)[some])]).astype(np.int64)
        return _Groups(starts, self.members[mask], self.densities[some])


def _proposed(graph: Graph, settings: RingSettings) -> Iterator[_Groups]:
    """Propose the groups of one view."""
    least, most = settings.min_size, settings.max_size
    tied = keep_heaviest(add_triads(graph, settings.triads), MOST_TIES)
    clusters = _Groups(*agglomerate(tied, least=settings.density, max_size=most).clusters(least, most, LASTING))
    yield clusters
    yield _components(graph, least, most)
    packed = clusters.starts, clusters.members
    starts, members, origins = regroup(graph, *packed, (TIE_SHARE,), least=least, most=most)
    yield _Groups(starts, members, clusters.densities[origins])
    cleaned = clean(graph, *packed, weak=WEAK_CUT, least=least, most=LARGEST_TO_CUT)
    yield clusters.only(cleaned.core)
    yield clusters.only(cleaned.side)
    yield clusters.only(clusters.where_any(cleaned.side) & ~cleaned.side)


def _components(graph: Graph, least: int, most: int) -> _Groups:
    """Give the connected components of a size that can be a ring."""
    labels = connected_components(graph)
    sizes = np.bincount(labels)
    of_size = (sizes >= least) & (sizes <= most)
    order = np.argsort(labels, kind="stable").astype(np.int32)
    starts = np.concatenate([[0], np.cumsum(sizes[of_size])]).astype(np.int64)
    return _Groups(starts, order[of_size[labels[order]]], np.zeros(int(of_size.sum())))
