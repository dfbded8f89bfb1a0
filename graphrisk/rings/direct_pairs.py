"""Actors that deal with each other: one row per unordered pair and kind of dealing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms.times import MISSING_TIME
from graphrisk.rings.wallets import PAIR_KINDS

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]

REFERRAL, TRANSFER = "referral", "transfer"
DIRECT_KINDS = (REFERRAL, TRANSFER, *PAIR_KINDS)


@dataclass(frozen=True, eq=False)
class DirectPairs:
    """Actors that deal with each other: invitations, transfers and links between wallets, one row per pair and kind.

    Rows are sorted by source.

    Parameters
    ----------
    sources, targets : array of int32, shape (n,)
        Actor indices; the inviter or payer of the first act is the source.
    kinds : array of int8, shape (n,)
        Index into `DIRECT_KINDS`.
    first_seen, last_seen : array of int64, shape (n,)
        Seconds since the epoch, `MISSING_TIME` where absent.
    n_events : array of int32, shape (n,)
    """

    sources: IntArray
    targets: IntArray
    kinds: npt.NDArray[np.int8]
    first_seen: LongArray
    last_seen: LongArray
    n_events: IntArray

    def __len__(self) -> int:
        return len(self.sources)

    def rows_within(self, members: IntArray) -> LongArray:
        """Rows between two of the members."""
        low = np.searchsorted(self.sources, members, "left")
        high = np.searchsorted(self.sources, members, "right")
        spans = [np.arange(a, b) for a, b in zip(low, high, strict=True) if b > a]
        rows = np.concatenate(spans) if spans else np.empty(0, np.int64)
        return rows[np.isin(self.targets[rows], members)]


def missing_last(seconds: LongArray) -> LongArray:
    """Move missing times from before all others to after them."""
    return np.where(seconds == MISSING_TIME, np.iinfo(np.int64).max, seconds)


def merge_acts(a: LongArray, b: LongArray, seconds: LongArray, n_b: int) -> tuple[LongArray, ...]:
    """Group acts by (a, b): distinct pairs in sorted order with first and last time and count."""
    if len(a) == 0:
        empty = np.empty(0, np.int64)
        return empty, empty, empty, empty, empty
    keys = a * n_b + b
    order = np.argsort(keys, kind="stable")
    keys, seconds = keys[order], seconds[order]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
    counts = np.diff(np.r_[starts, len(keys)])
    first = np.minimum.reduceat(missing_last(seconds), starts)
    first[first == np.iinfo(np.int64).max] = MISSING_TIME
    return keys[starts] // n_b, keys[starts] % n_b, first, np.maximum.reduceat(seconds, starts), counts


def join_pairs(acts: list[tuple[LongArray, ...]], n_actors: int) -> DirectPairs:
    """Join acts between two actors, by kind, into one row per unordered pair and kind."""
    parts = []
    for kind, (source, target, seconds) in enumerate(acts):
        low, high, first, last, counts = merge_acts(
            np.minimum(source, target), np.maximum(source, target), seconds, n_actors
        )
        forward = np.zeros(len(low), bool)
        if len(low):
            pair_of = np.searchsorted(
                low * n_actors + high, np.minimum(source, target) * n_actors + np.maximum(source, target)
            )
            leading = np.full(len(low), len(source))
            order = np.lexsort((source, missing_last(seconds)))
            np.minimum.at(leading, pair_of[order], np.arange(len(order)))
            forward = source[order][leading] == low
        start, end = np.where(forward, low, high), np.where(forward, high, low)
        parts.append((start, end, np.full(len(low), kind), first, last, counts))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.lexsort((columns[2], columns[1], columns[0]))
    source, target, kinds, first, last, counts = (column[order] for column in columns)
    return DirectPairs(
        source.astype(np.int32), target.astype(np.int32), kinds.astype(np.int8), first, last, counts.astype(np.int32)
    )
