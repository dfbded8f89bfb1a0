"""An incremental scan beside a full one of the same data, of which one row of links in a hundred is new."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from graphrisk.store import ResultStore
from graphrisk.tables import SCHEMAS

SOURCE = """
[[source]]
path = "{path}"
table = "{table}"
"""


def report(made: Path, folder: Path, share: float = 0.01) -> dict[str, Any]:
    """Scan all but some of the links, then all of them: once with only the new ones loaded, once in full."""
    links = pq.read_table(made / "links.parquet")
    late = pa.array(np.random.default_rng(0).random(links.num_rows) < share)
    (folder / "links").mkdir()
    pq.write_table(links.filter(pa.compute.invert(late)), folder / "links" / "1.parquet")
    config = folder / "scan.toml"
    sources = [(made / "accounts.parquet", "accounts"), (folder / "links", "links")]
    text = "".join(SOURCE.format(path=path, table=table) for path, table in sources)
    config.write_text(f'[scan]\nstore = "{folder}/store"\n{text}')
    _scan(config, "--as-of", "2026-02-01", "--incremental")
    shutil.copytree(folder / "store", folder / "full")
    pq.write_table(links.filter(late), folder / "links" / "2.parquet")
    one = _scan(config, "--as-of", "2026-02-02", "--incremental")
    full = _scan(config, "--as-of", "2026-02-02", "--full", "--store", str(folder / "full"))
    tables = [_tables(ResultStore(folder / name)) for name in ("store", "full")]
    return {
        "new_links": int(late.to_numpy(zero_copy_only=False).sum()),
        "new_files": one["new_files"],
        "seconds": one["seconds"],
        "seconds_of_full": full["seconds"],
        "share_of_cpu": round(one["cpu_seconds"] / full["cpu_seconds"], 3),
        "share_of_time": round(one["seconds"] / full["seconds"], 3),
        "peak_mb": one["peak_mb"],
        "peak_mb_of_full": full["peak_mb"],
        "stages": one["stages"],
        "stages_of_full": full["stages"],
        "rings": tables[0]["ring"].num_rows,
        "other_tables": sorted(name for name in tables[0] if not tables[0][name].equals(tables[1][name])),
    }


def _scan(config: Path, *options: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "graphrisk", "scan", "run", str(config), "--json", *options]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 3):  # 3: done, and an alert was raised
        raise RuntimeError(done.stderr)
    summary = json.loads(done.stdout)
    stages = summary["scan"]["stages"]
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "new_files": summary["new_files"],
        "seconds": round(seconds, 1),
        "cpu_seconds": cpu,
        "peak_mb": round(max(stage["peak_mb"] for stage in stages)),
        "stages": {stage["name"]: round(stage["seconds"], 1) for stage in stages},
    }


def _tables(store: ResultStore) -> dict[str, pa.Table]:
    """All tables of the newest scan but the one that says how long it took."""
    newest = store.scans()[-1]
    return {name: store.table(name, newest) for name in SCHEMAS if name != "scan"}
