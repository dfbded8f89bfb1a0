import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnn.calibration import LEAST_SLOPE, MOST_SLOPE, fit_calibration, longest_list, reliability
from gnn.scoring import logit, probability, sigmoid


def drawn(slope, intercept, spread, n_populations=60, n=200, seed=0):
    rng = np.random.default_rng(seed)
    raw = rng.normal(0, 2, (n_populations, n))
    shift = rng.normal(0, spread, (n_populations, 1))
    truth = rng.random(raw.shape) < sigmoid(slope * raw + intercept + shift)
    return raw.ravel(), truth.ravel(), np.repeat(np.arange(n_populations), n)


@pytest.mark.parametrize(("slope", "intercept", "spread"), [(1.0, 0.0, 0.05), (0.5, -1.0, 0.6), (2.0, 1.0, 0.3)])
def test_a_line_and_its_spread_are_found_again(slope, intercept, spread):
    line = fit_calibration(*drawn(slope, intercept, spread, n_populations=200, n=80))
    assert line.slope == pytest.approx(slope, rel=0.1)
    assert line.intercept == pytest.approx(intercept, abs=0.2)
    assert line.spread == pytest.approx(spread, abs=0.1)


def test_calibrated_probabilities_are_right_and_raw_ones_are_not():
    raw, truth, of = drawn(0.4, -1.5, 0.2)
    line = fit_calibration(raw, truth, of)
    fresh, true_of_fresh, _ = drawn(0.4, -1.5, 0.2, seed=1)
    assert reliability(sigmoid(line.log_odds(fresh)), true_of_fresh).error < 0.03
    assert reliability(sigmoid(fresh), true_of_fresh).error > 0.1


def test_nine_populations_in_ten_keep_to_the_interval():
    rng = np.random.default_rng(3)
    line = fit_calibration(*drawn(1.0, 0.0, 0.5, n_populations=400, n=60))
    shifts = rng.normal(0, 0.5, 2000)
    assert np.mean(np.abs(shifts) <= line.half_width) == pytest.approx(0.9, abs=0.05)


@given(st.floats(-30, 30), st.floats(0.1, 5), st.floats(-9, 3), st.floats(0.1, 2), st.integers(0, 2**31))
def test_the_line_is_the_likeliest_wherever_the_outputs_lie(centre, scale, log_rate, skill, seed):
    rng = np.random.default_rng(seed)
    standard = rng.normal(size=3000)
    truth = rng.random(3000) < sigmoid(skill * standard + log_rate)
    truth[:3], truth[3:6] = True, False
    raw = centre + scale * standard
    line = fit_calibration(raw, truth, np.zeros(3000, np.int64))
    over = sigmoid(line.log_odds(raw)) - truth
    assert over.mean() == pytest.approx(0, abs=1e-7)
    if LEAST_SLOPE * 1.01 < line.slope < MOST_SLOPE * 0.99:
        assert (over * standard).mean() == pytest.approx(0, abs=1e-7)


def test_few_rings_far_down_are_not_taken_for_many():
    """As where three rings in ten are confirmed: outputs near -11, of which one in 150 is a ring."""
    rng = np.random.default_rng(0)
    truth = np.arange(42_000) < 280
    raw = np.where(truth, rng.normal(-4.5, 2.4, 42_000), rng.normal(-11.1, 1.5, 42_000))
    line = fit_calibration(raw, truth, np.arange(42_000) % 10)
    assert reliability(sigmoid(line.log_odds(raw)), truth).error < 0.002
    assert sigmoid(line.log_odds(np.array([-11.1])))[0] < 0.001
    assert line.slope > 0.5


def test_the_order_of_rows_does_not_matter():
    raw, truth, of = drawn(1.0, 0.0, 0.4, n_populations=10)
    order = np.random.default_rng(0).permutation(len(raw))
    one, other = fit_calibration(raw, truth, of), fit_calibration(raw[order], truth[order], of[order])
    assert (one.slope, one.intercept, one.spread) == pytest.approx(
        (other.slope, other.intercept, other.spread), abs=1e-4
    )


@pytest.mark.parametrize("truth", [np.zeros(5, bool), np.ones(5, bool)])
def test_one_kind_alone_cannot_be_calibrated_on(truth):
    with pytest.raises(ValueError, match="rings and others"):
        fit_calibration(np.arange(5.0), truth, np.zeros(5, np.int64))


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=80), st.integers(1, 12))
def test_bins_hold_everything_once(rows, n_bins):
    said, true = np.array([p for p, _ in rows]), np.array([t for _, t in rows])
    bins = reliability(said, true, n_bins)
    assert bins.counts.sum() == len(rows)
    assert (bins.said * bins.counts).sum() == pytest.approx(said.sum())
    assert (bins.true * bins.counts).sum() == pytest.approx(true.sum())
    assert 0 <= bins.error <= 1


@given(st.lists(st.floats(0, 1), max_size=30), st.floats(0, 1))
def test_the_longest_list_keeps_to_its_share_and_a_longer_one_would_not(said, rate):
    probability = np.sort(np.array(said, dtype=float))[::-1]
    fits = [n for n in range(1, len(said) + 1) if np.mean(1 - probability[:n]) <= rate + 1e-12]
    assert longest_list(probability, rate) == max(fits, default=0)


@given(st.floats(1e-9, 1 - 1e-9))
def test_log_odds_and_probabilities_undo_each_other(score):
    assert probability(logit(score)) == pytest.approx(score)
