import heapq
from itertools import combinations

import numpy as np
import pytest
from _graphs import graphs, planted
from hypothesis import given
from hypothesis import strategies as st

from algorithms import Graph, bipartite_graph, dense_blocks, densest_block, time_bins
from algorithms._peeling_kernels import N_SAMPLED, peel

PRIORS = st.lists(st.integers(0, 3), min_size=14, max_size=14)


def density(graph, priors, nodes):
    sources, targets, weights = graph.edges()
    inside = np.isin(sources, nodes) & np.isin(targets, nodes)
    return (weights[inside].sum() + priors[list(nodes)].sum()) / len(nodes)


def plain_peel(graph, priors):
    """The obvious twin: take out the node of least degree again and again, and remember the densest set."""
    left, best = list(range(graph.n_nodes)), 0.0
    sources, targets, weights = graph.edges()
    while left:
        best = max(best, density(graph, priors, left))
        inside = np.isin(sources, left) & np.isin(targets, left)
        degree = priors + sum(np.bincount(ends[inside], weights[inside], graph.n_nodes) for ends in (sources, targets))
        left.remove(min(left, key=lambda v: (degree[v], v)))
    return best


def removal_degrees(graph, loads):
    """The same with one heap of all nodes: least load plus degree first, then least id."""
    keys = loads + graph.strengths()
    heap = [(key, v) for v, key in enumerate(keys)]
    heapq.heapify(heap)
    degrees = np.full(graph.n_nodes, np.nan)
    while heap:
        key, v = heapq.heappop(heap)
        if key != keys[v] or not np.isnan(degrees[v]):
            continue
        degrees[v] = key - loads[v]
        for e in range(graph.indptr[v], graph.indptr[v + 1]):
            u = graph.indices[e]
            keys[u] -= graph.weights[e]
            heapq.heappush(heap, (keys[u], u))
    return degrees


def densest(graph, priors):
    """Every set."""
    sets = (s for k in range(1, graph.n_nodes + 1) for s in combinations(range(graph.n_nodes), k))
    return max(density(graph, priors, s) for s in sets)


@given(graphs(), PRIORS)
def test_pruning_and_peeling_find_what_plain_peeling_finds(graph, priors):
    priors = np.array(priors[: graph.n_nodes], float)
    found = densest_block(graph, priors=priors)
    assert found.density == pytest.approx(plain_peel(graph, priors))
    if len(found.nodes):
        assert found.density == pytest.approx(density(graph, priors, found.nodes))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("loaded", [False, True])
def test_peeling_by_thresholds_takes_nodes_out_in_the_order_of_one_heap(weighted, loaded):
    rng = np.random.default_rng(3)
    n = 4 * N_SAMPLED
    ends = np.minimum(rng.pareto(1.5, (2, 8 * n)) * 50, n - 1).astype(int)
    graph = Graph.from_edges(n, *ends, rng.random(8 * n) + 0.1 if weighted else None)
    loads = rng.integers(0, 20, n) * 1.0 if loaded else np.zeros(n)
    got = peel(graph.indptr, graph.indices, graph.weights, np.zeros(n), loads)[2]
    assert np.array_equal(got, removal_degrees(graph, loads))


@given(graphs(most_nodes=8), PRIORS)
def test_many_rounds_come_close_to_the_densest_of_all_sets(graph, priors):
    priors = np.array(priors[: graph.n_nodes], float)
    best = densest(graph, priors)
    assert densest_block(graph, priors=priors).density >= best / 2 - 1e-9
    assert densest_block(graph, priors=priors, n_rounds=60).density >= 0.95 * best


@given(graphs(), st.randoms())
def test_other_names_of_the_nodes_give_the_same_density_to_many_rounds(graph, random):
    order = list(range(graph.n_nodes))
    random.shuffle(order)
    order = np.array(order)
    sources, targets, weights = graph.edges()
    renamed = Graph.from_edges(graph.n_nodes, order[sources], order[targets], weights)
    one, two = densest_block(graph, n_rounds=40).density, densest_block(renamed, n_rounds=40).density
    assert one == pytest.approx(two, rel=0.05)


