"""The DuckDB connection of one load, and columns out of it as NumPy arrays."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from algorithms.times import MISSING_TIME
from loaders.config import InputError, LoadConfig
from loaders.identifiers.instruments import CARD_TYPES, SHOWN_CARD
from loaders.progress import track_progress
from loaders.spilling import spill_folder

BATCH_ROWS = 1_000_000
MISSING = f"CAST({MISSING_TIME} AS BIGINT)"
LUHN_MACRO = """
CREATE MACRO passes_luhn(digits) AS list_sum(list_transform(range(strlen(digits)), lambda i: CASE
    WHEN i % 2 = 0 THEN CAST(digits[strlen(digits) - i] AS INTEGER)
    ELSE (CAST(digits[strlen(digits) - i] AS INTEGER) * 2) % 10 + CAST(digits[strlen(digits) - i] >= '5' AS INTEGER)
END)) % 10 = 0
"""
HIDE_CARD_MACRO = f"""
CREATE MACRO hide_card(kind, id) AS CASE
    WHEN strlen(id) BETWEEN 13 AND 39 AND regexp_full_match(id, '[0-9][0-9 -]{{11,37}}[0-9]')
        AND regexp_matches(kind, '{CARD_TYPES}') AND strlen(regexp_replace(id, '[ -]', '', 'g')) BETWEEN 13 AND 19
        AND passes_luhn(regexp_replace(id, '[ -]', '', 'g')) THEN '{SHOWN_CARD}'
    ELSE id END
"""


FULL_DISK = "the disk of `temp_dir` is full; give `temp_dir` a folder with more room"


@contextmanager
def open_database(config: LoadConfig) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a private database that spills into a temporary folder of its own, removed at the end.

    It lives in memory, and writes only what does not fit: as a file, it would write everything first.
    """
    if config.temp_dir is not None and not config.temp_dir.is_dir():
        raise InputError(f"`temp_dir` must be a folder that exists, got {config.temp_dir}")
    with spill_folder(config.temp_dir) as folder:
        con = duckdb.connect(":memory:")
        try:
            limit = config.memory_limit or f"{half_of_memory() // 2**20}MiB"
            con.execute(f"SET temp_directory = '{folder.as_posix()}'")
            con.execute(f"SET memory_limit = '{limit}'")
            if config.threads is not None:
                con.execute(f"SET threads = {config.threads}")
            con.execute("SET TimeZone = 'UTC'")
            con.execute("SET arrow_large_buffer_size = true")
            track_progress(con, False)
            con.execute(LUHN_MACRO)
            con.execute(HIDE_CARD_MACRO)
            yield con
        finally:
            con.close()


@contextmanager
def telling_limits(config: LoadConfig) -> Iterator[None]:
    """Turn a full disk or a memory limit that is too small into one sentence."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        if "max_temp_directory_size" in str(error):  # by default all that the disk has room for
            raise InputError(FULL_DISK) from error
        raise InputError(
            f"the load needs more memory than `memory_limit` = {config.memory_limit or 'half of the memory'} allows, "
            "or more disk than there is in `temp_dir`; raise either"
        ) from error
    except (duckdb.IOException, OSError) as error:
        if "No space left" not in str(error):
            raise
        raise InputError(FULL_DISK) from error


def half_of_memory() -> int:
    """Half of the memory in bytes that this process may use."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        group = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        group = "max"
    return min(total, int(group) if group.isdigit() else total) // 2


def fetch_arrays(
    con: duckdb.DuckDBPyConnection, sql: str, n_rows: int, dtypes: list[type[np.generic]]
) -> list[npt.NDArray[Any]]:
    """Stream the columns of a query without nulls into preallocated arrays of at most `n_rows` entries."""
    arrays = [np.empty(n_rows, dtype) for dtype in dtypes]
    end = 0
    for batch in con.sql(sql).to_arrow_reader(BATCH_ROWS):
        start, end = end, end + batch.num_rows
        for array, column in zip(arrays, batch.columns, strict=True):
            array[start:end] = column.to_numpy(zero_copy_only=False)
    return [array[:end] for array in arrays]


def query_int(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    """The whole number that a query gives."""
    rows = con.execute(sql).fetchall()  # fetched whole: an open result blocks the connection
    return int(rows[0][0]) if rows and rows[0][0] is not None else 0


def count(con: duckdb.DuckDBPyConnection, relation: str) -> int:
    """Count the rows of a relation."""
    return query_int(con, f"SELECT count(*) FROM {relation}")
