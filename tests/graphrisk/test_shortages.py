"""Disks that are full, memory that is short, sources that go away: one sentence, exit code 1, the last scan stays."""

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from graphrisk.checkpoints.folder import WORK

ROOT = Path(__file__).parents[2]
COMMAND = """
import os, resource, sys
from pathlib import Path
from graphrisk.cli.app import main
from graphrisk.cli.progress import ProgressPrinter
{imports}

def address_space():
    return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")

def limit_memory(more):
    resource.setrlimit(resource.RLIMIT_AS, (address_space() + more, resource.RLIM_INFINITY))

told = ProgressPrinter.__call__
def hear(self, stage, done, total):
    told(self, stage, done, total)
    {when}
ProgressPrinter.__call__ = hear
{first}
main()
"""


def scan(world, store, *, first="", when="pass", imports="", env=None, options=()):
    """Run a scan by the command line, with something that happens at first or when progress is told."""
    code = COMMAND.format(first=first, when=when, imports=imports)
    command = [sys.executable, "-c", code, "scan", "run", str(world / "scan.toml"), "--store", str(store), *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def contents(store):
    return {str(file.relative_to(store)): file.read_bytes() for file in store.glob("scan=*/*")}


@pytest.fixture(scope="module")
def nights(world, tmp_path_factory):
    """A store that holds one good scan."""
    store = tmp_path_factory.mktemp("nights") / "store"
    done = scan(world, store, options=["--as-of", "2025-11-01"])
    assert done.returncode in (0, 3), done.stderr
    return store


def fails(done, store, before):
    """See that a scan failed in one sentence and left the store as it was; gives the sentence."""
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    (sentence,) = (line for line in done.stderr.splitlines() if line.startswith("graphrisk: "))
    assert contents(store) == before
    assert not list(store.glob(".tmp-*"))
    return sentence


@contextmanager
def small_disk(folder, size):
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this system does not let a test mount a disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_cannot_hold_the_results_is_refused_before_anything_is_read(world, tmp_path):
    with small_disk(tmp_path / "disk", "64k") as disk:
        done = scan(world, disk / "store", when="print('progress', stage)")
        assert "of disk at" in fails(done, disk / "store", {})
        assert "progress" not in done.stdout


@pytest.mark.slow
def test_a_disk_that_fills_up_ends_the_scan_and_without_room_for_checkpoints_it_goes_on(world, nights, tmp_path):
    with small_disk(tmp_path / "disk", "1m") as disk:
        done = scan(world, disk / "store")
        assert done.returncode in (0, 3), done.stderr
        assert "no more checkpoints are kept: no space left on device" in done.stderr
        assert not (disk / "store" / WORK).exists()
        before = contents(disk / "store")
        fill = f"stage == 'evidence' and done == 0 and Path({str(disk / 'filler')!r}).write_bytes(bytes(2**19))"
        done = scan(world, disk / "store", when=fill, options=["--seed", "5", "--no-checkpoints"])
        assert "the disk is full; what was published before is untouched" in fails(done, disk / "store", before)


@pytest.mark.slow
def test_files_that_may_not_grow_end_the_scan(world, nights):
    before = contents(nights)
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))"
    done = scan(world, nights, first=limit)
    sentence = fails(done, nights, before)
    assert "a file is too large; what was published before is untouched" in sentence
    assert "no more checkpoints are kept: file too large" in done.stderr


def test_memory_that_cannot_hold_the_scan_is_refused_before_anything_is_read(world, tmp_path):
    load = "import duckdb, graphrisk.pipeline, lightgbm"
    done = scan(
        world, tmp_path / "store", imports=load, first="limit_memory(25 << 20)", when="print('progress', stage)"
    )
    assert "of memory and there are" in fails(done, tmp_path / "store", {})
    assert "progress" not in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["sharing", "rings", "null model", "evidence"])
def test_memory_that_runs_short_ends_the_scan_and_the_next_one_goes_on(world, nights, stage):
    before = contents(nights)
    # what was given back to the allocator, but not to the system, is used up first
    when = f"if stage == {stage!r} and done == 0:\n        limit_memory(0)\n        exec(HOARD, globals())"
    hoard = (
        "import numpy\nhold = []\nwhile True:\n    try: hold.append(numpy.ones(4096))\n    except MemoryError: break"
    )
    done = scan(world, nights, imports=f"HOARD = {hoard!r}", when=when, env={"NUMBA_NUM_THREADS": "1"})
    # the compiler's library ends the process by itself if it is the one that gets none: then there is no sentence
    if done.returncode == -6:
        assert "LLVM ERROR" in done.stderr or "bad_alloc" in done.stderr
        assert contents(nights) == before
    else:
        assert "out of memory" in fails(done, nights, before)
    assert list((nights / WORK).glob("load-*.zip"))


@pytest.mark.slow
def test_the_last_scan_is_served_after_all_of_that_and_the_next_one_is_made(world, nights, tmp_path):
    done = scan(world, nights, options=["--json"])
    assert done.returncode in (0, 3), done.stderr
    assert len(list(nights.glob("scan=*"))) == 2
    assert not (nights / WORK).exists()


LINKS = "(Path(sys.argv[3]).parent / 'links.parquet')"


@pytest.mark.slow
@pytest.mark.parametrize("ends", ["unlink()", "write_bytes(b'PAR1')", "write_bytes(bytes(10**6))"])
def test_a_source_that_goes_away_while_another_is_read_ends_the_scan(world, nights, tmp_path, ends):
    folder = tmp_path / "world"
    shutil.copytree(world, folder, ignore=shutil.ignore_patterns("store"))
    before = contents(nights)
    done = scan(folder, nights, when=f"stage == 'read' and done == 5_000 and {LINKS}.{ends}")
    assert "links.parquet" in fails(done, nights, before)
