"""Bursts: counts equal a slow twin's, bursts stand out, and evenings, campaigns and chance do not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom

from algorithms import find_bursts

HOUR, DAY = 3600, 86_400
SMALL = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 400)), max_size=30)
# at about the same time of some days
MOMENTS = st.builds(lambda day, second: day * DAY + second, st.integers(0, 7), st.integers(0, 40))
DAILY = st.lists(st.tuples(st.integers(0, 1), MOMENTS), max_size=30)


def slow(acts, width, first, last):
    """Each window against its surroundings, act by act."""
    out = []
    for stream, t in acts:
        inside = sum(s == stream and t <= u <= t + width for s, u in acts)
        worst, expected = np.inf, 0.0
        for reach in (2, 10, None):
            spans = [(t - reach * width, t), (t + width + 1, t + width + 1 + reach * width)] if reach else []
            if reach is None:
                step = max(DAY, width + 1)
                spans = [(t + k * step, t + k * step + width + 1) for k in (-3, -2, -1, 1, 2, 3)]
            spans = [(min(max(a, first), last), min(max(b, first), last)) for a, b in spans]
            length = sum(b - a for a, b in spans)
            if length == 0:
                continue
            others = sum(s == stream and a <= u < b for s, u in acts for a, b in spans)
            mean, shape = (others + 0.5) * width / length, min(others + 0.5, 10)
            worst = min(worst, -nbinom.logsf(inside - 1, shape, shape / (shape + mean)))
            expected = max(expected, mean)
        out.append((inside, expected, worst if np.isfinite(worst) else 0.0))
    return out


@settings(max_examples=150, deadline=None)
@given(st.one_of(SMALL, DAILY), st.integers(1, 60))
def test_windows_equal_those_of_the_slow_twin(acts, width):
    acts, last = sorted(acts), 8 * DAY if any(t > 400 for _, t in acts) else 401
    streams, seconds = np.array(acts, dtype=np.int64).reshape(-1, 2).T
    found = find_bursts(streams, seconds, width_seconds=width, first=0, last=last)
    twin = slow(acts, width, 0, last)
    assert found.counts.tolist() == [inside for inside, _, _ in twin]
    assert found.expected == pytest.approx([expected for _, expected, _ in twin])
    assert found.nats == pytest.approx([max(nats, 0.0) for _, _, nats in twin], abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(SMALL, st.integers(1, 60), st.integers(-1000, 1000))
def test_another_clock_changes_nothing(acts, width, shift):
    streams, seconds = np.array(sorted(acts), dtype=np.int64).reshape(-1, 2).T
    one = find_bursts(streams, seconds, width_seconds=width, first=0, last=401)
    other = find_bursts(streams, seconds + shift, width_seconds=width, first=shift, last=401 + shift)
    assert np.array_equal(one.nats, other.nats)


def worst(seconds, width, days=60):
    seconds = np.sort(seconds)
    return find_bursts(np.zeros(len(seconds)), seconds, width_seconds=width, first=0, last=days * DAY).nats.max()


def evenings(rng, n, days=60):
    """People who come in the evening, more of them in some weeks."""
    day = rng.integers(0, days, n)
    return day * DAY + ((19 + rng.normal(0, 1.5, n)) % 24 * HOUR).astype(np.int64)


def test_a_burst_stands_out_of_evenings_that_do_not():
    rng = np.random.default_rng(1)
    people = evenings(rng, 6000)
    burst = 20 * DAY + 18 * HOUR + rng.integers(0, 600, 40)
    assert worst(people, 600) < 18
    assert worst(np.concatenate([people, burst]), 600) > 25


def test_a_campaign_of_some_days_is_no_burst():
    rng = np.random.default_rng(1)
    campaign = evenings(rng, 3000, days=3) + 30 * DAY
    assert worst(np.concatenate([evenings(rng, 6000), campaign]), HOUR) < 18


def test_a_stream_of_one_moment_has_nothing_to_be_held_against():
    found = find_bursts([0, 0, 0], [5, 5, 5], width_seconds=10, first=5, last=5)
    assert found.nats.tolist() == [0, 0, 0]


def test_wrong_input_is_told():
    with pytest.raises(ValueError, match="`width_seconds` must be at least 1, got 0"):
        find_bursts([0], [0], width_seconds=0, first=0, last=1)
    with pytest.raises(ValueError, match="must be in order of stream and time"):
        find_bursts([0, 0], [1, 0], width_seconds=1, first=0, last=1)


def test_a_burst_too_unlikely_for_floats_is_the_most_surprising_one():
    steady = np.arange(0, 100 * 86_400, 3600)
    moment = 50 * 86_400 + 1800
    seconds = np.sort(np.r_[steady, np.full(2000, moment)])
    found = find_bursts(np.zeros(len(seconds), int), seconds, width_seconds=60, first=0, last=100 * 86_400)
    assert np.isfinite(found.nats).all()
    assert seconds[np.argmax(found.nats)] == moment
    assert found.nats.max() > 2000
