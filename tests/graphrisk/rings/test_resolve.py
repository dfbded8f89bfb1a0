"""Which of overlapping candidates are listed, and which listed ring may have swallowed another."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorithms import Graph
from graphrisk.rings.candidates import Candidates
from graphrisk.rings.resolve import resolve, swallowed

groups = st.lists(st.sets(st.integers(0, 14), min_size=2, max_size=9), min_size=1, max_size=10, unique_by=frozenset)


def candidates_of(*some):
    starts = np.concatenate([[0], np.cumsum([len(group) for group in some])]).astype(np.int64)
    members = np.concatenate([sorted(group) for group in some]).astype(np.int32)
    return Candidates(starts, members)


@given(groups, st.data())
def test_the_best_are_chosen_and_what_repeats_them_is_dropped(some, data):
    nats = np.array(data.draw(st.permutations([float(k) for k in range(len(some))])))
    overlap = data.draw(st.sampled_from([0.3, 0.5, 1.0]))
    least = data.draw(st.integers(0, len(some)))
    listed, some = [], [set(group) for group in some]
    for c in sorted(range(len(some)), key=lambda c: -nats[c]):
        repeats = any(len(some[c] & some[d]) >= overlap * min(len(some[c]), len(some[d])) for d in listed)
        if nats[c] >= least and not repeats:
            listed.append(c)
    assert resolve(candidates_of(*some), nats, least, overlap).tolist() == listed


def test_a_group_beats_its_core_unless_the_core_is_better_by_more_than_it_is_smaller():
    nested = candidates_of(range(4), range(12))
    assert resolve(nested, np.array([1.5, 1.0]), 0.0, 0.5).tolist() == [0]
    assert resolve(nested, np.array([1.5, 1.0]), 0.0, 0.5, size_bonus=1.0).tolist() == [1]
    assert resolve(nested, np.array([2.5, 1.0]), 0.0, 0.5, size_bonus=1.0).tolist() == [0]


def two_cliques(between, size=12):
    """Graph of two groups, each dense inside, with so many of the pairs between them tied."""
    across = [(a, size + b) for a in range(size) for b in range(size)][:between]
    pairs = [*combinations(range(size), 2), *combinations(range(size, 2 * size), 2), *across]
    return Graph.from_edges(2 * size, *np.array(pairs).T)


@pytest.mark.parametrize(
    ("between", "nats", "chosen", "told"),
    [
        (3, [2.0, 2.0, 3.0], 2, True),  # a thin bridge joins two groups that would both be listed
        (60, [2.0, 2.0, 3.0], 2, False),  # they have much between them
        (3, [2.0, 0.5, 3.0], 2, False),  # only one of them would be listed by itself
        (3, [2.0, 2.0, 3.0], 0, False),  # the ring is one of the two groups itself
    ],
)
def test_a_ring_that_holds_two_large_groups_with_little_between_them_is_told(between, nats, chosen, told):
    groups = candidates_of(range(12), range(12, 24), range(24))
    found = swallowed(groups, np.array(nats), np.array([chosen]), two_cliques(between), 1.0)
    assert found.tolist() == ([chosen] if told else [])


def test_small_groups_are_no_rings_to_be_swallowed():
    groups = candidates_of(range(9), range(9, 18), range(18))
    assert not len(swallowed(groups, np.array([2.0, 2.0, 3.0]), np.array([2]), two_cliques(2, 9), 1.0))
