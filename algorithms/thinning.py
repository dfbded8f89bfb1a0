"""Graphs without the lightest edges of nodes that have very many."""

from __future__ import annotations

import numpy as np

from algorithms._thinning_kernels import among_heaviest
from algorithms.graph import Graph


def keep_heaviest(graph: Graph, most: int) -> Graph:
    """Leave out edges that are not among the heaviest of both their ends.

    Parameters
    ----------
    graph : Graph
    most : int
        Edges that a node keeps at most; of equally heavy ones those to nodes with lower numbers.

    Returns
    -------
    Graph
        The same one if no node has more. O(m log m).

    Raises
    ------
    ValueError
        If `most` is below 1.
    """
    if most < 1:
        raise ValueError(f"`most` must be at least 1, got {most}")
    if graph.degrees().max(initial=0) <= most:
        return graph
    keep = among_heaviest(graph.indptr, graph.indices, graph.weights, most)
    indptr = np.concatenate([[0], np.cumsum(keep)])[graph.indptr]
    return Graph(indptr.astype(np.int64), graph.indices[keep], graph.weights[keep], graph.n_self_loops)
