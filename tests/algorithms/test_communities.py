import igraph
import networkx as nx
import numba
import numpy as np
import pytest
from _graphs import edge_lists, graphs, planted
from hypothesis import given
from hypothesis import strategies as st

import algorithms._leiden as leiden
from algorithms import Graph, connected_components, find_communities, find_nested_communities, from_networkx, to_igraph


def plain_quality(graph, labels, objective, resolution):
    """The definition, pair by pair."""
    total = graph.weights.sum()
    mass = np.ones(graph.n_nodes) if objective == "cpm" else graph.strengths()
    scaled = resolution if objective == "cpm" else resolution / total
    matrix = np.zeros((graph.n_nodes, graph.n_nodes))
    sources, targets, weights = graph.edges()
    matrix[sources, targets] = matrix[targets, sources] = weights
    same = labels[:, None] == labels[None, :]
    return ((matrix - scaled * np.outer(mass, mass)) * same).sum() / total


@given(graphs(), st.sampled_from(["cpm", "modularity"]), st.sampled_from([0.05, 0.3, 1.0]), st.integers(0, 3))
def test_quality_is_what_its_definition_says(graph, objective, resolution, seed):
    found = find_communities(graph, objective=objective, resolution=resolution, seed=seed)
    want = plain_quality(graph, found.labels, objective, resolution) if graph.n_edges else 0.0
    assert found.quality == pytest.approx(want, abs=1e-9)


@given(graphs(), st.sampled_from(["cpm", "modularity"]), st.sampled_from([0.05, 0.3, 1.0]))
def test_communities_are_connected_and_numbered_by_their_smallest_node(graph, objective, resolution):
    found = find_communities(graph, objective=objective, resolution=resolution)
    firsts = [int(np.flatnonzero(found.labels == c)[0]) for c in range(found.n_communities)]
    assert firsts == sorted(firsts)
    for c in range(found.n_communities):
        assert connected_components(graph.subgraph(np.flatnonzero(found.labels == c))).max() == 0


@given(graphs(), st.sampled_from([0.1, 0.5, 1.0]))
def test_no_two_communities_would_be_better_as_one(graph, resolution):
    found = find_communities(graph, resolution=resolution, n_iterations=10)
    base = plain_quality(graph, found.labels, "cpm", resolution) if graph.n_edges else 0.0
    for a in range(found.n_communities):
        for b in range(a) if graph.n_edges else ():
            merged = np.where(found.labels == a, b, found.labels)
            assert plain_quality(graph, merged, "cpm", resolution) <= base + 1e-9


@given(edge_lists(), st.randoms())
def test_the_order_of_edges_changes_nothing(rows, random):
    n, sources, targets, weights = rows
    order = list(range(len(sources)))
    random.shuffle(order)
    one = find_communities(Graph.from_edges(*rows))
    two = find_communities(Graph.from_edges(n, sources[order], targets[order], weights[order]))
    assert np.array_equal(one.labels, two.labels)


@given(graphs(most_nodes=20), st.integers(1, 5))
def test_no_community_exceeds_its_greatest_size(graph, most):
    found = find_communities(graph, resolution=0.01, max_size=most)
    assert np.bincount(found.labels).max() <= most


@given(graphs(most_nodes=20))
def test_nested_partitions_are_unions_of_finer_ones(graph):
    fine, middle, coarse = find_nested_communities(graph, [1.0, 0.3, 0.05])
    for finer, coarser in ((fine, middle), (middle, coarse)):
        pairs = set(zip(finer.labels.tolist(), coarser.labels.tolist(), strict=True))
        assert len(pairs) == finer.n_communities


