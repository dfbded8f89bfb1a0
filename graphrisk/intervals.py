"""Intervals of shares and medians."""

from __future__ import annotations

import math
from collections.abc import Sequence

Z95 = 1.959963984540054


def wilson(successes: int, n: int, z: float = Z95) -> tuple[float, float]:
    """Score interval of a share.

    ``(p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n)`` with ``p = successes / n``.

    Parameters
    ----------
    successes, n : int
    z : float
        Normal quantile; 1.96 for 95 %.

    Returns
    -------
    low, high : float
        (0, 1) if `n` is 0.

    Raises
    ------
    ValueError
        If there are more successes than trials, or fewer than none.

    References
    ----------
    Wilson (1927), Probable inference, JASA 22; Brown, Cai and DasGupta (2001), Statistical Science 16, section 3.1.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"`successes` must be between 0 and `n` = {n}, got {successes}")
    if n == 0:
        return 0.0, 1.0
    share, half = successes / n, z * z / (2 * n)
    spread = z * math.sqrt(share * (1 - share) / n + half / (2 * n))
    scale = 1 + 2 * half
    low = 0.0 if successes == 0 else (share + half - spread) / scale
    high = 1.0 if successes == n else (share + half + spread) / scale
    return low, high


def median_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Median and the order statistics that hold it with a confidence of at least 95 %.

    Parameters
    ----------
    values : sequence of float
        At least one. With fewer than six no two order statistics are that sure; the extremes are given.

    Returns
    -------
    median, low, high : float

    Raises
    ------
    ValueError
        If there are no values.

    References
    ----------
    David and Nagaraja (2003), Order Statistics, section 7.1: ``P(X(r) < median < X(n+1-r)) = 1 - 2 P(B < r)`` with
    ``B`` binomial with n and 1/2.
    """
    if not values:
        raise ValueError("`values` must hold at least one value, got none")
    ordered, n = sorted(values), len(values)
    middle = (ordered[(n - 1) // 2] + ordered[n // 2]) / 2
    below, rank = 0.5**n if n < 1000 else 0.0, 0
    if n >= 1000:
        rank = max(math.floor(n / 2 - Z95 * math.sqrt(n) / 2), 1) - 1
    else:
        while below <= 0.025 and rank < (n - 1) // 2:
            rank += 1
            below += math.comb(n, rank) * 0.5**n
        rank = max(rank - 1, 0)
    return middle, ordered[rank], ordered[n - 1 - rank]
