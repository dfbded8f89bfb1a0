from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from graphrisk.metric_catalogue import definition_of
from graphrisk.monitor import changes
from graphrisk.monitor.changes import INDICATORS, benjamini_hochberg, find_changes

N = 29
MOMENTS = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=k) for k in range(N)]
WEEKEND = np.array([moment.weekday() >= 5 for moment in MOMENTS])
FLOWS = [indicator.metric for indicator in INDICATORS if not indicator.is_stock]
STOCKS = [indicator.metric for indicator in INDICATORS if indicator.is_stock]


@pytest.fixture(autouse=True)
def _few_draws(monkeypatch):
    monkeypatch.setattr(changes, "N_DRAWS", 999)


def rows(**series):
    return [{name.replace("__", "."): column[k] for name, column in series.items()} for k in range(N)]


def quiet(rng, echo=0.0):
    noise = rng.normal(size=N)
    for k in range(1, N):
        noise[k] += echo * noise[k - 1]
    return noise


@given(st.lists(st.floats(0, 1), max_size=20).map(np.array))
def test_q_values_are_those_of_scipy(p_values):
    expected = stats.false_discovery_control(p_values) if len(p_values) else []
    assert benjamini_hochberg(p_values) == pytest.approx(expected)


def test_every_indicator_is_a_metric_of_the_catalogue():
    assert all(definition_of(indicator.metric) is not None for indicator in INDICATORS)


@pytest.mark.parametrize(("echo", "season", "trend"), [(0.0, 0.0, 0.0), (0.0, 6.0, 0.5), (0.4, 0.0, 0.1)])
def test_trend_week_and_echo_are_no_steps(echo, season, trend):
    rng, alarms = np.random.default_rng(0), []
    for _ in range(100):
        metrics = [{} for _ in range(N)]
        for name in FLOWS:
            column = quiet(rng, echo) + season * WEEKEND + trend * np.arange(N)
            for row, value in zip(metrics, column, strict=True):
                row[name] = float(value)
        alarms.append(any(change.is_alarm for change in find_changes(MOMENTS, metrics)))
    assert np.mean(alarms) <= 0.05


def test_a_step_is_told_with_its_first_scan_its_size_and_what_would_be_usual():
    rng = np.random.default_rng(1)
    column = 20 + 6 * WEEKEND + 0.2 * np.arange(N) + quiet(rng)
    stepped = column + 8 * (np.arange(N) >= N - 3)
    first = find_changes(MOMENTS, rows(sign_ups__day=stepped, growth__mean=quiet(rng)))[0]
    assert (first.metric, first.since, first.is_alarm) == ("sign_ups.day", MOMENTS[N - 3], True)
    assert first.size == pytest.approx(8, abs=2)
    assert first.usual == pytest.approx(column[-3:].mean(), abs=2)


def test_most_steps_are_found_beside_trend_and_week():
    rng, found = np.random.default_rng(2), []
    for _ in range(50):
        column = 6 * WEEKEND + 0.2 * np.arange(N) + quiet(rng) + 6 * (np.arange(N) >= N - 4)
        found.append(find_changes(MOMENTS, rows(sign_ups__day=column))[0].is_alarm)
    assert np.mean(found) >= 0.9


def test_what_adds_up_is_watched_by_its_differences():
    rng = np.random.default_rng(3)
    added = rng.poisson(4, N) + 12 * (np.arange(N) >= N - 3)
    change = find_changes(MOMENTS, rows(accounts__in_rings=added.cumsum().astype(float)))[0]
    assert change.metric in STOCKS
    assert change.is_alarm
    assert change.size == pytest.approx(12, abs=4)


def test_short_constant_and_ended_series_say_nothing():
    noise = quiet(np.random.default_rng(4))
    assert find_changes([], []) == []
    assert find_changes(MOMENTS[:13], rows(sign_ups__day=noise)[:13]) == []
    assert find_changes(MOMENTS, rows(sign_ups__day=np.ones(N))) == []
    assert find_changes(MOMENTS, rows(sign_ups__day=[*noise[:-1], None])) == []
    assert len(find_changes(MOMENTS, rows(sign_ups__day=[None, *noise[1:]]))) == 1
