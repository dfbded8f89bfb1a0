"""The log of events: only appended to, each event's hash covering the one before it.

Whoever changes, removes or reorders an event breaks every hash after it. Whoever rewrites the whole log, or cuts its
end off, does not: keep the head that `verify_chain` gives somewhere else, and check against it.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from graphrisk.cases.columns import NAMES

GENESIS = "0" * 64
LONGEST_NOTE = 20_000

Entity = tuple[str, str]


class ChainError(Exception):
    """A log that is not as it was written."""


@dataclass(frozen=True)
class Event:
    """One row of `case_event`; its columns say what each field means."""

    seq: int
    case_id: str | None
    ring_id: str | None
    scan_id: str | None
    event_type: str
    actor: str
    at: datetime
    old: str | None
    new: str | None
    note: str | None
    entities: tuple[Entity, ...] | None
    prev_hash: str
    hash: str

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        pairs = None if self.entities is None else [list(pair) for pair in self.entities]
        return {**vars(self), "at": self.at.isoformat(), "entities": pairs}


@dataclass(frozen=True)
class Head:
    """The end of a log.

    Parameters
    ----------
    n_events : int
    hash : str
        Of the last event; 64 zeros if there is none.
    """

    n_events: int
    hash: str


def append(
    connection: sqlite3.Connection,
    event_type: str,
    actor: str,
    *,
    at: datetime,
    case_id: str | None = None,
    ring_id: str | None = None,
    scan_id: str | None = None,
    old: str | None = None,
    new: str | None = None,
    note: str | None = None,
    entities: Sequence[Entity] | None = None,
) -> Event:
    """Append one event; the caller holds the write lock.

    An event that would be older than the last one, as where a clock was set back, takes the time of the last one.
    """
    if note is not None and len(note) > LONGEST_NOTE:
        raise ValueError(f"`note` must have at most {LONGEST_NOTE:,} characters, got {len(note):,}")
    last = connection.execute("SELECT seq, at, hash FROM case_event ORDER BY seq DESC LIMIT 1").fetchone()
    seq, before, prev_hash = (last["seq"] + 1, last["at"], last["hash"]) if last else (1, "", GENESIS)
    pairs = None if entities is None else json.dumps([list(pair) for pair in entities], ensure_ascii=True)
    moment = max(format_time(at), before)
    values = (seq, case_id, ring_id, scan_id, event_type, actor, moment, old, new, note, pairs, prev_hash)
    values = tuple(_storable(value) for value in values)
    row = (*values, digest(values))
    connection.execute(f"INSERT INTO case_event VALUES ({', '.join('?' * len(row))})", row)
    return to_event(dict(zip(NAMES, row, strict=True)))


def _storable(value: Any) -> Any:
    """Take lone surrogates out of a text: neither SQLite nor a hash could hold them."""
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value


def digest(values: Sequence[Any]) -> str:
    """Hash all columns but the last."""
    return hashlib.sha256(json.dumps(list(values), ensure_ascii=True).encode()).hexdigest()


def format_time(moment: datetime) -> str:
    """Write a time so that texts sort as times do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_time(text: str) -> datetime:
    """Read what `format_time` wrote."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def to_event(row: Any) -> Event:
    """Make an event of a row."""
    values = {name: row[name] for name in NAMES}
    pairs = values["entities"]
    values["entities"] = None if pairs is None else tuple((kind, name) for kind, name in json.loads(pairs))
    return Event(**{**values, "at": parse_time(values["at"])})


def verify_chain(connection: sqlite3.Connection, head: str | None = None) -> Head:
    """Check every event against its hash and the one before it.

    Parameters
    ----------
    connection : sqlite3.Connection
    head : str, optional
        The hash that an earlier check gave; the log must still hold it.

    Returns
    -------
    Head
        O(events).

    Raises
    ------
    ChainError
        Naming the first event that is not as it was written.
    """
    before, count, found = GENESIS, 0, head in (None, GENESIS)
    for row in connection.execute(f"SELECT {', '.join(NAMES)} FROM case_event ORDER BY seq"):
        count += 1
        if row["seq"] != count:
            raise ChainError(f"event {count} of the log is missing; the next one is {row['seq']}")
        if row["prev_hash"] != before:
            raise ChainError(f"event {count} of the log does not follow the one before it: that one was changed")
        if digest(tuple(row)[:-1]) != row["hash"]:
            raise ChainError(f"event {count} of the log is not as it was written")
        before = row["hash"]
        found = found or before == head
    if not found:
        raise ChainError("the log does not hold the given head: its end was cut off, or all of it was rewritten")
    return Head(count, before)
