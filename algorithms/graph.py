"""The undirected weighted graph that every algorithm here works on: compressed sparse rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms._build import build
from algorithms._graph_kernels import cut_out, row_sums

LARGEST = np.iinfo(np.int32).max


@dataclass(frozen=True, eq=False)
class Graph:
    """An undirected graph with positive weights, without self-loops or parallel edges.

    Parameters
    ----------
    indptr : array of int64, shape (n_nodes + 1,)
        Neighbours of node v are ``indices[indptr[v]:indptr[v + 1]]``, ascending.
    indices : array of int32, shape (2 * n_edges,)
        Every edge stands at both its ends.
    weights : array of float64, shape (2 * n_edges,)
    n_self_loops : int
        How many self-loops `from_edges` dropped.
    """

    indptr: npt.NDArray[np.int64]
    indices: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float64]
    n_self_loops: int = 0

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.indptr) - 1

    @property
    def n_edges(self) -> int:
        """Number of edges, each counted once."""
        return len(self.indices) // 2

    @classmethod
    def from_edges(
        cls,
        n_nodes: int,
        sources: npt.ArrayLike,
        targets: npt.ArrayLike,
        weights: npt.ArrayLike | None = None,
    ) -> Graph:
        """Build a graph from an edge list.

        Parallel edges, in either direction, become one with the sum of their weights. Self-loops are dropped and
        counted.

        Parameters
        ----------
        n_nodes : int
            Nodes are ``0 .. n_nodes - 1``.
        sources, targets : array-like of int, shape (n_edges,)
        weights : array-like of float, shape (n_edges,), optional
            Finite and above 0; 1 for every edge if not given.

        Returns
        -------
        Graph
            O(n_nodes + n_edges), in parallel, by two counting sorts. The graph has 24 bytes per edge and 8 per node; on
            the way there are 8 more per edge and 12 per node and thread, or 24 per edge over 4 million; and 16
            more per edge with weights or parallel edges.

        Raises
        ------
        ValueError
            If the arrays differ in length, an id is out of range or a weight is not finite and positive.
        """
        if not 0 <= n_nodes <= LARGEST:
            raise ValueError(f"`n_nodes` must lie in 0 .. {LARGEST}, got {n_nodes}")
        source, target = np.asarray(sources), np.asarray(targets)
        if source.ndim != 1 or source.shape != target.shape:
            raise ValueError(f"`sources` and `targets` must have one length, got {source.shape} and {target.shape}")
        for name, ids in (("sources", source), ("targets", target)):
            if ids.size and not np.issubdtype(ids.dtype, np.integer):
                raise ValueError(f"`{name}` must hold integers, got {ids.dtype}")
        weight = np.empty(0) if weights is None else np.ascontiguousarray(weights, dtype=np.float64)
        if weights is not None and weight.shape != source.shape:
            raise ValueError(f"`weights` must have shape {source.shape}, got {weight.shape}")
        if weight.size and not (np.isfinite(weight).all() and weight.min() > 0):
            raise ValueError("`weights` must be finite and above 0")
        return cls(*build(n_nodes, _narrow(source), _narrow(target), weight))

    def degrees(self) -> npt.NDArray[np.int64]:
        """Neighbours per node."""
        return np.diff(self.indptr)

    def strengths(self) -> npt.NDArray[np.float64]:
        """Sum of the weights at every node."""
        return np.asarray(row_sums(self.indptr, self.weights))

    def edges(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.float64]]:
        """Every edge once: sources, targets and weights with source < target, sorted."""
        rows = np.repeat(np.arange(self.n_nodes, dtype=np.int32), self.degrees())
        once = rows < self.indices
        return rows[once], self.indices[once], self.weights[once]

    def subgraph(self, nodes: npt.ArrayLike) -> Graph:
        """Cut out some nodes and the edges among them.

        Parameters
        ----------
        nodes : array-like of int
            Distinct and ascending; node ``nodes[i]`` becomes node i.

        Returns
        -------
        Graph
            O(entries at `nodes`) for many nodes; for few O(entries at `nodes` x log(len(nodes))), whatever the size of
            the whole graph.

        Raises
        ------
        ValueError
            If `nodes` are not ascending and in range.
        """
        chosen = np.asarray(nodes, dtype=np.int32)
        if len(chosen) and (chosen[0] < 0 or chosen[-1] >= self.n_nodes or (np.diff(chosen) <= 0).any()):
            raise ValueError(f"`nodes` must be ascending, distinct and in 0 .. {self.n_nodes - 1}")
        return Graph(*cut_out(chosen, self.indptr, self.indices, self.weights))


def _narrow(ids: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
    """Return ids as int32; what does not fit becomes -1, which is no node."""
    if ids.dtype != np.int32:
        wide = ids.size and (ids.max() > LARGEST or ids.min() < 0)
        ids = (np.where((ids >= 0) & (ids <= LARGEST), ids, -1) if wide else ids).astype(np.int32)
    return np.ascontiguousarray(ids, dtype=np.int32)
