"""A scan that is killed at any moment: the store holds a whole scan, and the next scan ends as if nothing had been."""

import os
import shutil
import time

import numpy as np
import pytest

from graphrisk.store import ResultStore
from loaders.simulate import WorldSettings, simulate
from tests.graphrisk.forked import Forks

N_KILLS, LANES = 200, 4
FIRST_NIGHT, SECOND_NIGHT = "2025-11-01", "2025-12-01"


def files_of(store, scan_id):
    """Every file of a scan that does not tell the time of the day it was made."""
    folder = store.folder(scan_id)
    return {f.name: f.read_bytes() for f in folder.iterdir() if f.name not in ("scan.parquet", "manifest.json")}


@pytest.mark.slow
def test_two_hundred_kills_lose_nothing(tmp_path):
    simulate(tmp_path / "world", WorldSettings(n_accounts=1_000, seed=8))
    with Forks() as forks:
        counts = kill_scans(forks, tmp_path / "world" / "scan.toml", tmp_path)
    assert counts["killed"] >= N_KILLS
    assert counts["went on"] >= 0.3 * N_KILLS
    print(counts)


def kill_scans(forks, config, folder):
    """Kill scans, some at a time, look at what is left, and let the next ones end."""
    before, whole = folder / "before", folder / "whole"
    assert forks.finish(forks.start(config, before, FIRST_NIGHT)) == 0
    shutil.copytree(before, whole)
    began = time.monotonic()
    assert forks.finish(forks.start(config, whole, SECOND_NIGHT)) == 0
    seconds = time.monotonic() - began
    first, second = ResultStore(whole).scans()
    expected = {scan_id: files_of(ResultStore(whole), scan_id) for scan_id in (first, second)}
    assert len(expected[second]) == 13
    assert ResultStore(whole).table("ring", second).num_rows > 0
    slower = max(LANES / (os.cpu_count() or 1), 1)
    rng, counts, number = np.random.default_rng(0), {"killed": 0, "went on": 0}, 0
    # a scan may end before its moment comes
    while counts["killed"] < N_KILLS:
        assert number < 2 * N_KILLS, "too many scans ended before they were killed"
        stores = [ResultStore(folder / f"store{number + lane}") for lane in range(LANES)]
        for store in stores:
            # every other lot of scans takes the place of one that is there already
            shutil.copytree(whole if number % (2 * LANES) else before, store.path)
        children = [forks.start(config, store.path, SECOND_NIGHT) for store in stores]
        # scans that share the machine take longer than one alone
        waits = np.diff(np.sort(rng.uniform(0, 1.2 * slower * seconds, LANES)), prepend=0)
        codes = [forks.kill_after(child, wait) for child, wait in zip(children, waits, strict=True)]
        assert set(codes) <= {-9, 0}
        counts["killed"] += codes.count(-9)
        for store in stores:
            left = store.scans()
            assert left in ([first], [first, second])
            check(store, {scan_id: expected[scan_id] for scan_id in left})
        children = [forks.start(config, store.path, SECOND_NIGHT) for store in stores]
        assert [forks.finish(child) for child in children] == [0] * LANES
        for store in stores:
            check(store, expected)
            assert {path.name for path in store.path.iterdir()} == {".lock", f"scan={first}", f"scan={second}"}
            counts["went on"] += "stages_of_killed_scan" in store.manifest(second)
            shutil.rmtree(store.path)
        number += LANES
    return counts


def check(store, expected):
    """See that a store holds these scans, whole and byte for byte."""
    assert store.scans() == list(expected)
    for scan_id, files in expected.items():
        store.verify(scan_id)
        assert files_of(store, scan_id) == files
