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
from algorithms.rows import entries_of
from algorithms.thinning import keep_heaviest
from algorithms.triads import add_triads
from graphrisk.rings.affinity import LEAST_PROBABILITY, Affinity, timed_probability, untimed_probability
from graphrisk.rings.history import History
from graphrisk.rings.settings import RingSettings

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

LARGEST_TO_CUT = 400
WEAK_CUT = 0.02
# The rest was chosen by how many rings of simulated worlds come within reach of how many candidates.
MOST_TIES = 200
LASTING = 1.3
TIE_SHARE = 0.3
# And these by how far rings keep their members from night to night.
NEARLY_ALIKE, LIKELY = 0.5, 0.5


@dataclass(frozen=True, eq=False)
class Candidates:
    """Sets of actors that may be rings; they may overlap.

    Parameters
    ----------
    starts : array of int64, shape (n + 1,)
        Members of candidate c are ``members[starts[c]:starts[c + 1]]``.
    members : array of int32
        Actor indices, ascending within a candidate.
    """

    starts: LongArray
    members: IntArray

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, c: int) -> IntArray:
        """Members of one candidate."""
        return self.members[self.starts[c] : self.starts[c + 1]]

    @property
    def sizes(self) -> LongArray:
        """Members per candidate."""
        return np.diff(self.starts)

    @classmethod
    def of_sizes(cls, sizes: LongArray, members: IntArray) -> Candidates:
        """Part members, which stand one candidate after the other, by how many each has."""
        return cls(np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), members)

    def take(self, rows: npt.NDArray[np.integer] | BoolArray) -> Candidates:
        """Some of them, in the given order."""
        entries, starts = entries_of(self.starts, np.arange(len(self))[rows])
        return Candidates(starts, self.members[entries])

    def only(self, mask: BoolArray) -> Candidates:
        """Keep the members that a mask over all members has; candidates that it has none of are left out."""
        sizes = np.diff(np.concatenate([[0], np.cumsum(mask)])[self.starts])
        return Candidates.of_sizes(sizes[sizes > 0], self.members[mask])


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
    Whoever shares about as much with the members of any of these as they do with each other is a member, too.

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
    found = [groups for graph in views for groups in _proposed(graph, settings)]
    proposed = Candidates.of_sizes(
        np.concatenate([groups.sizes for groups in found]), np.concatenate([groups.members for groups in found])
    )
    # by sharing alone: who came at another time is a member all the same
    completed = Candidates(
        *complete(
            views[-1], proposed.starts, proposed.members, share=NEARLY_ALIKE, least_tie=LIKELY, most=settings.max_size
        )
    )
    return completed.take(first_of_each(completed.starts, completed.members))


def _proposed(graph: Graph, settings: RingSettings) -> Iterator[Candidates]:
    """Propose the groups of one view."""
    least, most = settings.min_size, settings.max_size
    clusters = _clusters(graph, settings)
    yield clusters
    yield _components(graph, least, most)
    packed = clusters.starts, clusters.members
    yield Candidates(*regroup(graph, *packed, share=TIE_SHARE, least=least, most=most))
    cleaned = clean(graph, *packed, weak=WEAK_CUT, least=least, most=LARGEST_TO_CUT)
    yield clusters.only(cleaned.core)
    yield clusters.only(cleaned.side)
    is_cut = np.diff(np.concatenate([[0], np.cumsum(cleaned.side)])[clusters.starts]) > 0
    yield clusters.only(np.repeat(is_cut, clusters.sizes) & ~cleaned.side)


def _clusters(graph: Graph, settings: RingSettings) -> Candidates:
    tied = keep_heaviest(add_triads(graph, settings.triads), MOST_TIES)
    merged = agglomerate(tied, least=settings.density, max_size=settings.max_size)
    return Candidates(*merged.clusters(settings.min_size, settings.max_size, LASTING))


def _components(graph: Graph, least: int, most: int) -> Candidates:
    """Give the connected components of a size that can be a ring."""
    labels = connected_components(graph)
    sizes = np.bincount(labels)
    of_size = (sizes >= least) & (sizes <= most)
    order = np.argsort(labels, kind="stable").astype(np.int32)
    return Candidates.of_sizes(sizes[of_size], order[of_size[labels[order]]])
