"""Who first funded each node, who swept it last, and which nodes one funder funded in one burst."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms._wallet_kernels import pair_up
from algorithms.times import MISSING_TIME
from algorithms.transfers import Transfers
from algorithms.wallet_pairs import WalletPairs

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Funding:
    """One transfer of each node that has one: its first receipt, or its last payment.

    Parameters
    ----------
    nodes : array of int32, shape (n,)
        Ascending.
    partners : array of int32, shape (n,)
        Who paid it first, or whom it paid last.
    rows : array of int64, shape (n,)
        The transfer.
    seconds : array of int64, shape (n,)
        `MISSING_TIME` where absent.
    """

    nodes: IntArray
    partners: IntArray
    rows: LongArray
    seconds: LongArray

    def __len__(self) -> int:
        return len(self.nodes)

    def take(self, keep: npt.NDArray[np.bool_]) -> Funding:
        """Some of them."""
        return Funding(self.nodes[keep], self.partners[keep], self.rows[keep], self.seconds[keep])


def first_funders(transfers: Transfers) -> Funding:
    """Find who paid each node first: with whose money it began.

    Where the first receipt cannot be told, because two payers share the earliest second or a receipt has no time,
    the node has none unless all its receipts come from one payer. Payments to oneself do not count.

    Parameters
    ----------
    transfers : Transfers

    Returns
    -------
    Funding
        O(n log n). As links from child to parent they are a forest, but for rare rings of nodes that funded each
        other in one second.

    References
    ----------
    Arbitrum Foundation (2023), sybil-detection: clusters by the first funding and by the sweep of wallets; Liu and
    Zhu (2022), Fighting sybils in airdrops, arXiv 2209.04603.
    """
    return _extreme(transfers, transfers.targets, transfers.sources, newest=False)


def last_sweeps(transfers: Transfers, *, share: float = 0.9) -> Funding:
    """Find whom each node paid last, if that emptied it.

    A node is swept if after its last payment nothing came in and, where all its amounts are known and comparable, that
    payment took at least a share of what it still held. Ties and absent times as in `first_funders`.

    Parameters
    ----------
    transfers : Transfers
    share : float
        Of what came in less what went out before, in (0, 1].

    Returns
    -------
    Funding
        O(n log n).

    Raises
    ------
    ValueError
        If `share` is not in (0, 1].
    """
    if not 0 < share <= 1:
        raise ValueError(f"`share` must be in (0, 1], got {share}")
    last = _extreme(transfers, transfers.sources, transfers.targets, newest=True)
    n_nodes = _n_nodes(transfers)
    apart = transfers.sources != transfers.targets
    received = np.full(n_nodes, MISSING_TIME)
    if transfers.seconds is not None:
        np.maximum.at(received, transfers.targets[apart], transfers.seconds[apart])
    swept = (received[last.nodes] <= last.seconds) | (last.seconds == MISSING_TIME)
    amounts = comparable_amounts(transfers)
    incoming = np.bincount(transfers.targets[apart], amounts[apart], n_nodes)
    outgoing = np.bincount(transfers.sources[apart], amounts[apart], n_nodes)
    paid = amounts[last.rows]
    held = incoming[last.nodes] - (outgoing[last.nodes] - paid)
    # a NaN among the amounts makes the sums NaN, and the comparison with them false
    return last.take(swept & ~(paid < share * held))


def funding_bursts(
    first: Funding,
    amounts: FloatArray,
    currencies: npt.NDArray[np.integer] | None = None,
    *,
    gap_seconds: int = 600,
    tolerance: float = 0.05,
    least: int = 4,
    most: int = 40,
) -> WalletPairs:
    """Pair nodes that one funder funded first, one after the other, with like amounts.

    Parameters
    ----------
    first : Funding
        As `first_funders` gives it.
    amounts : array of float, shape (n_transfers,)
        NaN where absent; nodes without amount go with each other.
    currencies : array of int, shape (n_transfers,), optional
        Amounts of different ones are never alike.
    gap_seconds : int
        Longest time between one and the next.
    tolerance : float
        Largest relative step from an amount to the next larger one in a burst.
    least, most : int
        Nodes of a burst; larger ones are left out and counted.

    Returns
    -------
    WalletPairs
        A row per pair, with the time of the later of the two. O(n log n + pairs).
    """
    rows = np.flatnonzero(first.seconds != MISSING_TIME)
    if len(rows) == 0:
        return WalletPairs(first.nodes[:0], first.nodes[:0], first.seconds[:0])
    funder, amount, when = first.partners[rows], amounts[first.rows[rows]], first.seconds[rows]
    currency = np.zeros(len(rows), np.int64) if currencies is None else currencies[first.rows[rows]]
    order = np.lexsort((amount, currency, funder))
    step = np.diff(amount[order]) > tolerance * np.abs(amount[order][:-1])
    # a NaN stands last of its funder and makes both comparisons false
    step |= np.isnan(amount[order][1:]) & ~np.isnan(amount[order][:-1])
    step |= (np.diff(funder[order]) != 0) | (np.diff(currency[order]) != 0)
    like = np.empty(len(rows), np.int64)
    like[order] = np.cumsum(np.r_[True, step])
    order = np.lexsort((first.nodes[rows], when, like))
    apart = (np.diff(like[order]) != 0) | (np.diff(when[order]) > gap_seconds)
    starts = np.flatnonzero(np.r_[True, apart, True])
    size = np.diff(starts)
    # pairs of places in the order of time, so that the second of a pair is the later one
    earlier, later, _ = pair_up(starts, order, (size >= least) & (size <= most))
    n_wide = int(((size >= least) & (size > most)).sum())
    return WalletPairs(first.nodes[rows[earlier]], first.nodes[rows[later]], when[later], n_wide)


def comparable_amounts(transfers: Transfers) -> FloatArray:
    """Amounts that may be added and compared: in dollars if all are known, else if one currency is; else NaN."""
    usd, amounts = transfers.amounts_usd, transfers.amounts
    if usd is not None and not np.isnan(usd).any():
        return usd
    if amounts is not None and (
        transfers.currencies is None or (transfers.currencies == transfers.currencies[0]).all()
    ):
        return amounts
    return np.full(len(transfers), np.nan)


def _n_nodes(transfers: Transfers) -> int:
    return int(max(transfers.sources.max(initial=-1), transfers.targets.max(initial=-1))) + 1


def _extreme(transfers: Transfers, nodes: IntArray, partners: IntArray, newest: bool) -> Funding:
    """Earliest or newest transfer of each node, where it can be told."""
    rows = np.flatnonzero(nodes != partners)
    nodes, partners = nodes[rows], partners[rows]
    seconds = np.full(len(rows), MISSING_TIME) if transfers.seconds is None else transfers.seconds[rows]
    missing = seconds == MISSING_TIME
    key = np.where(missing, np.iinfo(np.int64).max, -seconds if newest else seconds)
    order = np.lexsort((partners, key, nodes))
    nodes, partners, rows, seconds = nodes[order], partners[order], rows[order], seconds[order]
    key, missing = key[order], missing[order]
    if len(nodes) == 0:
        return Funding(nodes, partners, rows, seconds)
    starts = np.flatnonzero(np.r_[True, np.diff(nodes) != 0])
    lengths = np.diff(np.r_[starts, len(nodes)])
    other = partners != np.repeat(partners[starts], lengths)
    single = np.add.reduceat(other, starts, dtype=np.int64) == 0
    tied = np.add.reduceat(other & (key == np.repeat(key[starts], lengths)), starts, dtype=np.int64) > 0
    vague = np.add.reduceat(missing, starts, dtype=np.int64) > 0
    keep = starts[single | ~(tied | vague)]
    return Funding(nodes[keep], partners[keep], rows[keep], seconds[keep])
