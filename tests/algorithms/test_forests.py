"""Trees: depths, sums and subtrees equal those of networkx; cycles are part of no tree."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorithms.forests import Forest

PARENTS = st.integers(1, 14).flatmap(lambda n: st.lists(st.integers(-1, n - 1), min_size=n, max_size=n))


def graph(parents):
    out = nx.DiGraph()
    out.add_nodes_from(range(len(parents)))
    out.add_edges_from((p, k) for k, p in enumerate(parents) if p >= 0)
    return out


@given(PARENTS)
def test_depths_and_sums_equal_those_of_networkx(parents):
    oracle, forest = graph(parents), Forest.from_parents(parents)
    depths = (
        nx.multi_source_dijkstra_path_length(oracle, {k for k, p in enumerate(parents) if p < 0} or {-1})
        if (-1 in parents)
        else {}
    )
    assert forest.depths.tolist() == [depths.get(k, -1) for k in range(len(parents))]
    values = np.arange(len(parents)) + 0.5
    sums, heights = forest.sums(values), forest.heights
    for node in forest.order.tolist():
        below = nx.descendants(oracle, node) | {node}
        assert sums[node] == pytest.approx(values[sorted(below)].sum())
        assert heights[node] == max(forest.depths[sorted(below)]) - forest.depths[node]
        assert forest.subtree(node).tolist() == sorted(below)


def test_a_cycle_is_in_no_tree():
    forest = Forest.from_parents([1, 0, 1, -1, 3])
    assert forest.depths.tolist() == [-1, -1, -1, 0, 1]
    assert forest.sums(np.ones(5)).tolist() == [1, 1, 1, 2, 1]


def test_a_chain_is_as_deep_as_it_is_long():
    forest = Forest.from_parents(np.arange(-1, 999))
    assert forest.heights[0] == 999
    assert forest.sums(np.ones(1000))[0] == 1000


def test_no_nodes_are_no_trees_and_strange_parents_are_told():
    assert len(Forest.from_parents([]).order) == 0
    with pytest.raises(ValueError, match=r"`parents` must lie in -1 .. 1, got -1 .. 2"):
        Forest.from_parents([-1, 2])
