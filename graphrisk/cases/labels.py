"""Decisions as labels: the canonical table, with the time at which each was known."""

from __future__ import annotations

import json
import os
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from graphrisk.cases.chain import Event, format_time, to_event
from graphrisk.tables import TEXT, UTC_TIME

SCHEMA = pa.schema(
    [
        ("entity_type", TEXT),
        ("entity_id", TEXT),
        ("label", TEXT),
        ("ring_id", TEXT),
        ("known_at", UTC_TIME),
        ("source", TEXT),
    ]
)
LABELS = ("confirmed", "false_positive")


def decision_labels(connection: sqlite3.Connection, as_of: datetime | None = None) -> pa.Table:
    """Make labels of decisions.

    Parameters
    ----------
    connection : sqlite3.Connection
        Of the cases.
    as_of : datetime, optional
        Use only what was decided strictly before; everything by default.

    Returns
    -------
    pyarrow.Table
        `entity_type`, `entity_id`, `label` (`confirmed` or `false_positive`), `ring_id`, `known_at` and `source`
        (``case:`` and the case). One row per member and decision, in the order of the decisions: of several labels of
        an account the last known counts. A decision that was followed by `needs_more` is taken back and gives none.
    """
    end = format_time(as_of or datetime.max.replace(tzinfo=UTC))
    rows = connection.execute(
        "SELECT * FROM case_event WHERE event_type = 'decided' AND at < ? ORDER BY seq", (end,)
    ).fetchall()
    kept: dict[str, list[Event]] = {}
    for event in map(to_event, rows):
        of_case = kept.setdefault(event.case_id or "", [])
        if event.new in LABELS:
            of_case.append(event)
        else:
            of_case.clear()
    events = sorted((event for of_case in kept.values() for event in of_case), key=lambda event: event.seq)
    made = [
        {"entity_type": kind, "entity_id": name, "label": event.new, "ring_id": event.ring_id}
        | {"known_at": event.at, "source": f"case:{event.case_id}"}
        for event in events
        for kind, name in event.entities or ()
    ]
    return pa.Table.from_pylist(made, schema=SCHEMA)


def write_labels(table: pa.Table, path: Path) -> None:
    """Write labels to a file that a scan can read as a source; Parquet or JSON lines, put in place whole.

    Raises
    ------
    ValueError
        If the name ends otherwise.
    """
    if path.suffix not in (".parquet", ".jsonl"):
        raise ValueError(f"the name must end in .parquet or .jsonl, got {path.name!r}")
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if path.suffix == ".parquet":
            pq.write_table(table, aside)
        else:
            rows = [{**row, "known_at": row["known_at"].isoformat()} for row in table.to_pylist()]
            aside.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