@pytest.mark.parametrize(("objective", "resolution"), [("modularity", 1.0), ("cpm", 0.05), ("cpm", 0.2)])
@pytest.mark.parametrize("name", ["karate", "planted", "miserables"])
def test_quality_is_as_good_as_that_of_igraph(name, objective, resolution):
    graph = {
        "karate": lambda: from_networkx(nx.karate_club_graph()),
        "planted": lambda: planted(12, 25, 0.35, 0.01),
        "miserables": lambda: from_networkx(nx.les_miserables_graph()),
    }[name]()
    reference = to_igraph(graph).community_leiden(
        objective_function="CPM" if objective == "cpm" else "modularity",
        weights="weight",
        resolution=resolution,
        n_iterations=10,
    )
    peer = plain_quality(graph, np.array(reference.membership), objective, resolution)
    found = find_communities(graph, objective=objective, resolution=resolution, n_iterations=10)
    assert isinstance(reference, igraph.VertexClustering)
    assert found.quality >= 0.99 * peer


def test_planted_groups_are_found_where_modularity_is_blind():
    graph = planted(150, 5, 1.0, 0.0005, seed=2)
    truth = np.repeat(np.arange(150), 5)
    found = find_communities(graph, resolution=0.3).labels
    alike = sum(len(set(found[truth == g])) == 1 and (found == found[truth == g][0]).sum() == 5 for g in range(150))
    assert alike >= 140


def test_starting_from_a_result_does_not_make_it_worse():
    graph = planted(10, 20, 0.3, 0.02)
    first = find_communities(graph, resolution=0.1, n_iterations=1)
    again = find_communities(graph, resolution=0.1, initial=first.labels)
    assert again.quality >= first.quality - 1e-12


def test_isolated_nodes_stay_alone():
    found = find_communities(Graph.from_edges(4, [0], [1]), resolution=0.1)
    assert found.labels.tolist() == [0, 0, 1, 2]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"resolution": -1.0}, "`resolution` must be positive, got -1.0"),
        ({"objective": "map"}, "`objective` must be one of cpm, modularity, got 'map'"),
        ({"n_iterations": 0}, "`n_iterations` must be at least 1, got 0"),
        ({"max_size": 0}, "`max_size` must be at least 1, got 0"),
        ({"initial": [0, 1]}, "`initial` must hold 3 integers"),
        ({"initial": [0, 1, 3]}, "`initial` must lie in 0 .. 2, got 0 .. 3"),
        ({"node_sizes": [1, 1, 0]}, "`node_sizes` must lie in 1"),
    ],
)
def test_what_makes_no_sense_is_refused(options, words):
    with pytest.raises(ValueError, match=words):
        find_communities(Graph.from_edges(3, [0], [1]), **options)


def test_resolutions_that_rise_are_refused():
    with pytest.raises(ValueError, match="must fall from fine to coarse"):
        find_nested_communities(Graph.from_edges(2, [0], [1]), [0.1, 0.2])


@pytest.fixture
def batches(monkeypatch):
    """Make small graphs take the way of large ones."""
    for name in ("SERIAL_WORK", "PARALLEL_WORK", "PARALLEL_ENTRIES"):
        monkeypatch.setattr(leiden, name, 0)


@pytest.mark.parametrize(("objective", "resolution"), [("modularity", 1.0), ("cpm", 0.05)])
@pytest.mark.parametrize("options", [{}, {"max_size": 20}, {"n_iterations": 1}])
def test_batches_on_any_number_of_threads_give_the_same_communities(batches, objective, resolution, options):
    graph = planted(60, 30, 0.3, 0.003, seed=5)
    found = []
    for threads in range(1, numba.config.NUMBA_NUM_THREADS + 1):
        numba.set_num_threads(threads)
        found.append(find_communities(graph, objective=objective, resolution=resolution, **options))
    for other in found[1:]:
        assert np.array_equal(found[0].labels, other.labels)
        assert found[0].quality == other.quality


