import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graphrisk.store import ResultStore, StoreError
from graphrisk.tables import SCHEMA_VERSION, SCHEMAS

PUBLISHER = """
import sys, time
sys.path.insert(0, {root!r})
sys.path.insert(0, {tests!r})
from conftest import build_tables
from graphrisk.store import ResultStore
store = ResultStore(sys.argv[1])
print("ready", flush=True)
for number in range(1000):
    store.publish("s1", build_tables([f"m{{number}}"] * 5, []), {{"as_of": "2026-01-01"}})
"""


@pytest.fixture
def tables(make_tables):
    return make_tables(["a", "b"], [("a", "shared_device", "d", 3.0), ("b", "shared_device", "d", 3.0)])


def test_what_was_published_comes_back(tmp_path, tables):
    store = ResultStore(tmp_path / "store")
    store.publish("s1", tables, {"as_of": "2026-01-01"})
    assert store.scans() == ["s1"]
    for name, table in tables.items():
        assert store.table(name).equals(table)


def test_equal_tables_give_equal_bytes(tmp_path, tables):
    one = ResultStore(tmp_path / "one").publish("s1", tables, {})
    two = ResultStore(tmp_path / "two").publish("s1", tables, {})
    for file in sorted(one.glob("*")):
        assert file.read_bytes() == (two / file.name).read_bytes()


def test_scans_are_ordered_by_as_of(tmp_path, tables):
    store = ResultStore(tmp_path)
    for scan_id, as_of in (("x", "2026-03-01"), ("y", "2026-01-01"), ("z", "2026-02-01")):
        store.publish(scan_id, tables, {"as_of": as_of})
    assert store.scans() == ["y", "z", "x"]
    assert store.latest() == "x"


def test_the_same_scan_again_takes_the_place_of_the_old(tmp_path, tables, make_tables):
    store = ResultStore(tmp_path)
    store.publish("s1", tables, {})
    store.publish("s1", make_tables(["c"], []), {})
    assert store.table("ring_member")["entity_id"].to_pylist() == ["c"]
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith((".tmp", ".old"))] == []


def test_an_empty_store_says_what_to_do(tmp_path):
    with pytest.raises(StoreError, match=r"there is no scan in .* run one with"):
        ResultStore(tmp_path).latest()


def test_a_truncated_file_is_told_apart(tmp_path, tables):
    store = ResultStore(tmp_path)
    file = store.publish("s1", tables, {}) / "ring.parquet"
    file.write_bytes(file.read_bytes()[:-10])
    with pytest.raises(StoreError, match=r"ring.parquet must have \d+ bytes, got \d+"):
        store.table("ring")


def test_an_altered_file_does_not_verify(tmp_path, tables):
    store = ResultStore(tmp_path)
    file = store.publish("s1", tables, {}) / "ring.parquet"
    store.verify("s1")
    data = bytearray(file.read_bytes())
    data[20] ^= 1
    file.write_bytes(bytes(data))
    with pytest.raises(StoreError, match="is not what was published"):
        store.verify("s1")


def rewrite_manifest(store, scan_id, **facts):
    file = store.path / f"scan={scan_id}" / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | facts))


def test_a_scan_of_a_newer_graphrisk_is_told_apart(tmp_path, tables):
    store = ResultStore(tmp_path)
    store.publish("s1", tables, {})
    rewrite_manifest(store, "s1", schema_version=SCHEMA_VERSION + 1)
    with pytest.raises(StoreError, match=r"was written by a newer graphrisk: .* update graphrisk"):
        store.table("ring")


def test_a_scan_of_an_older_schema_is_read_with_nulls_for_what_came_since(tmp_path, tables):
    store = ResultStore(tmp_path)
    folder = store.publish("s1", tables, {})
    old = pq.read_table(folder / "ring.parquet", partitioning=None).drop_columns(["model"])
    pq.write_table(old, folder / "ring.parquet")
    entries = {"ring": {"rows": 1, "bytes": (folder / "ring.parquet").stat().st_size, "sha256": ""}}
    rewrite_manifest(store, "s1", schema_version=1, tables=entries)
    assert store.table("ring").drop_columns(["model"]).equals(tables["ring"].drop_columns(["model"]))
    assert store.table("ring")["model"].null_count == 1
    assert len(store.table("ring_history")) == 0


def test_a_scan_from_before_single_acts_has_none_and_is_whole(tmp_path, tables):
    store = ResultStore(tmp_path)
    folder = store.publish("s1", tables, {})
    (folder / "ring_act.parquet").unlink()
    entries = store.manifest("s1")["tables"]
    rewrite_manifest(store, "s1", schema_version=3, tables={k: v for k, v in entries.items() if k != "ring_act"})
    assert store.table("ring_act").equals(SCHEMAS["ring_act"].empty_table())
    assert store.table("ring_member").equals(tables["ring_member"])
    store.verify("s1")


