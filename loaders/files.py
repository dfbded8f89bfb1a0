"""CSV, JSON-lines and Parquet files, found by path, glob or folder."""

from __future__ import annotations

import csv
import gzip
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from loaders.config import Format, InputError, SourceConfig
from loaders.environment import expand
from loaders.relations import OpenSource, describe, literal, quote, telling

SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".csv.gz": "csv",
    ".tsv": "csv",
    ".tsv.gz": "csv",
    ".jsonl": "jsonl",
    ".jsonl.gz": "jsonl",
    ".ndjson": "jsonl",
    ".ndjson.gz": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
REJECTS, REJECT_SCANS = "csv_rejects", "csv_reject_scans"
JSON_SAMPLE_LINES = 10_000
EMPTY = "the file is empty, it has not even a header"


def format_of(path: Path) -> Format | None:
    """Format told by a file name, None if it tells none."""
    name = path.name.lower()
    return next((form for suffix, form in SUFFIXES.items() if name.endswith(suffix)), None)


def find_files(source: SourceConfig, base_dir: Path) -> list[Path]:
    """Files of a `path` source in the order of their names; raises `InputError` if there are none."""
    assert source.path is not None
    path = Path(expand(source.path, "path")).expanduser()
    path = path if path.is_absolute() else base_dir / path
    if path.is_dir():
        files = [file for file in path.rglob("*") if file.is_file() and not file.name.startswith((".", "_"))]
        files = [
            file for file in files if format_of(file) in ((source.format,) if source.format else SUFFIXES.values())
        ]
        if not files:
            raise InputError(f"{source.path}: the folder holds no CSV, JSON-lines or Parquet file")
    elif any(sign in str(path) for sign in "*?[") and not path.exists():
        anchor = Path(path.anchor) if path.is_absolute() else Path()
        files = [file for file in anchor.glob(str(path.relative_to(anchor))) if file.is_file()]
        if not files:
            raise InputError(f"{source.path}: no file matches; check the pattern and the folder it starts from")
    elif path.exists():
        files = [path]
    else:
        raise InputError(f"{source.path}: no such file; relative paths start at {base_dir}")
    return sorted(files)


def column_names(file: Path) -> list[str]:
    """Columns of a CSV or Parquet file; a name that comes twice gets ``.1``.

    Raises
    ------
    InputError
        If the file is missing, empty or neither.
    """
    kind = format_of(file)
    if not file.is_file():
        raise InputError(f"{file}: no such file")
    if kind not in ("csv", "parquet"):
        raise InputError(f"{file}: the name tells neither CSV nor Parquet")
    if file.stat().st_size == 0:
        raise InputError(f"{file}: {EMPTY}")
    with telling(str(file), kind == "parquet"):
        if kind == "parquet":
            return list(pq.read_schema(file).names)
        header = _header_line(file, str(file))
        return _distinct_names(next(csv.reader([header], delimiter=_delimiter(header))))


def title_of(file: Path, base_dir: Path) -> str:
    """What messages and rejected rows call a file."""
    return os.path.relpath(file, base_dir) if file.is_relative_to(base_dir) else str(file)


def open_files(con: duckdb.DuckDBPyConnection, source: SourceConfig, base_dir: Path) -> Iterator[OpenSource]:
    """One relation per file of a `path` source."""
    for file in find_files(source, base_dir):
        title = title_of(file, base_dir)
        kind = source.format or format_of(file)
        if kind is None:
            raise InputError(f'{title}: the name tells no format; add `format = "csv"`, "jsonl" or "parquet"')
        if file.stat().st_size == 0:
            raise InputError(f"{title}: {EMPTY}")
        opener = {"parquet": _open_parquet, "csv": _open_csv, "jsonl": _open_json}[kind]
        with telling(title, kind == "parquet"):
            opened = opener(con, file, title, source)
        yield opened


def _open_parquet(con: duckdb.DuckDBPyConnection, file: Path, title: str, source: SourceConfig) -> OpenSource:
    columns = describe(con, f"read_parquet({_literal(file)})")
    relation = f"read_parquet({_literal(file)}, file_row_number = true)"
    n_rows = pq.read_metadata(file).num_rows
    return OpenSource(title, relation, columns, "file_row_number + 1", is_parquet=True, n_rows=n_rows)


