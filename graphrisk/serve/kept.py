"""Tables of the rings that were looked at last, kept in memory: what a scan published never changes."""

from __future__ import annotations

import threading
from collections.abc import Hashable

import pyarrow as pa

MOST_BYTES = 64 << 20


class KeptTables:
    """Keeps what was read last, up to so many bytes.

    Parameters
    ----------
    most_bytes : int
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._lock = threading.Lock()
        self._tables: dict[Hashable, pa.Table] = {}
        self._n_bytes = 0

    @property
    def n_bytes(self) -> int:
        """Bytes of all that is kept."""
        return self._n_bytes

    def get(self, key: Hashable) -> pa.Table | None:
        """The table that was kept under a key; it counts as read last."""
        with self._lock:
            table = self._tables.pop(key, None)
            if table is not None:
                self._tables[key] = table
            return table

    def put(self, key: Hashable, table: pa.Table) -> None:
        """Keep a table, and let go of those that were not read for longest; one that is too large is not kept."""
        with self._lock:
            if key in self._tables or table.nbytes > self._most:
                return
            self._tables[key] = table
            self._n_bytes += table.nbytes
            while self._n_bytes > self._most:
                self._n_bytes -= self._tables.pop(next(iter(self._tables))).nbytes
