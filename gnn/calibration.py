"""From scores to probabilities, and how far they can be trusted from one population to the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
LongArray = npt.NDArray[np.int64]

Z90 = 1.6448536269514722
WIDEST_SHIFT, N_SHIFTS = 5.0, 101
"""Standard deviations to which, and points at which, the normal intercept is integrated."""
LEAST_SPREAD, MOST_SPREAD = 1e-3, 5.0
LEAST_SLOPE, MOST_SLOPE, MOST_INTERCEPT = 0.01, 20.0, 20.0


@dataclass(frozen=True)
class Calibration:
    """A straight line from a model's output to log-odds.

    A line keeps sums: if parts add up to the output, they add up to the log-odds when multiplied by the slope.

    Parameters
    ----------
    slope, intercept : float
    spread : float
        Standard deviation of the intercept from population to population, in nats.
    """

    slope: float
    intercept: float
    spread: float

    def log_odds(self, raw: FloatArray) -> FloatArray:
        """Log-odds of outputs, in a population like the average one."""
        return self.slope * raw + self.intercept

    @property
    def half_width(self) -> float:
        """Nats on both sides of the log-odds that nine populations in ten keep to."""
        return Z90 * self.spread


def fit_calibration(raw: FloatArray, is_ring: BoolArray | FloatArray, population: LongArray) -> Calibration:
    """Fit log-odds that are right on average over populations, and how much populations differ.

    The line is that of a logistic regression over all candidates, so that the probabilities are right on average. The
    spread is that of a normal random intercept per population about this line, by maximum likelihood; the integral
    over the intercept is a sum over equidistant points, which is exact enough for populations of any size.

    Parameters
    ----------
    raw : array of float64, shape (n,)
        Outputs for candidates that the model was not trained on.
    is_ring : array of bool or float64, shape (n,)
        True or not, or the share of each that counts as a ring.
    population : array of int64, shape (n,)
        Which data each candidate is from; any numbers.

    Returns
    -------
    Calibration

    Raises
    ------
    ValueError
        If all or none of the candidates are rings.

    References
    ----------
    Platt (1999), Probabilistic outputs for support vector machines, section 2; Pinheiro and Bates (1995),
    Approximations to the log-likelihood function in the nonlinear mixed-effects model, section 2.
    """
    share = is_ring.astype(np.float64)
    if share.min(initial=1) == 1 or share.max(initial=0) == 0:
        raise ValueError(f"`is_ring` must hold rings and others, got {share.sum():g} rings of {len(share)}")

    # outputs far from zero tie slope and intercept to each other, and the search gets stuck; centred ones do not
    centre, scale = float(raw.mean()), max(float(raw.std()), 1e-12)
    centred = (raw - centre) / scale

    def misfit(point: FloatArray) -> tuple[float, FloatArray]:
        log_odds = point[0] * centred + point[1]
        over = expit(log_odds) - share
        return float(_surprise(share, log_odds).mean()), np.array([(over * centred).mean(), over.mean()])

    rate = float(share.mean())
    bounds = [(LEAST_SLOPE * scale, MOST_SLOPE * scale), (-MOST_INTERCEPT, MOST_INTERCEPT)]
    start = np.array([scale, np.log(rate / (1 - rate))])
    found = minimize(
        misfit, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 0.0, "gtol": 1e-10, "maxiter": 1000}
    ).x
    slope, intercept = found[0] / scale, found[1] - found[0] * centre / scale
    spread = _spread(slope * raw + intercept, share, population)
    return Calibration(float(slope), float(intercept), spread)


def _surprise(share: FloatArray, log_odds: FloatArray) -> FloatArray:
    """Nats by which rings, in their share, and others surprise."""
    return np.asarray(share * np.logaddexp(0, -log_odds) + (1 - share) * np.logaddexp(0, log_odds))


def _spread(log_odds: FloatArray, share: FloatArray, population: LongArray) -> float:
    shifts = np.linspace(-WIDEST_SHIFT, WIDEST_SHIFT, N_SHIFTS)
    log_weights = -0.5 * shifts**2 - np.logaddexp.reduce(-0.5 * shifts**2)
    order = np.argsort(population, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(population[order]) != 0])

    def misfit(log_spread: float) -> float:
        nats = log_odds[order, None] + np.exp(log_spread) * shifts
        log_likelihood = -_surprise(share[order, None], nats)
        of_population = np.add.reduceat(log_likelihood, starts, axis=0) + log_weights
        return -float(np.logaddexp.reduce(of_population, axis=1).sum())

    bounds = (np.log(LEAST_SPREAD), np.log(MOST_SPREAD))
    return float(np.exp(minimize_scalar(misfit, bounds=bounds, method="bounded").x))


def longest_list(probability: FloatArray, rate: float) -> int:
    """Length of the longest list, best first, in which at most a share of the entries is expected to be wrong.

    Parameters
    ----------
    probability : array of float64, shape (n,)
        Calibrated, in descending order.
    rate : float
        Expected share of wrong entries.

    Returns
    -------
    int

    References
    ----------
    Newton, Noueiry, Sarkar and Ahlquist (2004), Detecting differential gene expression with a semiparametric
    hierarchical mixture method, section 4: the direct posterior probability approach.
    """
    wrong = np.cumsum(1 - probability) / np.arange(1, len(probability) + 1)
    # means of an ascending sequence ascend
    return int(np.searchsorted(wrong, rate + 1e-12, side="right"))


@dataclass(frozen=True, eq=False)
class Reliability:
    """What was said beside what was true, in bins of equal numbers.

    Parameters
    ----------
    said, true : array of float64, shape (n_bins,)
        Mean probability, and share of rings.
    counts : array of int64, shape (n_bins,)
    """

    said: FloatArray
    true: FloatArray
    counts: LongArray

    @property
    def error(self) -> float:
        """Expected calibration error: mean absolute difference, weighted by count."""
        return float((np.abs(self.said - self.true) * self.counts).sum() / max(self.counts.sum(), 1))


def reliability(probability: FloatArray, is_ring: BoolArray | FloatArray, n_bins: int = 10) -> Reliability:
    """Compare probabilities with what was true.

    Parameters
    ----------
    probability : array of float64, shape (n,)
    is_ring : array of bool or float64, shape (n,)
        As in `fit_calibration`.
    n_bins : int

    Returns
    -------
    Reliability
        Bins that hold nothing are left out.

    References
    ----------
    Naeini, Cooper and Hauskrecht (2015), Obtaining well calibrated probabilities using Bayesian binning, section 4
    (expected calibration error; here with bins of equal numbers).
    """
    bins = [rows for rows in np.array_split(np.argsort(probability, kind="stable"), n_bins) if len(rows)]
    return Reliability(
        said=np.array([probability[rows].mean() for rows in bins]),
        true=np.array([is_ring[rows].mean() for rows in bins]),
        counts=np.array([len(rows) for rows in bins], dtype=np.int64),
    )
