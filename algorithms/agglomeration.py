"""Clusters at all densities at once: the two that are tied most closely are merged, again and again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms._agglomeration_kernels import merge_nearest
from algorithms._dendrogram_kernels import copy_sorted, order_leaves
from algorithms.graph import Graph

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

MOST_STEPS, FEWEST_STEPS = 2**14, 2**4
"""Into how many steps `least` is cut, in which weights are counted."""
LARGEST_PRODUCT = 2**62


@dataclass(frozen=True, eq=False)
class Dendrogram:
    """A forest of clusters, each but the nodes themselves merged of two.

    Parameters
    ----------
    children : array of int32, shape (n_merges, 2)
        What was merged: ``0 .. n_nodes - 1`` are nodes, ``n_nodes + m`` what merge m made (as in
        `scipy.cluster.hierarchy`).
    densities : array of float64, shape (n_merges,)
        Mean weight of the pairs across each merge; a cluster merges on at no higher density than it was made at.
    order : array of int32, shape (n_nodes,)
        The nodes, so that every cluster is one stretch of them.
    first, last : array of int64, shape (n_merges,)
        Cluster m is ``order[first[m]:last[m]]``.
    least : float
        Density down to which was merged.
    """

    children: IntArray
    densities: FloatArray
    order: IntArray
    first: LongArray
    last: LongArray
    least: float

    def __len__(self) -> int:
        """Number of merges."""
        return len(self.densities)

    def clusters(self, least: int, most: int, lasting: float = 1.0) -> tuple[LongArray, IntArray]:
        """Give the clusters of some sizes that last.

        Parameters
        ----------
        least, most : int
            Fewest and most members.
        lasting : float
            Clusters are left out that are merged on before the density has fallen by this factor.

        Returns
        -------
        starts : array of int64, shape (n_clusters + 1,)
            Members of cluster c are ``members[starts[c]:starts[c + 1]]``.
        members : array of int32
            Ascending within each.
        """
        sizes = self.last - self.first
        use = (sizes >= least) & (sizes <= most) & (self.densities >= lasting * self.ends_at)
        starts = np.cumsum(np.concatenate([[0], sizes[use]]), dtype=np.int64)
        return starts, copy_sorted(self.order, self.first[use], starts)

    @property
    def ends_at(self) -> FloatArray:
        """Density at which each cluster is merged on, `least` where it never is; shape (n_merges,)."""
        n = len(self.order)
        out = np.full(len(self), self.least)
        for side in self.children.T:
            made = side >= n
            out[side[made] - n] = self.densities[made]
        return out


def agglomerate(graph: Graph, *, least: float = 0.01, max_size: int = 1000) -> Dendrogram:
    """Merge the two clusters with the highest mean weight across, until no two have `least` (average linkage).

    Pairs without an edge count as 0, so that the mean is the density that the Constant Potts Model holds against its
    resolution: cut at any density, no two clusters that may be merged are tied more closely. No seed, no order and no
    number of threads matters, and what a cluster becomes rests on nothing that it is not tied to. Where means are
    equal, clusters go by their last nodes: the pair with the least is merged first.

    Parameters
    ----------
    graph : Graph
        Weights are rounded to steps of ``least / 16384``, and are one step at least (coarser only where products of
        large clusters would not fit into 63 bits), whose sums are exact in any order.
    least : float
    max_size : int
        No cluster grows beyond this size.

    Returns
    -------
    Dendrogram
        Chains of nearest neighbours (Murtagh 1983): each merge reads the lists of the two and of those whose nearest
        they were. About O(m log n) in practice.

    Raises
    ------
    ValueError
        If a parameter is out of its range, or the weights are too large for exact sums.

    References
    ----------
    Sokal and Michener (1958), A statistical method for evaluating systematic relationships; Murtagh (1983), A survey
    of recent advances in hierarchical clustering algorithms, section 4; Dhulipala et al. (2021), Hierarchical
    agglomerative graph clustering in nearly-linear time, ICML.
    """
    if not (np.isfinite(least) and least > 0):
        raise ValueError(f"`least` must be positive, got {least}")
    if max_size < 1:
        raise ValueError(f"`max_size` must be at least 1, got {max_size}")
    steps = _steps(graph, least, max_size)
    children, sums = merge_nearest(graph.indptr, graph.indices, graph.weights, steps / least, steps, max_size)
    order, first, last = order_leaves(children, graph.n_nodes)
    n = graph.n_nodes
    sizes = np.concatenate([np.ones(n, np.int64), last - first])
    across = sizes[children[:, 0]] * sizes[children[:, 1]]
    return Dendrogram(children, sums / across * (least / steps), order, first, last, least)


def _steps(graph: Graph, least: float, max_size: int) -> int:
    """Find the finest steps in which a sum over the pairs of two clusters, times the size of a third, is exact."""
    largest, size = float(graph.weights.max(initial=0.0)), min(max_size, graph.n_nodes)
    product = largest / least * (size / 2) ** 2 * size
    steps = MOST_STEPS
    while product * steps >= LARGEST_PRODUCT and steps > FEWEST_STEPS:
        steps //= 2
    if product * steps >= LARGEST_PRODUCT:
        raise ValueError(
            f"weights must be below {LARGEST_PRODUCT / steps / product * largest:.3g} for clusters of {size} "
            f"at densities from {least}, got {largest:.3g}"
        )
    return steps
