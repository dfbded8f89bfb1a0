import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, nbinom, poisson

from algorithms.tails import binomial_tail, negative_binomial_tail, poisson_tail


def exactly(log_terms):
    """-ln of a sum of terms given by their logarithms."""
    top = max(log_terms)
    return -(top + math.log(math.fsum(math.exp(term - top) for term in log_terms)))


@given(st.integers(0, 60), st.floats(0.01, 50), st.floats(0.5, 30), st.floats(0.01, 0.9))
def test_near_the_middle_they_are_what_scipy_says(count, mean, shape, rate):
    assert poisson_tail(count, mean) == pytest.approx(max(-poisson.logsf(count - 1, mean), 0))
    assert binomial_tail(count, 60, rate) == pytest.approx(max(-binom.logsf(count - 1, 60, rate), 0))
    p = shape / (shape + mean)
    assert negative_binomial_tail(count, shape, mean) == pytest.approx(max(-nbinom.logsf(count - 1, shape, p), 0))


@given(st.integers(300, 3000), st.floats(1e-4, 1))
def test_far_out_they_are_the_sum_of_their_terms(count, mean):
    assert np.isinf(poisson.logsf(count - 1, mean))
    terms = [k * math.log(mean) - mean - math.lgamma(k + 1) for k in range(count, count + 60)]
    assert poisson_tail(count, mean) == pytest.approx(exactly(terms), rel=1e-6)
    rate, size = mean / 1e4, count + 50
    terms = binom.logpmf(np.arange(count, size + 1), size, rate).tolist()
    assert binomial_tail(count, size, rate) == pytest.approx(exactly(terms), rel=1e-6)
    assert binomial_tail(size, size, rate) == pytest.approx(-size * math.log(rate))
    for shape in (0.5, 1.5, 900.0):
        terms = nbinom.logpmf(np.arange(count, count + 4000), shape, shape / (shape + mean)).tolist()
        assert negative_binomial_tail(count, shape, mean) == pytest.approx(exactly(terms), rel=0.01)


def test_they_grow_with_the_count_across_the_edge_of_what_floats_hold():
    counts = np.arange(1, 400)
    for nats in (
        poisson_tail(counts, 0.5),
        binomial_tail(counts, 400, 0.05),
        negative_binomial_tail(counts, 40.0, 0.5),
    ):
        assert np.isfinite(nats).all()
        assert (np.diff(nats) > 0).all()
