import networkx as nx
import numpy as np
import pytest
from _graphs import graphs
from hypothesis import given
from hypothesis import strategies as st

from algorithms import (
    Graph,
    articulation_points,
    bridges,
    conductance,
    connected_components,
    k_cores,
    minimum_cut,
    to_networkx,
    two_edge_components,
)


@given(graphs())
def test_bridges_and_cut_nodes_agree_with_networkx(graph):
    oracle = to_networkx(graph)
    assert [tuple(edge) for edge in bridges(graph).tolist()] == sorted(tuple(sorted(e)) for e in nx.bridges(oracle))
    assert articulation_points(graph).tolist() == sorted(nx.articulation_points(oracle))


@given(graphs())
def test_components_agree_with_networkx(graph):
    oracle = to_networkx(graph)
    assert _groups(connected_components(graph)) == {frozenset(c) for c in nx.connected_components(oracle)}
    oracle.remove_edges_from(list(nx.bridges(oracle)))
    assert _groups(two_edge_components(graph)) == {frozenset(c) for c in nx.connected_components(oracle)}


def _groups(labels):
    return {frozenset(np.flatnonzero(labels == c).tolist()) for c in set(labels.tolist())}


@given(graphs())
def test_core_numbers_agree_with_networkx(graph):
    oracle = nx.core_number(to_networkx(graph))
    assert k_cores(graph).tolist() == [oracle[v] for v in range(graph.n_nodes)]


@given(graphs().filter(lambda graph: graph.n_nodes > 1))
def test_the_minimum_cut_agrees_with_networkx(graph):
    cut = minimum_cut(graph)
    oracle = to_networkx(graph)
    sources, targets, weights = graph.edges()
    assert cut.weight == pytest.approx(weights[cut.side[sources] != cut.side[targets]].sum())
    assert 0 < cut.side.sum() < graph.n_nodes
    assert cut.weight == pytest.approx(nx.stoer_wagner(oracle)[0] if nx.is_connected(oracle) else 0.0)


@given(graphs(), st.data())
def test_conductance_agrees_with_networkx(graph, data):
    inside = data.draw(st.sets(st.integers(0, graph.n_nodes - 1), min_size=1))
    oracle, outside = to_networkx(graph), set(range(graph.n_nodes)) - inside
    value = conductance(graph, sorted(inside))
    try:
        want = nx.conductance(oracle, inside, outside, weight="weight")
    except ZeroDivisionError:
        assert np.isnan(value)
    else:
        assert value == pytest.approx(want)


def test_a_cut_of_too_few_or_too_many_nodes_is_refused():
    for n in (1, 5000):
        with pytest.raises(ValueError, match=f"needs 2 to 4096 nodes, got {n}"):
            minimum_cut(Graph.from_edges(n, [], []))


def test_a_path_of_a_hundred_thousand_nodes_needs_no_recursion():
    n = 100_000
    graph = Graph.from_edges(n, np.arange(n - 1), np.arange(1, n))
    assert len(bridges(graph)) == n - 1
    assert two_edge_components(graph).max() == n - 1
