"""Actors in lockstep: matches equal a slow twin's, and chance is the crowd's."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

from algorithms import lockstep_pairs


def moments(acts, within):
    """Acts of each actor and target that do not follow another within the time."""
    out = []
    for actor, target in sorted({(a, g) for a, g, _ in acts}):
        last = None
        for t in sorted(t for a, g, t in acts if (a, g) == (actor, target)):
            if last is None or t - last > within:
                out.append((actor, target, t))
            last = t
    return out


def slow(acts, within, least):
    """Every pair by maximum matching of a graph of near acts."""
    kept, found = moments(acts, within), {}
    for u in range(5):
        for v in range(u + 1, 5):
            near = nx.Graph(
                (("u", i), ("v", j))
                for i, (a, g, t) in enumerate(kept)
                for j, (b, h, s) in enumerate(kept)
                if a == u and b == v and g == h and abs(t - s) <= within
            )
            top = [node for node in near if node[0] == "u"]
            n = len(nx.bipartite.maximum_matching(near, top)) // 2 if top else 0
            if n >= least:
                found[u, v] = n
    return found


def by_chance(kept, u, v, within):
    """Matches that the crowd lets expect: over the acts of one, the others near and how much the other acts."""

    def over(one, other):
        near = sum(h == g and abs(s - t) <= within for a, g, t in kept if a == one for _, h, s in kept)
        return near * sum(a == other for a, _, _ in kept) / len(kept)

    return max(over(u, v), over(v, u))


ACTS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1), st.integers(0, 40)), max_size=40)


@settings(max_examples=150, deadline=None)
@given(ACTS, st.integers(1, 6), st.integers(1, 3))
def test_matches_equal_those_of_the_slow_twin(acts, within, least):
    columns = np.array(acts, dtype=np.int64).reshape(-1, 3).T
    found = lockstep_pairs(5, *columns, within_seconds=within, least_matches=least)
    pairs = zip(found.sources.tolist(), found.targets.tolist(), found.matches.tolist(), strict=True)
    assert {(u, v): n for u, v, n in pairs} == slow(acts, within, least)
    sizes = [sum(a == actor for a, _, _ in moments(acts, within)) for actor in range(5)]
    for u, v, n, likeness in zip(found.sources, found.targets, found.matches, found.similarity, strict=True):
        assert likeness == pytest.approx(n / (sizes[u] + sizes[v] - n))
    kept = moments(acts, within)
    for u, v, n, nats in zip(found.sources, found.targets, found.matches, found.nats, strict=True):
        assert nats == pytest.approx(-poisson.logsf(n - 1, by_chance(kept, int(u), int(v), within)), abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(ACTS, st.randoms(use_true_random=False))
def test_the_order_of_acts_changes_nothing(acts, random):
    shuffled = random.sample(acts, len(acts))
    one, other = (
        lockstep_pairs(5, *np.array(rows, dtype=np.int64).reshape(-1, 3).T, within_seconds=3, least_matches=1)
        for rows in (acts, shuffled)
    )
    assert np.array_equal(one.nats, other.nats)
    assert np.array_equal(one.sources, other.sources)


def crowd(n, rng):
    """Acts of people at any time on ten targets."""
    return [(int(rng.integers(10, 300)), int(rng.integers(10)), int(rng.integers(30 * 86400))) for _ in range(n)]


def nats_of(acts, u=0, v=1):
    found = lockstep_pairs(300, *np.array(acts).T, within_seconds=30)
    hit = (found.sources == u) & (found.targets == v)
    return float(found.nats[hit][0]) if hit.any() else 0.0


def test_two_alone_in_step_surprise_and_two_in_a_crowd_do_not():
    rng = np.random.default_rng(2)
    times = rng.integers(30 * 86400, size=6).tolist()
    pair = [(actor, 3, t + 5 * actor) for t in times for actor in (0, 1)]
    together = [(actor, 3, t + int(rng.integers(20))) for t in times for actor in range(100, 250)]
    assert nats_of(pair + crowd(3000, rng)) > 25
    # less than the best of all pairs would show by chance
    assert nats_of(pair + together + crowd(3000, rng)) < np.log(300 * 299 / 2)


def test_two_that_act_all_the_time_do_not_surprise():
    rng = np.random.default_rng(3)
    makers = [(actor, int(rng.integers(10)), int(rng.integers(30 * 86400))) for actor in (0, 1) for _ in range(4000)]
    assert nats_of(makers + crowd(3000, rng)) < 8


def test_crowded_moments_are_counted_and_not_matched():
    acts = [(actor, 0, 100) for actor in range(50)] * 3 + [(1, 1, 7)]
    found = lockstep_pairs(50, *np.array(acts).T, within_seconds=5, least_matches=1, most_at_once=49)
    assert (len(found), found.n_crowded) == (0, 50)
    found = lockstep_pairs(50, *np.array(acts).T, within_seconds=5, least_matches=1, most_at_once=50)
    assert (len(found), found.n_crowded) == (50 * 49 // 2, 0)


def test_wrong_input_is_told():
    with pytest.raises(ValueError, match=r"`within_seconds` must be at least 1, got 0"):
        lockstep_pairs(2, [0], [0], [0], within_seconds=0)
    with pytest.raises(ValueError, match=r"`actors` must lie in 0 .. 1, got 0 .. 2"):
        lockstep_pairs(2, [0, 2], [0, 0], [0, 0], within_seconds=1)
    with pytest.raises(ValueError, match=r"`seconds` must be as long as `actors` \(1\)"):
        lockstep_pairs(2, [0], [0], [0, 1], within_seconds=1)


def test_nobody_is_in_step_with_nobody():
    assert len(lockstep_pairs(0, [], [], [], within_seconds=1)) == 0
    assert len(lockstep_pairs(1, [0, 0], [0, 0], [5, 6], within_seconds=1, least_matches=1)) == 0
