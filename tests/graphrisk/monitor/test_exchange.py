import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from graphrisk.monitor.exchange import LEAST_SPREAD, N_BINS, Exchanged, bin_values, exchange_groups, kolmogorov


def world(rng, n_nights=10, n_groups=8, n_features=3, largest=4):
    """Groups of one to `largest` alike accounts, as many every night."""
    nights = np.repeat(np.arange(n_nights), n_groups)
    groups = np.repeat(np.arange(len(nights)), rng.integers(1, largest + 1, len(nights)))
    values = rng.integers(0, 5, (len(nights), n_features))[groups]
    return np.stack([bin_values(column.astype(float)) for column in values.T], axis=1), groups, nights


def slow_observed(bins, groups, nights, width):
    """The statistic as its definition says, by scipy's distance."""
    at, last = nights[groups], nights.max()

    def statistic(some, others):
        n, m = len(some), len(others)
        return stats.ks_2samp(some, others).statistic * np.sqrt(n * m / (n + m))

    out = []
    for column in bins.T:
        early = at <= last - width
        runs = []
        for first in range(last - 2 * width + 2):
            inside = (at >= first) & (at < first + width)
            runs.append(statistic(column[inside], column[early & ~inside]))
        spread = max(np.sqrt(np.mean(np.square(runs))), LEAST_SPREAD)
        out.append(statistic(column[~early], column[early]) / spread)
    return out


@pytest.mark.parametrize("seed", range(5))
def test_the_statistic_is_what_its_definition_says(seed):
    bins, groups, nights = world(np.random.default_rng(seed))
    found = exchange_groups(bins, groups, nights, (1, 2, 3, 5), n_draws=2, rng=np.random.default_rng(0))
    assert found.widths == (1, 2, 3)
    for row, width in zip(found.observed, found.widths, strict=True):
        assert row == pytest.approx(slow_observed(bins, groups, nights, width), abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_names_of_groups_and_the_order_of_accounts_change_nothing_observed(seed):
    rng = np.random.default_rng(seed)
    bins, groups, nights = world(rng)
    expected = exchange_groups(bins, groups, nights, (1, 3), n_draws=1, rng=np.random.default_rng(0))
    names, order = rng.permutation(len(nights)), rng.permutation(len(groups))
    renamed = np.empty_like(nights)
    renamed[names] = nights
    found = exchange_groups(bins[order], names[groups][order], renamed, (1, 3), n_draws=1, rng=np.random.default_rng(0))
    assert found.observed == pytest.approx(expected.observed)


def test_p_values_hold_where_whole_groups_come_at_random():
    rng, least = np.random.default_rng(0), []
    for _ in range(100):
        found = exchange_groups(*world(rng, largest=8), (1, 2, 3), n_draws=99, rng=rng)
        least.append(found.p_values()[2].min())
    # 100 reports: 5 % and 20 %, and three standard deviations more
    assert np.mean(np.array(least) <= 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 100)
    assert np.mean(np.array(least) <= 0.2) <= 0.2 + 3 * np.sqrt(0.2 * 0.8 / 100)
    assert np.mean(np.array(least) <= 0.2) >= 0.1


def test_accounts_taken_one_by_one_are_seen_to_differ_more_than_chance():
    rng, unrest = np.random.default_rng(0), []
    for _ in range(20):
        bins, groups, nights = world(rng, n_groups=4, largest=12)
        alone = exchange_groups(bins, np.arange(len(groups)), nights[groups], (1,), n_draws=49, rng=rng)
        whole = exchange_groups(bins, groups, nights, (1,), n_draws=49, rng=rng)
        unrest.append((alone.unrest.mean(), whole.unrest.mean()))
    assert np.mean(unrest, axis=0)[0] > 1.5
    assert np.mean(unrest, axis=0)[1] == pytest.approx(1, abs=0.1)


def test_adjusted_values_step_down_and_are_never_below_their_own():
    rng = np.random.default_rng(1)
    drawn = rng.normal(size=(499, 2, 6))
    observed = np.full((2, 6), -1.0)
    observed[1, 2], observed[0, 4] = 9.0, 3.5
    widest, own, adjusted = Exchanged((1, 2), observed, drawn, np.ones((2, 6))).p_values()
    assert (widest[2], widest[4]) == (1, 0)
    assert adjusted[2] == 1 / 500
    assert (adjusted >= own - 1e-12).all()
    assert adjusted[2] <= adjusted[4] <= adjusted[[0, 1, 3, 5]].min()


def test_bins_keep_the_order_and_are_few():
    values = np.random.default_rng(0).normal(size=1000)
    bins = bin_values(values)
    assert (np.diff(bins[np.argsort(values)]) >= 0).all()
    assert bins.max() < N_BINS
    assert len(np.unique(bin_values(np.array([3.0, 1.0, 3.0])))) == 2


def test_nobody_on_one_side_is_no_distance():
    assert kolmogorov(np.zeros((1, 3)), np.array([1.0, 2.0, 4.0]), np.array([0])).tolist() == [[0.0]]


def test_too_few_nights_are_refused():
    bins, groups, nights = world(np.random.default_rng(0), n_nights=4)
    with pytest.raises(ValueError, match="more than 4 nights, got 4"):
        exchange_groups(bins, groups, nights, (1,), n_draws=1, rng=np.random.default_rng(0))
