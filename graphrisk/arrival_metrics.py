"""What the newest sign-ups look like: metrics that move before rings are listed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from algorithms.entity_graph import Links
from algorithms.times import MISSING_TIME
from graphrisk.intervals import wilson

LongArray = npt.NDArray[np.int64]
Row = tuple[str, float | None, float | None, float | None, int]

DAY_SECONDS = 86400


def arrival_metrics(started: LongArray, in_candidate: npt.NDArray[np.bool_], links: Links, as_of: int) -> list[Row]:
    """Measure the accounts that started within the 24 hours before a scan.

    Parameters
    ----------
    started : array of int64, shape (n_accounts,)
        Seconds since the epoch, `MISSING_TIME` where unknown.
    in_candidate : array of bool, shape (n_accounts,)
        Whether the account is in a candidate ring, listed or not.
    links : Links
    as_of : int
        Moment of the scan, in seconds since the epoch.

    Returns
    -------
    list of (name, value, low, high, n)
        As the catalogue defines them. Where nobody signed up, shares and rates are None. O(accounts + links).
    """
    known = started != MISSING_TIME
    new = known & (started >= as_of - DAY_SECONDS) & (started < as_of)
    n, inside = int(new.sum()), int((new & in_candidate).sum())
    n_signals = _new_signals(links, as_of)
    return [
        ("sign_ups.day", float(n), None, None, int(known.sum())),
        ("sign_ups.in_candidates.share", inside / n if n else None, *wilson(inside, n), n),
        ("signals.new_per_sign_up", n_signals / n if n else None, None, None, n),
    ]


def _new_signals(links: Links, as_of: int) -> int:
    """How many signals were first used within the 24 hours before `as_of`."""
    if len(links) == 0:
        return 0
    first = np.full(int(links.signals.max()) + 1, np.iinfo(np.int64).max)
    timed = links.first_seen != MISSING_TIME
    np.minimum.at(first, links.signals[timed], links.first_seen[timed])
    return int(((first >= as_of - DAY_SECONDS) & (first < as_of)).sum())
