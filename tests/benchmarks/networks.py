"""Time the heterogeneous network beside the same in plain PyG, and the neighbour sampler; every line is JSON.

``python tests/benchmarks/networks.py network sampler`` runs both on one generated exchange with a million edges. Times
are processor seconds of this process, least of some runs, on one thread of torch unless `--threads` says otherwise.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "gnn"))

from algorithms import sample_neighbours
from gnn.network_graph import NetworkGraph
from gnn.typed_edges import TypedEdges

PARSER = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
PARSER.add_argument("what", nargs="+", choices=["network", "sampler"])
PARSER.add_argument("--edges", type=int, default=1_000_000)
PARSER.add_argument("--threads", type=int, default=1)
PARSER.add_argument("--repeat", type=int, default=5)

SHARES = {"device": 0.4, "ip": 0.3, "instrument": 0.2, "wallet": 0.1}
"""Of all links."""
LOADER_RATE = 0.7e6
"""Sampled edges a second of PyG's NeighborLoader with pyg-lib, which PyPI does not carry; measured elsewhere."""


def exchange(n_edges: int, seed: int = 0) -> NetworkGraph:
    """Accounts with devices, IPs, instruments and wallets of a heavy-tailed popularity; each link is two edges."""
    rng = np.random.default_rng(seed)
    n_accounts = n_edges // 8
    features = {"account": rng.random((n_accounts, 20), np.float32)}
    edges = {}
    for kind, share in SHARES.items():
        n, n_signals = int(n_edges * share / 2), n_accounts // 2
        accounts = rng.integers(0, n_accounts, n)
        signals = np.minimum((rng.pareto(1.0, n) * 50).astype(np.int64) * 7919 % n_signals, n_signals - 1)
        of_edge, seen = rng.random((n, 5)), rng.integers(0, 10**8, n)
        features[kind] = rng.random((n_signals, 8), np.float32)
        for types, ends, sizes in (
            (("account", "uses", kind), (accounts, signals), (n_accounts, n_signals)),
            ((kind, "used_by", "account"), (signals, accounts), (n_signals, n_accounts)),
        ):
            edges[types] = TypedEdges.from_pairs(*sizes, *ends, features=of_edge, first_seen=seen)
    return NetworkGraph(features, edges)


def least(call: Callable[[], Any], repeat: int) -> float:
    """Least processor seconds of some runs, after one that warms up."""
    call()
    seconds = []
    for _ in range(repeat):
        began = time.process_time()
        call()
        seconds.append(time.process_time() - began)
    return min(seconds)


def network(graph: NetworkGraph, repeat: int, threads: int) -> None:
    """One epoch, forward and backward, of two layers 64 wide: ours, and the same modules run by PyG."""
    import torch
    from _pyg_twin import Twin

    from gnn.hetero_network import GraphTensors, HeteroNetwork, Schema

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    net = HeteroNetwork(Schema.of(graph)).eval()
    tensors, data, twin = GraphTensors.of(graph), graph.to_hetero_data(), Twin(net)

    def epoch(run: Callable[[], Any]) -> None:
        net.zero_grad()
        sum(h.square().mean() for h in run().values()).backward()

    ours = least(lambda: epoch(lambda: net(tensors)), repeat)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    pyg = least(lambda: epoch(lambda: twin(data)), repeat)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    facts = {"edges": graph.n_edges, "threads": threads, "seconds": round(ours, 3), "pyg_seconds": round(pyg, 3)}
    facts |= {"share_of_pyg": round(ours / pyg, 3), "peak_mb": peak // 1024, "pyg_peak_mb": after // 1024}
    print(json.dumps({"what": "network"} | facts), flush=True)


def sampler(graph: NetworkGraph, repeat: int) -> None:
    """Batches of 1,024 accounts, two steps of ten neighbours an edge type, as of a time."""
    relations = graph.relations
    order = np.random.default_rng(1).permutation(len(graph.features["account"]))[: 32 * 1024].reshape(32, -1)

    def batches() -> int:
        n = 0
        for k, seeds in enumerate(order):
            found = sample_neighbours(relations, {"account": seeds}, n_neighbours=[10, 10], as_of=9 * 10**7, seed=k)
            n += sum(len(rows) for rows in found.entries.values())
        return n

    n_sampled = batches()
    seconds = least(batches, repeat)
    facts = {"sampled_edges": n_sampled, "seconds": round(seconds, 3), "edges_per_second": round(n_sampled / seconds)}
    print(json.dumps({"what": "sampler"} | facts | {"times_loader": round(n_sampled / seconds / LOADER_RATE, 1)}))


def main() -> None:
    """Run what was named."""
    args = PARSER.parse_args()
    graph = exchange(args.edges)
    if "network" in args.what:
        network(graph, args.repeat, args.threads)
    if "sampler" in args.what:
        sampler(graph, args.repeat)


if __name__ == "__main__":
    main()
