"""Uses of signals that can be shared: what features of sharing are told from, gathered once for all candidates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from algorithms.times import MISSING_TIME
from gnn._shared_kernels import DAY, LONGEST_USE, PLACE

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


NOT_RANKED = (np.empty(0, np.int32), np.empty((0, 3), np.int64))
"""In the place of `SharedUses.ranked`, where nobody asks for it."""


@dataclass(frozen=True, eq=False)
class SharedUses:
    """Uses, actor by actor, of the signals that carry evidence and have two users at least.

    Most signals have one user, and those that have most users are hubs: what is left is far smaller than the data.

    Parameters
    ----------
    starts : array of int64, shape (n_actors + 1,)
    signals : array of int32, shape (n_uses,)
        Numbers of the signals among those that are kept.
    first_seen, last_seen : array of int64, shape (n_uses,)
        In seconds.
    days : array of float64, shape (n_uses,)
        For how long the signal was used, at most a year; NaN where the times are not known, and of money and referrals.
    groups, kinds, degrees, nats : arrays, shape (n_signals,)
        Of the signals that are kept.
    """

    starts: LongArray
    signals: IntArray
    first_seen: LongArray
    last_seen: LongArray
    days: FloatArray
    groups: npt.NDArray[np.int8]
    kinds: npt.NDArray[np.int16]
    degrees: LongArray
    nats: FloatArray

    @staticmethod
    def of(
        row_starts: LongArray,
        row_signals: IntArray,
        first_seen: LongArray,
        last_seen: LongArray,
        kinds: npt.NDArray[np.int16],
        groups_of_kinds: LongArray,
        degrees: LongArray,
        nats: FloatArray,
    ) -> SharedUses:
        """Gather them; O(rows)."""
        can_be_shared = (nats > 0) & (degrees >= 2)
        numbers = np.cumsum(can_be_shared, dtype=np.int32) - 1
        kept, used = np.flatnonzero(can_be_shared), can_be_shared[row_signals]
        signals, first, last = numbers[row_signals[used]], first_seen[used], last_seen[used]
        groups = groups_of_kinds[kinds[kept]].astype(np.int8)
        days = np.minimum((last - first) / DAY, LONGEST_USE)
        days[(groups[signals] > PLACE) | (first == MISSING_TIME) | (last == MISSING_TIME)] = np.nan
        starts = np.concatenate([[0], np.cumsum(used)])[row_starts]
        return SharedUses(starts, signals, first, last, days, groups, kinds[kept], degrees[kept], nats[kept])

    @cached_property
    def ranked(self) -> tuple[IntArray, LongArray]:
        """Place of each use with days among all of them by signal and first time, -1 of the others, shape (n_uses,).

        And signal, first and last second by place, shape (n_timed, 3). O(uses log uses).
        """
        timed = np.flatnonzero(~np.isnan(self.days))
        timed = timed[np.lexsort((self.first_seen[timed], self.signals[timed]))]
        ranks = np.full(len(self.signals), -1, np.int32)
        ranks[timed] = np.arange(len(timed), dtype=np.int32)
        return ranks, np.column_stack([self.signals[timed], self.first_seen[timed], self.last_seen[timed]])


def instruments(
    row_starts: LongArray,
    row_signals: IntArray,
    kinds: npt.NDArray[np.int16],
    degrees: LongArray,
    instrument: int,
) -> npt.NDArray[np.int8]:
    """Say of every actor whether it has a payment instrument (1), and one that nobody else has (2), or none (0)."""
    n = len(row_starts) - 1
    out = np.zeros(n, np.int8)
    rows = np.flatnonzero((kinds == instrument)[row_signals])
    actors = np.searchsorted(row_starts, rows, "right") - 1
    out[actors] = 1
    out[actors[degrees[row_signals[rows]] == 1]] = 2
    return out
