"""A graph to and from networkx, igraph and SciPy; each library is imported only when asked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from algorithms.graph import Graph


def to_networkx(graph: Graph) -> Any:
    """Turn a graph into a `networkx.Graph` with edge attribute ``weight``."""
    import networkx

    sources, targets, weights = graph.edges()
    out = networkx.Graph()
    out.add_nodes_from(range(graph.n_nodes))
    out.add_weighted_edges_from(zip(sources.tolist(), targets.tolist(), weights.tolist(), strict=True))
    return out


def from_networkx(graph: Any) -> Graph:
    """Turn a `networkx` graph into a graph; nodes are numbered in its order, absent weights are 1."""
    number = {node: k for k, node in enumerate(graph)}
    rows = [(number[a], number[b], float(data.get("weight", 1.0))) for a, b, data in graph.edges(data=True)]
    sources, targets, weights = zip(*rows, strict=True) if rows else ((), (), ())
    return Graph.from_edges(
        len(number), np.array(sources, np.int64), np.array(targets, np.int64), np.array(weights, np.float64)
    )


def to_igraph(graph: Graph) -> Any:
    """Turn a graph into an undirected `igraph.Graph` with edge attribute ``weight``."""
    import igraph

    sources, targets, weights = graph.edges()
    edges = np.column_stack([sources, targets]).tolist()
    return igraph.Graph(n=graph.n_nodes, edges=edges, directed=False, edge_attrs={"weight": weights.tolist()})


def from_igraph(graph: Any) -> Graph:
    """Turn an `igraph` graph into a graph; directions are dropped, absent weights are 1."""
    edges = np.array(graph.get_edgelist(), dtype=np.int64).reshape(-1, 2)
    weights = graph.es["weight"] if "weight" in graph.es.attributes() else None
    return Graph.from_edges(graph.vcount(), edges[:, 0], edges[:, 1], weights)


def to_scipy(graph: Graph) -> Any:
    """Turn a graph into a symmetric `scipy.sparse.csr_array` that shares its memory."""
    from scipy.sparse import csr_array

    return csr_array((graph.weights, graph.indices, graph.indptr), shape=(graph.n_nodes, graph.n_nodes))


def from_scipy(matrix: Any) -> Graph:
    """Turn a symmetric sparse matrix into a graph; its diagonal counts as self-loops.

    Raises
    ------
    ValueError
        If the matrix is not square and symmetric.
    """
    if matrix.shape[0] != matrix.shape[1] or abs(matrix - matrix.T).sum() > 0:
        raise ValueError(f"the matrix must be square and symmetric, got shape {matrix.shape}")
    rows = matrix.tocoo()
    once = rows.row <= rows.col
    return Graph.from_edges(matrix.shape[0], rows.row[once], rows.col[once], rows.data[once])
