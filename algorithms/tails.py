"""How unlikely counts are, in nats, far into the tails where their chance is no floating-point number any more.

A chance below ``1e-308`` is 0 for the computer and its logarithm infinite. There the tail is bounded by its first term
and a geometric series of the ratio of the first two, which is above the chance and nearly equal to it. Tails are
written as incomplete gamma and beta functions: ``scipy.stats`` says the same, but takes half a second to import.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, gammainc, gammaln, xlog1py, xlogy

FloatArray = npt.NDArray[np.float64]


def poisson_tail(counts: npt.ArrayLike, means: npt.ArrayLike) -> FloatArray:
    """``-ln P(X >= count)`` of a Poisson distribution; never infinite for a mean above 0.

    Parameters
    ----------
    counts : array-like of int, shape (n,)
    means : array-like of float, shape (n,)

    Returns
    -------
    array of float64, shape (n,)
        In nats, at least 0.
    """
    k, mean = np.asarray(counts, np.float64), np.asarray(means, np.float64)
    tail = gammainc(np.maximum(k, 1), mean)
    first = xlogy(k, mean) - mean - gammaln(k + 1)
    return _nats(k, np.asarray(tail, np.float64), first, mean / (k + 1))


def binomial_tail(counts: npt.ArrayLike, n: npt.ArrayLike, rate: npt.ArrayLike) -> FloatArray:
    """``-ln P(X >= count)`` of a binomial distribution; never infinite for a count up to n and a rate above 0.

    Parameters
    ----------
    counts, n : array-like of int, shape (n,)
    rate : array-like of float, shape (n,)
        In (0, 1).

    Returns
    -------
    array of float64, shape (n,)
        In nats, at least 0.
    """
    k, size, p = np.asarray(counts, np.float64), np.asarray(n, np.float64), np.asarray(rate, np.float64)
    tail = betainc(np.maximum(k, 1), np.maximum(size - k + 1, 1), p)
    ways = gammaln(size + 1) - gammaln(k + 1) - gammaln(size - k + 1)
    first = ways + xlogy(k, p) + xlog1py(size - k, -p)
    return _nats(k, np.asarray(tail, np.float64), first, (size - k) / (k + 1) * p / (1 - p))


def negative_binomial_tail(counts: npt.ArrayLike, shape: npt.ArrayLike, means: npt.ArrayLike) -> FloatArray:
    """``-ln P(X >= count)`` of a Poisson whose mean is gamma distributed; never infinite for a mean above 0.

    Parameters
    ----------
    counts : array-like of int, shape (n,)
    shape : array-like of float, shape (n,)
        Of the gamma distribution, above 0.
    means : array-like of float, shape (n,)

    Returns
    -------
    array of float64, shape (n,)
        In nats, at least 0.
    """
    k, r, mean = np.asarray(counts, np.float64), np.asarray(shape, np.float64), np.asarray(means, np.float64)
    p = r / (r + mean)
    tail = betainc(np.maximum(k, 1), r, mean / (r + mean))
    first = gammaln(k + r) - gammaln(k + 1) - gammaln(r) + xlogy(r, p) + xlog1py(k, -p)
    # the ratio of terms falls towards 1 - p for a shape above 1, and rises towards it below
    return _nats(k, np.asarray(tail, np.float64), first, np.maximum((k + r) / (k + 1), 1.0) * (1 - p))


def _nats(k: FloatArray, tail: FloatArray, log_first: FloatArray, ratio: FloatArray) -> FloatArray:
    """Nats of a tail, or where it is 0 those of the bound by its first term and the ratio of the next."""
    with np.errstate(divide="ignore", invalid="ignore"):
        bound = np.log1p(-np.minimum(ratio, 1.0)) - log_first
        nats = np.where(tail > 0, -np.log(tail), bound)
    return np.asarray(np.maximum(np.where(k < 1, 0.0, nats), 0.0), np.float64)
