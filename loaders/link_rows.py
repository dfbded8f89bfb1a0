"""Known links as arrays of node numbers, one row per account and signal."""

from __future__ import annotations

import duckdb
import numpy as np

from algorithms.entity_graph import Links
from algorithms.times import MISSING_TIME
from loaders.database import MISSING, count, fetch_arrays

MAX_EVENTS = 2**31 - 1


def code_links(con: duckdb.DuckDBPyConnection, as_of_seconds: int) -> None:
    """Fill ``coded_links`` with the node ids of all links, subnets included.

    A row without one of the two times counts as seen at the other. Times at or after `as_of` are clipped.
    """
    last = "coalesce(last_seen, first_seen)"
    clipped = f"CASE WHEN {last} >= {as_of_seconds} THEN {as_of_seconds - 1} ELSE {last} END"
    columns = (
        f"coalesce(first_seen, last_seen) AS first_seen, {clipped} AS last_seen, coalesce(n_events, 1) AS n_events"
    )
    con.execute(
        f"CREATE TABLE coded_links AS SELECT a.node AS account, s.node AS signal, {columns} FROM rows_links AS l "
        "JOIN ids AS a ON a.type = 'account' AND a.raw = l.account_id "
        "JOIN ids AS s ON s.type = l.signal_type AND s.raw = l.signal_id"
    )
    if count(con, "subnet_ids"):
        con.execute(
            f"INSERT INTO coded_links SELECT a.node, s.node, {columns} FROM rows_links AS l "
            "JOIN ids AS a ON a.type = 'account' AND a.raw = l.account_id "
            "JOIN subnet_ids AS s ON l.signal_type = 'ip' AND s.raw = l.signal_id"
        )


def fetch_links(con: duckdb.DuckDBPyConnection) -> Links:
    """Links from ``coded_links``, one per pair: earliest and latest time and the sum of `n_events` of its rows.

    28 bytes per link, and the same once more only while one batch of rows is merged.
    """
    sql = (
        f"SELECT account, signal, coalesce(first_seen, {MISSING}), coalesce(last_seen, {MISSING}), n_events "
        "FROM coded_links ORDER BY account, signal"
    )
    dtypes: list[type[np.generic]] = [np.int32, np.int32, np.int64, np.int64, np.int32]
    links = Links(*fetch_arrays(con, sql, count(con, "coded_links"), dtypes))
    con.execute("DROP TABLE coded_links")
    return merge_pairs(links)


def merge_pairs(links: Links, batch_rows: int = 4_000_000) -> Links:
    """One row per pair, from rows in the order of their pairs; merges in place, batch by batch."""
    end, n_kept = 0, 0
    while end < len(links):
        start, end = end, min(end + batch_rows, len(links))
        while end < len(links) and _same_pair(links, end - 1, end):
            end += 1
        merged = _merge(_rows(links, start, end))
        for name in ("accounts", "signals", "first_seen", "last_seen", "n_events"):
            getattr(links, name)[n_kept : n_kept + len(merged)] = getattr(merged, name)
        n_kept += len(merged)
    return _rows(links, 0, n_kept)


def _same_pair(links: Links, a: int, b: int) -> bool:
    return bool(links.accounts[a] == links.accounts[b] and links.signals[a] == links.signals[b])


def _rows(links: Links, start: int, end: int) -> Links:
    rows = slice(start, end)
    return Links(
        links.accounts[rows], links.signals[rows], links.first_seen[rows], links.last_seen[rows], links.n_events[rows]
    )


def _merge(links: Links) -> Links:
    """One row per pair, from at least one row, in the order of their pairs."""
    new = np.ones(len(links), dtype=bool)
    new[1:] = (links.accounts[1:] != links.accounts[:-1]) | (links.signals[1:] != links.signals[:-1])
    if new.all():
        return links
    starts = np.flatnonzero(new)
    absent = np.iinfo(np.int64).max
    first = np.minimum.reduceat(np.where(links.first_seen == MISSING_TIME, absent, links.first_seen), starts)
    total = np.add.reduceat(links.n_events.astype(np.int64), starts)
    return Links(
        links.accounts[starts],
        links.signals[starts],
        np.where(first == absent, MISSING_TIME, first),
        np.maximum.reduceat(links.last_seen, starts),  # the missing time is the least of all
        np.minimum(total, MAX_EVENTS).astype(np.int32),
    )
