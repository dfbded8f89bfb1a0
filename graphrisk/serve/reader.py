"""A results store as one ring sees it: DuckDB reads only the rows that are asked for."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from graphrisk.serve.kept import KeptTables
from graphrisk.store import ResultStore, StoreError

OF_RING = ("ring", "ring_member", "ring_evidence", "ring_link", "ring_act", "ring_event", "ring_history", "alert")
Row = dict[str, Any]


class StoreReader:
    """Reads single rings, and looks identifiers up, over the Parquet files of a store.

    Parameters
    ----------
    path : str or Path
        Folder of the results store.
    """

    def __init__(self, path: str | Path) -> None:
        self.store = ResultStore(path)
        self._connection = duckdb.connect(":memory:")
        self._connection.execute("SET TimeZone = 'UTC'")
        self._lock = threading.Lock()
        self.kept = KeptTables()

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor of its own for one query; cursors of one connection may run beside each other."""
        with self._lock:
            cursor = self._connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    def ring(self, ring_id: str) -> RingStore:
        """The store with the rows of one ring only."""
        return RingStore(self, ring_id)

    def file(self, name: str, scan_id: str) -> str | None:
        """Path of a table for DuckDB; None where the scan is older than the table."""
        facts = self.store.manifest(scan_id)
        if name not in facts["tables"]:
            return None
        return _literal(self.store.folder(scan_id) / f"{name}.parquet")

    def query(self, sql: str, parameters: Mapping[str, Any]) -> list[Row]:
        """Rows of a query.

        Raises
        ------
        StoreError
            If a file cannot be read.
        """
        try:
            with self.cursor() as cursor:
                table: pa.Table = cursor.sql(sql, params=dict(parameters)).to_arrow_table()
        except duckdb.Error as error:
            raise StoreError(f"the store cannot be read: {str(error).splitlines()[0]}") from error
        rows: list[Row] = table.to_pylist()
        return rows


class RingStore(ResultStore):
    """Every table of a store with the rows of one ring only, so that all that reads a store can read this.

    Parameters
    ----------
    reader : StoreReader
    ring_id : str
    """

    def __init__(self, reader: StoreReader, ring_id: str) -> None:
        super().__init__(reader.store.path)
        self._reader = reader
        self.ring_id = ring_id

    def _load(self, file: Path) -> pa.Table:
        if file.stem not in OF_RING:
            return super()._load(file)
        # the file by its time and size as well, for a scan that is run again takes the place of the old one
        about = file.stat()
        key = (str(file), about.st_mtime_ns, about.st_size, self.ring_id)
        if (kept := self._reader.kept.get(key)) is not None:
            return kept
        where = "ring_id = $ring" + (" OR list_contains(from_ring_ids, $ring)" if file.stem == "ring_event" else "")
        sql = f"SELECT * FROM read_parquet($file, hive_partitioning = false) WHERE {where}"
        try:
            with self._reader.cursor() as cursor:
                table = cursor.sql(sql, params={"file": _literal(file), "ring": self.ring_id}).to_arrow_table()
        except duckdb.Error as error:
            raise StoreError(f"{file} cannot be read: {str(error).splitlines()[0]}") from error
        self._reader.kept.put(key, table)
        return table


def _literal(file: Path) -> str:
    """Write a path so that DuckDB takes no character of it for a pattern."""
    return re.sub(r"([*?\[])", r"[\1]", str(file))
