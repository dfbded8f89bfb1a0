"""One account and many strangers within a window: what fan-out and fan-in share."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.stats import poisson

from graphrisk.rings.patterns.match import Match
from graphrisk.rings.patterns.pool import DAY, Pool

LEAST = 3


def find_fans(pool: Pool, window: int, out: bool) -> Iterator[Match]:
    """Find the most surprising windows of each account, none overlapping another. O(n log n)."""
    counts = np.bincount(pool.sources if out else pool.targets, minlength=pool.n_actors)
    for actor in np.flatnonzero(counts >= LEAST).tolist():
        rows = pool.paid_by(actor) if out else pool.paid_to(actor)
        seconds = pool.seconds[rows]
        ends = np.searchsorted(seconds, seconds + window, "right")
        sizes = ends - np.arange(len(rows))
        wide = (seconds[ends - 1] - seconds) / DAY + 1
        nats = np.asarray(-poisson.logsf(sizes - 1, pool.rate * wide), dtype=np.float64)
        used = np.zeros(len(rows), bool)
        for start in np.lexsort((np.arange(len(rows)), -nats)).tolist():
            if sizes[start] < LEAST or used[start : ends[start]].any():
                continue
            used[start : ends[start]] = True
            yield Match(tuple(sorted(rows[start : ends[start]].tolist())), float(nats[start]))
