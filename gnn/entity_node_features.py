"""What is known of each node of an entity graph by itself, for networks: the same columns whatever the data hold."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from algorithms.entity_graph import EntityGraph, Events, Links
from algorithms.times import MISSING_TIME
from algorithms.transfers import Transfers
from gnn._known import log_days, usable_amounts

LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float32]
WideArray = npt.NDArray[np.float64]

SIGNAL_TYPES = ("device", "ip", "wallet", "instrument", "email", "phone", "address", "document")
"""Types with a column of their own; all others share one."""
MONEY_FEATURES = ("log_payers", "log_payees", "log_received", "log_paid")
ACCOUNT_FEATURES = (
    *(f"log_{kind}s" for kind in (*SIGNAL_TYPES, "other_signal")),
    "start_known",
    "log_days_since_start",
    "log_events",
    "log_days_start_to_value",
    "took_value",
    "log_invited",
    "was_invited",
    *MONEY_FEATURES,
)
OTHER_FEATURES = ("log_accounts", "log_events", "log_days_since_first", "log_days_of_use", *MONEY_FEATURES)


def node_features(
    graph: EntityGraph, links: Links, transfers: Transfers, events: Events, as_of: int
) -> dict[str, FloatArray]:
    """Features of all nodes by type: `ACCOUNT_FEATURES` of accounts and `OTHER_FEATURES` of all others."""
    money = _money(graph.n_nodes, transfers)
    out = {"account": np.column_stack([*_accounts(graph, links, events, as_of), money[: graph.n_accounts]])}
    others = np.column_stack([*_others(graph.n_nodes, links, as_of), money])
    for code, kind in enumerate(graph.types[1:], start=1):
        out[kind] = others[graph.type_starts[code] : graph.type_starts[code + 1]]
    return {kind: np.ascontiguousarray(values, dtype=np.float32) for kind, values in out.items()}


def _accounts(graph: EntityGraph, links: Links, events: Events, as_of: int) -> list[WideArray]:
    n = graph.n_accounts
    codes = graph.type_codes(links.signals)
    columns = []
    for kind in SIGNAL_TYPES:
        of_kind = codes == graph.types.index(kind) if kind in graph.types else np.zeros(len(links), np.bool_)
        columns.append(np.log1p(np.bincount(links.accounts[of_kind], minlength=n)))
    other = ~np.isin(np.array(graph.types), SIGNAL_TYPES)[codes]
    columns.append(np.log1p(np.bincount(links.accounts[other], minlength=n)))
    started = np.where(graph.created_at < as_of, graph.created_at, MISSING_TIME)
    known = started != MISSING_TIME
    referrals = events.of_type("referral")
    inviters = events.targets[referrals]
    value = _first(n, events, np.flatnonzero(events.values > 0))
    return [
        *columns,
        known.astype(np.float64),
        log_days(started, as_of),
        np.log1p(np.bincount(events.accounts, minlength=n)),
        log_days(started, value),
        (np.bincount(events.accounts[events.values > 0], minlength=n) > 0).astype(np.float64),
        np.log1p(np.bincount(inviters[(inviters >= 0) & (inviters < n)], minlength=n)),
        (np.bincount(events.accounts[referrals], minlength=n) > 0).astype(np.float64),
    ]


def _first(n: int, events: Events, rows: LongArray) -> LongArray:
    """First known time of the given events of each account, `MISSING_TIME` where there is none."""
    rows = rows[events.seconds[rows] != MISSING_TIME]
    out = np.full(n, np.iinfo(np.int64).max)
    np.minimum.at(out, events.accounts[rows], events.seconds[rows])
    return np.where(out == np.iinfo(np.int64).max, MISSING_TIME, out)


def _others(n: int, links: Links, as_of: int) -> list[WideArray]:
    first, last = np.full(n, np.iinfo(np.int64).max), np.full(n, MISSING_TIME)
    known = links.first_seen != MISSING_TIME
    np.minimum.at(first, links.signals[known], links.first_seen[known])
    np.maximum.at(last, links.signals, links.last_seen)
    first = np.where(first == np.iinfo(np.int64).max, MISSING_TIME, first)
    return [
        np.log1p(np.bincount(links.signals, minlength=n)),
        np.log1p(np.bincount(links.signals, links.n_events, minlength=n)),
        log_days(first, as_of),
        log_days(first, last),
    ]


def _money(n: int, transfers: Transfers) -> WideArray:
    """Partners on both sides and amounts, as logarithms, shape (n, 4)."""
    pairs = np.unique(transfers.sources.astype(np.int64) * n + transfers.targets)
    amounts = usable_amounts(transfers)
    counts = [
        np.bincount(pairs % n, minlength=n),
        np.bincount(pairs // n, minlength=n),
        np.bincount(transfers.targets, amounts, minlength=n),
        np.bincount(transfers.sources, amounts, minlength=n),
    ]
    return np.log1p(np.stack(counts, axis=1))
