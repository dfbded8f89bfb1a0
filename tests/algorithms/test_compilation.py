"""What the kernels give does not depend on being compiled, nor on the number of threads."""

import os
import subprocess
import sys

import pytest

SCRIPT = """
import hashlib
import numpy as np
import algorithms._leiden
from algorithms import (Graph, Relation, Transfers, UnionFind, articulation_points, bridges, common_inputs,
                        count_triangles, dense_blocks, find_coinjoins, find_communities, find_deposit_addresses,
                        group_transactions, k_cores, lockstep_pairs, minimum_cut, partition_statistics,
                        personalised_pagerank, project, propagate_labels, sample_neighbours, trace_taint,
                        transfer_features, weigh_pairs)
from algorithms.returns import find_returns
from gnn._aggregation_kernels import multiply_ends, sum_neighbours

rng = np.random.default_rng(4)
graph = Graph.from_edges(120, rng.integers(0, 120, 500), rng.integers(0, 120, 500), rng.random(500) + 0.1)
actors, signals = rng.integers(0, 60, 200), rng.integers(0, 40, 200)
shared = project(60, actors, signals, rng.random(40), np.full(40, 12))
keys = np.unique(actors * 40 + signals)
starts = np.concatenate([[0], np.cumsum(np.bincount(keys // 40, minlength=60))])
times = rng.integers(0, 10**8, len(keys))
weights = weigh_pairs(shared.sources, shared.targets, shared.evidence_indptr, shared.evidence_signals, starts,
                      (keys % 40).astype(np.int32), times, times + 10**6, np.ones(40))
labels = find_communities(graph, resolution=0.05).labels
uses = Relation(starts.astype(np.int64), (keys % 40).astype(np.int32), times)
drawn = sample_neighbours({("a", "uses", "s"): uses}, {"a": np.arange(30)}, n_neighbours=[2], as_of=10**7 * 8)
stream = Transfers(actors, actors[::-1], np.arange(200) // 3, rng.random(200))
sets = UnionFind(60)
sets.add_edges(shared.sources, shared.targets)
parts = [graph.indices, graph.weights, labels, bridges(graph), k_cores(graph), sets.labels(), count_triangles(graph),
         articulation_points(graph), minimum_cut(graph.subgraph(np.arange(40))).side, shared.evidence_signals, weights,
         propagate_labels(graph), personalised_pagerank(graph, np.arange(120)), drawn.nodes["s"],
         partition_statistics(graph, labels).conductance, *(b.nodes for b in dense_blocks(graph, n_blocks=3))]
# large graphs go in batches: make a middling one do so
algorithms._leiden.SERIAL_WORK = algorithms._leiden.PARALLEL_WORK = algorithms._leiden.PARALLEL_ENTRIES = 0
same = rng.integers(0, 50, 6000)
middling = Graph.from_edges(1250, same * 25 + rng.integers(0, 25, 6000), same * 25 + rng.integers(0, 25, 6000))
sums, products = np.empty((60, 8), np.float32), np.empty((len(keys), 2), np.float32)
values, gates = rng.random((60, 8), np.float32), rng.random((len(keys), 2), np.float32)
shares = rng.random(60).astype(np.float32)
sum_neighbours(uses.indptr, uses.indices, np.empty(0, np.int64), gates, shares, True, values, values, 0, 60, sums)
multiply_ends(uses.indptr, uses.indices, sums, shares, values, 2, 0, 60, products)
parts += [sums, products, drawn.entries["a", "uses", "s"]]
parts += [transfer_features(stream, window_seconds=40).values]
spent = group_transactions(Transfers(actors, actors[::-1], amounts=rng.integers(1, 3, 200),
                                     transactions=np.arange(200) // 6))
joins = find_coinjoins(spent)
parts += [joins, common_inputs(spent, joins).others, find_deposit_addresses(stream, np.arange(60) < 20)]
parts += [trace_taint(stream, method=m, source_nodes=[0], most_lots=4).carried for m in ("poison", "haircut", "fifo")]
step = lockstep_pairs(60, actors, signals % 5, np.arange(200) // 3, within_seconds=9, least_matches=1)
back = find_returns(Transfers(actors % 9, signals % 9, np.arange(200), np.ones(200)), within_seconds=40)
parts += [step.sources, step.matches, step.nats, back.n_returned]
parts += [find_communities(middling, objective=o).labels for o in ("cpm", "modularity")]
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