def _open_csv(con: duckdb.DuckDBPyConnection, file: Path, title: str, source: SourceConfig) -> OpenSource:
    header = _header_line(file, title)
    delimiter = source.delimiter or _delimiter(header)
    names = next(csv.reader([header], delimiter=delimiter))
    columns = dict.fromkeys(_distinct_names(names), "VARCHAR")
    spec = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in columns)
    relation = (
        f"read_csv({_literal(file)}, auto_detect = false, header = true, delim = {literal(delimiter)}, "
        f"quote = '\"', escape = '\"', columns = {{{spec}}}, {_rejecting()})"
    )
    return OpenSource(title, relation, columns, "row_number() OVER () + 1", is_text=True)


def _open_json(con: duckdb.DuckDBPyConnection, file: Path, title: str, source: SourceConfig) -> OpenSource:
    lines = (
        f"read_csv({_literal(file)}, auto_detect = false, header = false, delim = '\x01', quote = '', escape = '', "
        f"columns = {{'text': 'VARCHAR'}}, {_rejecting()})"
    )
    found = con.execute(
        f"SELECT DISTINCT unnest(json_keys(text)) FROM (SELECT text FROM {lines} LIMIT {JSON_SAMPLE_LINES}) "
        "WHERE json_valid(text) AND json_type(text) = 'OBJECT' ORDER BY 1"
    ).fetchall()
    names = [row[0] for row in found]
    if not names:
        raise InputError(f"{title}: no line of the first {JSON_SAMPLE_LINES} holds a JSON object")
    for sql in (f"DELETE FROM {REJECTS}", f"DELETE FROM {REJECT_SCANS}"):
        con.execute(sql)
    paths = ", ".join(literal('$."' + name.replace('"', '\\"') + '"') for name in names)
    fields = ", ".join(f"v[{i}] AS {quote(name)}" for i, name in enumerate(names, start=1))
    is_object = "json_valid(text) AND json_type(text) = 'OBJECT'"
    values = f"CASE WHEN {is_object} THEN json_extract_string(text, [{paths}]) END AS v"
    numbered = f"(SELECT row_number() OVER () AS __line, text, {values} FROM {lines})"
    broken = f"(SELECT __line, v IS NULL AS __broken, v FROM {numbered} WHERE text IS NOT NULL)"
    relation = f"(SELECT __line, __broken, {fields} FROM {broken})"
    return OpenSource(title, relation, dict.fromkeys(names, "VARCHAR"), "__line", is_text=True, has_broken_rows=True)


def _literal(file: Path) -> str:
    """SQL string of a file name whose own brackets and stars are no pattern."""
    return literal(re.sub(r"([*?\[])", r"[\1]", str(file)))


def _rejecting() -> str:
    """CSV options that set bad lines aside instead of stopping."""
    return (
        f"store_rejects = true, rejects_table = '{REJECTS}', rejects_scan = '{REJECT_SCANS}', rejects_limit = 0, "
        "max_line_size = 16777216"
    )


def _header_line(file: Path, title: str) -> str:
    """First line of a CSV, without byte-order mark."""
    opener: Any = gzip.open if file.name.lower().endswith(".gz") else open
    with opener(file, "rb") as stream:
        raw: bytes = stream.readline(1_000_000)
    try:
        return raw.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{title}: the header line is not UTF-8; convert the file to UTF-8") from error


def _delimiter(header: str) -> str:
    """The delimiter that a header line has most of."""
    return max(",;\t|", key=header.count)


def _distinct_names(names: list[str]) -> list[str]:
    """Header names, a repeated one with ``.1``, ``.2`` ... added."""
    distinct: list[str] = []
    taken: set[str] = set()
    for position, raw in enumerate(names):
        name = stem = raw.strip() or f"column{position}"
        count = 0
        while name.lower() in taken:
            count += 1
            name = f"{stem}.{count}"
        taken.add(name.lower())
        distinct.append(name)
    return distinct
