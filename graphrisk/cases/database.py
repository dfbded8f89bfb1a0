"""The file beside the results store that holds what people change: cases, the audit and users."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graphrisk.store import StoreError

FILE = "cases.sqlite"
VERSION = 1
WAIT_SECONDS = 20.0

SCHEMA = """
CREATE TABLE case_event (
    seq INTEGER PRIMARY KEY, case_id TEXT, ring_id TEXT, scan_id TEXT, event_type TEXT NOT NULL, actor TEXT NOT NULL,
    at TEXT NOT NULL, old TEXT, new TEXT, note TEXT, entities TEXT, prev_hash TEXT NOT NULL, hash TEXT NOT NULL UNIQUE
) STRICT;
CREATE INDEX case_event_case ON case_event (case_id, seq) WHERE case_id IS NOT NULL;
CREATE TRIGGER case_event_no_update BEFORE UPDATE ON case_event
    BEGIN SELECT raise(ABORT, 'case_event is append only'); END;
CREATE TRIGGER case_event_no_delete BEFORE DELETE ON case_event
    BEGIN SELECT raise(ABORT, 'case_event is append only'); END;
CREATE TABLE user (name TEXT PRIMARY KEY, role TEXT NOT NULL, password_hash TEXT) STRICT;
"""


class CaseError(Exception):
    """Something that cannot be done to a case; the sentence says why and what helps."""


class CaseDatabase:
    """SQLite in WAL mode: any number of readers beside one writer, each transaction whole or not at all.

    Parameters
    ----------
    store : str or Path
        Folder of the results store. The file is made in it at the first write.

    Raises
    ------
    StoreError
        If the folder is not there, or the file is of a newer graphrisk or no such database.
    """

    def __init__(self, store: str | Path) -> None:
        self.path = Path(store) / FILE
        if not self.path.parent.is_dir():
            raise StoreError(f"there is no store at {self.path.parent}; run a scan with `graphrisk scan run`")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Open for reading; sees one state of the file until the block ends."""
        with self._open() as connection:
            connection.execute("BEGIN")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Open for writing: the changes are kept when the block ends, all of them, or none if it fails."""
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Connect anew, as threads must not share a connection; an open transaction ends with it."""
        try:
            self._make()
            connection = sqlite3.connect(self.path, timeout=WAIT_SECONDS, isolation_level=None)
            try:
                connection.row_factory = sqlite3.Row
                connection.execute("PRAGMA synchronous = FULL")
                _migrate(connection, self.path)
                yield connection
            finally:
                connection.close()
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{self.path} cannot be used: {error}") from error

    def _make(self) -> None:
        """Make an empty file that only its owner may read, since it will hold password hashes and identifiers."""
        if not self.path.exists():
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    version = _version(connection)
    if version == 0:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        # another process may have made the tables while this one waited
        if _version(connection) == 0:
            for statement in _statements():
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    elif version > VERSION:
        raise StoreError(f"{path} was written by a newer graphrisk (version {version}); update graphrisk")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _statements() -> Iterator[str]:
    """Split the schema; `executescript` would commit in between."""
    text = ""
    for line in SCHEMA.strip().splitlines():
        text += line + "\n"
        if sqlite3.complete_statement(text):
            yield text
            text = ""
