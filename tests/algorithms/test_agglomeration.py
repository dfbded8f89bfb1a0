"""Agglomeration by mean weight: against a slow twin, against SciPy, and laws of the tree."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
import scipy.cluster.hierarchy
from _graphs import graphs, planted
from hypothesis import given
from hypothesis import strategies as st

from algorithms import Graph, agglomerate
from algorithms.agglomeration import MOST_STEPS


def clusters_of(tree):
    return [frozenset(tree.order[a:b].tolist()) for a, b in zip(tree.first, tree.last, strict=True)]


def merged_one_by_one(graph, least, most):
    """Merge the best pair of all, again and again, by exact fractions: the slow twin."""
    units = {}
    for v in range(graph.n_nodes):
        for e in range(graph.indptr[v], graph.indptr[v + 1]):
            units[v, int(graph.indices[e])] = round(graph.weights[e] * (MOST_STEPS / least))
    clusters = [(frozenset([v]), v) for v in range(graph.n_nodes)]
    made = {}
    while True:
        pairs = []
        for one, other in itertools.combinations(clusters, 2):
            across = sum(units.get((a, b), 0) for a in one[0] for b in other[0])
            mean = Fraction(across, len(one[0]) * len(other[0]))
            if mean >= MOST_STEPS and len(one[0]) + len(other[0]) <= most:
                pairs.append((-mean, sorted((one[1], other[1])), one, other))
        if not pairs:
            return made
        mean, keys, one, other = min(pairs, key=lambda pair: pair[:2])
        clusters = [cluster for cluster in clusters if cluster not in (one, other)]
        clusters.append((one[0] | other[0], keys[1]))
        made[clusters[-1][0]] = float(-mean) * least / MOST_STEPS


@given(graphs(most_nodes=11), st.sampled_from([0.05, 0.4, 1.0, 2.5]), st.integers(1, 12))
def test_agrees_with_a_slow_twin_ties_included(graph, least, most):
    tree = agglomerate(graph, least=least, max_size=most)
    expected = merged_one_by_one(graph, least, most)
    assert dict(zip(clusters_of(tree), tree.densities.tolist(), strict=True)) == pytest.approx(expected)


def test_of_equal_means_the_clusters_with_the_least_last_nodes_are_merged_first():
    # once 0 and 3 are one, they are tied to 1 and to 2 as these are to each other
    graph = Graph.from_edges(4, [0, 1, 1, 2], [3, 2, 3, 3], [2, 1, 2, 2])
    assert clusters_of(agglomerate(graph, least=0.5)) == [{0, 3}, {1, 2}, {0, 1, 2, 3}]


@given(st.integers(2, 14), st.integers(0, 10_000))
def test_agrees_with_average_linkage_of_scipy(n, seed):
    weights = np.random.default_rng(seed).uniform(0.1, 0.9, n * (n - 1) // 2)
    sources, targets = np.triu_indices(n, 1)
    tree = agglomerate(Graph.from_edges(n, sources, targets, weights), least=0.01)
    linkage = scipy.cluster.hierarchy.linkage(1 - weights, "average")
    groups = [frozenset([v]) for v in range(n)]
    expected = {}
    for one, other, distance, _ in linkage:
        groups.append(groups[int(one)] | groups[int(other)])
        expected[groups[-1]] = 1 - distance
    assert dict(zip(clusters_of(tree), tree.densities.tolist(), strict=True)) == pytest.approx(expected, abs=1e-5)


@given(graphs(most_nodes=40, most_edges=120), st.sampled_from([0.05, 0.4, 1.0]))
def test_cut_anywhere_no_two_clusters_are_tied_more_closely(graph, least):
    tree = agglomerate(graph, least=least)
    assert (tree.densities >= tree.ends_at - 1e-12).all()
    for density in {least, *tree.densities.tolist()}:
        label = np.arange(graph.n_nodes)
        for cluster, at in zip(clusters_of(tree), tree.densities, strict=True):
            if at >= density:
                label[sorted(cluster)] = max(cluster)
        sizes = np.bincount(label, minlength=graph.n_nodes)
        across = np.zeros((graph.n_nodes, graph.n_nodes))
        source = np.repeat(np.arange(graph.n_nodes), np.diff(graph.indptr))
        np.add.at(across, (label[source], label[graph.indices]), graph.weights)
        np.fill_diagonal(across, 0)
        assert (across <= density * np.outer(sizes, sizes) * (1 + 1e-3)).all()


@given(graphs(most_nodes=12), graphs(most_nodes=12), st.randoms(use_true_random=False))
def test_what_is_not_tied_to_a_cluster_changes_nothing_of_it(graph, other, random):
    # the nodes of both are mixed, each kept in its order
    n = graph.n_nodes + other.n_nodes
    place = np.array(sorted(random.sample(range(n), graph.n_nodes)))
    rest = np.setdiff1d(np.arange(n), place)
    ends = []
    for one, at in ((graph, place), (other, rest)):
        source = np.repeat(np.arange(one.n_nodes), np.diff(one.indptr))
        use = source < one.indices
        ends.append((at[source[use]], at[one.indices[use]], one.weights[use]))
    both = Graph.from_edges(n, *(np.concatenate(column) for column in zip(*ends, strict=True)))
    alone = {frozenset(place[list(cluster)].tolist()) for cluster in clusters_of(agglomerate(graph, least=0.3))}
    together = set(clusters_of(agglomerate(both, least=0.3)))
    assert alone == {cluster for cluster in together if cluster & set(place.tolist())}


def test_planted_groups_are_clusters_and_lists_are_packed_again_and_again():
    graph = planted(60, 12, 0.8, 0.004)
    source = np.repeat(np.arange(graph.n_nodes), np.diff(graph.indptr))
    weights = np.where(source // 12 == graph.indices // 12, 0.9, 0.3)
    tree = agglomerate(Graph(graph.indptr, graph.indices, weights), least=0.01)
    found = set(clusters_of(tree))
    assert sum(frozenset(range(12 * g, 12 * g + 12)) in found for g in range(60)) >= 57
    starts, members = tree.clusters(4, 12)
    assert len(starts) > 60
    for c in range(len(starts) - 1):
        group = members[starts[c] : starts[c + 1]]
        assert 4 <= len(group) <= 12
        assert (np.diff(group) > 0).all()
        assert frozenset(group.tolist()) in found


def test_clusters_that_are_soon_merged_on_are_left_out():
    # a pair at 1, joined by a third at 0.95, and by a fourth at 0.2
    weights = [1.0, 0.95, 0.95, 0.2, 0.2, 0.2]
    tree = agglomerate(Graph.from_edges(4, [0, 0, 1, 0, 1, 2], [1, 2, 2, 3, 3, 3], weights), least=0.1)
    for lasting, sizes in ((1.0, [2, 3, 4]), (1.2, [3, 4]), (3.0, [3])):
        starts, members = tree.clusters(2, 9, lasting)
        assert np.diff(starts).tolist() == sizes
    assert members.tolist() == [0, 1, 2]


def test_no_cluster_grows_beyond_the_largest_size():
    tree = agglomerate(planted(3, 20, 0.9, 0.2), least=0.01, max_size=7)
    assert (tree.last - tree.first).max() == 7


def test_weights_of_less_than_a_step_are_no_trouble():
    # ties that count as nothing would be listed again and again, beyond the memory for all that are tied
    n = 600
    sources, targets = np.triu_indices(n, 1)
    weights = np.where(sources // 10 == targets // 10, 0.5, 1e-9)
    tree = agglomerate(Graph.from_edges(n, sources, targets, weights), least=0.1)
    assert len(tree) == n - n // 10
    assert {frozenset(range(10 * g, 10 * g + 10)) for g in range(n // 10)} <= set(clusters_of(tree))


def test_steps_are_coarser_where_sums_would_not_fit():
    graph = planted(3, 20, 0.9, 0.2)
    heavy = Graph(graph.indptr, graph.indices, graph.weights * 1e8)
    tree = agglomerate(heavy, least=1e6)
    assert set(clusters_of(tree)) == set(clusters_of(agglomerate(graph, least=0.01)))
    coarse = agglomerate(Graph(graph.indptr, graph.indices, graph.weights * 1e10), least=1.0)
    assert len(coarse) == graph.n_nodes - 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"least": 0.0}, "`least` must be positive, got 0.0"),
        ({"least": float("nan")}, "`least` must be positive, got nan"),
        ({"max_size": 0}, "`max_size` must be at least 1, got 0"),
        ({"least": 1e-18}, "weights must be below .* for clusters of 4 at densities from 1e-18, got 1"),
    ],
)
def test_what_cannot_be_used_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        agglomerate(Graph.from_edges(4, [0, 1], [1, 2]), **options)


def test_nothing_is_made_of_nothing():
    for n in (0, 3):
        tree = agglomerate(Graph.from_edges(n, [], []))
        assert len(tree) == 0
        assert tree.order.tolist() == list(range(n))
        starts, members = tree.clusters(2, 9)
        assert (starts.tolist(), len(members)) == ([0], 0)
