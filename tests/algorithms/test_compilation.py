"""What the kernels give does not depend on being compiled, nor on the number of threads."""

import os
import subprocess
import sys

import pytest

SCRIPT = """
import hashlib
import numpy as np
from algorithms import Graph, articulation_points, bridges, find_communities, k_cores, minimum_cut, project, weigh_pairs
from algorithms import Transfers, transfer_features

rng = np.random.default_rng(4)
graph = Graph.from_edges(120, rng.integers(0, 120, 500), rng.integers(0, 120, 500), rng.random(500) + 0.1)
actors, signals = rng.integers(0, 60, 200), rng.integers(0, 40, 200)
shared = project(60, actors, signals, rng.random(40), np.full(40, 12))
keys = np.unique(actors * 40 + signals)
starts = np.concatenate([[0], np.cumsum(np.bincount(keys // 40, minlength=60))])
times = rng.integers(0, 10**8, len(keys))
weights = weigh_pairs(shared.sources, shared.targets, shared.evidence_indptr, shared.evidence_signals, starts,
                      (keys % 40).astype(np.int32), times, times + 10**6, np.ones(40))
stream = Transfers(actors, actors[::-1], np.arange(200) // 3, rng.random(200))
parts = [graph.indices, graph.weights, find_communities(graph, resolution=0.05).labels, bridges(graph), k_cores(graph),
         articulation_points(graph), minimum_cut(graph.subgraph(np.arange(40))).side, shared.evidence_signals, weights,
         transfer_features(stream, window_seconds=40).values]
print(hashlib.sha256(b"".join(np.ascontiguousarray(p).tobytes() for p in parts)).hexdigest())
"""


def run(**environment):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_plain_python_gives_what_compiled_kernels_give():
    assert run(NUMBA_DISABLE_JIT="1") == run()


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two cores")
def test_one_thread_gives_what_two_give():
    assert run(NUMBA_NUM_THREADS="1") == run(NUMBA_NUM_THREADS="2")
