"""Features of accounts from their transfers: old and new relationships, bursts, patterns, and what partners do."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from algorithms.named_columns import NamedColumns, most_within, ratio
from algorithms.times import MISSING_TIME
from algorithms.transfer_features import TransferFeatures, transfer_features
from algorithms.transfer_state import PatternSettings
from algorithms.transfers import Transfers

LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

BURST_DAYS = (1, 3, 7, 14, 30)
RELATIONS = ("all", "one_off", "recurring")
# columns of `transfer_features` of which an account gets the mean and the greatest over its rows
ROW_FEATURES = (
    "chain",
    "conserved_chain",
    "gathered",
    "scattered",
    "scatter_gather",
    "bipartite_sources",
    "bipartite_targets",
    "shortest_cycle",
    "pair_is_new",
    "pair_gap_change",
    "passed_on",
    "pass_through_delay",
    "round_digits",
)
DAY = 86400
LOOP_HUB = 60
"""Accounts with more partners close loops with everybody, and are left out of loops."""
MOST_WALKS = 50_000_000


class AccountFeatures(NamedColumns):
    """Features of accounts, one row each."""


def pair_counts(transfers: Transfers) -> LongArray:
    """Say of each transfer how many there are between its two accounts, in both directions.

    Parameters
    ----------
    transfers : Transfers

    Returns
    -------
    array of int64, shape (n,)
        O(n log n).
    """
    low = np.minimum(transfers.sources, transfers.targets).astype(np.int64)
    high = np.maximum(transfers.sources, transfers.targets).astype(np.int64)
    _, inverse, counts = np.unique((low << 32) | high, return_inverse=True, return_counts=True)
    return np.asarray(counts[inverse], dtype=np.int64)


def one_off_pairs(transfers: Transfers) -> npt.NDArray[np.bool_]:
    """Say of each transfer whether its two accounts have no other one between them, in either direction.

    Parameters
    ----------
    transfers : Transfers

    Returns
    -------
    array of bool, shape (n,)
        False for self-transfers. O(n log n).
    """
    return np.asarray((pair_counts(transfers) == 1) & (transfers.sources != transfers.targets))


def account_transfer_features(
    transfers: Transfers, n_accounts: int, *, rows: TransferFeatures | None = None
) -> AccountFeatures:
    """Describe each account by all its transfers, as known at the end of the data.

    - For all transfers, those of pairs with no other transfer between them (one-off) and the others (recurring), paid
      and received: number, mean, spread, least and greatest amount, days from the first transfer of the data to the
      mean one and their spread, and the most within 1, 3, 7, 14 and 30 days.
    - Shares of one-off transfers.
    - Mean and greatest of the pattern columns of `transfer_features` over the transfers paid and received.
    - Loops of 2 to 6 transfers whatever their times, over accounts with at most 60 partners, and triangles: how many
      closed walks of that length over pairs that ever paid go through the account, and per pair of a payer and a
      payee. NaN where the data have over 5e7 walks of half the length.
    - Means of the loops over the accounts paid and paid by.
    - Means of the one-off columns over the accounts paid and the accounts paid by in one-off transfers, and the
      means of those means over all these partners.
    - Means of every column so far over all distinct accounts paid or paid by (``around_…``), of those that have it.

    Parameters
    ----------
    transfers : Transfers
        Those without a time count, but not towards times and bursts.
    n_accounts : int
        Ids are ``0 .. n_accounts - 1``.
    rows : TransferFeatures, optional
        If known already; by default they are made with patterns within 7 days.

    Returns
    -------
    AccountFeatures
        O(n log n).

    References
    ----------
    Tang et al. (2023), GADBench, section 3.2: trees over own features and means over neighbours.

    Raises
    ------
    ValueError
        If an id is out of range, or `rows` do not belong to `transfers`.
    """
    ids = np.concatenate([transfers.sources, transfers.targets])
    if len(ids) and not (ids.min() >= 0 and ids.max() < n_accounts):
        raise ValueError(f"ids must be from 0 to {n_accounts - 1}, got {ids.min()} to {ids.max()}")
    if rows is not None and len(rows) != len(transfers):
        raise ValueError(f"`rows` must be as many as `transfers` ({len(transfers)}), got {len(rows)}")
    one_off = one_off_pairs(transfers)
    columns: dict[str, FloatArray] = {}
    for relation, use in zip(RELATIONS, (np.ones(len(one_off), bool), one_off, ~one_off), strict=True):
        for side, ends in (("out", transfers.sources), ("in", transfers.targets)):
            columns |= _side(f"{relation}_{side}", transfers, ends, use, n_accounts)
    for side in ("out", "in"):
        columns[f"one_off_share_{side}"] = ratio(columns[f"one_off_{side}_count"], columns[f"all_{side}_count"])
    if transfers.seconds is not None:
        week = PatternSettings(window_seconds=7 * DAY, windows=(1, 2, 4))
        columns |= _row_columns(transfers, rows or transfer_features(transfers, settings=week), n_accounts)
    columns |= _loop_columns(transfers, n_accounts)
    columns |= _partner_columns(columns, transfers.sources[one_off], transfers.targets[one_off], n_accounts)
    accounts, others = _partners(transfers)
    values = np.empty((n_accounts, 2 * len(columns)), np.float32, order="F")
    for k, column in enumerate(columns.values()):
        values[:, k] = column
        values[:, len(columns) + k] = _known_mean(accounts, column[others], n_accounts)
    return AccountFeatures(values, (*columns, *(f"around_{name}" for name in columns)))


def _known_mean(accounts: npt.NDArray[Any], values: FloatArray, n: int) -> FloatArray:
    """Mean of the known values per account, NaN where there is none."""
    known = np.isfinite(values)
    accounts = accounts[known]
    return ratio(np.bincount(accounts, values[known], n), np.bincount(accounts, minlength=n).astype(np.float64))


def _moments(key: str, accounts: npt.NDArray[Any], values: FloatArray, n: int) -> dict[str, FloatArray]:
    """Mean and spread of values per account, NaN where there is none."""
    known = np.isfinite(values)
    accounts, values = accounts[known], values[known]
    count = np.bincount(accounts, minlength=n).astype(np.float64)
    mean = _known_mean(accounts, values, n)
    off = values - mean[accounts]
    return {f"{key}_mean": mean, f"{key}_spread": np.sqrt(ratio(np.bincount(accounts, off * off, n), count))}


def _extreme(ufunc: np.ufunc, accounts: npt.NDArray[Any], values: FloatArray, n: int) -> FloatArray:
    out = np.full(n, np.nan)
    known = np.isfinite(values)
    # fmin and fmax keep a number against the NaN that stands for nothing yet
    ufunc.at(out, accounts[known], values[known])
    return out


def _side(
    key: str, transfers: Transfers, ends: npt.NDArray[Any], use: npt.NDArray[np.bool_], n: int
) -> dict[str, FloatArray]:
    """Counts, amounts, times and bursts of one side of every account."""
    accounts = ends[use]
    out: dict[str, FloatArray] = {f"{key}_count": np.bincount(accounts, minlength=n).astype(np.float64)}
    amounts = transfers.amounts if transfers.amounts_usd is None else transfers.amounts_usd
    if amounts is not None:
        out |= _moments(f"{key}_amount", accounts, amounts[use], n)
        out[f"{key}_amount_least"] = _extreme(np.fmin, accounts, amounts[use], n)
        out[f"{key}_amount_greatest"] = _extreme(np.fmax, accounts, amounts[use], n)
    if transfers.seconds is not None:
        known = transfers.seconds != MISSING_TIME
        first = transfers.seconds[known].min() if known.any() else 0
        accounts, seconds = ends[use & known], transfers.seconds[use & known] - first
        out |= _moments(f"{key}_day", accounts, seconds / DAY, n)
        for days in BURST_DAYS:
            out[f"{key}_most_in_{days}d"] = most_within(accounts, seconds, days * DAY, n)
    return out


def _row_columns(transfers: Transfers, rows: TransferFeatures, n: int) -> dict[str, FloatArray]:
    out: dict[str, FloatArray] = {}
    for side, ends in (("out", transfers.sources), ("in", transfers.targets)):
        for name in ROW_FEATURES:
            values = rows[name].astype(np.float64)
            out[f"{side}_{name}_mean"] = _known_mean(ends, values, n)
            out[f"{side}_{name}_most"] = _extreme(np.fmax, ends, values, n)
    return out


def _partners(transfers: Transfers) -> tuple[LongArray, LongArray]:
    """Every account with every other one that it paid or was paid by, once."""
    low = np.minimum(transfers.sources, transfers.targets).astype(np.int64)
    high = np.maximum(transfers.sources, transfers.targets).astype(np.int64)
    pairs = np.unique((low << 32 | high)[low != high])
    one, two = pairs >> 32, pairs & 0xFFFFFFFF
    return np.concatenate([one, two]), np.concatenate([two, one])


def _partner_columns(
    columns: dict[str, FloatArray], sources: npt.NDArray[Any], targets: npt.NDArray[Any], n: int
) -> dict[str, FloatArray]:
    """Means over partners, and over their partners, of how much each deals with strangers."""
    names = [name for name in columns if name.startswith("one_off") and ("count" in name or "most" in name)]
    names += ["one_off_share_out", "one_off_share_in"]
    out: dict[str, FloatArray] = {}
    for name in names:
        values = np.nan_to_num(columns[name])
        out[f"paid_{name}"] = _mean_over(sources, values[targets], n)
        out[f"payers_{name}"] = _mean_over(targets, values[sources], n)
    both, others = np.concatenate([sources, targets]), np.concatenate([targets, sources])
    for name, values in list(out.items()):
        out[f"partners_{name}"] = _mean_over(both, values[others], n)
    return out


def _mean_over(accounts: npt.NDArray[Any], values: FloatArray, n: int) -> FloatArray:
    """Mean of values per account, 0 without any."""
    return np.asarray(np.bincount(accounts, values, n) / np.maximum(np.bincount(accounts, minlength=n), 1))


def _loop_columns(transfers: Transfers, n: int) -> dict[str, FloatArray]:
    """Count closed walks by products of the sparse matrix of who ever paid whom."""
    pairs = np.unique((transfers.sources.astype(np.int64) << 32) | transfers.targets)
    sources, targets = pairs >> 32, pairs & 0xFFFFFFFF
    apart = sources != targets
    sources, targets = sources[apart], targets[apart]
    partners = np.bincount(sources, minlength=n) + np.bincount(targets, minlength=n)
    quiet = (partners[sources] <= LOOP_HUB) & (partners[targets] <= LOOP_HUB)
    one = csr_array((np.ones(quiet.sum()), (sources[quiet], targets[quiet])), shape=(n, n))
    ways = np.maximum(one.sum(axis=1) * one.sum(axis=0), 1)
    out: dict[str, FloatArray] = {"loops_2": np.asarray(one.multiply(one.T).sum(axis=1))}
    names = ("loops_3", "triangles", "loops_4", "loops_5", "loops_6")
    counts = dict.fromkeys(names, np.full(n, np.nan))
    if float((one.sum(axis=0) * one.sum(axis=1)).sum()) <= MOST_WALKS:
        two = (one @ one).tocsr()
        counts["loops_3"], counts["loops_4"] = _closed(two, one.T), _closed(two, two.T)
        counts["triangles"] = _closed(two, one)
        if float((two.sum(axis=0) * one.sum(axis=1)).sum()) <= MOST_WALKS:
            three = (two @ one).tocsr()
            counts["loops_5"], counts["loops_6"] = _closed(three, two.T), _closed(three, three.T)
    for name in names:
        out[name] = counts[name]
        out[f"{name}_share"] = counts[name] / ways
    for name, values in list(out.items()):
        out[f"paid_{name}"] = _mean_over(sources, np.nan_to_num(values)[targets], n)
        out[f"payers_{name}"] = _mean_over(targets, np.nan_to_num(values)[sources], n)
    return out


def _closed(walks: Any, back: Any) -> FloatArray:
    """Walks from each account that `back` closes."""
    return np.asarray(walks.multiply(back).sum(axis=1), dtype=np.float64)
