"""Known transfers, events and accounts as arrays of node numbers, in an order that the content alone decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import duckdb
import numpy as np
import numpy.typing as npt

from algorithms.entity_graph import Events
from algorithms.times import MISSING_TIME
from algorithms.transfers import Transfers
from loaders.database import MISSING, count, fetch_arrays
from loaders.dictionary import TARGET_TYPE


def encode_transfers(con: duckdb.DuckDBPyConnection, transactions: bool | Sequence[str] = False) -> Transfers:
    """Transfers by time, source and target; a column that no row has is None.

    With transactions, rows that share a `transfer_id` get one number, in the order of these ids; given some ids, rows
    of these get their place among them.
    """
    names = [
        row[0]
        for row in con.execute("SELECT DISTINCT currency FROM rows_transfers WHERE currency IS NOT NULL").fetchall()
    ]
    names.sort()
    con.execute("CREATE TABLE currencies (name VARCHAR, code SMALLINT)")
    if names:
        con.executemany("INSERT INTO currencies VALUES (?, ?)", [[name, code] for code, name in enumerate(names)])
    if transactions and not isinstance(transactions, bool):
        con.execute("CREATE TABLE transactions (transfer_id VARCHAR, code INTEGER)")
        places = {name: code for code, name in reversed(list(enumerate(transactions)))}
        con.executemany("INSERT INTO transactions VALUES (?, ?)", [[name, code] for name, code in places.items()])
    elif transactions:
        con.execute(
            "CREATE TABLE transactions AS SELECT transfer_id, CAST(row_number() OVER (ORDER BY transfer_id) - 1 AS "
            "INTEGER) AS code FROM rows_transfers WHERE transfer_id IS NOT NULL GROUP BY transfer_id "
            "HAVING count(*) > 1"
        )
    con.execute(
        "CREATE TABLE coded_transfers AS SELECT s.node AS source, t.node AS target, "
        f"coalesce(occurred_at, {MISSING}) AS seconds, coalesce(amount, 'nan') AS amount, coalesce(amount_usd, "
        "CASE WHEN currency = 'USD' THEN amount END, 'nan') AS amount_usd, coalesce(c.code, -1) AS currency, "
        f"{'coalesce(g.code, -1)' if transactions else '-1'} AS transaction "
        "FROM rows_transfers AS r JOIN ids AS s ON s.type = r.source_type AND s.raw = r.source_id "
        "JOIN ids AS t ON t.type = r.target_type AND t.raw = r.target_id "
        "LEFT JOIN currencies AS c ON c.name = r.currency"
        + (" LEFT JOIN transactions AS g USING (transfer_id)" if transactions else "")
    )
    columns = "source, target, seconds, amount, amount_usd, currency"
    order = "seconds, source, target, amount, amount_usd, currency"
    dtypes: list[type[np.generic]] = [np.int32, np.int32, np.int64, np.float64, np.float64, np.int16]
    if transactions:
        columns, order, dtypes = f"{columns}, transaction", f"{order}, transaction", [*dtypes, np.int32]
    sql = f"SELECT {columns} FROM coded_transfers ORDER BY {order}"
    sources, targets, seconds, amounts, usd, currencies, *numbers = fetch_arrays(
        con, sql, count(con, "coded_transfers"), dtypes
    )
    con.execute("DROP TABLE coded_transfers")
    transfers = Transfers(sources, targets, currency_names=tuple(names))
    if len(transfers) == 0:
        return transfers
    return replace(
        transfers,
        seconds=seconds if (seconds != MISSING_TIME).any() else None,
        amounts=None if np.isnan(amounts).all() else amounts,
        amounts_usd=None if np.isnan(usd).all() else usd,
        currencies=currencies if (currencies >= 0).any() else None,
        transactions=numbers[0] if numbers and (numbers[0] >= 0).any() else None,
    )


def encode_events(con: duckdb.DuckDBPyConnection) -> Events:
    """Events by account, time and type."""
    names = [row[0] for row in con.execute("SELECT DISTINCT event_type FROM rows_events").fetchall()]
    names.sort()
    con.execute("CREATE TABLE event_types (name VARCHAR, code SMALLINT)")
    if names:
        con.executemany("INSERT INTO event_types VALUES (?, ?)", [[name, code] for code, name in enumerate(names)])
    con.execute(
        "CREATE TABLE coded_events AS SELECT a.node AS account, y.code AS type, "
        f"coalesce(occurred_at, {MISSING}) AS seconds, "
        "coalesce(t.node, -1) AS target, coalesce(value, 'nan') AS value FROM rows_events AS e "
        "JOIN ids AS a ON a.type = 'account' AND a.raw = e.account_id JOIN event_types AS y ON y.name = e.event_type "
        f"LEFT JOIN ids AS t ON t.type = {TARGET_TYPE} AND t.raw = e.target_id"
    )
    sql = (
        "SELECT account, type, seconds, target, value FROM coded_events ORDER BY account, seconds, type, target, value"
    )
    dtypes: list[type[np.generic]] = [np.int32, np.int16, np.int64, np.int32, np.float64]
    accounts, kinds, seconds, targets, values = fetch_arrays(con, sql, count(con, "coded_events"), dtypes)
    con.execute("DROP TABLE coded_events")
    return Events(accounts, kinds, seconds, targets, values, tuple(names))


def encode_created_at(
    con: duckdb.DuckDBPyConnection, n_accounts: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """When each account was created, and whether an `accounts` source lists it."""
    created = np.full(n_accounts, MISSING_TIME, dtype=np.int64)
    listed = np.zeros(n_accounts, dtype=bool)
    sql = (
        f"SELECT node, coalesce(created_at, {MISSING}) FROM rows_accounts "
        "JOIN ids ON ids.type = 'account' AND ids.raw = account_id"
    )
    nodes, seconds = fetch_arrays(con, sql, count(con, "rows_accounts"), [np.int32, np.int64])
    created[nodes] = seconds
    listed[nodes] = True
    return created, listed
