import networkx as nx
import numpy as np
import pytest
from _graphs import edge_lists, graphs, planted
from hypothesis import given
from hypothesis import strategies as st

from algorithms import (
    Graph,
    UnionFind,
    clustering_coefficients,
    conductance,
    connected_components,
    count_triangles,
    find_communities,
    partition_statistics,
    personalised_pagerank,
    propagate_labels,
    to_networkx,
)


@given(edge_lists(), st.integers(0, 40))
def test_sets_joined_bit_by_bit_are_the_connected_components(rows, cut):
    n, sources, targets, _ = rows
    sets = UnionFind(n)
    joined = sets.add_edges(sources[:cut], targets[:cut]) + sets.add_edges(sources[cut:], targets[cut:])
    want = connected_components(Graph.from_edges(*rows))
    assert np.array_equal(sets.labels(), want)
    assert sets.n_components == n - joined == int(want.max()) + 1


@given(graphs())
def test_triangles_and_clustering_are_those_of_networkx(graph):
    peer = to_networkx(graph)
    assert count_triangles(graph).tolist() == list(nx.triangles(peer).values())
    assert clustering_coefficients(graph) == pytest.approx(list(nx.clustering(peer).values()))


@given(graphs(), st.sampled_from([0.3, 0.85]), st.integers(0, 13))
def test_rank_is_the_solution_of_its_equation(graph, damping, seed):
    """The slow twin: ``p = (1 - d) s + d W p`` solved whole."""
    seeds = np.zeros(graph.n_nodes)
    seeds[seed % graph.n_nodes] = 1
    matrix = np.zeros((graph.n_nodes, graph.n_nodes))
    sources, targets, weights = graph.edges()
    matrix[sources, targets] = matrix[targets, sources] = weights
    strengths = matrix.sum(axis=0)
    walk = np.divide(matrix, strengths, out=np.zeros_like(matrix), where=strengths > 0)
    want = (1 - damping) * np.linalg.solve(np.eye(graph.n_nodes) - damping * walk, seeds)
    want[strengths == 0] = seeds[strengths == 0]
    got = personalised_pagerank(graph, seeds, damping=damping, tolerance=1e-10)
    assert got == pytest.approx(want, abs=1e-6)


@given(graphs())
def test_settled_labels_are_the_heaviest_around_every_node(graph):
    labels = propagate_labels(graph, max_sweeps=1000)
    for v in range(graph.n_nodes):
        row = slice(graph.indptr[v], graph.indptr[v + 1])
        around = np.bincount(labels[graph.indices[row]], graph.weights[row], graph.n_nodes)
        assert len(graph.indices[row]) == 0 or around[labels[v]] == around.max()


def test_known_labels_stay_and_reach_what_hangs_on_them():
    graph = Graph.from_edges(6, [0, 1, 3, 2], [1, 2, 4, 3], [2, 2, 2, 1])
    assert propagate_labels(graph, known=[0, -1, -1, -1, 1, -1]).tolist() == [0, 0, 0, 1, 1, -1]


@given(graphs(), st.lists(st.integers(0, 3), min_size=14, max_size=14))
def test_statistics_are_those_of_networkx(graph, labels):
    labels = np.unique(np.array(labels[: graph.n_nodes]), return_inverse=True)[1]
    got = partition_statistics(graph, labels, resolution=0.2)
    parts = [set(np.flatnonzero(labels == c).tolist()) for c in range(labels.max() + 1)]
    peer = to_networkx(graph)
    if graph.n_edges:
        assert got.modularity == pytest.approx(nx.community.modularity(peer, parts))
    for c, part in enumerate(parts):
        assert got.inside[c] == pytest.approx(peer.subgraph(part).size("weight"))
        assert got.leaving[c] == pytest.approx(nx.cut_size(peer, part, weight="weight"))
        assert got.conductance[c] == pytest.approx(conductance(graph, list(part)), nan_ok=True)


def test_quality_is_what_the_search_reports():
    graph = planted(8, 12, 0.5, 0.02)
    found = find_communities(graph, resolution=0.2)
    assert partition_statistics(graph, found.labels, resolution=0.2).cpm_quality == pytest.approx(found.quality)
    modular = find_communities(graph, objective="modularity")
    assert partition_statistics(graph, modular.labels).modularity == pytest.approx(modular.quality)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda g: UnionFind(2).add_edges([0], [2]), "must lie in 0 .. 1"),
        (lambda g: UnionFind(2).add_edges([0, 1], [1]), "must have one length"),
        (lambda g: propagate_labels(g, known=[0]), "`known` must hold 3 labels"),
        (lambda g: propagate_labels(g, max_sweeps=0), "`max_sweeps` must be at least 1, got 0"),
        (lambda g: personalised_pagerank(g, [0, 0, 0]), "`seeds` must hold 3 finite numbers"),
        (lambda g: personalised_pagerank(g, [1, 0, 0], damping=1), "`damping` must lie between 0 and 1, got 1"),
        (lambda g: personalised_pagerank(g, [1, 0, 0], tolerance=0), "`tolerance` must be positive, got 0"),
        (lambda g: partition_statistics(g, [0, 0]), "`labels` must hold 3 integers"),
    ],
)
def test_what_makes_no_sense_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call(planted(1, 3, 1, 0))
