import pandas as pd
import pytest

from graphrisk.api import scan
from graphrisk.config import ScanConfig, read_config
from graphrisk.estimate.figures import LEAST_ROWS, MEASURED, MIB, figures_of
from graphrisk.estimate.needs import estimate_needs
from graphrisk.estimate.room import check_room
from graphrisk.store import ResultStore


def config_of(tmp_path, n_rows, **scan):
    pd.DataFrame({"account_id": [f"a{k}" for k in range(n_rows)]}).to_parquet(tmp_path / "accounts.parquet")
    source = {"path": "accounts.parquet", "table": "accounts"}
    return ScanConfig.model_validate({"source": [source], "base_dir": tmp_path, "scan": scan})


def test_needs_grow_with_the_rows(tmp_path):
    small, large = (estimate_needs(config_of(tmp_path, n)) for n in (1_000, 100_000))
    assert (small.rows, small.exact) == ({"accounts": 1_000}, True)
    for part in ("memory_bytes", "store_bytes", "checkpoint_bytes", "seconds"):
        assert 0 < getattr(small, part) < getattr(large, part)


def test_a_memory_limit_moves_what_the_reader_holds_to_the_disk(tmp_path):
    plenty, little = (estimate_needs(config_of(tmp_path, 100_000, memory_limit=limit)) for limit in ("20GiB", "1MB"))
    assert plenty.temp_bytes == 0
    assert little.temp_bytes == MEASURED.reading * 100_000 - 1_000_000
    assert MEASURED.base < little.memory_bytes < plenty.memory_bytes


def test_without_checkpoints_none_are_counted(tmp_path):
    assert estimate_needs(config_of(tmp_path, 1_000, checkpoints=False)).checkpoint_bytes == 0


def test_a_real_scan_needs_about_what_was_said(world, tmp_path):
    config = read_config(world / "scan.toml", {"store": str(tmp_path / "store")})
    needs = estimate_needs(config)
    assert figures_of(ResultStore(tmp_path / "store")) is None
    result = scan(config, publish=True)
    row = result.tables["scan"].to_pylist()[0]
    assert needs.exact
    assert needs.rows == {table: row[f"n_{table}"] for table in ("accounts", "links", "transfers", "events")}
    manifest = ResultStore(tmp_path / "store").manifest(result.scan_id)
    assert needs.store_bytes == pytest.approx(sum(entry["bytes"] for entry in manifest["tables"].values()), rel=0.5)


def published(store, make_tables, scan_id, as_of, *, n_rows, seconds, peak_mb, **manifest):
    tables = make_tables(["a"], [])
    row = tables["scan"].to_pylist()[0] | {"n_accounts": n_rows}
    row["stages"] = [{"name": "load", "seconds": seconds, "peak_mb": peak_mb, "rows": n_rows}]
    tables["scan"] = type(tables["scan"]).from_pylist([row], schema=tables["scan"].schema)
    store.publish(scan_id, tables, {"as_of": as_of, **manifest})


def test_earlier_scans_of_the_store_tell_more_than_simulated_worlds(tmp_path, make_tables):
    store = ResultStore(tmp_path / "store")
    base = MEASURED.base / MIB
    for number, seconds in enumerate((100.0, 10.0, 12.0)):  # the first one had to compile
        facts = {"n_rows": 1_000_000, "seconds": seconds, "peak_mb": base + 500}
        published(store, make_tables, f"s{number}", f"2026-01-0{number + 1}", **facts)
    killed = {"n_rows": 1_000_000, "seconds": 0.1, "peak_mb": base + 1, "stages_of_killed_scan": ["load"]}
    published(store, make_tables, "s8", "2026-01-08", **killed)
    published(store, make_tables, "s9", "2026-01-09", n_rows=LEAST_ROWS - 1, seconds=9.0, peak_mb=base + 9)
    figures = figures_of(store)
    assert figures.basis == "the last 3 scans of the store"
    needs = estimate_needs(config_of(tmp_path, 2_000_000), figures)
    assert needs.memory_bytes / MIB == pytest.approx(base + 1_000, rel=0.01)
    assert needs.seconds == pytest.approx(1.5 + 2 * 10.5, abs=0.1)


def test_rows_of_queries_are_those_of_the_scan_before(tmp_path, make_tables):
    store = ResultStore(tmp_path / "store")
    published(store, make_tables, "s1", "2026-01-01", n_rows=1_000_000, seconds=10.0, peak_mb=900)
    source = {"query": "SELECT 'a' AS account_id", "table": "accounts", "name": "people"}
    config = ScanConfig.model_validate({"source": [source], "base_dir": tmp_path})
    alone, after = estimate_needs(config), estimate_needs(config, figures_of(store))
    assert alone.unknown == after.unknown == ["people"]
    assert alone.memory_bytes == MEASURED.base
    assert after.memory_bytes / MIB == pytest.approx(900, rel=0.01)


def test_what_fits_is_not_refused_and_what_cannot_is_told(tmp_path, monkeypatch):
    config = config_of(tmp_path, 1_000)
    needs = estimate_needs(config)
    assert check_room(needs, config) == []
    huge = type(needs)(**(vars(needs) | {"memory_bytes": 1 << 60, "store_bytes": 1 << 60, "temp_bytes": 1 << 60}))
    memory, *disks = check_room(huge, config)
    assert memory.startswith("the scan of 1,000 rows needs about 1,073,741,824.0 GiB of memory and there are ")
    assert disks
    assert all("of disk at" in sentence for sentence in disks)
