"""The rows that cannot be used: where they stand, why, and whether they are too many."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import numpy as np
import pyarrow as pa

from loaders.config import InputError
from loaders.database import query_int
from loaders.staging import Staging

REJECTED_SCHEMA = pa.schema(
    [("source", pa.string()), ("line", pa.int64()), ("column", pa.string()), ("reason", pa.string())]
)


def rejected_table(con: duckdb.DuckDBPyConnection, staging: Staging) -> pa.Table:
    """All rejected rows in the order of their content, with the lines that the CSV reader skipped counted in.

    The rows of a query have no order, so they have no line.
    """
    rows = con.sql('SELECT file, line, "column", reason, exact FROM rejected').to_arrow_table()
    files = rows["file"].to_numpy()
    lines = rows["line"].to_numpy().copy()
    exact = rows["exact"].to_numpy()
    for file, broken in staging.broken_lines.items():
        # the k-th line that was read stands after all skipped lines r_j with r_j - j <= k
        own = (files == file) & ~exact
        lines[own] += np.searchsorted(broken - np.arange(len(broken)), lines[own], side="right")
    unordered = np.array([title in staging.unordered for title in staging.titles], dtype=bool)
    titles = pa.array(staging.titles, pa.string()).take(pa.array(files))
    columns = [titles, pa.array(lines, mask=unordered[files]), rows["column"], rows["reason"]]
    table = pa.table(columns, schema=REJECTED_SCHEMA)
    return table.sort_by([(name, "ascending") for name in REJECTED_SCHEMA.names]).combine_chunks()


def check_rejected_share(
    con: duckdb.DuckDBPyConnection, rejected: pa.Table, row_counts: Mapping[str, int], most: float
) -> None:
    """Raise `InputError` if more than the allowed share of rows was rejected, or all."""
    n_rows = sum(row_counts.values())
    n_bad = query_int(con, "SELECT count(*) FROM (SELECT DISTINCT file, line, exact FROM rejected)")
    if n_bad == 0 or n_bad / n_rows <= most:
        return
    first = rejected.slice(0, 1).to_pylist()[0]
    place = first["source"] if first["line"] is None else f"{first['source']} line {first['line']}"
    share = "all" if n_bad >= n_rows else f"{n_bad / n_rows:.1%}"
    raise InputError(
        f"{n_bad} of {n_rows} rows ({share}) were rejected, over `max_rejected_share` = {most:g}; "
        f"the first: {place}: {first['reason']}"
    )
