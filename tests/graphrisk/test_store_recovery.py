"""What a store does after a publication was killed, while one is going on, and when a scan is damaged."""

import fcntl
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from graphrisk import store as store_module
from graphrisk.store import ResultStore, StoreError
from graphrisk.store_lock import holder_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tables(make_tables):
    return make_tables(["a", "b"], [("a", "shared_device", "d", 3.0), ("b", "shared_device", "d", 3.0)])


def test_publishing_is_refused_while_another_scan_holds_the_store(tmp_path, tables):
    with ResultStore(tmp_path).lock(), pytest.raises(StoreError, match="another scan is writing"):
        ResultStore(tmp_path).publish("s1", tables, {})
    assert ResultStore(tmp_path).scans() == []


def test_the_refusal_names_who_holds_the_store_and_it_is_free_once_they_died(tmp_path, tables, caplog):
    code = "import os, sys; from graphrisk.store import ResultStore\n"
    code += "with ResultStore(sys.argv[1]).lock(): print('held', flush=True); sys.stdin.read()"
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    assert child.stdout.readline() == b"held\n"
    assert holder_of(tmp_path).pid == child.pid
    with pytest.raises(StoreError, match=rf"another scan is writing to .* \(process {child.pid} on .* since 2"):
        ResultStore(tmp_path).publish("s1", tables, {})
    child.kill()
    child.wait()
    child.stdin.close()
    child.stdout.close()
    assert holder_of(tmp_path) is None
    with caplog.at_level(logging.WARNING, logger="graphrisk.store"):
        ResultStore(tmp_path).publish("s1", tables, {})
    assert f"process {child.pid} on" in caplog.text
    caplog.clear()
    ResultStore(tmp_path).publish("s1", tables, {})
    assert caplog.text == ""


def test_whoever_looks_at_the_lock_just_now_keeps_nobody_out(tmp_path, monkeypatch):
    (tmp_path / ".lock").touch()
    looking = (tmp_path / ".lock").open()
    fcntl.flock(looking, fcntl.LOCK_SH)
    assert holder_of(tmp_path) is None
    monkeypatch.setattr("graphrisk.store_lock.time.sleep", lambda seconds: looking.close())
    with ResultStore(tmp_path).lock():
        assert looking.closed
        assert holder_of(tmp_path) is not None


def test_whoever_holds_the_store_may_publish_and_then_lets_go(tmp_path, tables):
    store = ResultStore(tmp_path)
    with store.lock():
        store.publish("s1", tables, {})
        with pytest.raises(StoreError, match="another scan is writing"):
            ResultStore(tmp_path).publish("s2", tables, {})
    ResultStore(tmp_path).publish("s2", tables, {})
    assert sorted(store.scans()) == ["s1", "s2"]


def test_a_failed_publication_lets_go_of_the_store(tmp_path, tables):
    store = ResultStore(tmp_path)
    with pytest.raises(ValueError, match="table `ring` must have the columns"):
        store.publish("s1", tables | {"ring": tables["ring"].drop_columns("band")}, {})
    assert ResultStore(tmp_path).publish("s1", tables, {}).exists()
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".tmp")] == []


def test_what_a_killed_publication_left_is_cleaned_by_the_next_one(tmp_path, tables):
    left = tmp_path / ".tmp-s0-1"
    left.mkdir()
    (left / "ring.parquet").write_bytes(b"half")
    ResultStore(tmp_path).publish("s1", tables, {})
    assert not left.exists()


def test_a_scan_that_a_kill_left_aside_can_be_read_and_comes_back(tmp_path, tables):
    store = ResultStore(tmp_path)
    store.publish("s1", tables, {"as_of": "2026-01-01"}).rename(tmp_path / ".old-s1")
    assert store.latest() == "s1"
    assert store.table("ring").equals(tables["ring"])
    store.verify("s1")
    store.publish("s2", tables, {"as_of": "2026-02-01"})
    assert (tmp_path / "scan=s1").is_dir()
    assert store.scans() == ["s1", "s2"]


def test_without_an_exchange_of_names_a_scan_is_replaced_all_the_same(tmp_path, tables, make_tables, monkeypatch):
    monkeypatch.setattr(store_module, "_exchange", lambda one, other: False)
    store = ResultStore(tmp_path)
    store.publish("s1", tables, {})
    store.publish("s1", make_tables(["c"], []), {})
    assert store.table("ring_member")["entity_id"].to_pylist() == ["c"]
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith((".tmp", ".old"))] == []


def test_a_damaged_scan_is_passed_over_aloud(tmp_path, tables, caplog):
    store = ResultStore(tmp_path)
    store.publish("s1", tables, {"as_of": "2026-01-01"})
    (store.publish("s2", tables, {"as_of": "2026-02-01"}) / "manifest.json").write_text("{")
    with caplog.at_level(logging.WARNING, logger="graphrisk.store"):
        assert store.latest() == "s1"
    assert "scan s2" in caplog.text
    with pytest.raises(StoreError, match=r"the manifest of scan s2 .* cannot be read"):
        store.table("ring", "s2")


class OvertakenStore(ResultStore):
    """A store whose scan is replaced, for real, right after a reader has read its manifest."""

    def __init__(self, path, replacements):
        super().__init__(path)
        self.replacements = replacements

    def manifest(self, scan_id):
        facts = super().manifest(scan_id)
        if self.replacements:
            ResultStore(self.path).publish(scan_id, self.replacements.pop(), {})
        return facts


@pytest.mark.parametrize("n_times", [1, 2, 3])
def test_a_reader_that_a_new_publication_overtakes_reads_the_new_scan(tmp_path, make_tables, n_times):
    versions = [make_tables([f"m{k}" for k in range(10 * n)], []) for n in range(1, n_times + 2)]
    ResultStore(tmp_path).publish("s1", versions.pop(), {})
    newest = versions[0]["ring_member"]
    assert OvertakenStore(tmp_path, versions).table("ring_member", "s1").equals(newest)
