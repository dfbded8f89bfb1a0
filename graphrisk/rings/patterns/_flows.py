"""Mules: accounts that pass on to strangers about what strangers paid them; the joint of all flow patterns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from graphrisk.rings.patterns.match import joined
from graphrisk.rings.patterns.pool import Pool

KEPT = 0.15
"""Most of what comes in that a mule may keep."""
MOST_ROWS = 12
"""Transfers on each side of an account that are combined; a busier account is cut there."""
PASS_NATS = 2.0


@dataclass(frozen=True)
class Pass:
    """What one account received and passed on: rows of the pool, and the share passed on."""

    mule: int
    gets: tuple[int, ...]
    pays: tuple[int, ...]
    share: float

    @property
    def rows(self) -> tuple[int, ...]:
        """All transfers of the pass."""
        return (*self.gets, *self.pays)


def find_passes(pool: Pool, window: int) -> list[Pass]:
    """For every account the widest passes in the window, none sharing a transfer with another. Kept for the pool."""
    if window not in pool.found:
        actors = np.intersect1d(pool.sources, pool.targets).tolist()
        pool.found[window] = [one for actor in actors for one in _passes_of(pool, actor, window)]
    passes: list[Pass] = pool.found[window]
    return passes


def _passes_of(pool: Pool, actor: int, window: int) -> Iterator[Pass]:
    gets, pays = pool.paid_to(actor), pool.paid_by(actor)
    came, went = np.cumsum(np.r_[0.0, pool.amounts[gets]]), np.cumsum(np.r_[0.0, pool.amounts[pays]])
    in_times, out_times = pool.seconds[gets], pool.seconds[pays]
    found = []
    for a in range(len(gets)):
        last = int(np.searchsorted(in_times, in_times[a] + window, "right"))
        stop = int(np.searchsorted(out_times, in_times[a] + window, "right"))
        pool.n_cut[0] += last - a > MOST_ROWS
        for b in range(a, min(last, a + MOST_ROWS)):
            start = int(np.searchsorted(out_times, in_times[b]))
            for c in range(start, min(stop, start + MOST_ROWS)):
                shares = (went[c + 1 : min(stop, c + MOST_ROWS) + 1] - went[c]) / (came[b + 1] - came[a])
                for d in np.flatnonzero((shares >= 1 - KEPT) & (shares <= 1 + 1e-9)).tolist():
                    width = out_times[c + d] - in_times[a]
                    found.append((a - b - d, width, a, b, c, c + d, float(shares[d])))
    used_in, used_out = np.zeros(len(gets), bool), np.zeros(len(pays), bool)
    for _, _, a, b, c, d, share in sorted(found):
        if used_in[a : b + 1].any() or used_out[c : d + 1].any():
            continue
        used_in[a : b + 1] = True
        used_out[c : d + 1] = True
        yield Pass(actor, tuple(gets[a : b + 1].tolist()), tuple(pays[c : d + 1].tolist()), share)


def find_flows(pool: Pool, window: int) -> list[tuple[tuple[int, ...], list[Pass]]]:
    """Passes that share transfers, joined: rows and passes of each flow."""
    passes = find_passes(pool, window)
    flows = joined(one.rows for one in passes)
    home = {row: k for k, rows in enumerate(flows) for row in rows}
    parts: list[list[Pass]] = [[] for _ in flows]
    for one in passes:
        parts[home[one.rows[0]]].append(one)
    return list(zip(flows, parts, strict=True))


def is_chain(passes: list[Pass]) -> bool:
    """Whether every mule of a flow gets from one account, so that it is a line with what is peeled off."""
    return all(len(one.gets) == 1 for one in passes)


def nats_of(passes: list[Pass]) -> float:
    """Surprise of some passes: each is one chance in e^2, and more with each further transfer that had to fit."""
    return sum(PASS_NATS + 0.5 * (len(one.rows) - 2) for one in passes)


def kept_of(passes: list[Pass]) -> float:
    """Mean share that mules passed on."""
    return float(np.mean([one.share for one in passes]))
