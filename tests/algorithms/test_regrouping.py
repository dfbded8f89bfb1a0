"""Groups by who is tied to them, against a slow twin; and sets of groups without repetitions."""

import itertools
from functools import partial

import numba
import numpy as np
import pytest
from _graphs import graphs, planted
from hypothesis import given
from hypothesis import strategies as st

import algorithms.regrouping
from algorithms import Graph, complete, first_of_each, regroup
from algorithms.regrouping import PARALLEL_GROUPS


def packed(groups):
    starts = np.cumsum([0, *(len(group) for group in groups)], dtype=np.int64)
    return starts, np.array([v for group in groups for v in sorted(group)], np.int32)


def unpacked(starts, members):
    return [members[a:b].tolist() for a, b in itertools.pairwise(starts)]


def tied(graph, group, share):
    """Everybody whose mean weight to the other members is large enough: the slow twin."""
    matrix = np.zeros((graph.n_nodes, graph.n_nodes))
    source = np.repeat(np.arange(graph.n_nodes), np.diff(graph.indptr))
    matrix[source, graph.indices] = graph.weights
    inside = matrix[np.ix_(group, group)]
    density = inside.sum() / max(len(group) * (len(group) - 1), 1)
    if density == 0:
        return []
    partners = len(group) - np.isin(np.arange(graph.n_nodes), group)
    ties = matrix[:, group].sum(axis=1)
    return np.flatnonzero((ties > 0) & (ties >= share * density * partners)).tolist()


@given(graphs(most_nodes=12), st.data(), st.sampled_from([0.25, 0.5]), st.integers(1, 4), st.integers(4, 12))
def test_agrees_with_a_slow_twin(graph, data, share, least, most):
    members = st.sets(st.integers(0, graph.n_nodes - 1), min_size=1).map(sorted)
    groups = data.draw(st.lists(members, max_size=6))
    expected = [tied(graph, group, share) for group in groups]
    expected = [group for group in expected if least <= len(group) <= most]
    assert unpacked(*regroup(graph, *packed(groups), share=share, least=least, most=most)) == expected


def test_who_is_tied_to_all_joins_and_who_to_none_leaves():
    # a clique of four of which three were found, with one who knows only the first
    graph = Graph.from_edges(5, [0, 0, 0, 1, 1, 2, 0], [1, 2, 3, 2, 3, 3, 4], [1, 1, 1, 1, 1, 1, 0.1])
    assert unpacked(*regroup(graph, *packed([[0, 1, 2, 4]]), share=0.3, least=2, most=9)) == [[0, 1, 2, 3]]


@pytest.mark.parametrize(
    "change",
    [partial(regroup, share=0.2, least=3, most=300), partial(complete, share=0.2, least_tie=0.05, most=300)],
    ids=["regroup", "complete"],
)
def test_many_groups_give_the_same_for_any_number_of_threads(change):
    graph = planted(30, 10, 0.8, 0.01)
    random = np.random.default_rng(0)
    groups = packed([random.choice(300, random.integers(2, 30), replace=False) for _ in range(PARALLEL_GROUPS + 9)])
    together = change(graph, *groups)
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        alone = change(graph, *groups)
    finally:
        numba.set_num_threads(threads)
    assert len(groups[0]) - 1 > PARALLEL_GROUPS
    assert len(together[0]) > PARALLEL_GROUPS / 2
    for one, other in zip(together, alone, strict=True):
        assert np.array_equal(one, other)


def test_a_share_of_nothing_is_refused():
    pair = Graph.from_edges(2, [0], [1]), *packed([[0, 1]])
    with pytest.raises(ValueError, match="`share` must be positive, got 0"):
        regroup(*pair, share=0, least=1, most=2)
    with pytest.raises(ValueError, match="`share` must be positive, got nan"):
        complete(*pair, share=float("nan"), least_tie=0.5, most=2)


def completed(graph, group, share, least_tie, most):
    """The group with everybody whose mean weight to it is large enough: the slow twin."""
    matrix = np.zeros((graph.n_nodes, graph.n_nodes))
    matrix[np.repeat(np.arange(graph.n_nodes), np.diff(graph.indptr)), graph.indices] = graph.weights
    density = matrix[np.ix_(group, group)].sum() / max(len(group) * (len(group) - 1), 1)
    ties = matrix[:, group].mean(axis=1)
    more = np.flatnonzero((ties > 0) & (ties >= max(share * density, least_tie) - 1e-12))
    whole = sorted({*group, *more.tolist()})
    return whole if len(whole) <= most else list(group)


@given(
    graphs(most_nodes=12), st.data(), st.sampled_from([0.25, 0.5, 0.8]), st.sampled_from([0.1, 0.7]), st.integers(3, 12)
)
def test_completed_groups_agree_with_a_slow_twin(graph, data, share, least_tie, most):
    members = st.sets(st.integers(0, graph.n_nodes - 1), min_size=1).map(sorted)
    groups = data.draw(st.lists(members, max_size=6))
    starts, found = complete(graph, *packed(groups), share=share, least_tie=least_tie, most=most)
    assert unpacked(starts, found) == [completed(graph, group, share, least_tie, most) for group in groups]


SETS = st.lists(st.sets(st.integers(0, 5), min_size=1, max_size=4).map(sorted), max_size=20)


@given(SETS, st.booleans())
def test_the_first_of_equal_groups_is_kept_even_where_numbers_collide(groups, collide):
    seen, expected = set(), []
    for group in groups:
        expected.append(tuple(group) not in seen)
        seen.add(tuple(group))
    with pytest.MonkeyPatch.context() as patch:
        if collide:
            patch.setattr(algorithms.regrouping, "hash_groups", lambda starts, _: np.zeros(len(starts) - 1, np.uint64))
        assert first_of_each(*packed(groups)).tolist() == expected
