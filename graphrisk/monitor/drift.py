"""Whether the newest accounts differ from those before, with control of false alarms over features and reports."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from graphrisk.monitor.cohorts import FEATURES, Cohort
from graphrisk.monitor.exchange import LEAST_NIGHTS, bin_values, exchange_groups

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

N_BINS = 10
LEAST_ACCOUNTS = 10
WIDTHS = (1, 2, 3, 5)
"""Numbers of newest nights that are held against those before: a small crew shows only when it comes again."""
REPORTS = 7
"""A report is read every night: the rate holds for a week of them."""
N_DRAWS, MOST_GROUPS = 999, 20_000
FIRST_DRAWS, WORTH_MORE = 99, 0.1
"""Few draws tell what is no change; only what may be one gets all of them, new ones, so that its p-values hold."""


@dataclass(frozen=True)
class Drift:
    """How one feature of the newest accounts differs from that of those before.

    Parameters
    ----------
    feature : str
    n_scans : int
        How many of the newest scans' newcomers were compared: the number at which the feature stands out most.
    ks : float
        Greatest distance of the two distribution functions.
    p_value, adjusted_p : float
        How often groups dealt out to nights anew stand out as much in this feature; in any feature.
    psi : float
        Population stability index.
    psi_noise : float
        What the index would not exceed in 95 of 100 quiet cohorts of this size.
    mean_before, mean_now : float
    inflation : float
        By how much nights differ more than chance and the groups explain, at least 1.
    is_alarm : bool
        Whether the adjusted p-value is within the rate asked for, and the index over 0.1 and over its noise.
    """

    feature: str
    n_scans: int
    ks: float
    p_value: float
    adjusted_p: float
    psi: float
    psi_noise: float
    mean_before: float
    mean_now: float
    inflation: float
    is_alarm: bool


def find_drift(
    cohorts: list[Cohort], *, rate: float = 0.05, least_psi: float = 0.1, n_draws: int = N_DRAWS, seed: int = 0
) -> list[Drift]:
    """Compare the newest cohorts with all before them.

    Newcomers are not independent of each other: a ring signs up in one night. So groups of accounts that rings join
    are dealt out to nights anew, whole, and what is observed is compared with what that makes (see `exchange_groups`).
    The newest one, two, three and five cohorts are compared with those before, and features and widths are accounted
    for together.

    Parameters
    ----------
    cohorts : list of Cohort
        Oldest first.
    rate : float
        In how many of all weeks with a report every night, and no change, there may be an alarm at all. One report gets
        a seventh of it, which holds whatever the reports have in common.
    least_psi : float
        Smaller changes are no alarm, however sure.
    n_draws : int
        No p-value is below ``1 / (n_draws + 1)``. Where a first hundred draws leave nothing below 0.1, they are all.
    seed : int

    Returns
    -------
    list of Drift
        Smallest adjusted p-value first; empty with fewer than four cohorts before the newest, or fewer than ten
        accounts in it. Features that never vary are left out. Of more than 20,000 groups a random sample, of every
        night as many, is looked at.

    References
    ----------
    Westfall and Young (1993), Resampling-Based Multiple Testing; Yurdakul and Naranjo (2020), Journal of Risk Model
    Validation 14, for the noise of the index.
    """
    filled = [cohort for cohort in cohorts if len(cohort)]
    if len(filled) <= LEAST_NIGHTS or len(cohorts[-1]) < LEAST_ACCOUNTS:
        return []
    rng = np.random.default_rng(seed)
    night_of, groups = _gather(filled)
    chosen = _sample(night_of, groups, rng)
    night_of, groups = night_of[chosen], np.unique(groups[chosen], return_inverse=True)[1]
    values = {name: np.concatenate([cohort.values[name] for cohort in filled])[chosen] for name in FEATURES}
    features = [name for name in FEATURES if np.ptp(values[name])]
    if not features:
        return []
    nights = np.zeros(int(groups.max()) + 1, np.int64)
    nights[groups] = night_of
    bins = np.stack([bin_values(values[name]) for name in features], axis=1)
    exchanged = exchange_groups(bins, groups, nights, WIDTHS, n_draws=min(FIRST_DRAWS, n_draws), rng=rng)
    if n_draws > FIRST_DRAWS and exchanged.p_values()[2].min() <= WORTH_MORE:
        exchanged = exchange_groups(bins, groups, nights, WIDTHS, n_draws=n_draws, rng=rng)
    widest, own, adjusted = exchanged.p_values()
    out = []
    for k, feature in enumerate(features):
        width = exchanged.widths[widest[k]]
        is_new = night_of >= len(filled) - width
        before, now = values[feature][~is_new], values[feature][is_new]
        inflation = max(1.0, float(exchanged.unrest[widest[k], k]))
        index, noise = psi(before, now)
        noise *= inflation**2
        out.append(
            Drift(
                feature=feature,
                n_scans=width,
                ks=ks_distance(before, now),
                p_value=float(own[k]),
                adjusted_p=float(adjusted[k]),
                psi=index,
                psi_noise=noise,
                mean_before=float(before.mean()),
                mean_now=float(now.mean()),
                inflation=inflation,
                is_alarm=bool(adjusted[k] <= rate / REPORTS and index >= max(least_psi, noise)),
            )
        )
    return sorted(out, key=lambda drift: (drift.adjusted_p, -drift.ks, drift.feature))


def _gather(cohorts: list[Cohort]) -> tuple[IntArray, IntArray]:
    """Night and group of every account; groups of two nights bear different numbers."""
    night_of = np.repeat(np.arange(len(cohorts)), [len(cohort) for cohort in cohorts])
    groups, n = [], 0
    for cohort in cohorts:
        own = np.arange(len(cohort)) if cohort.groups is None else cohort.groups
        groups.append(own + n)
        n += int(own.max()) + 1
    return night_of, np.concatenate(groups)


def _sample(night_of: IntArray, groups: IntArray, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Choose whole groups at random, as many of every night, if there are more than one may look at."""
    n_nights, n_groups = int(night_of.max()) + 1, int(groups.max()) + 1
    if n_groups <= MOST_GROUPS:
        return np.ones(len(groups), np.bool_)
    nights = np.zeros(n_groups, np.int64)
    nights[groups] = night_of
    order = np.lexsort((rng.random(n_groups), nights))
    place = np.arange(n_groups) - np.searchsorted(nights[order], nights[order])
    taken = np.zeros(n_groups, np.bool_)
    taken[order] = place < MOST_GROUPS // n_nights
    return taken[groups]


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
