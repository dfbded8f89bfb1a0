"""Edges weighed by the triangles that they are part of."""

from __future__ import annotations

import numba
import numpy as np

from algorithms._threads import side_by_side, stretches
from algorithms._triad_kernels import add_triads_of
from algorithms.graph import Graph

PARALLEL_ENTRIES = 20_000  # fewer do not pay for waking threads


def add_triads(graph: Graph, factor: float) -> Graph:
    """Add to the weight of every edge what ties its two ends over each third node.

    Who belongs together is tied by others too, a tie by chance is not: it keeps its weight.

    Parameters
    ----------
    graph : Graph
    factor : float
        Of the sum, over all common neighbours, of the product of the two weights.

    Returns
    -------
    Graph
        With the same edges. In parallel, O(sum over edges of the lower degree of the two ends).

    Raises
    ------
    ValueError
        If the factor is negative.
    """
    if not (np.isfinite(factor) and factor >= 0):
        raise ValueError(f"`factor` must not be negative, got {factor}")
    out = np.empty_like(graph.weights)
    n_parts = numba.get_num_threads() if len(graph.indices) > PARALLEL_ENTRIES else 1
    # shares with the same number of entries
    bounds = np.searchsorted(graph.indptr, np.arange(n_parts + 1) * len(graph.indices) // n_parts)
    bounds[0], bounds[-1] = 0, graph.n_nodes
    given = (graph.indptr, graph.indices, graph.weights, factor, out)
    side_by_side(add_triads_of, [(*share, *given) for share in stretches(bounds)])
    return Graph(graph.indptr, graph.indices, out, graph.n_self_loops)
