"""Edges weighed by triangles, and graphs without the lightest edges of busy nodes: against slow twins."""

import numba
import numpy as np
import pytest
from _graphs import graphs, planted
from hypothesis import given
from hypothesis import strategies as st

from algorithms import Graph, add_triads, keep_heaviest
from algorithms.triads import PARALLEL_ENTRIES


def matrix_of(graph):
    out = np.zeros((graph.n_nodes, graph.n_nodes))
    out[np.repeat(np.arange(graph.n_nodes), np.diff(graph.indptr)), graph.indices] = graph.weights
    return out


@given(graphs(), st.sampled_from([0.0, 0.5, 8.0]))
def test_every_edge_gains_the_products_over_its_common_neighbours(graph, factor):
    before, after = matrix_of(graph), matrix_of(add_triads(graph, factor))
    assert after == pytest.approx(np.where(before > 0, before + factor * before @ before, 0.0))
    assert np.array_equal(after, after.T)


def test_triangles_count_and_other_ties_do_not():
    triangle_and_tail = Graph.from_edges(4, [0, 0, 1, 2], [1, 2, 2, 3], [0.5, 0.5, 0.5, 0.5])
    assert matrix_of(add_triads(triangle_and_tail, 2.0))[0].tolist() == [0, 1.0, 1.0, 0]
    assert matrix_of(add_triads(triangle_and_tail, 2.0))[2, 3] == 0.5


def test_any_number_of_threads_gives_the_same_weights():
    graph = planted(40, 20, 0.9, 0.02)
    assert len(graph.indices) > PARALLEL_ENTRIES // 2
    graph = Graph(graph.indptr, graph.indices, np.ones(len(graph.indices)))
    weights = np.random.default_rng(0).random(graph.n_nodes)
    source = np.repeat(np.arange(graph.n_nodes), np.diff(graph.indptr))
    graph = Graph(graph.indptr, graph.indices, weights[source] * weights[graph.indices])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("algorithms.triads.PARALLEL_ENTRIES", 0)
        together = add_triads(graph, 8.0)
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        alone = add_triads(graph, 8.0)
    finally:
        numba.set_num_threads(threads)
    assert np.array_equal(together.weights, alone.weights)


@pytest.mark.parametrize("factor", [-1.0, float("nan")])
def test_a_negative_factor_is_refused(factor):
    with pytest.raises(ValueError, match="`factor` must not be negative, got "):
        add_triads(Graph.from_edges(2, [0], [1]), factor)


@given(graphs(most_nodes=10, most_edges=60), st.integers(1, 6))
def test_an_edge_stays_if_it_is_among_the_heaviest_of_both_ends(graph, most):
    matrix = matrix_of(graph)
    ranked = [sorted(np.flatnonzero(row).tolist(), key=lambda u, row=row: (-row[u], u))[:most] for row in matrix]
    expected = {
        (v, u): matrix[v, u]
        for v in range(graph.n_nodes)
        for u in range(graph.n_nodes)
        if u in ranked[v] and v in ranked[u]
    }
    thinned = matrix_of(keep_heaviest(graph, most))
    assert {(int(v), int(u)): thinned[v, u] for v, u in np.argwhere(thinned)} == expected


def test_a_graph_without_busy_nodes_stays_as_it_is():
    graph = planted(3, 6, 0.9, 0.1)
    assert keep_heaviest(graph, int(graph.degrees().max())) is graph
    with pytest.raises(ValueError, match="`most` must be at least 1, got 0"):
        keep_heaviest(graph, 0)
