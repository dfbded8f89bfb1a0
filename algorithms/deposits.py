"""Deposit addresses: wallets that an exchange gives to one customer and empties into its own."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from algorithms._wallet_kernels import pass_on
from algorithms.funding import comparable_amounts
from algorithms.times import MISSING_TIME
from algorithms.transfers import Transfers

BoolArray = npt.NDArray[np.bool_]


def find_deposit_addresses(
    transfers: Transfers, exchanges: npt.ArrayLike, *, longest_seconds: int = 43_200, tolerance: float = 0.01
) -> BoolArray:
    """Find nodes that pass all that they receive on to exchanges, and pay nobody else.

    Every payment must go to an exchange, at most `longest_seconds` after the newest receipt before it, and be what came
    in since the payment before, within a tolerance for fees. What is not recorded is not asked for: without amounts
    that can be compared the times must do, without times that it pays exchanges only. What comes from an exchange is
    no receipt: it pays for fees.

    Parameters
    ----------
    transfers : Transfers
    exchanges : array-like of bool, shape (n_nodes,)
        Known wallets of exchanges; none of them is a deposit address.
    longest_seconds : int
    tolerance : float
        Relative.

    Returns
    -------
    array of bool, shape (n_nodes,)
        O(n log n).

    References
    ----------
    Victor (2020), Address clustering heuristics for Ethereum, Financial Cryptography, "deposit address reuse":
    the address passes on what it received within 3,200 blocks (about 12 hours), less 0.01 ether at most.
    """
    known = np.asarray(exchanges, dtype=bool)
    out = np.zeros(len(known), bool)
    apart = transfers.sources != transfers.targets
    to_exchange = known[transfers.targets]
    candidate = np.zeros(len(known), bool)
    candidate[transfers.sources[apart & to_exchange]] = True
    candidate[transfers.sources[apart & ~to_exchange]] = False
    candidate[known] = False
    ins = np.flatnonzero(apart & candidate[transfers.targets] & ~known[transfers.sources])
    outs = np.flatnonzero(apart & candidate[transfers.sources])
    node = np.concatenate([transfers.targets[ins], transfers.sources[outs]]).astype(np.int64)
    rows = np.concatenate([ins, outs])
    comes_in = np.arange(len(rows)) < len(ins)
    seconds = np.full(len(transfers), MISSING_TIME) if transfers.seconds is None else transfers.seconds
    # what comes in at the second of a payment came in before it, and rows without a time before all others
    order = np.lexsort((~comes_in, seconds[rows], node))
    starts = np.searchsorted(node[order], np.arange(len(known) + 1)).astype(np.int64)
    forwards, others = pass_on(
        starts,
        rows[order].astype(np.int64),
        comes_in[order],
        to_exchange,
        np.asarray(seconds, dtype=np.int64),
        comparable_amounts(transfers),
        longest_seconds,
        tolerance,
        int(MISSING_TIME),
    )
    out[:] = (forwards > 0) & (others == 0)
    return out
