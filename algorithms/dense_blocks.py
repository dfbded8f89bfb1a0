"""The densest parts of a graph: of accounts and signals (FRAUDAR), of accounts and moments (lockstep), of accounts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms._peeling_kernels import peel, prune, start_degrees, within, without_inner_edges
from algorithms.graph import Graph

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

SLACK = 1e-9  # degrees within rounding of the density are kept
SMOOTHING = 5.0


@dataclass(frozen=True, eq=False)
class DenseBlock:
    """Nodes that hold much weight among them.

    Parameters
    ----------
    nodes : array of int32
        Ascending.
    density : float
        Weight of their edges, and their own, per node.
    """

    nodes: IntArray
    density: float


def bipartite_graph(
    n_actors: int, n_signals: int, actors: npt.ArrayLike, signals: npt.ArrayLike, *, camouflage_proof: bool = True
) -> Graph:
    """Make the graph of actors ``0 .. n_actors - 1`` and signals, which follow them.

    Parameters
    ----------
    n_actors, n_signals : int
    actors, signals : array-like of int, shape (n_rows,)
        The incidence; repeated rows count once.
    camouflage_proof : bool
        Weigh a row ``1 / ln(d + 5)`` by the degree d of its signal, so that links to what all use add little and an
        actor cannot hide its ring by adding them.

    Returns
    -------
    Graph
        O(n log n) for n rows.

    References
    ----------
    Hooi et al. (2016), FRAUDAR: bounding graph fraud in the face of camouflage, KDD, section 4.2.
    """
    a, s = np.asarray(actors, dtype=np.int64), np.asarray(signals, dtype=np.int64)
    for name, ids, n in (("actors", a, n_actors), ("signals", s, n_signals)):
        if ids.size and (ids.min() < 0 or ids.max() >= n):
            raise ValueError(f"`{name}` must lie in 0 .. {n - 1}, got {ids.min()} .. {ids.max()}")
    keys = np.unique(a * max(n_signals, 1) + s)
    a, s = keys // max(n_signals, 1), keys % max(n_signals, 1)
    weights = 1 / np.log(np.bincount(s, minlength=n_signals) + SMOOTHING)[s] if camouflage_proof else None
    return Graph.from_edges(n_actors + n_signals, a, s + n_actors, weights)


def time_bins(targets: npt.ArrayLike, times: npt.ArrayLike, bin_seconds: int) -> tuple[LongArray, LongArray]:
    """Name every pair of a target and a bin of time, so that accounts in lockstep share them as they share signals.

    Parameters
    ----------
    targets : array-like of int, shape (n_events,)
        What was acted on, such as a kind of event.
    times : array-like of int, shape (n_events,)
        Seconds.
    bin_seconds : int

    Returns
    -------
    signals : array of int64, shape (n_events,)
        ``0 .. n - 1``.
    names : array of int64, shape (n, 2)
        Target and first second of each.
    """
    if bin_seconds < 1:
        raise ValueError(f"`bin_seconds` must be at least 1, got {bin_seconds}")
    bins = np.asarray(times, dtype=np.int64) // bin_seconds
    names, signals = np.unique(np.column_stack([np.asarray(targets, np.int64), bins]), axis=0, return_inverse=True)
    names[:, 1] *= bin_seconds
    return signals.reshape(-1).astype(np.int64), names


def densest_block(graph: Graph, *, priors: npt.ArrayLike | None = None, n_rounds: int = 1) -> DenseBlock:
    """Find nodes S with a high ``(weight of edges in S + priors of S) / |S|``.

    Parameters
    ----------
    graph : Graph
    priors : array-like of float, shape (n_nodes,), optional
        Suspicion of each node before anything is known of its edges, at least 0.
    n_rounds : int
        One round peels greedily and reaches at least half of the greatest density. More approach it (Greedy++).

    Returns
    -------
    DenseBlock
        Empty if the graph is. O(m) to prune; a round takes O(m + n log n) of the core that is left, which is small
        where the block is much denser than the graph.

    Raises
    ------
    ValueError
        If `priors` do not fit or `n_rounds` is not positive.

    References
    ----------
    Charikar (2000), Greedy approximation algorithms for finding dense components in a graph, section 3;
    Boob et al. (2020), Flowless: extracting densest subgraphs without flow computations, WWW, section 3.
    """
    if n_rounds < 1:
        raise ValueError(f"`n_rounds` must be at least 1, got {n_rounds}")
    own = np.zeros(graph.n_nodes) if priors is None else np.array(priors, dtype=np.float64)
    if own.shape != (graph.n_nodes,) or (own.size and not (np.isfinite(own).all() and own.min() >= 0)):
        raise ValueError(f"`priors` must hold {graph.n_nodes} finite numbers of at least 0")
    nodes = _core(graph, own)
    best, chosen = 0.0, nodes
    loads = np.zeros(len(nodes))
    core, core_priors = graph.subgraph(nodes), own[nodes]
    for _ in range(n_rounds):
        inside, density, degrees = peel(core.indptr, core.indices, core.weights, core_priors, loads)
        if density > best * (1 + SLACK):
            best, chosen = density, nodes[inside]
        loads += degrees
    return DenseBlock(chosen, _density(graph, own, chosen))


def dense_blocks(
    graph: Graph, *, n_blocks: int, priors: npt.ArrayLike | None = None, n_rounds: int = 1, min_density: float = 0.0
) -> tuple[DenseBlock, ...]:
    """Find dense blocks one after another; the edges within a block are gone for those after it.

    Parameters
    ----------
    graph : Graph
    n_blocks : int
        At most so many.
    priors : array-like of float, shape (n_nodes,), optional
    n_rounds : int
    min_density : float
        Stop at a block that is not denser.

    Returns
    -------
    tuple of DenseBlock
        Nodes may be in several. O(n_blocks x m).
    """
    if n_blocks < 1:
        raise ValueError(f"`n_blocks` must be at least 1, got {n_blocks}")
    blocks: list[DenseBlock] = []
    while len(blocks) < n_blocks and graph.n_edges:
        block = densest_block(graph, priors=priors, n_rounds=n_rounds)
        inside = np.zeros(graph.n_nodes, bool)
        inside[block.nodes] = True
        left = Graph(*without_inner_edges(graph.indptr, graph.indices, graph.weights, inside))
        if block.density <= min_density or left.n_edges == graph.n_edges:
            break
        blocks.append(block)
        graph = left
    return tuple(blocks)


def _core(graph: Graph, priors: FloatArray) -> IntArray:
    """Nodes left once those that are in no densest set are gone."""
    degrees, total = start_degrees(graph.indptr, graph.weights, priors)
    alive = np.ones(graph.n_nodes, bool)
    prune(graph.indptr, graph.indices, graph.weights, alive, degrees, total, graph.n_nodes, SLACK)
    return np.flatnonzero(alive).astype(np.int32)


def _density(graph: Graph, priors: FloatArray, nodes: IntArray) -> float:
    inside = np.zeros(graph.n_nodes, bool)
    inside[nodes] = True
    weight = within(graph.indptr, graph.indices, graph.weights, inside)
    return float((weight + priors[nodes].sum()) / len(nodes)) if len(nodes) else 0.0
