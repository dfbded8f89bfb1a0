"""The lightest cut of candidates, whether a bound tells it or a search."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from algorithms import Graph
from algorithms._cut_kernels import one_is_lightest
from gnn._cohesion_kernels import measure_cohesion


def cliques(sizes, seed):
    """Cliques with uneven ties, and a few ties between successive ones."""
    rng = np.random.default_rng(seed)
    n, first, sources, targets = sum(sizes), 0, [], []
    for size in sizes:
        for i in range(first, first + size):
            for j in range(i):
                if j >= first or rng.random() < 0.1:
                    sources.append(i)
                    targets.append(j)
        first += size
    weights = rng.choice([0.1, 0.5, 0.9, 1.0], p=[0.1, 0.2, 0.3, 0.4], size=len(sources))
    return n, np.array(sources), np.array(targets), weights


def agrees(n, sources, targets, weights):
    graph = Graph.from_edges(n, sources, targets, weights)
    none = Graph.from_edges(n, sources[:0], targets[:0])
    whole = np.array([0, n]), np.arange(n, dtype=np.int32), n
    measured = measure_cohesion(*whole, graph.indptr, graph.indices, graph.weights, none.indptr, none.indices, n)
    twin = nx.Graph()
    twin.add_nodes_from(range(n))
    twin.add_weighted_edges_from(zip(sources.tolist(), targets.tolist(), weights.tolist(), strict=True))
    cut = nx.stoer_wagner(twin)[0] if nx.is_connected(twin) else 0.0
    assert measured[0, 0] == pytest.approx(cut * n / graph.weights.sum())


@given(st.lists(st.integers(2, 7), min_size=1, max_size=3), st.integers(0, 2**31))
@example([6], 1)
@example([5, 5], 0)
def test_cuts_agree_with_networkx(sizes, seed):
    n, sources, targets, weights = cliques(sizes, seed)
    agrees(n, sources, targets, weights)


@pytest.mark.parametrize("half", range(2, 7))
@pytest.mark.parametrize("across", [0.05, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0])
def test_halves_that_hang_together_more_and_less(half, across):
    sources, targets = np.tril_indices(2 * half, -1)
    agrees(2 * half, sources, targets, np.where((sources < half) == (targets < half), 1.0, across))


@pytest.mark.parametrize("k", range(2, 12))
def test_the_bound_knows_even_cliques(k):
    assert one_is_lightest(k, (k - 1) * 0.7, 0.7)
    assert one_is_lightest(k, 0.0, 1.0) == (k < 4)