def test_blocks_come_one_after_the_other_densest_first():
    sources, targets = (np.array(list(column)) for column in zip(*combinations(range(8), 2), strict=True))
    more, others = (np.array(list(column)) + 8 for column in zip(*combinations(range(5), 2), strict=True))
    graph = Graph.from_edges(20, [*sources, *more, 13], [*targets, *others, 14])
    blocks = dense_blocks(graph, n_blocks=5, min_density=0.6)
    assert [block.nodes.tolist() for block in blocks] == [list(range(8)), list(range(8, 13))]
    assert [block.density for block in blocks] == [3.5, 2.0]


def test_links_to_what_everyone_uses_do_not_hide_a_ring():
    rng = np.random.default_rng(0)
    ring_actors, ring_signals = (np.array(column) for column in np.meshgrid(np.arange(20), np.arange(8)))
    actors = [ring_actors.ravel(), np.repeat(np.arange(2000), 3), np.tile(np.arange(20), 30)]
    signals = [ring_signals.ravel(), 8 + rng.integers(0, 3000, 6000), 3008 + np.repeat(np.arange(30), 20)]
    crowd = np.repeat(np.arange(30), 600)
    actors += [rng.integers(0, 2000, len(crowd))]
    signals += [3008 + crowd]
    graph = bipartite_graph(2000, 3038, np.concatenate(actors), np.concatenate(signals))
    block = dense_blocks(graph, n_blocks=1, n_rounds=5)[0]
    assert set(range(20)) <= set(block.nodes.tolist())
    assert {2000 + s for s in range(8)} <= set(block.nodes.tolist())


def test_accounts_in_lockstep_make_a_dense_block():
    rng = np.random.default_rng(1)
    crew = np.repeat(np.arange(12), 10)
    moments = np.tile(np.arange(10) * 86_400 + 500, 12) + rng.integers(0, 90, 120)
    actors = np.concatenate([crew, rng.integers(12, 500, 3000)])
    times = np.concatenate([moments, rng.integers(0, 10 * 86_400, 3000)])
    signals, names = time_bins(np.zeros(len(actors), int), times, 600)
    graph = bipartite_graph(500, len(names), actors, signals)
    block = densest_block(graph)
    assert set(block.nodes[block.nodes < 500].tolist()) == set(range(12))


def test_bins_name_target_and_first_second():
    signals, names = time_bins([7, 7, 8], [5, 9, 12], 10)
    assert signals.tolist() == [0, 0, 1]
    assert names.tolist() == [[7, 0], [8, 10]]


def test_repeated_rows_count_once_and_crowded_signals_weigh_less():
    graph = bipartite_graph(3, 2, [0, 0, 1, 2], [0, 0, 0, 1])
    assert graph.n_edges == 3
    assert graph.edges()[2] == pytest.approx([1 / np.log(7), 1 / np.log(7), 1 / np.log(6)])
    assert bipartite_graph(3, 2, [0, 1], [0, 1], camouflage_proof=False).weights.tolist() == [1.0] * 4


def test_an_empty_graph_has_no_block():
    assert dense_blocks(Graph.from_edges(3, [], []), n_blocks=2) == ()
    assert densest_block(Graph.from_edges(0, [], [])).density == 0.0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: densest_block(planted(1, 3, 1, 0), n_rounds=0), "`n_rounds` must be at least 1, got 0"),
        (lambda: densest_block(planted(1, 3, 1, 0), priors=[1, 2]), "`priors` must hold 3 finite numbers"),
        (lambda: dense_blocks(planted(1, 3, 1, 0), n_blocks=0), "`n_blocks` must be at least 1, got 0"),
        (lambda: bipartite_graph(1, 1, [1], [0]), r"`actors` must lie in 0 .. 0, got 1 .. 1"),
        (lambda: time_bins([0], [0], 0), "`bin_seconds` must be at least 1, got 0"),
    ],
)
def test_what_makes_no_sense_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
