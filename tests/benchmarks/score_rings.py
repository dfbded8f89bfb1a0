"""How long candidate rings take to be measured and scored: ``python tests/benchmarks/score_rings.py 40000``.

Simulates a world of 150,000 accounts, searches it, and measures and scores so many of its candidates by the shipped
model; the features of all are measured once before, so that kernels are compiled. Prints one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from gnn.ring_features import ring_features
from graphrisk.config import read_config
from graphrisk.pipeline import find_rings
from graphrisk.rings.search import surroundings
from graphrisk.stages import StageLog
from loaders import load
from loaders.simulate import WorldSettings, simulate

N_ACCOUNTS = 150_000


def measure(folder: Path, n: int, seed: int = 1) -> dict[str, Any]:
    """Seconds for the first candidates of one world."""
    simulate(folder, WorldSettings(n_accounts=N_ACCOUNTS, seed=seed))
    config = read_config(folder / "scan.toml")
    found, _, _ = find_rings(config, load(config.load_config(), as_of=config.scan.as_of), StageLog(None))
    candidates = found.candidates
    if len(candidates) < n:
        raise SystemExit(f"the world has {len(candidates):,} candidates only, asked for {n:,}")
    starts = candidates.starts[: n + 1]
    members = candidates.members[: starts[-1]]
    began, cpu = time.perf_counter(), time.process_time()
    around = surroundings(found.sharing, found.history, found.affinity, found.views[0], found.nats)
    features = ring_features(starts, members, around, reads=found.model.reads)
    measured = time.perf_counter()
    found.model.score(features)
    done = time.perf_counter()
    return {
        "candidates": n,
        "members": len(members),
        "model": found.model.name,
        "feature_seconds": round(measured - began, 2),
        "score_seconds": round(done - measured, 2),
        "seconds": round(done - began, 2),
        "cpu_seconds": round(time.process_time() - cpu, 2),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("candidates", type=int, nargs="?", default=40_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as passing:
        print(json.dumps(measure(Path(passing), args.candidates, args.seed)))
