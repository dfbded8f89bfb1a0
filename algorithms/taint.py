"""Taint: how much of the money from given sources each transfer carries, and each account receives and holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from algorithms._taint_kernels import fifo, haircut, poison
from algorithms.times import MISSING_TIME
from algorithms.transfers import Transfers

LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
TaintMethod = Literal["poison", "haircut", "fifo"]
TAINT_METHODS: tuple[TaintMethod, ...] = get_args(TaintMethod)

TINY = 1e-12  # a holding below this part of the most that it ever was is rounding of floats


@dataclass(frozen=True, eq=False)
class Taint:
    """Where tainted money went.

    Amounts are dollars if all transfers have them, else the currency of each transfer; sums over several currencies
    without rates are NaN.

    Parameters
    ----------
    method : {"poison", "haircut", "fifo"}
    is_tainted : array of bool, shape (n_transfers,)
        Whether a transfer carries any.
    carried : array of float64, shape (n_transfers,)
        Tainted part of each transfer; by poison all of it, NaN where it has no amount.
    accounts : array of bool, shape (n_nodes,)
        Whether a node received any, or is a source.
    first_seconds : array of int64, shape (n_nodes,)
        When a node first received any, `MISSING_TIME` where never or unknown.
    received : array of float64, shape (n_nodes,)
        Tainted amount that came in, counted again each time it comes in.
    held : array of float64, shape (n_nodes,)
        Tainted amount that is still there after the last transfer; 0 for sources. By poison all that a tainted node
        holds.
    balances : array of float64, shape (n_nodes,)
        All that is there: opening balance and receipts less payments, each payment down to 0 at most; 0 for sources.
    issued, absorbed : float
        Tainted amount that sources brought in, and that came back to them. By haircut and FIFO
        ``issued - absorbed == held.sum()`` up to rounding.
    n_left_out : int
        Transfers that could not be followed for want of a time or an amount.
    n_coarsened : int
        Queues that grew over `most_lots`, so that neighbouring lots were mixed (FIFO only).
    """

    method: TaintMethod
    is_tainted: BoolArray
    carried: FloatArray
    accounts: BoolArray
    first_seconds: LongArray
    received: FloatArray
    held: FloatArray
    balances: FloatArray
    issued: float
    absorbed: float
    n_left_out: int
    n_coarsened: int


def trace_taint(
    transfers: Transfers,
    *,
    method: TaintMethod,
    source_nodes: npt.ArrayLike = (),
    source_transfers: npt.ArrayLike = (),
    opening: npt.ArrayLike | None = None,
    n_nodes: int | None = None,
    most_lots: int = 10_000,
) -> Taint:
    """Follow tainted money through transfers in time order.

    ``poison``: whoever received any tainted money taints all it pays from then on. ``haircut``: a payment carries the
    share of taint in what the payer holds, ``amount * tainted / held``. ``fifo``: money leaves in the order in which it
    came in. All that a source node pays is tainted, and so is all of a source transfer, whatever the payer held.

    Transfers of one second are followed in the order of their rows; so are all, if none has a time. Where some have a
    time, those without are left out and counted. Payments to oneself, and of zero or less, move nothing and taint
    nobody. Transfers without an amount are left out by haircut and FIFO, and count for poison. What an account pays
    beyond what it holds is clean money of its own. Amounts in different currencies without rates are held apart by
    haircut and FIFO: an exchange of one for the other is not seen.

    Parameters
    ----------
    transfers : Transfers
    method : {"poison", "haircut", "fifo"}
    source_nodes : array-like of int
        Nodes whose money is tainted.
    source_transfers : array-like of int
        Rows of `transfers`.
    opening : array-like of float, shape (n_nodes,), optional
        What each node holds before, clean; in FIFO it leaves first. In dollars or the one currency. By default nothing.
    n_nodes : int, optional
        By default one more than the largest node.
    most_lots : int
        Longest queue of FIFO, at least 2; beyond it, neighbouring lots are joined and their taint is mixed.

    Returns
    -------
    Taint
        O(n log n), about 150 bytes a transfer; FIFO moves up to `most_lots` lots a transfer.

    Raises
    ------
    ValueError
        If nothing is a source, a source is not there, moves nothing or cannot be followed, no transfer has an amount
        where the method needs them, one is infinite, or an option does not fit.

    References
    ----------
    Möser, Böhme and Breuker (2014), Towards risk scoring of Bitcoin transactions, Financial Cryptography workshops
    (poison and haircut); Anderson, Shumailov and Ahmed (2018), Making Bitcoin legal, Security Protocols (FIFO, after
    Clayton's case of 1816).

    Examples
    --------
    Half of what account 1 holds is stolen from account 0, and it pays half of all on.

    >>> money = Transfers([0, 3, 1], [1, 1, 2], [10, 20, 30], [100.0, 100.0, 100.0])
    >>> [trace_taint(money, method=m, source_nodes=[0]).carried.tolist()[2] for m in TAINT_METHODS]
    [100.0, 50.0, 100.0]
    """
    _check(method, most_lots)
    nodes, marked, size = _sources(transfers, source_nodes, source_transfers, n_nodes)
    values, currency, n_currencies = _values(transfers)
    if method != "poison" and len(transfers) and np.isnan(values).all():
        raise ValueError(f"`method` {method!r} needs amounts, and no transfer has one; 'poison' does without")
    if np.isinf(values).any():
        raise ValueError(
            f"amounts must be finite, got {values[np.isinf(values)][0]} in row {np.isinf(values).argmax()}"
        )
    start = _opening(opening, size, n_currencies)
    order = _followed(transfers, values, method)
    if marked.sum() > marked[order].sum():
        lost = np.setdiff1d(np.flatnonzero(marked), order)[0]
        raise ValueError(f"`source_transfers` must have a time, and an amount unless by poison, got row {lost} without")
    payers = transfers.sources[order] * np.int64(n_currencies) + currency[order]
    payees = transfers.targets[order] * np.int64(n_currencies) + currency[order]
    amounts, source_rows, source_holders = values[order], marked[order], np.repeat(nodes, n_currencies)
    n_coarsened = 0
    if method == "poison":
        one, other = transfers.sources[order], transfers.targets[order]
        carries, bad = poison(one, other, ~(amounts <= 0), nodes, source_rows)  # an unknown amount moves something
        parts = np.where(carries, amounts, 0.0)
        fresh = np.where(nodes[one] | source_rows, parts, 0.0)
        nothing = np.zeros_like(source_rows)
        known = np.nan_to_num(amounts)
        _, _, held, _ = haircut(payers, payees, known, np.zeros_like(source_holders), nothing, start, TINY)
        held[source_holders] = 0.0
        tainted = np.where(np.repeat(bad, n_currencies), held, 0.0)
    elif method == "haircut":
        parts, fresh, held, tainted = haircut(payers, payees, amounts, source_holders, source_rows, start, TINY)
        carries = parts > 0
    else:
        parts, fresh, held, tainted, coarse = fifo(
            payers, payees, amounts, source_holders, source_rows, start, TINY, most_lots
        )
        carries = parts > 0
        n_coarsened = int(coarse.sum())
    carried, is_tainted = np.zeros(len(transfers)), np.zeros(len(transfers), bool)
    carried[order], is_tainted[order] = parts, carries
    accounts = nodes.copy()
    accounts[transfers.targets[is_tainted]] = True
    received = np.bincount(payees[carries], parts[carries], size * n_currencies).astype(np.float64)
    into_sources = carries & nodes[transfers.targets[order]]
    return Taint(
        method=method,
        is_tainted=is_tainted,
        carried=carried,
        accounts=accounts,
        first_seconds=_first_seconds(transfers, is_tainted, size),
        received=_per_node(received, n_currencies),
        held=_per_node(tainted, n_currencies),
        balances=_per_node(np.where(source_holders, 0.0, held), n_currencies),
        issued=_one_sum(fresh, currency[order]),
        absorbed=_one_sum(np.where(into_sources, parts, 0.0), currency[order]),
        n_left_out=len(transfers) - len(order),
        n_coarsened=n_coarsened,
    )


def _check(method: str, most_lots: int) -> None:
    if method not in TAINT_METHODS:
        raise ValueError(f"`method` must be one of {', '.join(TAINT_METHODS)}, got {method!r}")
    if most_lots < 2:
        raise ValueError(f"`most_lots` must be at least 2, got {most_lots}")


def _sources(
    transfers: Transfers, source_nodes: npt.ArrayLike, source_transfers: npt.ArrayLike, n_nodes: int | None
) -> tuple[BoolArray, BoolArray, int]:
    """Which nodes and which transfers are sources, and how many nodes there are."""
    needed = int(max(transfers.sources.max(initial=-1), transfers.targets.max(initial=-1))) + 1
    size = needed if n_nodes is None else n_nodes
    if size < needed:
        raise ValueError(f"`n_nodes` must be at least {needed}, as many as the transfers have, got {size}")
    nodes, rows = (np.atleast_1d(np.asarray(ids, dtype=np.int64)) for ids in (source_nodes, source_transfers))
    if len(nodes) + len(rows) == 0:
        raise ValueError("`source_nodes` or `source_transfers` must name a source, got neither")
    for name, ids, n in (("source_nodes", nodes, size), ("source_transfers", rows, len(transfers))):
        if len(ids) and not 0 <= ids.min() <= ids.max() < n:
            raise ValueError(f"`{name}` must be from 0 to {n - 1}, got {ids.min()} to {ids.max()}")
    idle = transfers.sources[rows] == transfers.targets[rows]
    for amounts in (transfers.amounts, transfers.amounts_usd):
        if amounts is not None:
            idle |= amounts[rows] <= 0
    if idle.any():
        raise ValueError(
            f"`source_transfers` must move money from one to another, got row {rows[idle][0]}, which does not"
        )
    is_node, is_row = np.zeros(size, bool), np.zeros(len(transfers), bool)
    is_node[nodes], is_row[rows] = True, True
    return is_node, is_row, size


def _values(transfers: Transfers) -> tuple[FloatArray, LongArray, int]:
    """Amounts that are held together, the purse of each transfer (dollars, or its currency), and how many purses."""
    n = len(transfers)
    usd, amounts, currencies = transfers.amounts_usd, transfers.amounts, transfers.currencies
    if usd is not None and (amounts is None or not np.isnan(usd).any()):
        return usd, np.zeros(n, np.int64), 1
    if amounts is None:
        return np.full(n, np.nan), np.zeros(n, np.int64), 1
    if currencies is None or n == 0:
        return amounts, np.zeros(n, np.int64), 1
    present, purse = np.unique(currencies, return_inverse=True)
    return amounts, np.asarray(purse, dtype=np.int64), len(present)


def _opening(opening: npt.ArrayLike | None, size: int, n_currencies: int) -> FloatArray:
    """What every holder has before."""
    if opening is None:
        return np.zeros(size * n_currencies)
    start = np.array(opening, dtype=np.float64)
    if start.shape != (size,) or not (start >= 0).all() or np.isinf(start).any():
        raise ValueError(f"`opening` must be {size} finite amounts of 0 or more, got an array of shape {start.shape}")
    if n_currencies > 1:
        raise ValueError(f"`opening` needs amounts in one currency or in dollars, got {n_currencies} currencies")
    return start


def _followed(transfers: Transfers, values: FloatArray, method: TaintMethod) -> LongArray:
    """Rows that can be followed, in time order and then in their own."""
    usable = np.ones(len(transfers), bool) if method == "poison" else ~np.isnan(values)
    seconds = transfers.seconds
    if seconds is None or (seconds == MISSING_TIME).all():
        return np.flatnonzero(usable)
    rows = np.flatnonzero(usable & (seconds != MISSING_TIME))
    return rows[np.argsort(seconds[rows], kind="stable")]


def _first_seconds(transfers: Transfers, is_tainted: BoolArray, size: int) -> LongArray:
    never = np.iinfo(np.int64).max
    first = np.full(size, never)
    if transfers.seconds is not None:
        rows = np.flatnonzero(is_tainted & (transfers.seconds != MISSING_TIME))
        np.minimum.at(first, transfers.targets[rows], transfers.seconds[rows])
    return np.where(first == never, MISSING_TIME, first)


def _per_node(values: FloatArray, n_currencies: int) -> FloatArray:
    """Sums over the purses of each node; NaN where more than one holds anything."""
    if n_currencies == 1:
        return np.asarray(values, dtype=np.float64)
    purses = values.reshape(-1, n_currencies)
    return np.where(np.count_nonzero(purses, axis=1) > 1, np.nan, purses.sum(axis=1))


def _one_sum(values: FloatArray, currency: LongArray) -> float:
    """The sum, NaN if it would be of several currencies."""
    used = np.unique(currency[values != 0])
    return float(values.sum()) if len(used) <= 1 else float("nan")