@pytest.mark.parametrize(("objective", "resolution"), [("modularity", 1.0), ("cpm", 0.05)])
def test_batches_are_as_good_as_one_node_after_the_other(monkeypatch, objective, resolution):
    graph = planted(60, 30, 0.3, 0.003, seed=6)
    alone = find_communities(graph, objective=objective, resolution=resolution)
    monkeypatch.setattr(leiden, "SERIAL_WORK", 0)
    together = find_communities(graph, objective=objective, resolution=resolution)
    assert together.quality >= alone.quality - 0.002
    assert together.quality == pytest.approx(plain_quality(graph, together.labels, objective, resolution))


def test_batches_bound_the_size_of_communities(batches):
    found = find_communities(planted(60, 30, 0.3, 0.003), resolution=0.01, max_size=7)
    assert np.bincount(found.labels).max() <= 7


@given(graphs(most_nodes=10), st.lists(st.tuples(st.integers(0, 9), st.integers(1, 4)), max_size=12))
def test_leaves_lie_with_their_neighbours_under_modularity(graph, leaves):
    sources, targets, weights = graph.edges()
    n = graph.n_nodes
    at = [min(node, n - 1) for node, _ in leaves]
    grown = Graph.from_edges(
        n + len(leaves),
        [*sources, *at],
        [*targets, *range(n, n + len(leaves))],
        [*weights, *(weight for _, weight in leaves)],
    )
    labels = find_communities(grown, objective="modularity").labels
    for leaf in np.flatnonzero(grown.degrees() == 1):
        assert labels[leaf] == labels[grown.indices[grown.indptr[leaf]]]


@given(graphs(), graphs(), st.sampled_from([0.1, 0.5]))
def test_a_disjoint_union_has_the_communities_of_its_parts(one, two, resolution):
    sources, targets, weights = (np.concatenate(column) for column in zip(one.edges(), two.edges(), strict=True))
    n = one.n_nodes
    targets[one.n_edges :] += n
    sources[one.n_edges :] += n
    union = Graph.from_edges(n + two.n_nodes, sources, targets, weights)
    labels = find_communities(union, resolution=resolution, n_iterations=10).labels
    assert not set(labels[:n]) & set(labels[n:])


@given(graphs(most_nodes=12), st.sampled_from([0.1, 0.5]), st.randoms())
def test_other_names_of_the_nodes_leave_the_meaning_of_labels_and_quality(graph, resolution, random):
    order = list(range(graph.n_nodes))
    random.shuffle(order)
    order = np.array(order)
    sources, targets, weights = graph.edges()
    renamed = Graph.from_edges(graph.n_nodes, order[sources], order[targets], weights)
    found = find_communities(renamed, resolution=resolution, n_iterations=10)
    got = plain_quality(graph, found.labels[order], "cpm", resolution) if graph.n_edges else 0.0
    assert got == pytest.approx(found.quality, abs=1e-9)


@given(graphs(), st.sampled_from([0.1, 0.5, 1.0]))
def test_every_part_is_well_connected_to_its_community(graph, resolution):
    """Every node of a community ties it to the rest at least as the resolution asks (Traag et al., gamma-connected)."""
    found = find_communities(graph, resolution=resolution, n_iterations=10)
    sources, targets, weights = graph.edges()
    for v in range(graph.n_nodes):
        mine = found.labels == found.labels[v]
        ends = np.where(sources == v, targets, np.where(targets == v, sources, v))
        within = weights[(ends != v) & mine[ends]].sum()
        assert within >= resolution * (mine.sum() - 1) - 1e-9


def test_triangles_of_a_graph_too_large_for_caches_are_its_communities():
    n = 3 * 140_000  # more than `FAR_NODES`, from which on kernels ask for memory ahead
    shuffled = np.random.default_rng(5).permutation(n)
    corner = shuffled.reshape(-1, 3)
    graph = Graph.from_edges(n, corner.ravel(), np.roll(corner, 1, axis=1).ravel())
    found = find_communities(graph, objective="modularity")
    assert found.n_communities == n // 3
    assert (found.labels[corner] == found.labels[corner[:, :1]]).all()
