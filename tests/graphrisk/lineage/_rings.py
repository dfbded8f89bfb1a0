"""Rings by hand, as sets and as the tables of scans."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa

from graphrisk.lineage.ring_set import PART_SCHEMA, RingSet, _once
from graphrisk.scan_tables import make_ring_id
from graphrisk.tables import SCHEMAS

START = datetime(2026, 1, 1, tzinfo=UTC)


def ring_set(members, signals=None, reasons=None) -> RingSet:
    """Rings by id: members as a text of one letter each, signals and reasons as name to nats."""
    ids = list(members)
    rows = [(k, "member", "account", letter, 1.0) for k, ring in enumerate(ids) for letter in members[ring]]
    for part, given in (("signal", signals or {}), ("reason", reasons or {})):
        rows += [
            (k, part, part, name, nats) for k, ring in enumerate(ids) for name, nats in given.get(ring, {}).items()
        ]
    columns = list(zip(*rows, strict=True)) or [[]] * 5
    return RingSet(ids, _once(pa.table([pa.array(c) for c in columns], names=PART_SCHEMA.names).cast(PART_SCHEMA)))


def scan_tables(groups, day, scan_id=None, *, bands=None, values=None, swallowed=()):
    """Tables of a scan that lists groups of members, each a text of one letter per member."""
    scan_id = scan_id or f"scan-{day}"
    rows = {name: [] for name in SCHEMAS}
    for group in groups:
        ring = dict.fromkeys(SCHEMAS["ring"].names) | {"ring_id": make_ring_id(list(group))}
        ring |= {"band": (bands or {}).get(group, "high"), "value_at_stake": (values or {}).get(group)}
        rows["ring"].append(ring | {"n_members": len(group), "score": 0.95, "typology": "multi_account"})
        if group in swallowed:
            alert = dict.fromkeys(SCHEMAS["alert"].names) | {"kind": "ring_swallowed", "ring_id": ring["ring_id"]}
            rows["alert"].append(alert | {"text": f"ring {ring['ring_id']} is large"})
        for letter in group:
            member = dict.fromkeys(SCHEMAS["ring_member"].names) | {"entity_type": "account", "entity_id": letter}
            rows["ring_member"].append(member | {"ring_id": ring["ring_id"]})
            feature = dict.fromkeys(SCHEMAS["entity_feature"].names) | {"entity_id": letter}
            rows["entity_feature"].append(feature | {"ring_id": ring["ring_id"]})
        line = dict.fromkeys(SCHEMAS["ring_evidence"].names) | {
            "direction": "for",
            "reason_code": "links",
            "weight": 2.0,
        }
        rows["ring_evidence"].append(line | {"ring_id": ring["ring_id"], "evidence_id": f"{ring['ring_id']}-01"})
    alerts = [f"ring {row['ring_id']} is large" for row in rows["ring"]]
    scan = dict.fromkeys(SCHEMAS["scan"].names) | {"as_of": START + timedelta(days=day), "alerts": alerts}
    rows["scan"].append(scan)
    named = {k: [{**r, "scan_id": scan_id} if "scan_id" in r else r for r in rs] for k, rs in rows.items()}
    return {name: pa.Table.from_pylist(named[name], schema=schema) for name, schema in SCHEMAS.items()}
