"""Taint: how much of the money from given sources each transfer carries, and each account receives and holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from algorithms._taint_kernels import fifo, haircut, poison
from algorithms.taint_input import Money, find_sources, follow_money
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
        All that is there: opening balance and receipts less payments, each payment down to 0 at most; 0 for sources,
        and all that came in for stops.
    issued, absorbed : float
        Tainted amount that sources brought in, and that came back to them. By haircut and FIFO
        ``issued - absorbed == held.sum()`` up to rounding.
    n_left_out : int
        Transfers that could not be followed for want of a time or an amount.
    n_coarsened : int
        Queues that grew over `most_lots`, so that neighbouring lots were mixed (FIFO only).
    in_dollars : bool
        Whether all amounts are dollars.
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
    in_dollars: bool


def trace_taint(
    transfers: Transfers,
    *,
    method: TaintMethod,
    source_nodes: npt.ArrayLike = (),
    source_transfers: npt.ArrayLike = (),
    stops: npt.ArrayLike = (),
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
    stops : array-like of int
        Nodes into which money is followed but not out of them, such as exchanges, which pay many with the money of
        others: what they pay is clean, unless they are sources.
    opening : array-like of float, shape (n_nodes,), optional
        What each node holds before, clean; in FIFO it leaves first. In dollars or the one currency. By default nothing.
    n_nodes : int, optional
        By default one more than the largest node.
    most_lots : int
        Longest queue of FIFO, at least 2; beyond it, neighbouring lots are joined and their taint is mixed.

    Returns
    -------
    Taint
        O(n log n), about 100 bytes a transfer; FIFO moves up to `most_lots` lots a transfer.

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
    if method not in TAINT_METHODS:
        raise ValueError(f"`method` must be one of {', '.join(TAINT_METHODS)}, got {method!r}")
    if most_lots < 2:
        raise ValueError(f"`most_lots` must be at least 2, got {most_lots}")
    nodes, marked, stopping = find_sources(transfers, source_nodes, source_transfers, stops, n_nodes)
    money = follow_money(transfers, nodes, marked, stopping, opening, method != "poison")
    given = (money.payers, money.payees, money.amounts, money.is_source, money.source_rows, money.opening, TINY)
    n_coarsened = 0
    if method == "poison":
        carries, parts, fresh, held, tainted = _poisoned(money)
    elif method == "haircut":
        parts, fresh, held, tainted = haircut(*given)
        carries = parts > 0
    else:
        parts, fresh, held, tainted, coarse = fifo(*given, most_lots)
        carries, n_coarsened = parts > 0, int(coarse.sum())
    n, per_node = len(nodes), money.n_purses
    carried, is_tainted = np.zeros(len(transfers)), np.zeros(len(transfers), bool)
    carried[money.rows], is_tainted[money.rows] = parts, carries
    accounts = nodes.copy()
    accounts[transfers.targets[is_tainted]] = True
    received = np.bincount(money.payees[carries], parts[carries], len(held)).astype(np.float64)
    back = np.where(money.is_source[money.payees], parts, 0.0)
    return Taint(
        method=method,
        is_tainted=is_tainted,
        carried=carried,
        accounts=accounts,
        first_seconds=_first_seconds(transfers, is_tainted, n),
        received=_per_node(received, per_node)[:n],
        held=_per_node(tainted, per_node)[:n],
        balances=_per_node(np.where(money.is_source, 0.0, held), per_node)[:n],
        issued=_one_sum(fresh, money.payees % per_node),
        absorbed=_one_sum(back, money.payees % per_node),
        n_left_out=len(transfers) - len(money.rows),
        n_coarsened=n_coarsened,
        in_dollars=money.in_dollars,
    )


def _poisoned(money: Money) -> tuple[BoolArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Which transfers carry taint, what they carry and bring in, and what every purse holds, all and tainted."""
    moves = ~(money.amounts <= 0)  # an unknown amount moves something
    purses = money.n_purses
    sources = money.is_source[::purses]
    payers = money.payers // purses
    carries, bad = poison(payers, money.payees // purses, moves, sources, money.source_rows)
    parts = np.where(carries, money.amounts, 0.0)
    fresh = np.where(sources[payers] | money.source_rows, parts, 0.0)
    nothing = (np.zeros_like(money.is_source), np.zeros_like(money.source_rows))
    _, _, held, _ = haircut(money.payers, money.payees, np.nan_to_num(money.amounts), *nothing, money.opening, TINY)
    return carries, parts, fresh, held, np.where(np.repeat(bad, purses) & ~money.is_source, held, 0.0)


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
