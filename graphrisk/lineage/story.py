"""The lineage of one ring in sentences, from the results store alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from graphrisk.store import ResultStore, StoreError

Row = dict[str, Any]


@dataclass(frozen=True)
class RingStory:
    """What became of one ring.

    Parameters
    ----------
    ring_id : str
    history : dict
        Its row of `ring_history` in the newest scan looked at.
    events : tuple of dict
        Rows of `ring_event` about it, oldest first, each with the `as_of` of its scan.
    states : tuple of dict
        `scan_id`, `as_of`, `n_members`, `score`, `band` and `value_at_stake` by every scan that listed it.
    complete : bool
        Whether every scan back to the first is still there.
    """

    ring_id: str
    history: Row
    events: tuple[Row, ...]
    states: tuple[Row, ...]
    complete: bool

    def text(self) -> str:
        """Write the story, one event a line."""
        known, first = self.history, _day(self.history["born_at"])
        scans = f"{known['n_scans']} scan" + ("" if known["n_scans"] == 1 else "s")
        now = {
            "listed": f"listed, {known['n_members']} members, band {known['band']}",
            "merged": f"merged into {known['into_ring_id']} after {_day(known['listed_at'])}",
            "dissolved": f"not listed any more after {_day(known['listed_at'])}",
        }
        lines = [f"Ring {self.ring_id}: first listed {first}, by {scans}; now {now[known['status']]}."]
        if not self.complete:
            lines.append("  Earlier scans are not in the store any more.")
        return "\n".join(
            [*lines, *(f"  {_day(row['as_of'])}  {row['event']:<9}  {row['text']}" for row in self.events)]
        )

    def to_dict(self) -> Row:
        """Return the story as plain values."""
        history = {key: value for key, value in self.history.items() if key not in ("parts", "scan_id")}
        return {**history, "complete": self.complete, "events": list(self.events), "states": list(self.states)}


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"


def tell_story(store: ResultStore, ring_id: str, scan_id: str | None = None) -> RingStory:
    """Gather what the scans of a store say of a ring.

    Parameters
    ----------
    store : ResultStore
    ring_id : str
    scan_id : str, optional
        Look back from here; from the newest by default.

    Returns
    -------
    RingStory
        Reads two small files per scan.

    Raises
    ------
    ValueError
        If no scan ever listed the ring.
    StoreError
        If a scan cannot be read.
    """
    newest = scan_id or store.latest()
    history = _rows(store.table("ring_history", newest), "ring_id", ring_id)
    if not history:
        raise ValueError(f"the ring must be one that this scan or one before it listed, got {ring_id!r}")
    events: list[Row] = []
    states: list[Row] = []
    complete = False
    for number, at, before in scans_back(store, newest):
        as_of, complete = at, before is None
        told = store.table("ring_event", number)
        about = [row for row in told.to_pylist() if ring_id == row["ring_id"] or _absorbed(row, ring_id)]
        events += [{**row, "as_of": as_of} for row in reversed(about)]
        keys = ("scan_id", "n_members", "score", "band", "value_at_stake")
        for row in _rows(store.table("ring", number), "ring_id", ring_id):
            states.append({"as_of": as_of, **{key: row[key] for key in keys}})
    return RingStory(ring_id, history[0], tuple(reversed(events)), tuple(reversed(states)), complete)


def _absorbed(row: Row, ring_id: str) -> bool:
    return bool(row["event"] == "merged" and ring_id in row["from_ring_ids"])


def _rows(table: pa.Table, column: str, value: str) -> list[Row]:
    rows: list[Row] = table.filter(pc.equal(table[column], value)).to_pylist()
    return rows


def scans_back(store: ResultStore, scan_id: str) -> Iterator[tuple[str, datetime, str | None]]:
    """Walk from a scan to the one that it was matched to, and so on.

    Parameters
    ----------
    store : ResultStore
    scan_id : str

    Yields
    ------
    tuple of (str, datetime, str or None)
        Id, `as_of` and the scan before; ends where the scan before is not in the store any more.
    """
    there = set(store.scans())
    at: str | None = scan_id
    while at is not None and at in there:
        facts = store.manifest(at)
        before = facts.get("previous_scan_id")
        yield at, datetime.fromisoformat(facts["as_of"]), before
        at = before
    if scan_id not in there:
        raise StoreError(f"there is no scan {scan_id} in {store.path}")


def lineage_sentence(tables: Mapping[str, pa.Table], ring_id: str) -> str | None:
    """Say in one sentence since when a ring is known and what happened to it since the scan before.

    Parameters
    ----------
    tables : mapping of str to pyarrow.Table
        `ring_history` and `ring_event` of one scan, if there are any.
    ring_id : str

    Returns
    -------
    str or None
        None where nothing was compared.
    """
    known = _rows(tables["ring_history"], "ring_id", ring_id) if "ring_history" in tables else []
    if not known:
        return None
    n = known[0]["n_scans"]
    if n == 1:
        since = "First listed by this scan."
    else:
        since = f"First listed {_day(known[0]['born_at'])}, by {n} scans so far."
    events = [row["text"] for row in _rows(tables["ring_event"], "ring_id", ring_id) if row["event"] != "born"]
    return " ".join([since, *(["Since the scan before:", *events] if events else [])])
