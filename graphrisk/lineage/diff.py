"""What two scans of a store say differently."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import pyarrow as pa

from graphrisk.lineage.follow import read_before
from graphrisk.lineage.identify import identify_rings
from graphrisk.lineage.settings import LineageSettings
from graphrisk.lineage.story import scans_back
from graphrisk.store import ResultStore

Row = dict[str, Any]
Change = Literal["new", "gone", "changed"]
KEYS = ("typology", "band", "score", "n_members", "n_signals", "value_at_stake")


@dataclass(frozen=True)
class RingChange:
    """How one ring differs.

    Parameters
    ----------
    ring_id : str
    change : {"new", "gone", "changed"}
        Listed by the second scan only, by the first only, or by both with other members or another band.
    before, now : dict or None
        `typology`, `band`, `score`, `n_members`, `n_signals` and `value_at_stake`; None where not listed.
    added, removed : tuple of str
        Members that came and that left.
    note : str
        What became of a ring that is gone, or where one that is new came from; empty if nothing is known.
    """

    ring_id: str
    change: Change
    before: Row | None
    now: Row | None
    added: tuple[str, ...]
    removed: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class ScanDiff:
    """How two scans differ.

    Parameters
    ----------
    from_scan, to_scan : str
    same_history : bool
        Whether one scan follows the other in the store. If not, the rings of the second were matched to those of
        the first for this comparison and bear their ids.
    rings : tuple of RingChange
        New ones first, then those gone, then those changed; each by size, the largest first.
    n_unchanged : int
    """

    from_scan: str
    to_scan: str
    same_history: bool
    rings: tuple[RingChange, ...]
    n_unchanged: int

    def count(self, change: Change) -> int:
        """Rings with this change."""
        return sum(ring.change == change for ring in self.rings)

    def to_dict(self) -> Row:
        """Return the comparison as plain values."""
        counts = {name: self.count(name) for name in ("new", "gone", "changed")}
        return {**asdict(self), **{f"n_{name}": n for name, n in counts.items()}}


def diff_scans(store: ResultStore, from_scan: str, to_scan: str) -> ScanDiff:
    """Compare two scans of a store.

    Parameters
    ----------
    store : ResultStore
    from_scan, to_scan : str

    Returns
    -------
    ScanDiff

    Raises
    ------
    StoreError
        If one of the two is not there or cannot be read.
    """
    one, other = read_before(store, from_scan), read_before(store, to_scan)
    other["ring_event"] = store.table("ring_event", to_scan)
    forwards = from_scan in {scan for scan, _, _ in scans_back(store, to_scan)}
    same = forwards or to_scan in {scan for scan, _, _ in scans_back(store, from_scan)}
    if not same:
        other = identify_rings(other, one, LineageSettings())
    notes = _notes(other) if forwards or not same else {}
    return ScanDiff(from_scan, to_scan, same, *_compare(one, other, notes))


def _notes(now: Mapping[str, pa.Table]) -> dict[str, str]:
    out = {}
    for row in now["ring_history"].to_pylist():
        if row["status"] == "merged":
            out[row["ring_id"]] = f"merged into {row['into_ring_id']}"
        elif row["from_ring_ids"]:
            out[row["ring_id"]] = f"split from {', '.join(row['from_ring_ids'])}"
    return out


def _compare(
    one: Mapping[str, pa.Table], other: Mapping[str, pa.Table], notes: Mapping[str, str]
) -> tuple[tuple[RingChange, ...], int]:
    before, now = _rings(one), _rings(other)
    was, are = _members(one), _members(other)
    changes: list[RingChange] = []
    for ring_id in {**before, **now}:
        old, new = before.get(ring_id), now.get(ring_id)
        came, left = (
            are.get(ring_id, set()) - was.get(ring_id, set()),
            was.get(ring_id, set()) - are.get(ring_id, set()),
        )
        if old and new and not came and not left and old["band"] == new["band"]:
            continue
        kind: Change = "new" if old is None else "gone" if new is None else "changed"
        note = "" if kind == "changed" else notes.get(ring_id, "")
        changes.append(RingChange(ring_id, kind, old, new, tuple(sorted(came)), tuple(sorted(left)), note))
    rank = {"new": 0, "gone": 1, "changed": 2}
    changes.sort(key=lambda c: (rank[c.change], -(c.now or c.before or {})["n_members"], c.ring_id))
    return tuple(changes), len({**before, **now}) - len(changes)


def _rings(tables: Mapping[str, pa.Table]) -> dict[str, Row]:
    return {row["ring_id"]: {key: row[key] for key in KEYS} for row in tables["ring"].to_pylist()}


def _members(tables: Mapping[str, pa.Table]) -> dict[str, set[str]]:
    out: dict[str, set[str]] = {}
    table = tables["ring_member"]
    for ring_id, name in zip(table["ring_id"].to_pylist(), table["entity_id"].to_pylist(), strict=True):
        out.setdefault(ring_id, set()).add(name)
    return out
