"""Banned workers of a crowd-sourcing platform: trees, a network and their blend on the ten official splits."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt
from boosting import SETTINGS
from scipy.sparse import csr_array
from sklearn.ensemble import RandomForestClassifier

from algorithms import Graph, clustering_coefficients, k_cores
from gnn.actor_sets import ActorSets
from gnn.blend import choose_blend
from gnn.hetero_network import Schema
from gnn.network_config import NetworkConfig
from gnn.network_graph import NetworkGraph
from gnn.network_training import Population, make_network, predict_sets, train_network
from gnn.ranking import average_precision, roc_auc
from gnn.typed_edges import TypedEdges

FloatArray = npt.NDArray[np.float64]

N_BOOSTED = 5
"""Runs of boosting, each with rows and columns drawn anew."""
CONFIG = NetworkConfig(dropout=0.3, weight_decay=1e-3, n_epochs=100, patience=5, look_every=4)


def own_and_structure(features: FloatArray, graph: Graph) -> FloatArray:
    """Features of a worker beside the degree, the clustering and the core of the node."""
    degree = np.diff(graph.indptr)
    extra = [np.log1p(degree), clustering_coefficients(graph), np.log1p(k_cores(graph))]
    return np.column_stack([features, *extra])


def with_neighbours(values: FloatArray, graph: Graph) -> FloatArray:
    """Values beside their means over one and two hops."""
    rows = np.repeat(np.arange(graph.n_nodes), np.diff(graph.indptr))
    shares = 1 / np.maximum(np.bincount(rows, minlength=graph.n_nodes), 1)
    out = [values]
    for _ in range(2):
        sums = [np.bincount(rows, column[graph.indices], graph.n_nodes) for column in out[-1].T]
        out.append(np.stack(sums, axis=1) * shares[:, None])
    return np.concatenate(out, axis=1)


def label_columns(graph: Graph, labels: Any, train: Any) -> FloatArray:
    """What the labels of the training nodes say of each node; its own is never among them.

    Share of banned workers among its labelled neighbours, by how near each is: all alike, the fewer neighbours of its
    own the nearer, and by the neighbours that both share (Jaccard, and its square); the same over two hops, without
    the ways back; and how many neighbours are labelled.
    """
    n, degree = graph.n_nodes, np.maximum(np.diff(graph.indptr), 1).astype(np.float64)
    ties = csr_array((np.ones(len(graph.indices)), graph.indices, graph.indptr), shape=(n, n))
    rows, known, bad = np.repeat(np.arange(n), np.diff(graph.indptr)), train * 1.0, train * labels * 1.0
    shared = np.asarray((ties @ ties)[rows, graph.indices]).ravel()
    alike = shared / (degree[rows] + degree[graph.indices] - shared) + 1e-6
    near = [np.ones(len(rows)), 1 / degree[graph.indices], 1 / np.log1p(degree[graph.indices]), alike, alike**2]
    columns = [ties @ known]
    for weights in near:
        by = csr_array((weights, graph.indices, graph.indptr), shape=(n, n))
        columns.append(_share(by @ bad, by @ known, weights.mean(), labels[train].mean()))
    through, back = ties @ csr_array((1 / degree, (np.arange(n), np.arange(n)))), ties @ (1 / degree)
    two = [through @ (ties @ some) - back * some for some in (bad, known)]
    return np.column_stack([*columns, _share(*two, 1e-3, labels[train].mean())])


def _share(bad: FloatArray, known: FloatArray, weight: float, prior: float) -> FloatArray:
    """Share of bad ones, with one more neighbour who is as bad as the average."""
    return (bad + prior * weight) / (known + weight)


def trees(values: FloatArray, labels: Any, train: Any, seed: int) -> FloatArray:
    """Scores of all nodes by a forest and the mean of several runs of boosting, each scaled, which saw some labels."""
    forest = RandomForestClassifier(300, min_samples_leaf=3, max_features=0.3, random_state=seed, n_jobs=1)
    share = forest.fit(values[train], labels[train]).predict_proba(values)[:, 1]
    boosted = np.zeros(len(values))
    for k in range(N_BOOSTED):
        model = lightgbm.LGBMClassifier(**SETTINGS | {"random_state": N_BOOSTED * seed + k, "n_jobs": 1})
        boosted += model.fit(values[train], labels[train]).predict(values, raw_score=True)
    both = np.log((share + 1e-3) / (1 - share + 1e-3)), boosted
    return np.asarray(sum((nats - nats.mean()) / nats.std() for nats in both))


def split_figures(file: Path, split: int) -> dict[str, Any]:
    """Area under the ROC curve and average precision on the test nodes of one split by model, and the blend."""
    import torch

    torch.set_num_threads(1)
    began = time.process_time()
    data = np.load(file)
    ends, labels = data["edges"], data["node_labels"] > 0
    n, own = len(labels), data["node_features"].astype(np.float64)
    graph = Graph.from_edges(n, ends[:, 0], ends[:, 1])
    values = with_neighbours(own_and_structure(own, graph), graph)
    train, validation, test = (data[f"{part}_masks"][split] for part in ("train", "val", "test"))
    known = np.column_stack([values, label_columns(graph, labels, train)])
    scores = {"no_graph": trees(own, labels, train, split), "trees": trees(known, labels, train, split)}
    scaled = ((values - values.mean(axis=0)) / np.maximum(values.std(axis=0), 1e-9)).astype(np.float32)
    both = np.concatenate([ends, ends[:, ::-1]])
    edges = {("account", "with", "account"): TypedEdges.from_pairs(n, n, both[:, 0], both[:, 1])}
    workers, sets = NetworkGraph({"account": scaled}, edges), ActorSets.singles(n)
    config = replace(CONFIG, seed=split)
    network = make_network(Schema.of(workers), config, head="account")
    trained = train_network(network, [Population(workers, sets, labels.astype(np.float64), train, validation)], config)
    scores["network"] = predict_sets(trained.network, workers, sets, config)
    blend = choose_blend(scores["trees"][validation], scores["network"][validation], labels[validation], seed=split)
    scores["blend"] = blend.score(scores["trees"], scores["network"])
    figures = {
        name: (roc_auc(score[test], labels[test]), average_precision(score[test], labels[test]))
        for name, score in scores.items()
    }
    seconds = time.process_time() - began
    return {"figures": figures, "blend": blend.to_dict(), "epoch": trained.epoch, "seconds": seconds}


def report(file: Path, splits: Sequence[int] = range(10)) -> dict[str, Any]:
    """Mean and spread over splits of both figures for every model, in percent; two splits at a time."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        parts = []
        for part in pool.map(split_figures, [file] * len(splits), splits):
            print(json.dumps(part), file=sys.stderr, flush=True)  # a split takes half a minute
            parts.append(part)
    out: dict[str, Any] = {"splits": len(splits)}
    for name in parts[0]["figures"]:
        rows = np.array([part["figures"][name] for part in parts])
        for k, figure in enumerate(("auroc", "ap")):
            out[f"{name}_{figure}"] = [round(100 * float(f(rows[:, k])), 2) for f in (np.mean, np.std)]
    out["weight_of_network"] = round(float(np.mean([part["blend"]["weight"] for part in parts])), 2)
    out["network_helps_in"] = sum(part["blend"]["helps"] for part in parts)
    for name, part in (("trees", "first"), ("network", "second")):
        gains = [p["blend"][part] for p in parts]
        out[f"gain_of_{name}"] = [
            round(100 * float(np.mean([g[end] for g in gains])), 2) for end in ("mean", "low", "high")
        ]
    out["epochs"] = [part["epoch"] for part in parts]
    return out | {"processor_seconds": round(sum(part["seconds"] for part in parts))}


if __name__ == "__main__":
    print(json.dumps(report(Path(sys.argv[1]), [int(k) for k in sys.argv[2:]] or range(10))))
