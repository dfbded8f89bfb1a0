"""Give the rings of a scan the ids that they had in the scans before."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from graphrisk.lineage.events import SAME, RingEvent, find_events, lineage_of
from graphrisk.lineage.matching import Match, match_rings
from graphrisk.lineage.ring_set import RingSet
from graphrisk.lineage.settings import LineageSettings
from graphrisk.tables import SCHEMAS, conform

Tables = Mapping[str, pa.Table]
Row = dict[str, Any]
LISTED = "listed"


def identify_rings(tables: Tables, before: Tables | None, settings: LineageSettings) -> dict[str, pa.Table]:
    """Match the rings of a scan to those of the scan before and say what became of them.

    Parameters
    ----------
    tables : mapping of str to pyarrow.Table
        Of the scan; a ring's id is a hash of its members.
    before : mapping of str to pyarrow.Table or None
        `scan`, `ring`, `ring_member`, `ring_link`, `ring_evidence` and `ring_history` of the scan before; None if
        there is none.
    settings : LineageSettings

    Returns
    -------
    dict of str to pyarrow.Table
        The tables of the scan with lasting ids, with `ring_event`, `ring_history` and `ring.lineage`. A ring that is
        recognised has its id of before; one that is not keeps the hash of its members, unless that is the id of
        another ring: then it is hashed again.
    """
    new = RingSet.listed(tables)
    empty = {name: SCHEMAS[name].empty_table() for name in ("ring", "ring_member", "ring_link", "ring_evidence")}
    history = SCHEMAS["ring_history"].empty_table() if before is None else _remembered(tables, before, settings)
    old = RingSet.listed(empty if before is None else before)
    remembered = RingSet.remembered(history)
    match = match_rings(old, new, remembered, min_overlap=settings.min_overlap)
    taken = {*old.ids, *history["ring_id"].to_pylist()}
    named = {new.ids[k]: _name(k, old, new, remembered, match, taken) for k in range(len(new))}
    renamed = rename_rings(tables, named)
    final = RingSet([named[ring] for ring in new.ids], new.parts)
    events = find_events(old, final, remembered, match)
    from_scan = None if before is None else before["scan"]["scan_id"][0].as_py()
    renamed["ring_event"] = _event_table(events, tables, from_scan)
    renamed["ring"] = _with_lineage(renamed["ring"], events, from_scan)
    renamed["ring_history"] = _next_history(renamed, before, events, history, old)
    return renamed


def _as_of(tables: Tables) -> datetime:
    moment: datetime = tables["scan"]["as_of"][0].as_py()
    return moment


def _remembered(tables: Tables, before: Tables, settings: LineageSettings) -> pa.Table:
    """History of the scan before, without what is to be forgotten."""
    history = before["ring_history"]
    if settings.remember_days is None:
        return history
    oldest = _as_of(tables) - timedelta(days=settings.remember_days)
    listed = pc.equal(history["status"], LISTED)
    return history.filter(pc.or_(listed, pc.greater_equal(history["listed_at"], pa.scalar(oldest))))


def _name(ring: int, old: RingSet, new: RingSet, remembered: RingSet, match: Match, taken: set[str]) -> str:
    if ring in match.same:
        return old.ids[match.same[ring]]
    if ring in match.revived:
        return remembered.ids[match.revived[ring]]
    name, again = new.ids[ring], 0
    while name in taken:
        again += 1
        name = "r" + hashlib.sha256(f"{new.ids[ring]}\x00{again}".encode()).hexdigest()[:11]
    taken.add(name)
    return name


def rename_rings(tables: Tables, names: Mapping[str, str]) -> dict[str, pa.Table]:
    """Put other ids in the place of ring ids in all tables, evidence ids and alerts too.

    Parameters
    ----------
    tables : mapping of str to pyarrow.Table
    names : mapping of str to str
        Old id to new id.

    Returns
    -------
    dict of str to pyarrow.Table
    """
    changed = {before: after for before, after in names.items() if before != after}
    if not changed:
        return dict(tables)
    out = {}
    for name, table in tables.items():
        for column in ("ring_id", "evidence_id"):
            if column in table.column_names:
                table = _set(table, column, _renamed(table[column], changed))
        out[name] = table
    if "alert" in out:
        texts = [renamed_text(text, changed) for text in out["alert"]["text"].to_pylist()]
        out["alert"] = _set(out["alert"], "text", texts)
    scan = out["scan"].to_pylist()
    out["scan"] = _set(out["scan"], "alerts", [[renamed_text(text, changed) for text in row["alerts"]] for row in scan])
    return out


def renamed_text(text: str, names: Mapping[str, str]) -> str:
    """Put other ids in the place of ring ids in a sentence, each word once."""
    return " ".join(names.get(word, word) for word in text.split(" "))


def _renamed(column: pa.ChunkedArray, names: Mapping[str, str]) -> pa.Array:
    """Rename ids, alone or with a number behind: ``ring-01``."""
    values = column.combine_chunks().dictionary_encode()
    words = [None if text is None else text.split("-", 1) for text in values.dictionary.to_pylist()]
    new = [None if word is None else "-".join([names.get(word[0], word[0]), *word[1:]]) for word in words]
    return pa.array(new, pa.string()).take(values.indices)


def _set(table: pa.Table, column: str, values: Any) -> pa.Table:
    at = table.schema.get_field_index(column)
    return table.set_column(at, table.schema.field(at), pa.array(values, table.schema.field(at).type))


def _event_table(events: list[RingEvent], tables: Tables, from_scan: str | None) -> pa.Table:
    scan_id = tables["scan"]["scan_id"][0].as_py()
    rows = [{"scan_id": scan_id, "from_scan_id": from_scan, **event.row()} for event in events]
    return conform("ring_event", pa.Table.from_pylist(rows, schema=SCHEMAS["ring_event"]))


def _with_lineage(rings: pa.Table, events: list[RingEvent], from_scan: str | None) -> pa.Table:
    if from_scan is None:
        return rings
    main = lineage_of(events)
    return _set(rings, "lineage", [main.get(ring, SAME) for ring in rings["ring_id"].to_pylist()])


def _next_history(
    tables: Tables, before: Tables | None, events: list[RingEvent], history: pa.Table, old: RingSet
) -> pa.Table:
    """Take the history one scan further."""
    as_of, scan_id = _as_of(tables), tables["scan"]["scan_id"][0]
    listed = {row["ring_id"]: row for row in tables["ring"].to_pylist()}
    active = pc.or_(
        pc.equal(history["status"], LISTED), pc.is_in(history["ring_id"], pa.array(list(listed), pa.string()))
    )
    asleep = _set(history, "scan_id", pa.repeat(scan_id, len(history))).filter(pc.invert(active))
    rows = {row["ring_id"]: row for row in history.filter(active).to_pylist()}
    if before is not None:
        rows = _unrecorded(before) | rows
    gone = [k for k, ring_id in enumerate(old.ids) if ring_id not in listed]
    parts = dict(zip((old.ids[k] for k in gone), old.take(gone).part_lists(), strict=True))
    into = {ring: e.ring_id for e in events if e.event == "merged" for ring in e.from_ring_ids if ring != e.ring_id}
    for ring_id, row in rows.items():
        if ring_id not in listed and row["status"] == LISTED:
            row |= {"status": "merged" if ring_id in into else "dissolved", "into_ring_id": into.get(ring_id)}
            row["parts"] = parts[ring_id].as_py()
    origin = {
        e.ring_id: list(e.from_ring_ids) for e in events if e.event == "split" and e.ring_id not in e.from_ring_ids
    }
    for ring_id, ring in listed.items():
        known = rows.get(ring_id, {"born_at": as_of, "n_scans": 0, "from_ring_ids": origin.get(ring_id, [])})
        known |= {"ring_id": ring_id, "status": LISTED, "listed_at": as_of, "into_ring_id": None, "parts": None}
        rows[ring_id] = known | {"n_scans": known["n_scans"] + 1, **{key: ring[key] for key in ("band", "n_members")}}
    ordered = [{**row, "scan_id": scan_id.as_py()} for row in rows.values()]
    table = pa.Table.from_pylist(ordered, schema=SCHEMAS["ring_history"])
    return conform("ring_history", pa.concat_tables([table, asleep]).sort_by("ring_id"))


def _unrecorded(before: Tables) -> dict[str, Row]:
    """Rows of rings that the scan before listed, for a scan that was published without a history."""
    as_of = _as_of(before)
    return {
        ring["ring_id"]: {
            "ring_id": ring["ring_id"],
            "status": LISTED,
            "born_at": as_of,
            "listed_at": as_of,
            "n_scans": 1,
            "from_ring_ids": [],
            "into_ring_id": None,
            "parts": None,
            "band": ring["band"],
            "n_members": ring["n_members"],
            "told_band": ring["band"],
            "told_members": ring["n_members"],
            "told_value": ring["value_at_stake"],
        }
        for ring in before["ring"].to_pylist()
    }
