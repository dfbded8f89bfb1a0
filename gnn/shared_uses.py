"""Uses of signals that can be shared: what features of sharing are told from, gathered once for all candidates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms.times import MISSING_TIME
from gnn._shared_kernels import fill_uses, rank_uses

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SharedUses:
    """Uses, actor by actor, of the signals that carry evidence and have two users at least.

    Most signals have one user, and those that have most users are hubs: what is left is far smaller than the data.

    Parameters
    ----------
    starts : array of int64, shape (n_actors + 1,)
    signals : array of int32, shape (n_uses,)
        Numbers of the signals among those that are kept.
    days : array of float64, shape (n_uses,)
        For how long the signal was used, at most a year; NaN where the times are not known, and of money and referrals.
    ranks : array of int32, shape (n_uses,)
        Place of a use that has days among all of them by signal and first time; -1 of the others.
    met : array of int64, shape (n_timed, 3)
        Signal, first and last second by rank.
    groups, kinds, degrees, nats : arrays, shape (n_signals,)
        Of the signals that are kept.
    """

    starts: LongArray
    signals: IntArray
    days: FloatArray
    ranks: IntArray
    met: LongArray
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
        """Gather them; O(rows x log users of a signal)."""
        kept = np.flatnonzero((nats > 0) & (degrees >= 2))
        numbers = np.full(len(nats), -1, np.int32)
        numbers[kept] = np.arange(len(kept), dtype=np.int32)
        groups = groups_of_kinds[kinds[kept]].astype(np.int8)
        n_uses = int((numbers[row_signals] >= 0).sum())
        starts, signals = np.zeros(len(row_starts), np.int64), np.empty(n_uses, np.int32)
        days, ranks = np.empty(n_uses), np.empty(n_uses, np.int32)
        rows = row_signals, first_seen, last_seen, numbers
        fill_uses(row_starts, *rows, groups, starts, signals, days, int(MISSING_TIME))
        met = np.empty((int((~np.isnan(days)).sum()), 3), np.int64)
        rank_uses(row_starts, *rows, days, len(kept), ranks, met)
        return SharedUses(starts, signals, days, ranks, met, groups, kinds[kept], degrees[kept], nats[kept])


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
