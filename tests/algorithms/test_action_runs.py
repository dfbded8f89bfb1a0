import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms import MISSING_TIME
from algorithms.action_runs import same_action_runs

HOUR = 3600


def pairs(acts, **options):
    """Acts are (actor, action, hours)."""
    actor, action, hours = (np.array(column) for column in zip(*acts, strict=True))
    found = same_action_runs(actor, action, (hours * HOUR).astype(np.int64), **options)
    return sorted({tuple(sorted(p)) for p in zip(found.ones.tolist(), found.others.tolist(), strict=True)}), found


def route(actor, actions, late=0.0):
    return [(actor, action, hour + late) for hour, action in enumerate(actions)]


def test_the_same_route_in_the_same_hours_joins():
    joined, _ = pairs([*route(0, b"abcd"), *route(1, b"abcd", 0.4), *route(2, b"abcx")])
    assert joined == [(0, 1)]


def test_the_same_route_a_day_later_joins_nobody():
    assert pairs([*route(0, b"abcd"), *route(1, b"abcd", 24)])[0] == []


def test_the_same_act_again_and_again_is_no_route():
    assert pairs([*route(0, b"aaaa"), *route(1, b"aaaa")])[0] == []


def test_all_within_one_hour_is_no_route():
    acts = [(who, what, 0.1 * k) for who in (0, 1) for k, what in enumerate(b"abcd")]
    assert pairs(acts)[0] == []


def test_a_campaign_that_many_follow_joins_nobody_and_is_counted():
    joined, found = pairs([act for who in range(10) for act in route(who, b"abcd")], most_actors=9)
    assert (joined, found.n_too_wide) == ([], 1)


def test_acts_without_a_time_are_left_out():
    found = same_action_runs([0, 0, 1, 1], [1, 2, 1, 2], [MISSING_TIME, 0, MISSING_TIME, 0], length=2)
    assert len(found) == 0


def test_a_run_has_two_acts_at_least():
    with pytest.raises(ValueError, match="`length` must be at least 2, got 1"):
        same_action_runs([0], [0], [0], length=1)


acts = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 5)), min_size=1, max_size=24)


def slow(found, length):
    runs = {}
    for who in {a for a, _, _ in found}:
        mine = sorted({(hour, what) for a, what, hour in found if a == who})
        for k in range(len(mine) - length + 1):
            run = tuple(mine[k : k + length])
            if len({h for h, _ in run}) > 1 and len({w for _, w in run}) > 1:
                runs.setdefault(run, set()).add(who)
    return sorted({(a, b) for sharers in runs.values() for a in sharers for b in sharers if a < b})


@settings(max_examples=200, deadline=None)
@given(acts, st.integers(2, 4))
def test_runs_are_what_the_slow_twin_says(found, length):
    assert pairs(found, length=length)[0] == slow(found, length)
