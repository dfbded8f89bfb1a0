"""An incremental scan beside a full one of the same data, of which one row of links in a hundred is new."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from graphrisk.store import ResultStore

SOURCE = """
[[source]]
path = "{path}"
table = "{table}"
"""


def report(made: Path, folder: Path, share: float = 0.01) -> dict[str, Any]:
    """Scan all but some of the links, then all of them: once from the scan before, once in full."""
    links = pq.read_table(made / "links.parquet")
    late = pa.array(np.random.default_rng(0).random(links.num_rows) < share)
    (folder / "links").mkdir()
    pq.write_table(links.filter(pa.compute.invert(late)), folder / "links" / "1.parquet")
    config = folder / "scan.toml"
    sources = [(made / "accounts.parquet", "accounts"), (folder / "links", "links")]
    text = "".join(SOURCE.format(path=path, table=table) for path, table in sources)
    config.write_text(f'[scan]\nstore = "{folder}/store"\nfull_every = 2\n{text}')
    _scan(config, "2026-02-01", "--incremental")
    pq.write_table(links.filter(late), folder / "links" / "2.parquet")
    one = _scan(config, "2026-02-02", "--incremental")
    full = _scan(config, "2026-02-02", "--full", "--store", str(folder / "full"))
    _scan(config, "2026-02-03", "--incremental")  # a full one is due, which tells how far the two agree
    store = ResultStore(folder / "store")
    metric = store.table("metric", store.scans()[-1]).to_pandas().set_index("name").value
    lists = [_rings(ResultStore(place)) for place in (folder / "store", folder / "full")]
    return {
        "new_links": int(late.to_numpy(zero_copy_only=False).sum()),
        "seconds": one["seconds"],
        "seconds_of_full": full["seconds"],
        "share_of_cpu": round(one["cpu_seconds"] / full["cpu_seconds"], 3),
        "share_of_time": round(one["seconds"] / full["seconds"], 3),
        "peak_mb": one["peak_mb"],
        "peak_mb_of_full": full["peak_mb"],
        "stages": one["stages"],
        "stages_of_full": full["stages"],
        "same_input": len({_scan_row(ResultStore(folder / name))["input_hash"] for name in ("store", "full")}) == 1,
        "rings": len(lists[0]),
        "rings_of_full": len(lists[1]),
        "same_members": len(lists[0] & lists[1]),
        "found": round(float(metric["incremental.rings_found.share"]), 4),
        "only": round(float(metric["incremental.rings_only.share"]), 4),
    }


def _scan(config: Path, as_of: str, *options: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "graphrisk", "scan", "run", str(config), "--as-of", as_of, "--json", *options]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 3):  # 3: done, and an alert was raised
        raise RuntimeError(done.stderr)
    stages = json.loads(done.stdout)["scan"]["stages"]
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "seconds": round(seconds, 1),
        "cpu_seconds": cpu,
        "peak_mb": round(max(stage["peak_mb"] for stage in stages)),
        "stages": {stage["name"]: round(stage["seconds"], 1) for stage in stages},
    }


def _compared(store: ResultStore) -> str:
    """The scan as of 2026-02-02."""
    return next(name for name in store.scans() if name.startswith("20260202"))


def _scan_row(store: ResultStore) -> dict[str, Any]:
    row: dict[str, Any] = store.table("scan", _compared(store)).to_pylist()[0]
    return row


def _rings(store: ResultStore) -> set[frozenset[str]]:
    """Members of every ring."""
    members: pd.DataFrame = store.table("ring_member", _compared(store)).to_pandas()
    return {frozenset(group) for _, group in members.groupby("ring_id").entity_id}
