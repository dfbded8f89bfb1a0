"""What reviewed cases say of a scan: how often alerts were right, and what reviews cost."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from graphrisk.cases.chain import Event, format_time, to_event
from graphrisk.cases.database import FILE, CaseDatabase
from graphrisk.cases.labels import LABELS
from graphrisk.intervals import median_interval, wilson
from graphrisk.store import ResultStore

Row = tuple[str, float | None, float | None, float | None, int]


def case_metrics(store: str | Path, as_of: datetime) -> list[Row]:
    """Measure what was decided before the moment of a scan.

    Parameters
    ----------
    store : str or Path
        With the cases and the alerts of earlier scans; it need not exist.
    as_of : datetime

    Returns
    -------
    list of (name, value, low, high, n)
        As the catalogue defines them; empty where the store has no cases. Reads one small file per scan.

    Raises
    ------
    StoreError
        If the cases or the alerts cannot be read.
    """
    if not (Path(store) / FILE).exists():
        return []
    with CaseDatabase(store).reading() as connection:
        rows = connection.execute(
            "SELECT * FROM case_event WHERE case_id IS NOT NULL AND at < ? ORDER BY seq", (format_time(as_of),)
        ).fetchall()
    return review_metrics(map(to_event, rows), _alerted(ResultStore(store), as_of))


def _alerted(store: ResultStore, as_of: datetime) -> set[str]:
    """Rings that an alert of an earlier scan told of."""
    told: set[str] = set()
    for scan_id in store.scans():
        if datetime.fromisoformat(store.manifest(scan_id)["as_of"]) < as_of:
            told.update(ring for ring in store.table("alert", scan_id)["ring_id"].to_pylist() if ring is not None)
    return told


def review_metrics(events: Iterable[Event], alerted: set[str]) -> list[Row]:
    """Measure cases from their events.

    A decision that was followed by `needs_more` is taken back; of several the last counts, and the time of the first.

    Parameters
    ----------
    events : iterable of Event
        Of cases, in their order.
    alerted : set of str
        Rings that an alert told of.

    Returns
    -------
    list of (name, value, low, high, n)
    """
    opened: dict[str, datetime] = {}
    minutes: dict[str, float] = {}
    decided: dict[str, Event] = {}
    for event in events:
        case = event.case_id or ""
        if event.event_type == "opened":
            opened[case] = event.at
        elif event.event_type == "decided" and event.new in LABELS:
            decided[case] = event
            minutes.setdefault(case, (event.at - opened[case]).total_seconds() / 60)
        elif event.event_type == "decided":
            decided.pop(case, None)
    right = [event for event in decided.values() if event.new == LABELS[0]]
    told = [event for event in decided.values() if event.ring_id in alerted]
    wronged = {entity for event in decided.values() if event.new == LABELS[1] for entity in event.entities or ()}
    return [
        _share("precision.cases", len(right), len(decided)),
        _share("precision.alerts", sum(event.new == LABELS[0] for event in told), len(told)),
        _median("review_minutes.median", list(minutes.values())),
        ("cases.false_accusations_per_confirmed", len(wronged) / len(right) if right else None, None, None, len(right)),
    ]


def _share(name: str, successes: int, n: int) -> Row:
    return (name, successes / n if n else None, *wilson(successes, n), n)


def _median(name: str, values: list[float]) -> Row:
    return (name, *(median_interval(values) if values else (None, None, None)), len(values))
