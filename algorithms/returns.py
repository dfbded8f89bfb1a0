"""Pairs that send each other the same money back and forth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms._return_kernels import match_returns
from algorithms.times import MISSING_TIME
from algorithms.transfers import Transfers

LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ReturnPairs:
    """Pairs of nodes that transfer to each other at all, in either direction.

    Parameters
    ----------
    sources, targets : array of int64, shape (n_pairs,)
        The lower node first; sorted.
    n_transfers, n_returned : array of int64, shape (n_pairs,)
        Timed transfers with an amount, and how many of them are half of a return.
    volume, net : array of float64, shape (n_pairs,)
        Sum of their amounts, and what is left of it where the directions are set off against each other.
    first, last : array of int64, shape (n_pairs,)
        Seconds of the first and the last transfer.
    """

    sources: LongArray
    targets: LongArray
    n_transfers: LongArray
    n_returned: LongArray
    volume: FloatArray
    net: FloatArray
    first: LongArray
    last: LongArray

    def __len__(self) -> int:
        return len(self.sources)


def find_returns(transfers: Transfers, *, within_seconds: int, tolerance: float = 0.02) -> ReturnPairs:
    """Count for each pair the transfers that the other side answers by about the same amount soon after.

    Parameters
    ----------
    transfers : Transfers
        Rows without a time or an amount, and those of a node to itself, are left out.
    within_seconds : int
        Longest time from a transfer to its return.
    tolerance : float
        Largest difference of the two amounts, as a share of the first.

    Returns
    -------
    ReturnPairs
        O(n log n), and the rows of one pair within the time for each row.

    Raises
    ------
    ValueError
        If a limit is negative.

    References
    ----------
    Victor and Weintraud (2021), Detecting and quantifying wash trading on decentralized cryptocurrency exchanges,
    WWW, section 4 (trades among a small set of accounts that leave nobody's position changed, within 1 %).
    """
    if within_seconds < 0 or tolerance < 0:
        raise ValueError(f"`within_seconds` and `tolerance` must be at least 0, got {within_seconds} and {tolerance}")
    amounts = transfers.amounts if transfers.amounts_usd is None else transfers.amounts_usd
    seconds = transfers.seconds
    if seconds is None or amounts is None:
        nothing, none = np.empty(0, np.int64), np.empty(0)
        return ReturnPairs(nothing, nothing, nothing, nothing, none, none, nothing, nothing)
    use = (seconds != MISSING_TIME) & ~np.isnan(amounts) & (transfers.sources != transfers.targets)
    s, t = transfers.sources[use].astype(np.int64), transfers.targets[use].astype(np.int64)
    when, money = seconds[use], amounts[use]
    low, high = np.minimum(s, t), np.maximum(s, t)
    order = np.lexsort((money, s, when, high, low))
    s, low, high, when, money = s[order], low[order], high[order], when[order], money[order]
    new = np.ones(len(s), bool)
    new[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    pairs, forward, starts = np.cumsum(new) - 1, s == low, np.flatnonzero(new)
    partner = match_returns(pairs, forward, when, money, within_seconds, tolerance)
    n_pairs = len(starts)
    ends = np.append(starts[1:], len(s)) - 1
    return ReturnPairs(
        sources=low[starts],
        targets=high[starts],
        n_transfers=np.bincount(pairs, minlength=n_pairs),
        n_returned=np.bincount(pairs, partner >= 0, n_pairs).astype(np.int64),
        volume=np.bincount(pairs, money, n_pairs).astype(np.float64),
        net=np.abs(np.bincount(pairs, np.where(forward, money, -money), n_pairs)).astype(np.float64),
        first=when[starts],
        last=when[ends] if n_pairs else when[:0],
    )
