"""Time the kernels on named graphs, beside igraph and networkit where these are installed; every line is JSON.

``python tests/benchmarks/kernels.py small sbm --threads 2`` warms up, takes the least of some runs, and says how busy
the machine was. `edges-1e6`, `edges-1e7` and `edges-1e8` are for scaling; `start` times a new process, `cold` one whose
kernels were never compiled.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

PARSER = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
SIZES = {"small": 100_000, "sbm": 1_760_000, "edges-1e6": 10**6, "edges-1e7": 10**7, "edges-1e8": 10**8}
PARSER.add_argument("what", nargs="+", choices=[*SIZES, "start", "cold"])
PARSER.add_argument("--threads", type=int, default=os.cpu_count())
PARSER.add_argument("--repeat", type=int, default=3)
PARSER.add_argument("--no-peers", action="store_true")

KARATE = """
import time; began = time.perf_counter()
import networkx
began = time.perf_counter()
from algorithms import find_communities, from_networkx
n = find_communities(from_networkx(networkx.karate_club_graph()), objective="modularity").n_communities
print(time.perf_counter() - began)
"""
SCAN = """
import sys, time
from loaders.simulate import WorldSettings, simulate
from graphrisk.config import read_config
from graphrisk.pipeline import run_scan
from pathlib import Path
simulate(Path(sys.argv[1]), WorldSettings(n_accounts=2000, seed=1))
settings = read_config(Path(sys.argv[1]) / "scan.toml")
seconds = []
for _ in range(2):
    began = time.perf_counter()
    run_scan(settings)
    seconds.append(time.perf_counter() - began)
