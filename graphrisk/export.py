"""Rings as files for other tools: JSON lines, CSV or Parquet."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from graphrisk.store import ResultStore

TABLES = ("ring", "ring_member", "ring_evidence", "ring_link")
# the wide forms are what spreadsheets of some East Asian languages take for the same
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def export_rings(
    store: ResultStore,
    path: str | Path,
    *,
    scan_id: str | None = None,
    ring_ids: Sequence[str] | None = None,
    overwrite: bool = False,
) -> None:
    """Write rings with their members, evidence and links.

    Parameters
    ----------
    store : ResultStore
    path : str or Path
        ``.jsonl``: a file with one ring per line. ``.csv`` or ``.parquet``: a folder of that name with one file per
        table.
    scan_id : str, optional
        The newest by default.
    ring_ids : sequence of str, optional
        All by default.
    overwrite : bool
        Replace what is there.

    Raises
    ------
    ValueError
        If the name ends otherwise.
    FileExistsError
        If there is something already and `overwrite` is not set.
    FileNotFoundError
        If the folder that is to hold it does not exist.
    """
    target = Path(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(f"the folder of the export must exist, got {target.parent}")
    if target.suffix not in (".jsonl", ".csv", ".parquet"):
        raise ValueError(f"the name must end in .jsonl, .csv or .parquet, got {target.name!r}")
    if target.exists() and not overwrite:
        raise FileExistsError(f"{target} exists already; choose another name or replace it with `--overwrite`")
    tables = {name: _chosen(store.table(name, scan_id), ring_ids) for name in TABLES}
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        if target.suffix == ".jsonl":
            _write_lines(aside, tables)
        else:
            aside.mkdir()
            for name, table in tables.items():
                write = _write_csv if target.suffix == ".csv" else pq.write_table
                with (aside / f"{name}{target.suffix}").open("wb") as handle:
                    write(table, handle)
        if target.is_dir():
            shutil.rmtree(target)
        aside.replace(target)
    finally:
        if aside.is_dir():
            shutil.rmtree(aside, ignore_errors=True)
        aside.unlink(missing_ok=True)


def _chosen(table: pa.Table, ring_ids: Sequence[str] | None) -> pa.Table:
    if ring_ids is None:
        return table
    return table.filter(pc.is_in(table["ring_id"], value_set=pa.array(list(ring_ids), pa.string())))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _write_lines(file: Path, tables: dict[str, pa.Table]) -> None:
    """One ring per line, worst first."""
    parts: dict[str, dict[str, list[dict[str, Any]]]] = {name: {} for name in TABLES[1:]}
    for name, of_ring in parts.items():
        for row in tables[name].to_pylist():
            of_ring.setdefault(row["ring_id"], []).append(
                {k: v for k, v in row.items() if k not in ("scan_id", "ring_id")}
            )
    with file.open("w", encoding="utf-8") as handle:
        for ring in tables["ring"].to_pylist():
            for name, of_ring in parts.items():
                ring[name.removeprefix("ring_") + "s"] = of_ring.get(ring["ring_id"], [])
            handle.write(json.dumps(ring, default=_plain) + "\n")


def _write_csv(table: pa.Table, handle: Any) -> None:
    """Write cells so that no spreadsheet takes a text for a formula."""
    import io

    text = io.TextIOWrapper(handle, encoding="utf-8", newline="")
    writer = csv.writer(text)
    writer.writerow(table.column_names)
    for row in table.to_pylist():
        writer.writerow([safe_cell(value) for value in row.values()])
    text.flush()
    text.detach()


def safe_cell(value: Any) -> Any:
    """Write a value so that no spreadsheet takes it for a formula."""
    if isinstance(value, list):
        value = json.dumps(value)
    if isinstance(value, str) and value.startswith(FORMULA):
        return "'" + value
    return _plain(value)
