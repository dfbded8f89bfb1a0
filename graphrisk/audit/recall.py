"""Recall from a stratified sample, with an interval that holds where hardly anything was found."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from scipy.special import betaincinv

from graphrisk.audit.sampling import Stratum

BISECTIONS = 50


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval; no value where some stratum has nobody reviewed."""

    value: float | None
    low: float
    high: float
    n: int


# the search for an end of an interval asks for the same few limits again and again
@lru_cache(maxsize=1024)
def clopper_pearson(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Exact interval of a share; (0, 1) of none.

    References
    ----------
    Clopper and Pearson (1934), Biometrika 26.
    """
    tail = (1 - confidence) / 2
    low = float(betaincinv(successes, n - successes + 1, tail)) if successes else 0.0
    high = float(betaincinv(successes + 1, n - successes, 1 - tail)) if successes < n else 1.0
    return low, high


def estimate_missed(strata: Sequence[Stratum]) -> Estimate:
    """How many bad accounts no listed ring holds.

    The Horvitz-Thompson total ``sum N p`` over the strata below the line.

    Parameters
    ----------
    strata : sequence of Stratum

    Returns
    -------
    Estimate
    """
    below = [stratum for stratum in strata if not stratum.is_above]
    n = sum(stratum.n_reviewed for stratum in below)
    whole = float(sum(stratum.n_accounts for stratum in below))
    if any(stratum.n_reviewed == 0 for stratum in below):
        return Estimate(None, 0.0, whole, n)
    value, low, high = _contrast(below, [float(stratum.n_accounts) for stratum in below])
    return Estimate(value, max(low, 0.0), min(high, whole), n)


def estimate_recall(strata: Sequence[Stratum]) -> Estimate:
    """Which share of all bad accounts is in listed rings.

    ``R = sum_above N p / sum N p``. Its interval holds every ``r`` for which ``(1 - r) A - r B``, with the totals ``A``
    above and ``B`` below the line, may be zero. The interval of this sum is made from the Clopper-Pearson limits of
    the strata by squares of their distances (MOVER), with a correction for strata that are reviewed to a large part.

    Parameters
    ----------
    strata : sequence of Stratum

    Returns
    -------
    Estimate
        No value, and 0 to 1, where some stratum has nobody reviewed or no bad account was found at all.

    References
    ----------
    Horvitz and Thompson (1952), JASA 47; Zou and Donner (2008), Statistics in Medicine 27, equation 5; Fieller (1954)
    for the inversion.
    """
    n = sum(stratum.n_reviewed for stratum in strata)
    if not strata or any(s.n_reviewed == 0 for s in strata) or not any(s.n_bad for s in strata):
        return Estimate(None, 0.0, 1.0, n)
    above = sum(s.n_accounts * s.n_bad / s.n_reviewed for s in strata if s.is_above)
    value = above / sum(s.n_accounts * s.n_bad / s.n_reviewed for s in strata)

    def bounds(recall: float) -> tuple[float, float]:
        factors = [s.n_accounts * ((1 - recall) if s.is_above else -recall) for s in strata]
        return _contrast(strata, factors)[1:]

    # the sum falls as recall grows: below the interval it is surely positive, above it surely negative
    low = _crossing(0.0, value, lambda recall: bounds(recall)[0] > 0)
    high = _crossing(value, 1.0, lambda recall: bounds(recall)[1] >= 0)
    return Estimate(value, low, high, n)


def _crossing(left: float, right: float, holds: Callable[[float], bool]) -> float:
    """Where a condition that holds at the left ceases to hold."""
    if not holds(left):
        return left
    if holds(right):
        return right
    for _ in range(BISECTIONS):
        middle = (left + right) / 2
        left, right = (middle, right) if holds(middle) else (left, middle)
    return (left + right) / 2


def _contrast(strata: Sequence[Stratum], factors: Sequence[float]) -> tuple[float, float, float]:
    """Value and limits of ``sum f p``."""
    value = down = up = 0.0
    for stratum, factor in zip(strata, factors, strict=True):
        share = stratum.n_bad / stratum.n_reviewed
        low, high = clopper_pearson(stratum.n_bad, stratum.n_reviewed)
        rest = (stratum.n_accounts - stratum.n_reviewed) / max(stratum.n_accounts - 1, 1)
        below, above = (share - low, high - share) if factor >= 0 else (high - share, share - low)
        value += factor * share
        down += factor**2 * below**2 * rest
        up += factor**2 * above**2 * rest
    return value, value - math.sqrt(down), value + math.sqrt(up)
