"""What spreads over a graph: membership, labels, rank; and triangles."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from algorithms._spreading_kernels import join, propagate, push_rank, roots, triangles_at
from algorithms.graph import Graph

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


class UnionFind:
    """Connected components of a graph that only grows.

    Parameters
    ----------
    n_nodes : int

    References
    ----------
    Tarjan and van Leeuwen (1984), Worst-case analysis of set union algorithms (path halving).
    """

    def __init__(self, n_nodes: int) -> None:
        self._parents = np.arange(n_nodes, dtype=np.int32)
        self.n_components = n_nodes

    def add_edges(self, sources: npt.ArrayLike, targets: npt.ArrayLike) -> int:
        """Join the ends of edges; returns how many components that took away. Nearly O(1) per edge."""
        one, two = (np.ascontiguousarray(ends, dtype=np.int32) for ends in (sources, targets))
        n = len(self._parents)
        if one.shape != two.shape or one.ndim != 1:
            raise ValueError(f"`sources` and `targets` must have one length, got {one.shape} and {two.shape}")
        if one.size and (min(one.min(), two.min()) < 0 or max(one.max(), two.max()) >= n):
            raise ValueError(f"`sources` and `targets` must lie in 0 .. {n - 1}")
        joined = int(join(self._parents, one, two))
        self.n_components -= joined
        return joined

    def labels(self) -> IntArray:
        """Components numbered by their smallest node, as `connected_components` gives them. O(n)."""
        smallest = roots(self._parents)
        return np.asarray(np.unique(smallest, return_inverse=True)[1], dtype=np.int32)


def propagate_labels(graph: Graph, *, known: npt.ArrayLike | None = None, max_sweeps: int = 100) -> IntArray:
    """Let every node take the label that weighs most among its neighbours, until nothing changes.

    Parameters
    ----------
    graph : Graph
    known : array-like of int, shape (n_nodes,), optional
        Labels ``0 .. n_nodes - 1`` that stay, -1 where unknown; by default every node starts with one of its own.
    max_sweeps : int

    Returns
    -------
    array of int32, shape (n_nodes,)
        -1 where no known label arrives. O(m) per sweep; nodes are visited by id, so that the result is one.

    References
    ----------
    Raghavan, Albert and Kumara (2007), Near linear time algorithm to detect community structures, section III.
    """
    if max_sweeps < 1:
        raise ValueError(f"`max_sweeps` must be at least 1, got {max_sweeps}")
    n = graph.n_nodes
    labels = np.arange(n, dtype=np.int32) if known is None else np.array(known, dtype=np.int32)
    if labels.shape != (n,) or (n and (labels.min() < -1 or labels.max() >= n)):
        raise ValueError(f"`known` must hold {n} labels in -1 .. {n - 1}")
    fixed = np.zeros(n, bool) if known is None else labels >= 0
    propagate(graph.indptr, graph.indices, graph.weights, labels, fixed, max_sweeps)
    return labels


def personalised_pagerank(
    graph: Graph, seeds: npt.ArrayLike, *, damping: float = 0.85, tolerance: float = 1e-8
) -> FloatArray:
    """Rank nodes by how often a walk is there that returns to the seeds now and again.

    Parameters
    ----------
    graph : Graph
    seeds : array-like of float, shape (n_nodes,)
        How likely the walk starts at each, at least 0; scaled to sum 1.
    damping : float
        How likely the walk goes on at each step, above 0 and below 1.
    tolerance : float
        Rank missing at a node, per unit of its strength.

    Returns
    -------
    array of float64, shape (n_nodes,)
        Sums to just under 1; a node without edges keeps what starts there. O(1 / (tolerance (1 - damping))) at
        most, whatever the size of the graph, after O(n).

    References
    ----------
    Andersen, Chung and Lang (2006), Local graph partitioning using PageRank vectors, FOCS, section 3.
    """
    if not 0 < damping < 1:
        raise ValueError(f"`damping` must lie between 0 and 1, got {damping}")
    if not tolerance > 0:
        raise ValueError(f"`tolerance` must be positive, got {tolerance}")
    start = np.array(seeds, dtype=np.float64)
    if start.shape != (graph.n_nodes,) or not (start.min(initial=0) >= 0 and np.isfinite(start).all() and start.sum()):
        raise ValueError(f"`seeds` must hold {graph.n_nodes} finite numbers of at least 0, and one above 0")
    strengths = graph.strengths()
    arrays = graph.indptr, graph.indices, graph.weights
    return np.asarray(push_rank(*arrays, strengths, start / start.sum(), damping, tolerance))


def count_triangles(graph: Graph) -> LongArray:
    """Count the triangles at every node. O(m^1.5).

    References
    ----------
    Latapy (2008), Main-memory triangle computations for very large sparse graphs, section 3.
    """
    return np.asarray(triangles_at(graph.indptr, graph.indices))


def clustering_coefficients(graph: Graph) -> FloatArray:
    """Share of the pairs of neighbours of each node that are neighbours themselves; 0 below two neighbours."""
    degrees = graph.degrees()
    pairs = degrees * (degrees - 1) / 2
    return np.divide(count_triangles(graph), pairs, out=np.zeros(graph.n_nodes), where=pairs > 0)
