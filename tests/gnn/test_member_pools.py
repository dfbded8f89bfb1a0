"""Stakes, surprise and what is pooled over the members, against sums that a person would make."""

import numpy as np
import pytest
from scipy.stats import binom

from gnn.member_pools import binomial_surprise, measure_stakes


def test_stakes_are_told_against_what_is_usually_taken():
    taken = np.array([10.0, 20.0, np.nan, 40.0, 0.0, np.nan])
    starts, members = np.array([0, 3, 5, 6]), np.array([0, 1, 2, 3, 4, 5], np.int32)
    total, rank, spread = measure_stakes(starts, members, taken, np.array([10.0, 20.0, 40.0])).T
    assert total == pytest.approx([np.log(30 / 20), np.log(2), np.nan], nan_ok=True)
    assert rank == pytest.approx([1 / 6, 2 / 3, np.nan], nan_ok=True)
    assert spread == pytest.approx([np.log(2) / 2, 0, np.nan], nan_ok=True)


def test_stakes_are_unknown_where_no_bonus_has_a_value():
    found = measure_stakes(np.array([0, 2]), np.array([0, 1], np.int32), np.full(2, np.nan), np.empty(0))
    assert np.isnan(found).all()


def test_stakes_of_a_stretch_are_those_of_the_whole():
    rng = np.random.default_rng(0)
    taken = rng.integers(1, 9, 40).astype(float)
    starts, members = np.array([0, 5, 9, 16, 20]), rng.permutation(40)[:20].astype(np.int32)
    whole = measure_stakes(starts, members, taken, np.sort(taken))
    part = measure_stakes(starts[2:], members, taken, np.sort(taken))
    np.testing.assert_allclose(part, whole[2:])


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.5, 1.0])
def test_surprise_is_the_exponent_of_a_binomial_tail(share):
    n, rate = 400, 0.3
    (nats,) = binomial_surprise(np.array([share]), np.array([float(n)]), rate)
    tail = binom.logsf(share * n - 1, n, rate) if share > rate else binom.logcdf(share * n, n, rate)
    assert np.sign(nats) == np.sign(share - rate)
    if share != rate:
        # the divergence is the exponent, up to the logarithm of n
        assert abs(nats) == pytest.approx(-tail, rel=0.02, abs=np.log(n))


def test_surprise_is_unknown_without_a_rate():
    assert np.isnan(binomial_surprise(np.array([0.0]), np.array([3.0]), 0.0)).all()
    assert np.isnan(binomial_surprise(np.array([np.nan]), np.array([0.0]), 0.2)).all()
