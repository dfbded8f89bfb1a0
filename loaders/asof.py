"""What was known strictly before one moment: the rows of the staged tables that a load may use."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from loaders.canonical import TableName
from loaders.database import count, query_int

# the moment a row speaks of; rows without one are known at any moment
ROW_TIMES: dict[TableName, str] = {
    "accounts": "created_at",
    "links": "coalesce(first_seen, last_seen)",
    "transfers": "occurred_at",
    "events": "occurred_at",
    "labels": "known_at",
}
NEWEST = {"links": "greatest(first_seen, last_seen)"}
REFERRAL = "referral"

# where accounts stand besides their own table: table, column, SQL that tells whether the column holds an account
MENTIONS: tuple[tuple[TableName, str, str], ...] = (
    ("links", "account_id", "true"),
    ("transfers", "source_id", "source_type = 'account'"),
    ("transfers", "target_id", "target_type = 'account'"),
    ("events", "account_id", "true"),
    ("events", "target_id", f"target_id IS NOT NULL AND event_type = '{REFERRAL}'"),
)

MENTIONING: tuple[TableName, ...] = ("links", "transfers", "events")


@dataclass(frozen=True)
class Known:
    """How many rows were read and used.

    Parameters
    ----------
    as_of_seconds : int
        Rows of this second and later are not used.
    n_rows : dict of str to int
        Rows per canonical table before that moment, rejected ones included.
    n_later : int
        Rows left out because they are later.
    """

    as_of_seconds: int
    n_rows: dict[str, int]
    n_later: int


def newest_second(con: duckdb.DuckDBPyConnection) -> int | None:
    """Newest time in all usable rows, None if no row has a time."""
    tops = " UNION ALL ".join(
        f"SELECT max({NEWEST.get(table, time)}) AS top FROM stage_{table} WHERE bad IS NULL"
        for table, time in ROW_TIMES.items()
    )
    top = con.execute(f"SELECT max(top) FROM ({tops})").fetchall()[0][0]
    return None if top is None else int(top)


def keep_known(con: duckdb.DuckDBPyConnection, as_of_seconds: int) -> Known:
    """Make the views ``rows_<table>``: usable rows known before `as_of`, each account once."""
    n_rows: dict[str, int] = {}
    n_later = 0
    for table, time in ROW_TIMES.items():
        known = f"coalesce({time} < {as_of_seconds}, true)"
        n_rows[table] = count(con, f"stage_{table} WHERE {known}")
        n_later += count(con, f"stage_{table}") - n_rows[table]
        con.execute(f"CREATE VIEW rows_{table} AS SELECT * FROM stage_{table} WHERE bad IS NULL AND {known}")
    con.execute(f"DELETE FROM rejected WHERE seconds >= {as_of_seconds}")
    _keep_first_accounts(con)
    _hide_later_accounts(con, as_of_seconds)
    return Known(as_of_seconds, n_rows, n_later)


def _keep_first_accounts(con: duckdb.DuckDBPyConnection) -> None:
    """Keep the earliest row of an account listed more than once; the others are rejected."""
    twice = "(SELECT account_id FROM rows_accounts GROUP BY account_id HAVING count(*) > 1)"
    if not count(con, twice):
        return
    held = [row[0] for row in con.execute("DESCRIBE rows_accounts").fetchall()]
    content = [name for name in held if name.startswith("attribute_")]
    order = ", ".join(["created_at NULLS LAST", *(f'"{name}" NULLS LAST' for name in content), "file", "line"])
    con.execute(
        f"CREATE TABLE later_copies AS SELECT file, line, account_id, created_at FROM rows_accounts "
        f"SEMI JOIN {twice} AS twice USING (account_id) "
        f"QUALIFY row_number() OVER (PARTITION BY account_id ORDER BY {order}) > 1"
    )
    con.execute(
        "INSERT INTO rejected SELECT file, line, 'account_id', 'duplicate: the account is listed by an earlier row', "
        "created_at, false FROM later_copies"
    )
    con.execute("ALTER VIEW rows_accounts RENAME TO all_accounts")
    con.execute("CREATE VIEW rows_accounts AS SELECT * FROM all_accounts ANTI JOIN later_copies USING (file, line)")


def _hide_later_accounts(con: duckdb.DuckDBPyConnection, as_of_seconds: int) -> None:
    """Leave out accounts that exist only from `as_of` on, with every row without a time that names them.

    A row with an earlier time that names such an account shows that it was known, so it stays.
    """
    later = f"SELECT DISTINCT account_id FROM stage_accounts WHERE bad IS NULL AND created_at >= {as_of_seconds}"
    con.execute(f"CREATE TABLE hidden AS SELECT * FROM ({later}) ANTI JOIN rows_accounts USING (account_id)")
    if not count(con, "hidden"):
        return
    for table, column, holds in MENTIONS:
        timed = f"SELECT {column} FROM rows_{table} WHERE {holds} AND {ROW_TIMES[table]} IS NOT NULL"
        con.execute(f"DELETE FROM hidden WHERE account_id IN ({timed})")
    for table in MENTIONING:
        names = [f"({holds} AND {column} IN (FROM hidden))" for name, column, holds in MENTIONS if name == table]
        _narrow(con, table, f"NOT coalesce({' OR '.join(names)}, false)")
    _narrow(con, "labels", "NOT (entity_type = 'account' AND known_at IS NULL AND entity_id IN (FROM hidden))")


def reject_unlisted(con: duckdb.DuckDBPyConnection) -> None:
    """Reject rows about accounts that no `accounts` source lists."""
    for table in MENTIONING:
        unlisted = {
            column: f"({holds} AND {column} NOT IN (SELECT account_id FROM rows_accounts))"
            for name, column, holds in MENTIONS
            if name == table
        }
        whens = " ".join(f"WHEN {condition} THEN '{column}'" for column, condition in unlisted.items())
        con.execute(
            f"INSERT INTO rejected SELECT DISTINCT file, line, CASE {whens} END, "
            f"'the account is not listed in `accounts`', {ROW_TIMES[table]}, false "
            f"FROM rows_{table} WHERE {' OR '.join(unlisted.values())}"
        )
        _narrow(con, table, f"NOT coalesce({' OR '.join(unlisted.values())}, false)")


def _narrow(con: duckdb.DuckDBPyConnection, table: str, condition: str) -> None:
    """Let the view of a table hold only rows that meet a condition as well."""
    depth = query_int(con, f"SELECT count(*) FROM duckdb_views() WHERE view_name LIKE 'wider_{table}_%'")
    con.execute(f"ALTER VIEW rows_{table} RENAME TO wider_{table}_{depth}")
    con.execute(f"CREATE VIEW rows_{table} AS SELECT * FROM wider_{table}_{depth} WHERE {condition}")
