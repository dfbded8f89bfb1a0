"""How good a partition is: modularity, CPM quality, conductance, of each community and of all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms._spreading_kernels import weights_by_label
from algorithms.graph import Graph

LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PartitionStatistics:
    """Figures of every community; the properties sum them up.

    Parameters
    ----------
    sizes : array of int64, shape (n_communities,)
    inside, leaving : array of float64, shape (n_communities,)
        Weight of the edges inside, and of those that leave.
    density : array of float64, shape (n_communities,)
        Weight inside per pair of nodes; 0 for one node.
    conductance : array of float64, shape (n_communities,)
        Leaving weight as a share of all at the community, or at the rest if that is less; NaN without edges.
    modularities, cpm_qualities : array of float64, shape (n_communities,)
        What each adds to the whole.
    """

    sizes: LongArray
    inside: FloatArray
    leaving: FloatArray
    density: FloatArray
    conductance: FloatArray
    modularities: FloatArray
    cpm_qualities: FloatArray

    @property
    def modularity(self) -> float:
        """Newman's modularity of the partition."""
        return float(self.modularities.sum())

    @property
    def cpm_quality(self) -> float:
        """Quality by the Constant Potts Model, as `Communities.quality` states it."""
        return float(self.cpm_qualities.sum())


def partition_statistics(graph: Graph, labels: npt.ArrayLike, *, resolution: float = 0.1) -> PartitionStatistics:
    """Measure a partition.

    Parameters
    ----------
    graph : Graph
    labels : array-like of int, shape (n_nodes,)
        Communities ``0 .. k - 1``.
    resolution : float
        Of the Constant Potts Model.

    Returns
    -------
    PartitionStatistics
        O(n + m).

    Raises
    ------
    ValueError
        If `labels` do not fit.

    References
    ----------
    Newman (2006), Modularity and community structure in networks, equation 1; Traag, Van Dooren and Nesterov (2011),
    equation 4.
    """
    of_node = np.asarray(labels)
    n = graph.n_nodes
    if of_node.shape != (n,) or not np.issubdtype(of_node.dtype, np.integer) or (n and of_node.min() < 0):
        raise ValueError(f"`labels` must hold {n} integers of at least 0, got {of_node.dtype} of {of_node.shape}")
    k = int(of_node.max()) + 1 if n else 0
    arrays = graph.indptr, graph.indices, graph.weights
    inside, leaving = weights_by_label(*arrays, of_node.astype(np.int64), k)
    sizes = np.bincount(of_node, minlength=k)
    strength, total = 2 * inside + leaving, float(graph.weights.sum())
    pairs, smaller = sizes * (sizes - 1) / 2, np.minimum(strength, total - strength)
    share = 1 / total if total > 0 else 0.0
    return PartitionStatistics(
        sizes=sizes,
        inside=inside,
        leaving=leaving,
        density=np.divide(inside, pairs, out=np.zeros(k), where=pairs > 0),
        conductance=np.divide(leaving, smaller, out=np.full(k, np.nan), where=smaller > 0),
        modularities=2 * inside * share - (strength * share) ** 2,
        cpm_qualities=(2 * inside - resolution * sizes.astype(np.float64) ** 2) * share,
    )
