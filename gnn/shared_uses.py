"""Uses of signals that can be shared: what features of sharing are told from, gathered once for all candidates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from algorithms.times import MISSING_TIME
from gnn._shared_kernels import fill_uses, number_signals, rank_uses

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


NOT_RANKED = (np.empty(0, np.int32), np.empty((0, 3), np.int64))
"""In the place of `SharedUses.ranked`, where nobody asks for it."""


MANY_USES = 64


@dataclass(frozen=True, eq=False)
class Rows:
    """The incidence of actors and signals, rows sorted by actor and signal; times in seconds."""

    starts: LongArray
    signals: IntArray
    first_seen: LongArray
    last_seen: LongArray


@dataclass(frozen=True, eq=False)
class SharedUses:
    """Uses, actor by actor, of the signals that carry evidence and have two users at least.

    Most signals have one user, and those that have most users are hubs: what is left is far smaller than the data.

    Parameters
    ----------
    rows : Rows
        Of all signals.
    numbers : array of int32
        Number of each signal among those that are kept, -1 of the others.
    starts : array of int64, shape (n_actors + 1,)
    signals : array of int32, shape (n_uses,)
        By number, which follows the actors with very many uses.
    days : array of float64, shape (n_uses,)
        For how long the signal was used, at most a year; NaN where the times are not known, and of money and referrals.
    groups, kinds, degrees, nats : arrays, shape (n_signals,)
        Of the signals that are kept.
    """

    rows: Rows
    numbers: IntArray
    starts: LongArray
    signals: IntArray
    days: FloatArray
    groups: npt.NDArray[np.int8]
    kinds: npt.NDArray[np.int16]
    degrees: LongArray
    nats: FloatArray

    @staticmethod
    def of(
        rows: Rows,
        kinds: npt.NDArray[np.int16],
        groups_of_kinds: LongArray,
        degrees: LongArray,
        nats: FloatArray,
    ) -> SharedUses:
        """Gather them; O(rows)."""
        can_be_shared = (nats > 0) & (degrees >= 2)
        told = np.concatenate([[0], np.cumsum(can_be_shared[rows.signals])])
        n_uses, by_actor = int(told[-1]), np.diff(told[rows.starts])
        # what an actor with very many uses deals with is numbered in its order, and then read from memory in that order
        many = np.flatnonzero(by_actor > MANY_USES)
        many = many[np.argsort(-by_actor[many], kind="stable")]
        numbers, kept = number_signals(rows.starts, rows.signals, can_be_shared, many, int(can_be_shared.sum()))
        groups = groups_of_kinds[kinds[kept]].astype(np.int8)
        starts, signals, days = np.zeros(len(rows.starts), np.int64), np.empty(n_uses, np.int32), np.empty(n_uses)
        times = rows.first_seen, rows.last_seen
        fill_uses(rows.starts, rows.signals, *times, numbers, groups, starts, signals, days, int(MISSING_TIME))
        return SharedUses(rows, numbers, starts, signals, days, groups, kinds[kept], degrees[kept], nats[kept])

    @cached_property
    def ranked(self) -> tuple[IntArray, LongArray]:
        """Place of each use with days among all of them by signal and first time, -1 of the others, shape (n_uses,).

        And signal, first and last second by place, shape (n_timed, 3). O(uses x log users of a signal).
        """
        rows = self.rows
        ranks = np.empty(len(self.signals), np.int32)
        met = np.empty((int((~np.isnan(self.days)).sum()), 3), np.int64)
        times = rows.first_seen, rows.last_seen
        rank_uses(rows.signals, *times, self.numbers, self.days, len(self.nats), ranks, met)
        return ranks, met


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
