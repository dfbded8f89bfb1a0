"""One account and many strangers within a window: what fan-out and fan-in share."""

from __future__ import annotations

from collections.abc import Iterator
from math import log

import numpy as np

from algorithms.tails import poisson_tail
from graphrisk.rings.patterns.match import Match
from graphrisk.rings.patterns.pool import DAY, Pool

LEAST = 3
MOST = 0.8
BEYOND = 3.0
"""Nats beyond one in the number of accounts from which a fan is listed wherever it is."""


def find_fans(pool: Pool, window: int, out: bool) -> Iterator[Match]:
    """Find the most surprising windows of each account, none overlapping another. O(n log n).

    Outside the deeper cores only what one account in all would hardly show by chance, and nearly all that the account
    has to do with strangers: a shop is paid by strangers all the time.
    """
    least, part = (0.0, 0.0) if pool.is_deep else (log(pool.n_actors) + BEYOND, MOST)
    counts = np.bincount(pool.sources if out else pool.targets, minlength=pool.n_actors)
    for actor in np.flatnonzero(counts >= LEAST).tolist():
        rows = pool.paid_by(actor) if out else pool.paid_to(actor)
        seconds = pool.seconds[rows]
        ends = np.searchsorted(seconds, seconds + window, "right")
        sizes = ends - np.arange(len(rows))
        wide = (seconds[ends - 1] - seconds) / DAY + 1
        nats = poisson_tail(sizes, (pool.rate if pool.is_deep else pool.rates[actor]) * wide)
        used = np.zeros(len(rows), bool)
        for start in np.lexsort((np.arange(len(rows)), -nats)).tolist():
            if sizes[start] < max(LEAST, part * len(rows)) or nats[start] < least or used[start : ends[start]].any():
                continue
            used[start : ends[start]] = True
            yield Match(tuple(sorted(rows[start : ends[start]].tolist())), float(nats[start]))
