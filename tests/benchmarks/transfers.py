"""Time `transfer_features` and `trace_taint` on seeded streams of growing size; every line is JSON.

``python tests/benchmarks/transfers.py 1e5 1e6`` runs each size in a process of its own and one thread, after a warm-up.
The streams are as sparse as AMLworld's small one: half a transfer an account and day over four days. Accounts are of
very different weight, the heaviest 75 times the mean at every size: with an unbounded tail a longer stream would be a
denser one. Seconds are of the processor, so that a busy machine changes them little; bytes are of the peak, above
what the process held before. With ``--batch 1000000`` a stream comes in batches whose features are not kept.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from typing import Any

PARSER = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
PARSER.add_argument("sizes", nargs="+", type=float)
PARSER.add_argument("--what", choices=["features", "poison", "haircut", "fifo"], default="features")
PARSER.add_argument("--batch", type=int, default=0)
PARSER.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
DAYS, DAY, HEAVIEST = 4, 86400, 200


def stream(n_transfers: int, seed: int = 0) -> Any:
    """Transfers in time order between accounts of very different weight."""
    import numpy as np

    from algorithms import Transfers

    rng = np.random.default_rng(seed)
    n_accounts = max(n_transfers // (DAYS // 2), 2)
    weights = np.cumsum(np.minimum(rng.pareto(1.6, n_accounts), HEAVIEST) + 1)
    ends = [
        np.searchsorted(weights, rng.random(n_transfers) * weights[-1]).astype(np.int32) for _ in ("source", "target")
    ]
    return Transfers(*ends, np.sort(rng.integers(0, DAYS * DAY, n_transfers)), rng.lognormal(5, 2, n_transfers))


def batches(transfers: Any, size: int) -> list[Any]:
    """Cut a stream."""
    from algorithms import Transfers

    columns = (transfers.sources, transfers.targets, transfers.seconds, transfers.amounts)
    step = size or max(len(transfers), 1)
    return [Transfers(*(c[at : at + step] for c in columns)) for at in range(0, len(transfers), step)]


def run(what: str, transfers: Any, batch: int) -> None:
    """Compute once."""
    from algorithms import TransferState, trace_taint, transfer_features

    if what != "features":
        trace_taint(transfers, method=what, source_nodes=[0, 1, 2])  # type: ignore[arg-type]
        return
    state = TransferState()
    for part in batches(transfers, batch):
        transfer_features(part, state=state)


def measure(what: str, size: int, batch: int) -> dict[str, Any]:
    """Seconds and peak bytes of one size, in this process."""
    run(what, stream(2000), batch)
    transfers = stream(size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    run(what, transfers, batch)
    seconds = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "what": what,
        "transfers": size,
        "batch": batch or None,
        "seconds": round(seconds, 2),
        "per_second": round(size / seconds),
        "bytes_per_transfer": round((peak - before) * 1024 / size),
        "peak_gib": round(peak / 2**20, 2),
        "load": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    """Run every size in a new process."""
    args = PARSER.parse_args()
    if args.inside:
        print(json.dumps(measure(args.what, int(args.sizes[0]), args.batch)))
        return
    before: dict[str, Any] | None = None
    for size in args.sizes:
        command = [sys.executable, __file__, str(size), "--what", args.what, "--batch", str(args.batch), "--inside"]
        environment = {**os.environ, "NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        row = json.loads(done.stdout)
        if before is not None:
            row["times_as_many"] = round(row["transfers"] / before["transfers"], 1)
            row["times_as_long"] = round(row["seconds"] / before["seconds"], 1)
        print(json.dumps(row), flush=True)
        before = row


if __name__ == "__main__":
    main()
