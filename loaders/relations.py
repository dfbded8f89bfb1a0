"""What every source becomes: a relation that DuckDB reads row by row, with its columns and line numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from loaders.config import InputError


@dataclass(frozen=True)
class OpenSource:
    """A relation to read one file, query or frame by.

    Parameters
    ----------
    title : str
        What rejected rows call it.
    relation : str
        SQL to stand after FROM; its rows have the columns and `line`.
    columns : dict of str to str
        Column name to DuckDB type.
    line : str
        SQL of the 1-based line number.
    is_text : bool
        A text file, of which the reader itself may reject lines.
    has_broken_rows : bool
        Its rows tell in ``__broken`` whether they cannot be read.
    has_lines : bool
        Line numbers mean something to a person: the rows of a query have no order.
    is_parquet : bool
        A Parquet file.
    n_rows : int or None
        Number of rows where it is known beforehand.
    """

    title: str
    relation: str
    columns: dict[str, str]
    line: str
    is_text: bool = False
    has_broken_rows: bool = False
    has_lines: bool = True
    is_parquet: bool = False
    n_rows: int | None = None


def quote(name: str) -> str:
    """SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """SQL string."""
    return "'" + text.replace("'", "''") + "'"


def first_sentence(error: BaseException) -> str:
    """What a database error says, in one line, without the query and without values from the data."""
    text = re.sub(r"\s+", " ", str(error).split("\nLINE")[0]).strip()
    return re.sub(r"(string|value) (['\"]).*?\2", r"\1 '...'", text)[:300]


@contextmanager
def telling(title: str, is_parquet: bool = False) -> Iterator[None]:
    """Turn what the database raises while it reads a source into one sentence that names the source."""
    try:
        yield
    except duckdb.OutOfMemoryException:
        raise
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        if "No space left" in str(error):
            raise
        what = _parquet_fault(error) if is_parquet else None
        raise InputError(f"{title}: {what or f'cannot be read: {first_sentence(error)}'}") from error


def _parquet_fault(error: Exception) -> str | None:
    """What is wrong with a Parquet file that raises an error; None if the error is of the query or the system."""
    conversion = isinstance(error, (duckdb.ConversionException, duckdb.OutOfRangeException))
    if conversion or any(sign in str(error) for sign in ("Permission denied", "No such file", "No files found")):
        return None
    if "Invalid string encoding" in str(error):
        return "a text column of the Parquet file holds bytes that are not UTF-8; write it anew as UTF-8"
    return "the Parquet file is truncated or damaged and cannot be read; write it anew"


def describe(con: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    """Column names and DuckDB types of a relation."""
    return {row[0]: row[1] for row in con.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()}
