"""Whether the newest accounts differ from those before, with control of false discoveries over all features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from graphrisk.monitor.cohorts import FEATURES, Cohort

FloatArray = npt.NDArray[np.float64]

MEDIAN_KOLMOGOROV = 0.8275735551899077
"""Median of Kolmogorov's distribution: what the statistic of a quiet cohort is half of the time, at most."""
N_BINS = 10
LEAST_COHORTS, LEAST_ACCOUNTS = 4, 10


@dataclass(frozen=True)
class Drift:
    """How one feature of the newest accounts differs from that of those before.

    Parameters
    ----------
    feature : str
    ks : float
        Greatest distance of the two distribution functions.
    p_value, q_value : float
        Of the distance, allowing for what cohorts differ by in quiet times; Benjamini-Hochberg over all features.
    psi : float
        Population stability index.
    psi_noise : float
        What the index would not exceed in 95 of 100 quiet cohorts of this size.
    mean_before, mean_now : float
    inflation : float
        By how much cohorts differ more than chance does, at least 1.
    is_alarm : bool
        Whether the q-value is within the rate asked for and the index over 0.1 and over its noise.
    """

    feature: str
    ks: float
    p_value: float
    q_value: float
    psi: float
    psi_noise: float
    mean_before: float
    mean_now: float
    inflation: float
    is_alarm: bool


def find_drift(cohorts: list[Cohort], *, rate: float = 0.05, least_psi: float = 0.1) -> list[Drift]:
    """Compare the newest cohort with all before it.

    ``D`` is the two-sample Kolmogorov-Smirnov distance and ``K = D sqrt(n m / (n + m))``. Newcomers are not
    independent of each other: a ring signs up in one night. So ``K`` is divided by an inflation factor, the median of
    the ``K`` of the earlier cohorts, each against the others, over the median of Kolmogorov's distribution, if above 1
    (the genomic control of Devlin and Roeder). Its p-value is that of Kolmogorov's distribution, which is too large
    for features with ties, never too small.

    Parameters
    ----------
    cohorts : list of Cohort
        Oldest first.
    rate : float
        False-discovery rate over all features of one report.
    least_psi : float
        Smaller changes are no alarm, however sure.

    Returns
    -------
    list of Drift
        Smallest q-value first; empty with fewer than four cohorts before the newest, or fewer than ten accounts in it.
        Features that never vary are left out.

    References
    ----------
    Benjamini and Hochberg (1995), JRSS B 57; Devlin and Roeder (1999), Biometrics 55; Yurdakul and Naranjo
    (2020), Journal of Risk Model Validation 14, for the noise of the index.
    """
    before = [cohort for cohort in cohorts[:-1] if len(cohort)]
    if len(before) < LEAST_COHORTS or len(cohorts[-1]) < LEAST_ACCOUNTS:
        return []
    found = []
    for feature in FEATURES:
        earlier, now = [cohort.values[feature] for cohort in before], cohorts[-1].values[feature]
        pooled = np.concatenate(earlier)
        if np.ptp(np.concatenate([pooled, now])) == 0:
            continue
        inflation = max(1.0, _median_statistic(earlier) / MEDIAN_KOLMOGOROV)
        distance = ks_distance(pooled, now)
        p = float(stats.kstwobign.sf(_statistic(distance, len(pooled), len(now)) / inflation))
        index, noise = psi(pooled, now)
        found.append((feature, distance, p, index, noise * inflation**2, pooled.mean(), now.mean(), inflation))
    q_values = benjamini_hochberg(np.array([row[2] for row in found]))
    out = []
    for (feature, distance, p, index, noise, mean_before, mean_now, inflation), q in zip(found, q_values, strict=True):
        alarm = bool(q <= rate and index >= max(least_psi, noise))
        out.append(
            Drift(
                feature=feature,
                ks=distance,
                p_value=p,
                q_value=float(q),
                psi=index,
                psi_noise=noise,
                mean_before=float(mean_before),
                mean_now=float(mean_now),
                inflation=inflation,
                is_alarm=alarm,
            )
        )
    return sorted(out, key=lambda drift: (drift.q_value, -drift.ks, drift.feature))


def _median_statistic(cohorts: list[FloatArray]) -> float:
    """Median over the cohorts of the statistic of each against the others."""
    values = []
    for k, one in enumerate(cohorts):
        others = np.concatenate(cohorts[:k] + cohorts[k + 1 :])
        values.append(_statistic(ks_distance(others, one), len(others), len(one)))
    return float(np.median(values))


def _statistic(distance: float, n: int, m: int) -> float:
    return distance * float(np.sqrt(n * m / (n + m)))


def ks_distance(one: FloatArray, other: FloatArray) -> float:
    """Return the greatest distance of two empirical distribution functions."""
    one, other = np.sort(one), np.sort(other)
    at = np.concatenate([one, other])
    below = np.searchsorted(one, at, side="right") / len(one) - np.searchsorted(other, at, side="right") / len(other)
    return float(np.abs(below).max())


def psi(before: FloatArray, now: FloatArray) -> tuple[float, float]:
    """Population stability index over the deciles of `before`, and what it exceeds by chance in 5 of 100 cases.

    ``sum (p - q) ln(p / q)`` over bins, with half a count added to each; by chance it is about
    ``(1/n + 1/m) chi2(bins - 1)``.
    """
    edges = np.unique(np.quantile(before, np.arange(1, N_BINS) / N_BINS, method="inverted_cdf"))
    counts = [np.bincount(np.searchsorted(edges, v, side="left"), minlength=len(edges) + 1) for v in (before, now)]
    shares = [(count + 0.5) / (count.sum() + 0.5 * len(count)) for count in counts]
    index = float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())
    noise = (1 / len(before) + 1 / len(now)) * stats.chi2.ppf(0.95, max(len(edges), 1))
    return index, float(noise)


def benjamini_hochberg(p_values: FloatArray) -> FloatArray:
    """Smallest false-discovery rate at which each p-value is a discovery."""
    n = len(p_values)
    if n == 0:
        return p_values
    order = np.argsort(p_values, kind="stable")
    stepped = p_values[order] * n / np.arange(1, n + 1)
    out = np.empty(n)
    out[order] = np.minimum(np.minimum.accumulate(stepped[::-1])[::-1], 1.0)
    return out
