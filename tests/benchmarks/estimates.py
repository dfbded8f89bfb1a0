"""What a scan is thought to need against what it needs: ``python tests/benchmarks/estimates.py 20000 200000``.

Simulates a world of each number of accounts, estimates its scan, runs it in a process of its own, and prints both as
one line of JSON; a small scan goes before, so that no kernel is compiled meanwhile. ``--second`` estimates by the first
scan of the store instead and runs it again. ``--checkpoints`` prints instead what keeping checkpoints costs: CPU
seconds with and without, in turns.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from graphrisk.config import ScanConfig, read_config
from graphrisk.estimate.figures import figures_of
from graphrisk.estimate.needs import estimate_needs
from graphrisk.store import ResultStore
from loaders.simulate import WorldSettings, simulate

RUN = """
import json, resource, sys, time
from pathlib import Path
from graphrisk.api import scan
from graphrisk.checkpoints.folder import Checkpoints
from graphrisk.config import read_config
config = read_config(sys.argv[1], {"store": sys.argv[2], "checkpoints": sys.argv[3] == "with"})
kept, clear = [0], Checkpoints.clear
def measure(self):
    kept[0] = max(kept[0], sum(file.stat().st_size for file in (config.store / ".work").glob("*")))
    return clear(self)
Checkpoints.clear = measure
began, cpu = time.perf_counter(), time.process_time()
result = scan(config, publish=True)
size = sum(file.stat().st_size for file in (config.store / f"scan={result.scan_id}").iterdir())
print(json.dumps({"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - cpu,
    "memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, "store_bytes": size,
    "checkpoint_bytes": kept[0]}))
"""
WARM_UP = 2_000
PARTS = ("memory_bytes", "store_bytes", "checkpoint_bytes", "seconds")


def run(config: Path, store: Path, checkpoints: str = "with") -> dict[str, Any]:
    """Run a scan in a process of its own and measure it."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(config), str(store), checkpoints], capture_output=True, text=True, check=True
    )
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def compare(config: Path, store: Path, second: bool) -> dict[str, Any]:
    """Estimate, run, and say by how much the estimate is off; above zero is too much."""
    settings: ScanConfig = read_config(config, {"store": str(store)})
    if second:
        run(config, store)
    needs = estimate_needs(settings, figures_of(ResultStore(store)))
    real = run(config, store)
    off = {part: round(getattr(needs, part) / real[part] - 1, 3) for part in PARTS}
    measured = {part: round(real[part], 1) for part in (*PARTS, "cpu_seconds")}
    return {"rows": needs.n_rows, "basis": needs.basis, "off": off} | measured


def cost(config: Path, store: Path, turns: int = 3) -> dict[str, Any]:
    """CPU seconds of a scan with and without checkpoints, the least of several turns."""
    run(config, store)
    seconds: dict[str, list[float]] = {"with": [], "without": []}
    for _ in range(turns):
        for way, measured in seconds.items():
            measured.append(run(config, store, way)["cpu_seconds"])
    least = {way: min(measured) for way, measured in seconds.items()}
    return {"cpu_seconds": least, "share": round(least["with"] / least["without"] - 1, 4)}


def main() -> None:
    """Print one line for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="+")
    parser.add_argument("--second", action="store_true")
    parser.add_argument("--checkpoints", action="store_true")
    args = parser.parse_args()
    for n_accounts in (WARM_UP, *args.sizes):
        with tempfile.TemporaryDirectory() as folder:
            simulate(Path(folder) / "world", WorldSettings(n_accounts=n_accounts, seed=1))
            config, store = Path(folder) / "world" / "scan.toml", Path(folder) / "store"
            if n_accounts == WARM_UP:
                run(config, store)
                continue
            found = cost(config, store) if args.checkpoints else compare(config, store, args.second)
            print(json.dumps({"accounts": n_accounts} | found), flush=True)


if __name__ == "__main__":
    main()
