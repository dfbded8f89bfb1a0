"""Transactions with several inputs and outputs, as UTXO chains have them, and which of them are CoinJoins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms._wallet_kernels import find_joins
from algorithms.times import MISSING_TIME
from algorithms.transfers import Transfers

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

EQUAL = 1e-9  # relative; sums of floats that stand for the same number of smallest units differ by less


@dataclass(frozen=True, eq=False)
class Transactions:
    """Rows of transfers gathered by transaction: who spent in it, and who received how much.

    Parameters
    ----------
    numbers : array of int64, shape (n,)
        Number of each transaction in the transfers, ascending.
    input_starts : array of int64, shape (n + 1,)
        Inputs of transaction t are ``inputs[input_starts[t]:input_starts[t + 1]]``.
    inputs : array of int32
        Distinct wallets that spend, ascending within a transaction.
    spent : array of float64
        What each input spends, NaN where a row has no amount.
    output_starts : array of int64, shape (n + 1,)
    outputs : array of int32
        Distinct wallets that receive, ascending within a transaction.
    values : array of float64
        What each output receives, NaN where a row has no amount.
    seconds : array of int64, shape (n,)
        Earliest time of its rows, `MISSING_TIME` if a row has none.
    """

    numbers: LongArray
    input_starts: LongArray
    inputs: IntArray
    spent: FloatArray
    output_starts: LongArray
    outputs: IntArray
    values: FloatArray
    seconds: LongArray

    def __len__(self) -> int:
        return len(self.numbers)


def group_transactions(transfers: Transfers, rows: npt.ArrayLike | None = None) -> Transactions:
    """Gather the rows of each transaction.

    Parameters
    ----------
    transfers : Transfers
    rows : array-like of bool, shape (n_transfers,), optional
        Rows that may be used; a transaction with any other row is left out. By default all.

    Returns
    -------
    Transactions
        Empty if no rows are grouped. O(n log n).
    """
    if transfers.transactions is None:
        nothing = np.zeros(0, np.int64)
        none, zero = np.zeros(0, np.int32), np.zeros(1, np.int64)
        return Transactions(nothing, zero, none, np.zeros(0), zero, none, np.zeros(0), nothing)
    number = transfers.transactions.astype(np.int64)
    good = number >= 0
    if rows is not None:
        allowed = np.asarray(rows, dtype=bool)
        spoilt = np.unique(number[good & ~allowed])
        good &= ~np.isin(number, spoilt)
    numbers, code = np.unique(number[good], return_inverse=True)
    amounts = np.full(len(code), np.nan) if transfers.amounts is None else transfers.amounts[good]
    input_starts, inputs, spent = _sums(code, transfers.sources[good], amounts, len(numbers))
    output_starts, outputs, values = _sums(code, transfers.targets[good], amounts, len(numbers))
    seconds = np.full(len(numbers), np.iinfo(np.int64).max)
    if transfers.seconds is None:
        seconds[:] = MISSING_TIME
    else:
        np.minimum.at(seconds, code, transfers.seconds[good])
    return Transactions(numbers, input_starts, inputs, spent, output_starts, outputs, values, seconds)


def _sums(code: LongArray, wallets: IntArray, amounts: FloatArray, n: int) -> tuple[LongArray, IntArray, FloatArray]:
    """Distinct wallets of each transaction and the sums of their amounts."""
    order = np.lexsort((wallets, code))
    code, wallets, amounts = code[order], wallets[order], amounts[order]
    first = np.flatnonzero(np.r_[True, (np.diff(code) != 0) | (np.diff(wallets) != 0)]) if len(code) else code
    total = np.add.reduceat(amounts, first) if len(first) else np.zeros(0)
    starts = np.searchsorted(code[first], np.arange(n + 1)).astype(np.int64)
    return starts, wallets[first], total


def find_coinjoins(transactions: Transactions) -> npt.NDArray[np.int8]:
    """Tell transactions in which several owners may have mixed their coins.

    A transaction with at least two inputs is taken for a CoinJoin if some value is paid to k >= 2 wallets alike, at
    least half of its outputs are those k (each participant has at most one output of change), and no more than its
    inputs (each participant spends something). This is the rule of BlockSci without its demand that the others are
    exactly one less than the k, so that mixes without change, as Whirlpool's, are recognised too. Two equal payments
    of one owner fall to it as well: leaving out too many is the safe side.

    Parameters
    ----------
    transactions : Transactions

    Returns
    -------
    array of int8, shape (n,)
        1 a CoinJoin, 0 none, -1 not to be told: several outputs, one of them without a positive value.
        O(outputs log outputs).

    References
    ----------
    Maxwell (2013), CoinJoin: Bitcoin privacy for the real world.
    Kalodner et al. (2020), BlockSci: design and applications of a blockchain analysis platform, USENIX Security,
    function ``isCoinjoin`` of its heuristics.
    """
    return np.asarray(
        find_joins(transactions.input_starts, transactions.output_starts, transactions.values, EQUAL), dtype=np.int8
    )
