"""Which changes since the last scans are worth an alert; nothing is told twice."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from graphrisk.alerts.settings import AlertSettings
from graphrisk.alerts.swallowed import Alert
from graphrisk.tables import SCHEMAS, conform

Tables = Mapping[str, pa.Table]
Row = dict[str, Any]

RANK = {"low": 0, "medium": 1, "high": 2}


def raise_alerts(tables: Tables, settings: AlertSettings, *, first: bool) -> dict[str, pa.Table]:
    """Add the alerts about material changes to a scan whose rings have been identified.

    What has been told of a ring is kept in `ring_history`: the band, the size, the value, whether it may have
    swallowed another, and into which ring it merged. The first scan of a store tells of no change: it is what later
    ones are held against. A part that split off inherits what was told of the ring it came from.

    Parameters
    ----------
    tables : mapping of str to pyarrow.Table
        With `ring_event` and `ring_history` of the lineage; `alert` holds what the search itself raised.
    settings : AlertSettings
    first : bool
        Whether there is no scan before.

    Returns
    -------
    dict of str to pyarrow.Table
        With the final `alert`, `ring_history` and `scan`.
    """
    history = tables["ring_history"]
    known = {row["ring_id"]: row for row in history.drop_columns("parts").to_pylist()}
    events: dict[str, dict[str, Row]] = {}
    for row in tables["ring_event"].to_pylist():
        events.setdefault(row["ring_id"], {})[row["event"]] = row
    swallowed = {row["ring_id"]: row for row in tables["alert"].to_pylist()}
    alerts: list[Alert] = []
    for ring in tables["ring"].to_pylist():
        memory = known[ring["ring_id"]]
        about = events.get(ring["ring_id"], {})
        alerts += _swallowed(swallowed.get(ring["ring_id"]), memory)
        if first:
            memory |= {"told_band": ring["band"], "told_members": ring["n_members"]}
            memory["told_value"] = ring["value_at_stake"]
        else:
            _inherit(memory, about, known)
            alerts += _changes(ring, about, memory, known, settings)
    return _with_alerts(tables, alerts, list(known.values()))


def _inherit(memory: Row, about: dict[str, Row], known: dict[str, Row]) -> None:
    """Take over what was told: at its first listing a ring has its own size, and the band of what it split from."""
    if memory["told_members"] is None:
        memory["told_members"] = memory["n_members"]
    if "split" in about:
        parents = [known[ring] for ring in about["split"]["from_ring_ids"] if ring in known]
        told = [parent["told_band"] for parent in parents if parent["told_band"] is not None]
        told += [memory["told_band"]] if memory["told_band"] is not None else []
        memory["told_band"] = max(told, key=RANK.__getitem__, default=None)
        values = [parent["told_value"] for parent in parents if parent["told_value"] is not None]
        if memory["told_value"] is None and values:
            memory["told_value"] = max(values)


def _swallowed(raised: Row | None, memory: Row) -> Iterator[Alert]:
    if raised is None or memory["told_swallowed"]:
        return
    memory["told_swallowed"] = True
    yield Alert(**{name: raised[name] for name in ("kind", "ring_id", "text", "measure", "before", "now")})


def _changes(
    ring: Row, about: dict[str, Row], memory: Row, known: dict[str, Row], settings: AlertSettings
) -> Iterator[Alert]:
    """Tell of one ring what is new about it, and remember that it was told."""
    if RANK[ring["band"]] < RANK[settings.band]:
        return
    name, n = ring["ring_id"], ring["n_members"]
    named = f"ring {name} ({ring['typology']})"
    if memory["told_band"] is None or RANK[memory["told_band"]] < RANK[settings.band]:
        how = "is new" if memory["n_scans"] == 1 else "rose"
        text = f"{named} {how} in band {ring['band']}: score {ring['score']:.3f}, {n} members"
        yield Alert("ring_new", name, text, "score", None, ring["score"])
        memory |= {"told_band": ring["band"], "told_members": n}
    merged = [other for other in about.get("merged", {}).get("from_ring_ids", ()) if other != name]
    fresh = [other for other in merged if other in known and known[other]["told_into"] != name]
    if fresh:
        before = about["merged"]["n_before"]
        text = f"{named} merged with {', '.join(fresh)}: {n} members, {before} in all before"
        yield Alert("ring_merged", name, text, "members", before, n, tuple(about["merged"]["from_ring_ids"]))
        memory["told_members"] = n
        for other in fresh:
            known[other]["told_into"] = name
    if n >= (1 + settings.growth) * memory["told_members"]:
        before = memory["told_members"]
        text = f"{named} grew by {n / before - 1:.0%}: {n} members, {before} when last told"
        yield Alert("ring_grown", name, text, "members", before, n)
        memory["told_members"] = n
    value, told = ring["value_at_stake"], memory["told_value"]
    if settings.value is not None and value is not None and value >= settings.value:
        if told is None or told < settings.value:
            unit = f" {ring['currency']}" if ring["currency"] else ""
            text = f"{named} has {value:,.2f}{unit} at stake, {settings.value:,.2f} is the limit"
            yield Alert("value_high", name, text, "value_at_stake", told, value)
        memory["told_value"] = value


def _with_alerts(tables: Tables, alerts: list[Alert], history: list[Row]) -> dict[str, pa.Table]:
    scan = tables["scan"].to_pylist()[0]
    rows = [alert_row(alert, scan["scan_id"], scan["as_of"].isoformat()) for alert in alerts]
    scan |= {"alerts": [alert.text for alert in alerts], "n_alerts": len(alerts)}
    made = {
        name: conform(name, pa.Table.from_pylist(of_table, schema=SCHEMAS[name]))
        for name, of_table in (("alert", rows), ("scan", [scan]), ("ring_history", history))
    }
    # the parts of rings that are gone are many; they pass by untouched
    at = SCHEMAS["ring_history"].get_field_index("parts")
    parts = tables["ring_history"]["parts"]
    made["ring_history"] = made["ring_history"].set_column(at, SCHEMAS["ring_history"].field(at), parts)
    return {**tables, **made}


def alert_row(alert: Alert, scan_id: str, as_of: str) -> Row:
    """Return an alert as a row of the `alert` table; its id is the same whenever the same scan is run again."""
    digest = hashlib.sha256("\x00".join((alert.kind, alert.ring_id, as_of)).encode()).hexdigest()
    delta = None if alert.before is None or alert.now is None else alert.now - alert.before
    row = asdict(alert) | {"from_ring_ids": list(alert.from_ring_ids)}
    return {**row, "scan_id": scan_id, "alert_id": f"a{digest[:15]}", "delta": delta}
