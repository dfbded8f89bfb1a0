"""Reading every source into staging tables of canonical columns, with the rows that cannot be used set aside."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from loaders import mapping
from loaders.asof import ROW_TIMES
from loaders.canonical import SQL_TYPES, TABLES, TableName
from loaders.config import InputError, LoadConfig, SourceConfig
from loaders.database import count, query_int
from loaders.files import REJECT_SCANS, REJECTS
from loaders.progress import Progress, telling_rows
from loaders.relations import OpenSource, literal, telling
from loaders.sources import count_rows, open_source

log = logging.getLogger("graphrisk.loaders")
CSV_REASONS = {
    "MISSING COLUMNS": "the line has fewer fields than the header",
    "TOO MANY COLUMNS": "the line has more fields than the header",
    "INVALID ENCODING": "the line is not UTF-8",
    "INVALID UNICODE": "the line is not UTF-8",
    "UNQUOTED VALUE": "a quoted field is not closed",
    "LINE SIZE OVER MAXIMUM": "the line is longer than 16 MiB",
}


@dataclass
class Staging:
    """What was read: titles of files by number, and lines that the CSV reader itself refused."""

    titles: list[str] = field(default_factory=list)
    n_broken: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TABLES, 0))
    unordered: set[str] = field(default_factory=set)
    broken_lines: dict[int, np.ndarray[Any, np.dtype[np.int64]]] = field(default_factory=dict)


def stage_sources(
    con: duckdb.DuckDBPyConnection,
    config: LoadConfig,
    frames: Mapping[str, Any],
    progress: Progress | None,
) -> Staging:
    """Read all sources into ``stage_<table>`` and the rows that cannot be used into ``rejected``."""
    staging = Staging()
    con.execute(
        'CREATE TABLE rejected (file INTEGER, line BIGINT, "column" VARCHAR, reason VARCHAR, seconds BIGINT, '
        "exact BOOLEAN)"
    )
    parts: dict[TableName, list[str]] = {table: [_empty_stage(con, table)] for table in TABLES}
    n_read, n_total = 0, count_rows(config.sources, config.base_dir)
    for source in config.sources:
        con.execute(f"SET TimeZone = {literal(source.timezone or 'UTC')}")
        before = n_read
        for opened in open_source(con, source, config.base_dir, frames):
            part = f"part_{len(staging.titles)}"
            with telling_rows(con, progress, n_read, opened.n_rows, n_total):
                n_read += _stage(con, source, opened, part, staging)
            parts[source.table].append(part)
            if progress is not None:
                progress("read", n_read, n_total)
        if n_read == before:
            raise InputError(f"{source.title}: the table is empty; it must have at least one row")
    con.execute("SET TimeZone = 'UTC'")
    for table, names in parts.items():
        union = " UNION ALL BY NAME ".join(f"SELECT * FROM {name}" for name in names)
        con.execute(f"CREATE VIEW stage_{table} AS {union}")
    return staging


def _empty_stage(con: duckdb.DuckDBPyConnection, table: TableName) -> str:
    columns = ", ".join(f'"{column.name}" {SQL_TYPES[column.kind]}' for column in TABLES[table])
    con.execute(f"CREATE TABLE empty_{table} (file INTEGER, line BIGINT, {columns}, bad UTINYINT)")
    return f"empty_{table}"


def _stage(
    con: duckdb.DuckDBPyConnection, source: SourceConfig, opened: OpenSource, part: str, staging: Staging
) -> int:
    """Read one open source into the table `part`; gives its number of rows."""
    file = len(staging.titles)
    staging.titles.append(opened.title)
    if not opened.has_lines:
        staging.unordered.add(opened.title)
    plan = mapping.map_source(source, opened)
    with telling(opened.title, opened.is_parquet):
        con.execute(f"CREATE TABLE {part} AS SELECT CAST({file} AS INTEGER) AS file, * FROM ({plan.select})")
    _check_zones(con, source, opened, part, plan)
    rows = con.execute(f"SELECT bad, count(*) FROM {part} WHERE bad IS NOT NULL GROUP BY bad").fetchall()
    for bad, _ in sorted(rows):
        check = plan.checks[bad]
        con.execute(
            f"INSERT INTO rejected SELECT DISTINCT file, line, ?, ?, {ROW_TIMES[source.table]}, false "
            f"FROM {part} WHERE bad = {bad}",
            [check.column or None, check.reason],
        )
    n_broken = _collect_broken(con, file, staging) if opened.is_text else 0
    staging.n_broken[source.table] += n_broken
    return count(con, part) + n_broken


def _check_zones(
    con: duckdb.DuckDBPyConnection, source: SourceConfig, opened: OpenSource, part: str, plan: mapping.Mapping
) -> None:
    """Warn of a column in which some times name a time zone and some do not; drops what tells of it."""
    for name, zone in plan.zones.items():
        named, bare = (
            query_int(con, f"SELECT count(*) FROM {part} WHERE {condition}") for condition in (zone, f"NOT {zone}")
        )
        con.execute(f"ALTER TABLE {part} DROP COLUMN {zone}")
        if named and bare:
            log.warning(
                "%s: of the times in `%s` %d name a time zone and %d do not; these were read as %s, see `timezone`",
                opened.title,
                name,
                named,
                bare,
                source.timezone or "UTC",
            )


def _collect_broken(con: duckdb.DuckDBPyConnection, file: int, staging: Staging) -> int:
    """Move what the CSV reader refused to ``rejected``; one entry a line."""
    if not query_int(con, f"SELECT count(*) FROM duckdb_tables() WHERE table_name = '{REJECTS}'"):
        return 0
    rows = con.execute(f"SELECT line, min(error_type) FROM {REJECTS} GROUP BY line ORDER BY line").fetchall()
    con.execute(f"DELETE FROM {REJECTS}")
    con.execute(f"DELETE FROM {REJECT_SCANS}")
    if rows:
        lines = [row[0] for row in rows]
        reasons = [CSV_REASONS.get(row[1], "the line cannot be read as CSV") for row in rows]
        broken = pa.table({"line": pa.array(lines, pa.int64()), "reason": pa.array(reasons, pa.string())})
        con.register("broken_lines", broken)
        con.execute(f"INSERT INTO rejected SELECT {file}, line, NULL, reason, NULL, true FROM broken_lines")
        con.unregister("broken_lines")
        staging.broken_lines[file] = np.array(lines, dtype=np.int64)
    return len(rows)
