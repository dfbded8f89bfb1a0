import numba
import numpy as np
import pytest
from _graphs import graphs
from hypothesis import given
from hypothesis import strategies as st

from algorithms import Graph, minimum_cut
from algorithms.cleaning import PARALLEL_GROUPS, clean


def cleaned(graph, members, weak, least, most):
    """Core and side of one group, read off its own subgraph: the slow twin."""
    n = len(members)
    core, side = np.zeros(n, bool), np.zeros(n, bool)
    if not least < n <= most:
        return core, side
    local = graph.subgraph(members)
    strengths = local.strengths()
    tied = strengths >= 0.5 * np.median(strengths)
    if least <= tied.sum() < n:
        core = tied
    if n >= 2 * least:
        cut = minimum_cut(local)
        n_side = int(cut.side.sum())
        if min(n_side, n - n_side) >= least and cut.weight < weak * n_side * (n - n_side):
            side = np.asarray(cut.side, bool)
    return core, side


def groups_of(draw, n_nodes):
    members = st.sets(st.integers(0, n_nodes - 1), min_size=1).map(sorted)
    return draw(st.lists(members, max_size=8))


def packed(groups):
    starts = np.concatenate([[0], np.cumsum([len(members) for members in groups])]).astype(np.int64)
    return starts, np.array([v for members in groups for v in members], np.int32)


@given(graphs(), st.data(), st.sampled_from([0.02, 0.6, 4.0]), st.integers(1, 4), st.integers(2, 12))
def test_agrees_with_a_slow_twin_on_subgraphs(graph, data, weak, least, most):
    groups = groups_of(data.draw, graph.n_nodes)
    starts, members = packed(groups)
    cleaning = clean(graph, starts, members, weak=weak, least=least, most=most)
    assert len(cleaning.core) == len(cleaning.side) == len(members)
    for g, group in enumerate(groups):
        core, side = cleaned(graph, np.array(group, np.int32), weak, least, most)
        assert cleaning.core[starts[g] : starts[g + 1]].tolist() == core.tolist()
        assert cleaning.side[starts[g] : starts[g + 1]].tolist() == side.tolist()


def two_triangles(bridge):
    sources, targets = [0, 0, 1, 3, 3, 4, 2], [1, 2, 2, 4, 5, 5, 3]
    return Graph.from_edges(7, np.array(sources), np.array(targets), np.array([1.0] * 6 + [bridge]))


@pytest.mark.parametrize(("bridge", "parts"), [(0.1, True), (3.0, False)])
def test_a_weak_bridge_takes_a_group_apart_and_a_strong_one_does_not(bridge, parts):
    cleaning = clean(two_triangles(bridge), np.array([0, 6]), np.arange(6, dtype=np.int32), weak=0.05, least=3, most=9)
    assert not cleaning.core.any()
    ours = frozenset(np.flatnonzero(cleaning.side).tolist())
    assert ours in ({frozenset({0, 1, 2}), frozenset({3, 4, 5})} if parts else {frozenset()})


def test_who_hangs_on_is_left_out_of_the_core():
    sources, targets = [0, 0, 0, 1, 1, 2, 3], [1, 2, 3, 2, 3, 3, 4]
    graph = Graph.from_edges(5, np.array(sources), np.array(targets), np.array([1.0] * 6 + [0.2]))
    cleaning = clean(graph, np.array([0, 5]), np.arange(5, dtype=np.int32), weak=0.02, least=3, most=9)
    assert cleaning.core.tolist() == [True] * 4 + [False]
    assert not clean(graph, np.array([0, 5]), np.arange(5, dtype=np.int32), weak=0.02, least=3, most=4).core.any()


def test_many_groups_give_the_same_for_any_number_of_threads():
    random = np.random.default_rng(0)
    graph = Graph.from_edges(300, *random.integers(0, 300, (2, 2000)), random.random(2000))
    groups = [sorted(random.choice(300, random.integers(1, 40), replace=False)) for _ in range(PARALLEL_GROUPS + 9)]
    given_groups = packed(groups)
    together = clean(graph, *given_groups, weak=0.1, least=3, most=30)
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        alone = clean(graph, *given_groups, weak=0.1, least=3, most=30)
    finally:
        numba.set_num_threads(threads)
    assert together.core.any()
    assert together.side.any()
    assert np.array_equal(together.core, alone.core)
    assert np.array_equal(together.side, alone.side)
