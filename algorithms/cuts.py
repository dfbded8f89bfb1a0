"""Where a graph holds together only weakly: components, bridges, cut nodes, minimum cuts, cores, conductance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms._cut_kernels import (
    components_without,
    core_numbers,
    cut_nodes,
    lightest_cut,
    low_points,
    weight_in_and_out,
)
from algorithms.graph import Graph

IntArray = npt.NDArray[np.int32]

MOST_NODES_TO_CUT = 4096


@dataclass(frozen=True, eq=False)
class MinimumCut:
    """The lightest set of edges that separates a graph.

    Parameters
    ----------
    weight : float
    side : array of bool, shape (n_nodes,)
        Nodes on one side.
    """

    weight: float
    side: npt.NDArray[np.bool_]


def connected_components(graph: Graph) -> IntArray:
    """Label the connected components, numbered by their smallest node.

    Parameters
    ----------
    graph : Graph

    Returns
    -------
    array of int32, shape (n_nodes,)
        O(n + m).
    """
    none = np.empty(0, np.int64)
    labels: IntArray = components_without(graph.indptr, graph.indices, none, none, np.empty(0, np.int32), False)
    return labels


def bridges(graph: Graph) -> npt.NDArray[np.int32]:
    """Find the edges whose removal separates what they join.

    Parameters
    ----------
    graph : Graph

    Returns
    -------
    array of int32, shape (n_bridges, 2)
        Source < target, sorted. O(n + m).

    References
    ----------
    Tarjan (1974), A note on finding the bridges of a graph.
    """
    enter, low, parent = low_points(graph.indptr, graph.indices)
    child = np.flatnonzero(parent >= 0)
    child = child[low[child] > enter[parent[child]]]
    ends = np.sort(np.column_stack([child, parent[child]]).astype(np.int32), axis=1)
    return ends[np.lexsort((ends[:, 1], ends[:, 0]))]


def articulation_points(graph: Graph) -> IntArray:
    """Find the nodes whose removal separates others.

    Parameters
    ----------
    graph : Graph

    Returns
    -------
    array of int32
        Ascending. O(n + m).
    """
    return np.flatnonzero(cut_nodes(*low_points(graph.indptr, graph.indices))).astype(np.int32)


def two_edge_components(graph: Graph) -> IntArray:
    """Label the components that are left without the bridges, numbered by their smallest node.

    Parameters
    ----------
    graph : Graph

    Returns
    -------
    array of int32, shape (n_nodes,)
        O(n + m).
    """
    labels: IntArray = components_without(graph.indptr, graph.indices, *low_points(graph.indptr, graph.indices), True)
    return labels


def minimum_cut(graph: Graph) -> MinimumCut:
    """Find the lightest cut.

    Parameters
    ----------
    graph : Graph
        With 2 to 4,096 nodes.

    Returns
    -------
    MinimumCut
        Of weight 0, around the component of node 0, if the graph is not connected. O(n^3), 8 n^2 bytes.

    Raises
    ------
    ValueError
        If the graph has fewer than two nodes, or more than fit.

    References
    ----------
    Stoer and Wagner (1997), A simple min-cut algorithm, Journal of the ACM 44, 585-591.
    """
    if not 2 <= graph.n_nodes <= MOST_NODES_TO_CUT:
        raise ValueError(f"a minimum cut needs 2 to {MOST_NODES_TO_CUT} nodes, got {graph.n_nodes}")
    labels = connected_components(graph)
    if labels.max() > 0:
        return MinimumCut(0.0, labels == 0)
    weight, side = lightest_cut(graph.indptr, graph.indices, graph.weights)
    return MinimumCut(float(weight), np.asarray(side))


def k_cores(graph: Graph) -> IntArray:
    """Find for each node the greatest k such that it belongs to a subgraph with all degrees at least k.

    Parameters
    ----------
    graph : Graph

    Returns
    -------
    array of int32, shape (n_nodes,)
        O(n + m).

    References
    ----------
    Batagelj and Zaversnik (2003), An O(m) algorithm for cores decomposition of networks.
    """
    cores: IntArray = core_numbers(graph.indptr, graph.indices)
    return cores


def conductance(graph: Graph, members: npt.ArrayLike) -> float:
    """Share of the weight at some nodes, or at all others if that is less, that crosses between the two.

    Parameters
    ----------
    graph : Graph
    members : array-like of int

    Returns
    -------
    float
        0 for a separate set, up to 1; NaN where one of the sides has no edges. O(edges at `members`).
    """
    inside = np.zeros(graph.n_nodes, bool)
    inside[np.asarray(members, dtype=np.int64)] = True
    within, leaving = weight_in_and_out(graph.indptr, graph.indices, graph.weights, inside)
    smaller = min(within + leaving, float(graph.weights.sum()) - within - leaving)
    return float(leaving / smaller) if smaller > 0 else float("nan")
