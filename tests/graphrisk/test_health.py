"""What a look at a store shows."""

import json
from datetime import datetime, timedelta

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from graphrisk.checkpoints.folder import WORK
from graphrisk.cli.app import app
from graphrisk.health import look_at, read_span
from graphrisk.store import ResultStore
from tests.graphrisk.conftest import MOMENT


@pytest.fixture
def store(tmp_path, make_tables):
    results = ResultStore(tmp_path / "store")
    for number in (1, 2):
        tables = make_tables(["a"], [])
        row = tables["scan"].to_pylist()[0] | {"finished_at": MOMENT + timedelta(days=number)}
        tables["scan"] = pa.Table.from_pylist([row], schema=tables["scan"].schema)
        results.publish(f"s{number}", tables, {"as_of": f"2026-01-0{number}"})
    return results


def look(store, hours=0.0, **most):
    return look_at(store.path, now=MOMENT + timedelta(days=2, hours=hours), **most)


def test_a_store_in_order_has_no_problems(store):
    found = look(store, hours=5)
    assert found.problems == []
    assert (found.scan_id, found.n_scans, found.age_hours) == ("s2", 2, 5.0)
    assert found.finished_at == MOMENT + timedelta(days=2)
    assert found.n_bytes == sum(file.stat().st_size for file in store.path.glob("scan=*/*.parquet"))
    assert (found.writer, found.interrupted) == (None, False)


def test_a_scan_that_is_too_old_is_a_problem(store):
    assert look(store, hours=25, most_age=timedelta(hours=26)).problems == []
    (problem,) = look(store, hours=27, most_age=timedelta(hours=26)).problems
    assert problem == "the newest scan s2 was finished 27.0 hours ago, more than 26.0"


def test_a_damaged_scan_is_a_problem(store):
    (store.folder("s2") / "ring.parquet").unlink()
    assert "ring.parquet must have" in look(store).problems[0]
    (store.folder("s1") / "manifest.json").write_text("{")
    assert look(store).problems[0] == "scan s1 is damaged: its manifest cannot be read"


def test_a_damaged_newest_scan_is_a_problem_though_the_one_before_is_whole(store):
    (store.folder("s2") / "manifest.json").write_text("{")
    found = look(store)
    assert found.scan_id == "s1"
    assert found.problems == ["scan s2 is damaged: its manifest cannot be read"]


def test_a_disk_with_no_room_for_the_next_scan_is_a_problem(store, monkeypatch):
    monkeypatch.setattr("graphrisk.health.shutil.disk_usage", lambda path: type("Usage", (), {"free": 10}))
    (problem,) = look(store).problems
    assert "has 10 bytes left" in problem


def test_who_writes_and_what_was_left_is_told(store):
    (store.path / WORK).mkdir()
    (store.path / WORK / "load-0-load.zip").write_bytes(b"")
    assert look(store).interrupted
    with store.lock():
        found = look(store)
    assert found.writer.startswith("process ")
    assert not found.interrupted
    assert found.problems == []


def test_without_a_store_or_a_scan_there_is_nothing_to_be_well(tmp_path):
    assert look_at(tmp_path / "none").problems == [f"there is no store at {tmp_path / 'none'}"]
    assert look_at(tmp_path).problems == [f"there is no scan in {tmp_path}"]


@pytest.mark.parametrize(("text", "hours"), [("90m", 1.5), ("26h", 26), (" 2 d ", 48), ("1.5h", 1.5)])
def test_spans_of_time_are_read(text, hours):
    assert read_span(text) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "26", "h", "-1h", "2w", "1h30m"])
def test_what_is_no_span_is_refused(text):
    with pytest.raises(ValueError, match="must look like 90m, 26h or 2d, got"):
        read_span(text)


def test_the_command_is_a_probe(store):
    def probe(*options):
        return CliRunner().invoke(app, ["store", "health", "--store", str(store.path), *options])

    well = probe("--json")
    assert well.exit_code == 0
    assert json.loads(well.output)["healthy"]
    assert datetime.fromisoformat(json.loads(well.output)["finished_at"]) == MOMENT + timedelta(days=2)
    ill = probe("--max-age", "1m")
    assert ill.exit_code == 1
    assert "problem: the newest scan s2 was finished" in ill.output
    assert not json.loads(probe("--max-age", "1m", "--json").output)["healthy"]


def test_verifying_tells_of_scans_that_cannot_be_read_and_of_none(store, tmp_path):
    def verify(path):
        return CliRunner().invoke(app, ["store", "verify", "--store", str(path)])

    assert verify(store.path).exit_code == 0
    (store.folder("s1") / "manifest.json").write_text("{")
    assert "the manifest of scan s1" in str(verify(store.path).exception)
    assert "there is no scan in" in str(verify(tmp_path).exception)
