"""Attributes of accounts, one row per account in the order of their node ids."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from loaders.relations import quote

PREFIX = "attribute_"


def attribute_table(con: duckdb.DuckDBPyConnection, n_accounts: int) -> pa.Table | None:
    """Attributes named in the sources; null for accounts that are not listed, None if no source names any."""
    held = [row[0] for row in con.execute("DESCRIBE rows_accounts").fetchall()]
    names = sorted(name for name in held if name.startswith(PREFIX))
    if not names:
        return None
    columns = ", ".join(f"{quote(name)} AS {quote(name.removeprefix(PREFIX))}" for name in names)
    found = con.sql(
        f"SELECT node, {columns} FROM rows_accounts "
        "JOIN ids ON ids.type = 'account' AND ids.raw = account_id ORDER BY node"
    ).to_arrow_table()
    rows = np.full(n_accounts, -1, dtype=np.int64)
    rows[found["node"].to_numpy()] = np.arange(found.num_rows)
    at = pa.array(rows, mask=rows < 0)
    return found.drop_columns(["node"]).take(at).combine_chunks()