def test_a_table_that_is_missing_is_refused_before_anything_is_written(tmp_path, tables):
    with pytest.raises(ValueError, match="got none for ring"):
        ResultStore(tmp_path / "store").publish("s1", {k: v for k, v in tables.items() if k != "ring"}, {})
    assert not (tmp_path / "store").exists()


def test_two_scans_of_one_store_keep_apart(tmp_path):
    held = ResultStore(tmp_path).lock()
    refused = pytest.raises(StoreError, match="another scan is writing")
    with held, refused, ResultStore(tmp_path).lock():
        pytest.fail("the lock was given twice")
    with ResultStore(tmp_path).lock():
        assert (tmp_path / ".lock").exists()


def test_a_full_disk_leaves_the_last_good_scan(tmp_path, tables, make_tables):
    store = ResultStore(tmp_path / "store")
    store.publish("s1", tables, {"as_of": "2026-01-01"})
    script = (
        "import resource, signal, sys\n"
        f"sys.path[:0] = [{str(Path.cwd())!r}, {str(Path(__file__).parent)!r}]\n"
        "from conftest import build_tables\n"
        "from graphrisk.store import ResultStore, StoreError\n"
        "tables = build_tables([f'{i:x}' * 9 for i in range(20000)], [])\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n"
        f"try: ResultStore({str(tmp_path / 'store')!r}).publish('s2', tables, {{}})\n"
        "except StoreError as error: print(error); sys.exit(7)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 7, done.stderr
    assert "untouched" in done.stdout
    assert store.scans() == ["s1"]
    assert [p.name for p in store.path.iterdir() if p.name.startswith(".tmp")] == []


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_disk_without_room_is_told_in_one_sentence(tmp_path, make_tables):
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)], check=False)
    if mount.returncode:
        pytest.skip("this system does not let a test mount a disk")
    try:
        with pytest.raises(StoreError, match="the disk is full; what was published before is untouched"):
            ResultStore(tmp_path).publish("s2", make_tables([f"{i:x}" * 9 for i in range(30000)], []), {})
        assert list(tmp_path.glob(".tmp*")) == []
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_kill_at_any_moment_leaves_a_whole_scan(tmp_path, make_tables):
    script = PUBLISHER.format(root=str(Path.cwd()), tests=str(Path(__file__).parent))
    store = ResultStore(tmp_path)
    store.publish("s1", make_tables(["m"] * 5, []), {"as_of": "2026-01-01"})
    for attempt in range(8):
        child = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(0.15 + 0.037 * attempt)
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        store.verify("s1")
        assert len(set(store.table("ring_member")["entity_id"].to_pylist())) == 1


def test_readers_see_a_scan_whole_while_it_is_replaced(tmp_path, make_tables):
    store = ResultStore(tmp_path)
    store.publish("s1", make_tables(["m"] * 3, []), {})
    stop = threading.Event()

    def replace():
        number = 3
        while not stop.is_set():
            number = 7 - number
            store.publish("s1", make_tables(["m"] * number, []), {})

    writer = threading.Thread(target=replace)
    writer.start()
    try:
        sizes = [_read(store) for _ in range(200)]
    finally:
        stop.set()
        writer.join()
    assert set(sizes) <= {3, 4}


def _read(store):
    for _ in range(50):
        try:
            table: pa.Table = store.table("ring_member")
            return len(table)
        except StoreError:
            continue  # the manifest was of the scan that has just been replaced: read again
    pytest.fail("no read succeeded in fifty")


@pytest.fixture
def three_scans(tmp_path, tables):
    store = ResultStore(tmp_path / "pruned")
    for day in (1, 2, 3):
        store.publish(f"s{day}", tables, {"as_of": f"2026-01-0{day}"})
    return store


def test_pruning_keeps_the_newest_scans_whole(three_scans):
    store = three_scans
    size = sum(f.stat().st_size for f in (store.path / "scan=s1").iterdir())
    assert store.prune(2, dry_run=True).scans == ["s1"]
    assert store.scans() == ["s1", "s2", "s3"]
    pruned = store.prune(2)
    assert (pruned.scans, pruned.n_bytes) == (["s1"], size)
    assert sorted(p.name for p in store.path.iterdir()) == [".lock", "scan=s2", "scan=s3"]
    store.verify("s3")
    assert store.prune(2).scans == []


def test_pruning_waits_for_no_scan_and_keeps_at_least_one(three_scans):
    with three_scans.lock(), pytest.raises(StoreError, match="another scan is writing"):
        ResultStore(three_scans.path).prune(1)
    with pytest.raises(ValueError, match="`keep` must be at least 1, got 0"):
        three_scans.prune(0)
    with pytest.raises(StoreError, match="there is no scan"):
        ResultStore(three_scans.path / "none").prune(1)
    assert not (three_scans.path / "none").exists()


def test_what_a_killed_pruning_left_is_removed_by_the_next_and_never_seen(three_scans):
    (three_scans.path / "scan=s1").rename(three_scans.path / ".tmp-s1-1")
    assert three_scans.scans() == ["s2", "s3"]
    three_scans.prune(2)
    assert not (three_scans.path / ".tmp-s1-1").exists()
