import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from graphrisk.audit.recall import clopper_pearson, estimate_missed, estimate_recall
from graphrisk.audit.sampling import Stratum

counts = st.integers(1, 60).flatmap(
    lambda n: st.tuples(st.integers(n, 5_000), st.just(n), st.integers(0, n))  # accounts, reviewed, bad
)


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_clopper_pearson_is_the_interval_that_scipy_gives(pair):
    successes, n = pair
    other = stats.binomtest(successes, n).proportion_ci(method="exact")
    assert clopper_pearson(successes, n) == pytest.approx((other.low, other.high), abs=1e-9)


@given(counts, counts, counts)
def test_the_interval_holds_the_value_and_stays_within_what_is_possible(high, near, alone):
    strata = [Stratum("high", *high), Stratum("near", *near), Stratum("alone", *alone)]
    recall, missed = estimate_recall(strata), estimate_missed(strata)
    assert 0 <= missed.low <= missed.value <= missed.high <= near[0] + alone[0]
    assert recall.n == high[1] + near[1] + alone[1]
    if recall.value is not None:
        assert 0 <= recall.low <= recall.value <= recall.high <= 1
        bad = high[0] * high[2] / high[1]
        assert recall.value == pytest.approx(bad / (bad + missed.value))


@given(counts.map(lambda c: (c[1], c[1], c[2])), counts.map(lambda c: (c[1], c[1], c[2])))
def test_who_reviews_everybody_knows_recall(high, alone):
    strata = [Stratum("high", *high), Stratum("alone", *alone)]
    recall = estimate_recall(strata)
    if recall.value is not None:
        assert (recall.low, recall.high) == pytest.approx((recall.value, recall.value), abs=1e-6)


@given(counts, counts, st.integers(2, 9))
def test_more_reviews_of_the_same_shares_never_widen_the_interval(high, alone, times):
    few = [Stratum("high", high[0] * times, *high[1:]), Stratum("alone", alone[0] * times, *alone[1:])]
    many = [Stratum(s.name, s.n_accounts, s.n_reviewed * times, s.n_bad * times) for s in few]
    one, two = estimate_recall(few), estimate_recall(many)
    assert two.high - two.low <= one.high - one.low + 1e-9


def test_nothing_is_known_of_strata_without_reviews():
    strata = [Stratum("high", 50, 20, 18), Stratum("alone", 5_000, 0, 0)]
    assert estimate_recall(strata).value is None
    assert (estimate_missed(strata).low, estimate_missed(strata).high) == (0.0, 5_000.0)
    assert estimate_recall([]).value is None


def test_the_interval_holds_true_recall_as_often_as_it_says():
    rng = np.random.default_rng(0)
    truth = {"high": (120, 110), "low": (80, 30), "near": (300, 40), "alone": (9_500, 60)}
    drawn = {"high": 30, "low": 30, "near": 80, "alone": 260}
    recall = 140 / 240
    held, widths, values = [], [], []
    for _ in range(400):
        strata = [
            Stratum(name, n, drawn[name], int(rng.hypergeometric(bad, n - bad, drawn[name])))
            for name, (n, bad) in truth.items()
        ]
        found = estimate_recall(strata)
        held.append(found.low <= recall <= found.high)
        widths.append(found.high - found.low)
        values.append(found.value)
    assert np.mean(held) >= 0.95
    assert np.mean(widths) < 0.6
    assert np.mean(values) == pytest.approx(recall, abs=0.08)