print(seconds[0] - seconds[1])
"""


def run_new(script: str, *args: str, **environment: str) -> float:
    """Seconds that a new process prints."""
    command = [sys.executable, "-c", script, *args]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **environment})
    return float(done.stdout.split()[-1])


def starts(what: str) -> dict[str, Any]:
    """Seconds to import and cluster a small graph from the cache, or to compile all kernels of a scan without one."""
    if what == "start":
        run_new(KARATE)
        return {"what": "start", "seconds": round(min(run_new(KARATE) for _ in range(3)), 3)}
    with tempfile.TemporaryDirectory() as folder:
        return {"what": "cold", "seconds": round(run_new(SCAN, f"{folder}/world", NUMBA_CACHE_DIR=folder), 1)}


def blocks(n_edges: int, seed: int = 1) -> tuple[int, Any, Any]:
    """Edges of a degree-corrected block model: 20 ends a node, power-law degrees and block sizes, 30 % mixing."""
    import numpy as np

    rng = np.random.default_rng(seed)
    n = n_edges // 10
    sizes = np.clip(20 * (rng.pareto(1.2, n // 20 + 10) + 1), 20, 2000).astype(np.int64)
    edges_of_blocks = np.concatenate([[0], np.cumsum(sizes)])
    starts = np.append(edges_of_blocks[edges_of_blocks < n], n)
    cumulative = np.cumsum(np.clip(rng.pareto(2.0, n) + 1, 1, 200))
    source = np.minimum(np.searchsorted(cumulative, rng.random(n_edges) * cumulative[-1]), n - 1)
    block = np.searchsorted(starts, source, "right") - 1
    low = np.where(starts[block] > 0, cumulative[starts[block] - 1], 0.0)
    high = cumulative[starts[block + 1] - 1]
    inside = rng.random(n_edges) > 0.3
    at = np.where(inside, low + rng.random(n_edges) * (high - low), rng.random(n_edges) * cumulative[-1])
    target = np.minimum(np.searchsorted(cumulative, at), n - 1)
    names = rng.permutation(n).astype(np.int32)
    return n, names[source], names[target]


def least(call: Callable[[], Any], repeat: int) -> tuple[float, Any]:
    """Least seconds of some runs after one that warms up, and what the last gave."""
    call()
    seconds = []
    for _ in range(repeat):
        began = time.perf_counter()
        out = call()
        seconds.append(time.perf_counter() - began)
    return min(seconds), out


def ours(n: int, source: Any, target: Any, repeat: int) -> Iterator[dict[str, Any]]:
    """Time what the library does on one graph."""
    import numpy as np

    from algorithms import Graph, bipartite_graph, densest_block, find_communities, project

    build, graph = least(lambda: Graph.from_edges(n, source, target), repeat)
    yield {"kernel": "build", "seconds": build, "edges_per_second": graph.n_edges / build}
    for objective in ("modularity", "cpm"):
        seconds, found = least(lambda o=objective: find_communities(graph, objective=o), repeat)
        yield {
            "kernel": f"leiden {objective}",
            "seconds": seconds,
            "edges_per_second": graph.n_edges / seconds,
            "quality": found.quality,
            "communities": found.n_communities,
        }
    if len(source) > 5_000_000:
        return
    seconds, block = least(lambda: densest_block(graph), repeat)
    yield {"kernel": "peel", "seconds": seconds, "edges_per_second": graph.n_edges / seconds, "density": block.density}
    weighted = bipartite_graph(n, n, source, target)
    seconds, block = least(lambda: densest_block(weighted), repeat)
    yield {"kernel": "peel fraudar", "seconds": seconds, "edges_per_second": weighted.n_edges / seconds}
    signals = target // 4
    caps, ones = np.full(n, 25), np.ones(n)
    seconds, pairs = least(lambda: project(n, source, signals, ones, caps), repeat)
    yield {"kernel": "project, cap 25", "seconds": seconds, "pairs_per_second": len(pairs) / seconds}


def peers(n: int, source: Any, target: Any, repeat: int, threads: int) -> Iterator[dict[str, Any]]:
    """Time other libraries on the same arrays, where they are installed."""
    import numpy as np

    ends = np.stack([source, target], 1)
    try:
        import igraph
    except ImportError:
        return
    seconds, graph = least(lambda: igraph.Graph(n=n, edges=ends), 1)
    yield {"kernel": "build", "peer": "igraph", "seconds": seconds}
    graph = graph.simplify()
    seconds, found = least(lambda: graph.community_leiden("modularity", n_iterations=2), repeat)
    yield {"kernel": "leiden modularity", "peer": "igraph", "seconds": seconds, "quality": found.modularity}
    try:
        import networkit
    except ImportError:
        return
    networkit.setNumberOfThreads(threads)
    one, two = (np.array(column, dtype=np.uint64) for column in zip(*graph.get_edgelist(), strict=True))
    graph = networkit.GraphFromCoo((np.ones(len(one)), (one, two)), n=n)
    seconds, _ = least(lambda: networkit.community.PLM(graph).run().getPartition().getVector(), repeat)
    yield {"kernel": "louvain", "peer": "networkit", "seconds": seconds}


def main() -> None:
    """Print the figures of what was named."""
    args = PARSER.parse_args()
    os.environ["NUMBA_NUM_THREADS"] = str(args.threads)
    for what in args.what:
        if what not in SIZES:
            print(json.dumps(starts(what)), flush=True)
            continue
        n, source, target = blocks(SIZES[what])
        repeat = args.repeat if SIZES[what] <= 10**7 else 1
        rows = [ours(n, source, target, repeat)]
        if not args.no_peers and SIZES[what] <= 10**7:
            rows.append(peers(n, source, target, repeat, args.threads))
        for row in (row for part in rows for row in part):
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
            facts = {"graph": what, "nodes": n, "edges": len(source), "threads": args.threads} | row
            facts |= {"peak_gib": peak, "load": os.getloadavg()[0]}
            print(json.dumps({k: round(v, 4) if isinstance(v, float) else v for k, v in facts.items()}), flush=True)


if __name__ == "__main__":
    main()
