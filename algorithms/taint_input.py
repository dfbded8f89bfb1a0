"""What tainted money is followed through: its sources, and the transfers that can be followed, in order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms.times import MISSING_TIME
from algorithms.transfers import Transfers

LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Money:
    """Transfers between purses, in the order in which they are followed.

    A node has one purse, or one for each currency where there are no rates. One more node, which has nothing, stands
    outside and pays what stops pay.

    Parameters
    ----------
    rows : array of int64, shape (n,)
        The transfers.
    payers, payees : array of int64, shape (n,)
        Purses: ``node * n_purses + currency``.
    amounts : array of float64, shape (n,)
        0 for payments to oneself.
    source_rows : array of bool, shape (n,)
    is_source : array of bool, shape ((n_nodes + 1) * n_purses,)
    opening : array of float64, shape ((n_nodes + 1) * n_purses,)
    n_purses : int
        Of each node.
    in_dollars : bool
        Amounts are dollars.
    """

    rows: LongArray
    payers: LongArray
    payees: LongArray
    amounts: FloatArray
    source_rows: BoolArray
    is_source: BoolArray
    opening: FloatArray
    n_purses: int
    in_dollars: bool


def follow_money(
    transfers: Transfers,
    nodes: BoolArray,
    marked: BoolArray,
    stopping: BoolArray,
    opening: npt.ArrayLike | None,
    needs_amounts: bool,
) -> Money:
    """Put transfers in the order in which they are followed; arguments and errors as `trace_taint` has them."""
    values, currency, n_purses = _values(transfers)
    if needs_amounts and len(transfers) and np.isnan(values).all():
        raise ValueError("`method` haircut and fifo need amounts, and no transfer has one; 'poison' does without")
    if np.isinf(values).any():
        at = np.isinf(values).argmax()
        raise ValueError(f"amounts must be finite, got {values[at]} in row {at}")
    start = _opening(opening, len(nodes), n_purses)
    rows = _followed(transfers, values, needs_amounts)
    if marked.sum() > marked[rows].sum():
        lost = np.setdiff1d(np.flatnonzero(marked), rows)[0]
        raise ValueError(f"`source_transfers` must have a time, and an amount unless by poison, got row {lost} without")
    payer, payee = transfers.sources[rows].astype(np.int64), transfers.targets[rows].astype(np.int64)
    amounts = np.where(payer == payee, 0.0, values[rows])
    payer[stopping[payer]] = len(nodes)  # outside
    return Money(
        rows=rows,
        payers=payer * n_purses + currency[rows],
        payees=payee * n_purses + currency[rows],
        amounts=amounts,
        source_rows=marked[rows],
        is_source=np.repeat(np.append(nodes, False), n_purses),
        opening=np.append(start, np.zeros(n_purses)),
        n_purses=n_purses,
        in_dollars=_in_dollars(transfers),
    )


def find_sources(
    transfers: Transfers,
    source_nodes: npt.ArrayLike,
    source_transfers: npt.ArrayLike,
    stops: npt.ArrayLike,
    n_nodes: int | None,
) -> tuple[BoolArray, BoolArray, BoolArray]:
    """Mark source nodes, source transfers and stops; arguments and errors as `trace_taint` has them."""
    needed = int(max(transfers.sources.max(initial=-1), transfers.targets.max(initial=-1))) + 1
    size = needed if n_nodes is None else n_nodes
    if size < needed:
        raise ValueError(f"`n_nodes` must be at least {needed}, as many as the transfers have, got {size}")
    nodes = _flags("source_nodes", source_nodes, size)
    marked = _flags("source_transfers", source_transfers, len(transfers))
    if not nodes.any() and not marked.any():
        raise ValueError("`source_nodes` or `source_transfers` must name a source, got neither")
    rows = np.flatnonzero(marked)
    idle = transfers.sources[rows] == transfers.targets[rows]
    for amounts in (transfers.amounts, transfers.amounts_usd):
        if amounts is not None:
            idle |= amounts[rows] <= 0
    if idle.any():
        raise ValueError(
            f"`source_transfers` must move money from one to another, got row {rows[idle][0]}, which does not"
        )
    return nodes, marked, _flags("stops", stops, size) & ~nodes


def _flags(name: str, ids: npt.ArrayLike, n: int) -> BoolArray:
    """Mark some of 0 .. n - 1."""
    chosen = np.atleast_1d(np.asarray(ids, dtype=np.int64))
    if len(chosen) and not 0 <= chosen.min() <= chosen.max() < n:
        raise ValueError(f"`{name}` must be from 0 to {n - 1}, got {chosen.min()} to {chosen.max()}")
    marked = np.zeros(n, bool)
    marked[chosen] = True
    return marked


def _in_dollars(transfers: Transfers) -> bool:
    usd = transfers.amounts_usd
    return usd is not None and (transfers.amounts is None or not np.isnan(usd).any())


def _values(transfers: Transfers) -> tuple[FloatArray, LongArray, int]:
    """Amounts that are held together, the purse of each transfer (dollars, or its currency), and how many purses."""
    n = len(transfers)
    usd, amounts, currencies = transfers.amounts_usd, transfers.amounts, transfers.currencies
    if usd is not None and _in_dollars(transfers):
        return usd, np.zeros(n, np.int64), 1
    if amounts is None:
        return np.full(n, np.nan), np.zeros(n, np.int64), 1
    if currencies is None or n == 0:
        return amounts, np.zeros(n, np.int64), 1
    present, purse = np.unique(currencies, return_inverse=True)
    return amounts, np.asarray(purse, dtype=np.int64), len(present)


def _opening(opening: npt.ArrayLike | None, size: int, n_purses: int) -> FloatArray:
    """What every holder has before."""
    if opening is None:
        return np.zeros(size * n_purses)
    start = np.array(opening, dtype=np.float64)
    if start.shape != (size,) or not (start >= 0).all() or np.isinf(start).any():
        raise ValueError(f"`opening` must be {size} finite amounts of 0 or more, got an array of shape {start.shape}")
    if n_purses > 1:
        raise ValueError(f"`opening` needs amounts in one currency or in dollars, got {n_purses} currencies")
    return start


def _followed(transfers: Transfers, values: FloatArray, needs_amounts: bool) -> LongArray:
    """Rows that can be followed, in time order and then in their own."""
    usable = ~np.isnan(values) if needs_amounts else np.ones(len(transfers), bool)
    seconds = transfers.seconds
    if seconds is None or (seconds == MISSING_TIME).all():
        return np.flatnonzero(usable)
    rows = np.flatnonzero(usable & (seconds != MISSING_TIME))
    return rows[np.argsort(seconds[rows], kind="stable")]
