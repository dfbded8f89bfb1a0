"""Wallets that sign one transaction together, and wallets that take its change."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from algorithms._wallet_kernels import pair_up
from algorithms.times import MISSING_TIME
from algorithms.transactions import Transactions
from algorithms.transfers import Transfers
from algorithms.wallet_pairs import WalletPairs

BoolArray = npt.NDArray[np.bool_]


def common_inputs(transactions: Transactions, joins: npt.NDArray[np.int8], *, most_inputs: int = 25) -> WalletPairs:
    """Pair the wallets whose coins one transaction spends: who signs for all of them owns all of them.

    Parameters
    ----------
    transactions : Transactions
    joins : array of int8, shape (n,)
        As `find_coinjoins` gives them; only transactions with 0 are used.
    most_inputs : int
        Transactions with more are left out: services consolidate the coins of many customers.

    Returns
    -------
    WalletPairs
        A row per pair and transaction. O(pairs).

    References
    ----------
    Meiklejohn et al. (2013), A fistful of bitcoins, IMC, section 4 (heuristic 1).
    """
    size = np.diff(transactions.input_starts)
    use = (joins == 0) & (size >= 2) & (size <= most_inputs)
    one, two, at = pair_up(transactions.input_starts, transactions.inputs, use)
    return WalletPairs(one, two, transactions.seconds[at], int(((joins == 0) & (size > most_inputs)).sum()))


def change_outputs(
    transfers: Transfers, transactions: Transactions, joins: npt.NDArray[np.int8], *, most_inputs: int = 25
) -> WalletPairs:
    """Pair the inputs of a transaction with the wallet that takes its change.

    A wallet takes the change if it was never seen before, is paid by no other transaction, all other outputs were
    seen before, no input is among the outputs, it gets less than any input spends (else that input would not have
    been needed), and the transaction is no CoinJoin.

    Parameters
    ----------
    transfers : Transfers
        All transfers; they tell what was seen before.
    transactions : Transactions
        Of these transfers.
    joins : array of int8, shape (n,)
    most_inputs : int

    Returns
    -------
    WalletPairs
        A row per input and change. Without times there are none. O(n log n).

    References
    ----------
    Meiklejohn et al. (2013), section 4 (heuristic 2 with its refinements); the least input is "optimal change" of
    Kalodner et al. (2020), BlockSci.
    """
    size = np.diff(transactions.input_starts)
    wide = int(((joins == 0) & (size > most_inputs)).sum())
    output_of = np.repeat(np.arange(len(transactions)), np.diff(transactions.output_starts))
    input_of = np.repeat(np.arange(len(transactions)), size)
    if transfers.seconds is None or not len(transactions):
        nothing = np.zeros(0, np.int32)
        return WalletPairs(nothing, nothing, np.zeros(0, np.int64), wide)
    n_nodes = int(max(transfers.sources.max(), transfers.targets.max())) + 1
    never = np.iinfo(np.int64).max
    paid, paying, known = (np.full(n_nodes, never) for _ in range(3))
    np.minimum.at(paid, transfers.targets, transfers.seconds)
    np.minimum.at(paying, transfers.sources, transfers.seconds)
    # a wallet with an act of unknown time was not seen before for certain, and is not new for certain either
    timed = np.where(transfers.seconds == MISSING_TIME, never, transfers.seconds)
    np.minimum.at(known, transfers.targets, timed)
    np.minimum.at(known, transfers.sources, timed)

    when = transactions.seconds[output_of]
    wallet = transactions.outputs
    fresh = (paid[wallet] == when) & (paying[wallet] > when) & (_n_payments(transfers, n_nodes)[wallet] == 1)
    seen = known[wallet] < when
    least = np.full(len(transactions), np.inf)
    np.minimum.at(least, input_of, transactions.spent)
    n = len(transactions)
    n_fresh, n_other = np.bincount(output_of[fresh], minlength=n), np.bincount(output_of[seen & ~fresh], minlength=n)
    n_outputs = np.diff(transactions.output_starts)
    both = np.intersect1d(output_of * np.int64(n_nodes) + wallet, input_of * np.int64(n_nodes) + transactions.inputs)
    good = (joins == 0) & (size <= most_inputs) & (transactions.seconds != MISSING_TIME)
    good &= (n_fresh == 1) & (n_other == n_outputs - 1) & (n_outputs >= 2)
    good[both // n_nodes] = False
    change = np.flatnonzero(fresh & good[output_of])
    change = change[transactions.values[change] < least[output_of[change]]]
    taker = np.full(n, -1, np.int64)
    taker[output_of[change]] = wallet[change]
    rows = np.flatnonzero(taker[input_of] >= 0)
    ends = taker[input_of[rows]].astype(np.int32)
    return WalletPairs(transactions.inputs[rows], ends, transactions.seconds[input_of[rows]], wide)


def _n_payments(transfers: Transfers, n_nodes: int) -> npt.NDArray[np.int64]:
    """How many transactions pay each wallet; a row that is in none is one by itself."""
    number = np.arange(len(transfers), dtype=np.int64)
    if transfers.transactions is not None:
        grouped = transfers.transactions >= 0
        number[grouped] = len(transfers) + transfers.transactions[grouped]
    pairs = np.unique(number * n_nodes + transfers.targets)
    return np.bincount(pairs % n_nodes, minlength=n_nodes)
