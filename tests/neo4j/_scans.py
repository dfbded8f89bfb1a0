"""Scans made for tests of the write-back, straight into a store, of any size and with any text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from graphrisk.store import ResultStore
from graphrisk.tables import SCHEMAS

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def _table(name: str, scan_id: str, columns: dict[str, Any]) -> pa.Table:
    """A table of the schema; columns that are not given are null."""
    n = len(next(iter(columns.values()))) if columns else 0
    schema = SCHEMAS[name]
    columns = {"scan_id": pa.repeat(pa.scalar(scan_id), n)} | columns
    return pa.table(
        [pa.array(columns[f.name], f.type) if f.name in columns else pa.nulls(n, f.type) for f in schema], schema
    )


def write_scan(
    folder: Path,
    scan_id: str,
    rings: dict[str, list[str]],
    *,
    days: int = 0,
    devices: bool = True,
    score: float = 0.9,
    text: str = "Fact.",
    role: str = "member",
    events: list[tuple[str, str, list[str]]] = [],  # noqa: B006
) -> ResultStore:
    """Publish a scan with these rings (id to members).

    Members of a ring share a device and transfer in a circle; without `devices` there are members alone.
    """
    as_of = MOMENT + timedelta(days=days)
    ring_ids = list(rings)
    owner = [ring for ring, members in rings.items() for _ in members]
    members = [member for group in rings.values() for member in group]
    n, rank = len(members), np.arange(len(members))
    nexts = [group[(k + 1) % len(group)] for group in rings.values() for k in range(len(group))]
    times = pa.array([as_of - timedelta(days=30)] * max(n, len(ring_ids)), SCHEMAS["ring"].field("first_seen").type)
    entities = [
        [{"entity_type": "account", "entity_id": m} for m in group[:3]]
        + [{"entity_type": "device", "entity_id": f"d-{ring}"}]
        for ring, group in rings.items()
    ]
    tables: dict[str, dict[str, Any]] = {
        "scan": {"as_of": [as_of], "finished_at": [as_of], "status": ["done"], "code_version": ["0.1.0"]}
        | {"n_rings": [len(rings)], "alerts": [[]], "stages": [[]]},
        "ring": {
            "ring_id": ring_ids,
            "typology": ["multi_account"] * len(rings),
            "score": np.full(len(rings), score),
            "score_low": np.full(len(rings), score / 2),
            "score_high": np.full(len(rings), 0.99),
            "q_value": np.full(len(rings), 0.01),
            "band": ["high"] * len(rings),
            "n_members": [len(group) for group in rings.values()],
            "n_signals": [1] * len(rings),
            "first_seen": times[: len(rings)],
            "model": ["transparent"] * len(rings),
        },
        "ring_member": {
            "ring_id": owner,
            "entity_type": ["account"] * n,
            "entity_id": members,
            "role": [role] * n,
            "member_score": np.round(0.5 + (rank % 50) / 100, 2),
            "joined_at": pa.array(np.where(rank % 7, 1_700_000_000_000_000 + rank * 1_000_000, 0), pa.int64()).cast(
                pa.timestamp("us", tz="UTC")
            ),
        },
        "ring_evidence": {}
        if not devices
        else {
            "ring_id": ring_ids,
            "evidence_id": [f"{ring}-01" for ring in ring_ids],
            "reason_code": ["shared_device"] * len(rings),
            "direction": ["for"] * len(rings),
            "text": [text] * len(rings),
            "entities": entities,
            "weight": np.full(len(rings), 2.5),
            "is_hub": [False] * len(rings),
        },
        "ring_link": {
            "ring_id": owner * 2,
            "source_type": ["account"] * 2 * n,
            "source_id": members * 2,
            "target_type": ["device"] * n + ["account"] * n,
            "target_id": [f"d-{ring}" for ring in owner] + nexts,
            "link_type": ["shared_device"] * n + ["transfer"] * n,
            "weight": np.full(2 * n, 1.5),
            "first_seen": pa.concat_arrays([times[:n], times[:n]]) if n else [],
            "n_events": np.full(2 * n, 3),
            "n_accounts": pa.array([5] * n + [None] * n, pa.int64()),
            "is_hub": [False] * 2 * n,
        }
        if devices
        else {},
        "ring_event": {
            "ring_id": [ring for ring, _, _ in events],
            "event": [event for _, event, _ in events],
            "from_ring_ids": [origin for _, _, origin in events],
        },
    }
    store = ResultStore(folder)
    full = {name: _table(name, scan_id, tables.get(name, {})) for name in SCHEMAS}
    store.publish(scan_id, full, {"as_of": as_of.isoformat()})
    return store


def many_rings(n_members: int, size: int = 10, start: int = 0, prefix: str = "r") -> dict[str, list[str]]:
    """Rings of equal size over numbered accounts; every twentieth account is in the next ring too."""
    rings = {}
    for k in range(n_members // size):
        first = start + k * size
        rings[f"{prefix}{first:010d}"] = [f"u{i:08d}" for i in range(first, first + size - (k % 20 == 1))]
        if k % 20 == 1:
            rings[f"{prefix}{first:010d}"].append(f"u{first - 1:08d}")
    return rings
