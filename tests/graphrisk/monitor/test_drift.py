from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphrisk.monitor.cohorts import FEATURES, Cohort
from graphrisk.monitor.drift import find_drift, ks_distance, psi

samples = st.lists(st.sampled_from([0.0, 1.0, 1.5, 2.0, 7.0]), min_size=1, max_size=30).map(np.array)


@given(samples, samples)
def test_the_distance_is_the_greatest_of_the_two_distribution_functions(one, other):
    every = max(abs(np.mean(one <= x) - np.mean(other <= x)) for x in [*one, *other])
    assert ks_distance(one, other) == pytest.approx(every, abs=1e-12)


@settings(max_examples=50)
@given(samples, samples)
def test_the_index_is_what_its_definition_says(before, now):
    edges = sorted({float(np.quantile(before, k / 10, method="inverted_cdf")) for k in range(1, 10)})
    bins = [sum(edge < v for edge in edges) for v in before], [sum(edge < v for edge in edges) for v in now]
    n = len(edges) + 1
    shares = [[(b.count(k) + 0.5) / (len(b) + 0.5 * n) for k in range(n)] for b in bins]
    index = sum((q - p) * np.log(q / p) for p, q in zip(*shares, strict=True))
    assert psi(before, now)[0] == pytest.approx(index, abs=1e-12)


def cohorts(rng, n_cohorts, n_accounts, *, clumps=0, change=0.0):
    """Cohorts of accounts whose features are independent; some share one value, the last is moved."""
    out = []
    for k in range(n_cohorts):
        values = {name: rng.normal(size=n_accounts) for name in FEATURES}
        for name in FEATURES:
            values[name][:clumps] = rng.normal()
        if k == n_cohorts - 1:
            values["n_devices"] += change
        out.append(Cohort(f"s{k}", datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=k), values))
    return out


def test_quiet_cohorts_raise_few_alarms():
    rng = np.random.default_rng(0)
    alarms = [any(d.is_alarm for d in find_drift(cohorts(rng, 12, 60), n_draws=199)) for _ in range(100)]
    assert np.mean(alarms) <= 0.05


def test_cohorts_in_which_groups_come_together_raise_few_alarms_too():
    rng = np.random.default_rng(1)
    found = [find_drift(cohorts(rng, 12, 60, clumps=15), n_draws=199) for _ in range(100)]
    assert np.mean([any(d.is_alarm for d in drifts) for drifts in found]) <= 0.05
    assert np.mean([d.inflation for drifts in found for d in drifts]) > 1.2


def test_groups_that_come_together_are_dealt_out_together():
    rng, alarms = np.random.default_rng(4), []
    for _ in range(40):
        many = cohorts(rng, 12, 60)
        many = [replace(one, groups=np.where(np.arange(60) < 12, 0, np.arange(60))) for one in many]
        if rng.random() < 0.5:  # a crew, now and then, in the newest night as in any other
            for one in [many[k] for k in rng.choice(12, 2, replace=False)]:
                for name in FEATURES:
                    one.values[name][:12] = 4
        alarms.append(any(d.is_alarm for d in find_drift(many, n_draws=199)))
    assert np.mean(alarms) <= 0.05


def test_a_feature_that_moved_is_named_first():
    found = find_drift(cohorts(np.random.default_rng(2), 12, 60, change=1.0))
    assert [d.feature for d in found if d.is_alarm] == ["n_devices"]
    assert found[0].mean_now > found[0].mean_before + 0.5


def test_too_few_cohorts_or_accounts_say_nothing():
    rng = np.random.default_rng(3)
    assert find_drift([]) == []
    assert find_drift(cohorts(rng, 4, 60)) == []
    assert find_drift(cohorts(rng, 12, 9)) == []
