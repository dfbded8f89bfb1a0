"""What the page keeps in memory of the rings that were looked at."""

import pyarrow as pa
import pytest

from graphrisk.serve.kept import KeptTables
from graphrisk.serve.reader import StoreReader
from graphrisk.store import ResultStore
from graphrisk.tables import SCHEMAS
from tests.graphrisk.serve.conftest import with_ids


def table(n):
    return pa.table({"x": pa.array(range(n), pa.int64())})


def test_what_was_not_read_for_longest_goes_first():
    kept = KeptTables(most_bytes=100 * 8)
    for key in "abc":
        kept.put(key, table(30))
    assert kept.get("a").equals(table(30))
    kept.put("d", table(30))
    assert [kept.get(key) is not None for key in "abcd"] == [True, False, True, True]
    assert kept.n_bytes == 90 * 8
    kept.put("large", table(101))
    kept.put("a", table(30))
    assert kept.get("large") is None
    assert kept.n_bytes == 90 * 8


def test_a_ring_is_read_once_and_read_anew_when_its_scan_is_replaced(store, monkeypatch):
    reader = StoreReader(store)
    before = reader.ring("r1").table("ring_member", "s2")
    reads = []
    monkeypatch.setattr(reader, "cursor", lambda: reads.append(1) or pytest.fail("it was read again"))
    assert reader.ring("r1").table("ring_member", "s2").equals(before)
    monkeypatch.undo()
    results = ResultStore(store)
    tables = {name: results.table(name, "s2") for name in SCHEMAS}
    results.publish(
        "s2", with_ids({**tables, "ring_member": tables["ring_member"].slice(0, 3)}, "s2"), {"as_of": "2026-01-02"}
    )
    assert len(reader.ring("r1").table("ring_member", "s2")) == 3
    assert reads == []


def test_rings_are_kept_apart(store):
    reader = StoreReader(store)
    assert len(reader.ring("r1").table("ring_member", "s2")) == 8
    assert len(reader.ring("r2").table("ring_member", "s2")) == 0
