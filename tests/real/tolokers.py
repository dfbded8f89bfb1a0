"""Banned workers of a crowd-sourcing platform: a forest, a network and their blend on the ten official splits."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import RandomForestClassifier

from algorithms import Graph, clustering_coefficients, k_cores
from gnn.account_sets import AccountSets
from gnn.blend import choose_blend
from gnn.hetero_network import Schema
from gnn.network_config import NetworkConfig
from gnn.network_graph import NetworkGraph
from gnn.network_training import Population, make_network, predict_sets, train_network
from gnn.ranking import average_precision, roc_auc
from gnn.typed_edges import TypedEdges

FloatArray = npt.NDArray[np.float64]

CONFIG = NetworkConfig(
    n_layers=3, dropout=0.3, learning_rate=3e-3, weight_decay=1e-3, n_epochs=150, patience=10, look_every=3
)


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


def forest(values: FloatArray, labels: Any, train: Any, seed: int) -> FloatArray:
    """Log-odds of all nodes by a forest that saw the labels of some."""
    trees = RandomForestClassifier(500, min_samples_leaf=3, max_features=0.3, random_state=seed, n_jobs=1)
    share = trees.fit(values[train], labels[train]).predict_proba(values)[:, 1]
    return np.log((share + 1e-3) / (1 - share + 1e-3))


def report(file: Path, n_splits: int = 10) -> dict[str, Any]:
    """Mean and spread over splits of both figures for every model, in percent."""
    import torch

    torch.set_num_threads(1)
    data = np.load(file)
    ends, labels = data["edges"], data["node_labels"] > 0
    n = len(labels)
    graph = Graph.from_edges(n, ends[:, 0], ends[:, 1])
    values = own_and_structure(data["node_features"].astype(np.float64), graph)
    spread = with_neighbours(values, graph)
    scaled = ((values - values.mean(axis=0)) / np.maximum(values.std(axis=0), 1e-9)).astype(np.float32)
    both = np.concatenate([ends, ends[:, ::-1]])
    edges = TypedEdges.from_pairs(n, n, both[:, 0], both[:, 1])
    network_graph = NetworkGraph({"account": scaled}, {("account", "with", "account"): edges})
    figures: dict[str, list[tuple[float, float]]] = {}
    gains, began = [], time.process_time()
    for split in range(n_splits):
        train, validation, test = (data[f"{part}_masks"][split] for part in ("train", "val", "test"))
        scores = {"no graph": forest(values[:, : data["node_features"].shape[1]], labels, train, split)}
        scores["forest"] = forest(spread, labels, train, split)
        config = NetworkConfig(**{**vars(CONFIG), "seed": split})
        sets = AccountSets.singles(n)
        network = make_network(Schema.of(network_graph), config, head="account")
        population = Population(network_graph, sets, labels.astype(np.float64), train, validation)
        trained = train_network(network, [population], config)
        scores["network"] = predict_sets(trained.network, network_graph, sets, config)
        blend = choose_blend(
            scores["forest"][validation], scores["network"][validation], labels[validation], seed=split
        )
        scores["blend"] = blend.score(scores["forest"], scores["network"])
        gains.append(blend.to_dict() | {"epoch": trained.epoch})
        for name, score in scores.items():
            both_figures = roc_auc(score[test], labels[test]), average_precision(score[test], labels[test])
            figures.setdefault(name, []).append(both_figures)
    out: dict[str, Any] = {"nodes": n, "edges": len(ends), "splits": n_splits}
    for name, rows in figures.items():
        mean, deviation = 100 * np.mean(rows, axis=0), 100 * np.std(rows, axis=0)
        out[name] = {
            figure: [round(float(mean[k]), 2), round(float(deviation[k]), 2)]
            for k, figure in enumerate(("auroc", "ap"))
        }
    out["weight_of_network"] = round(float(np.mean([gain["weight"] for gain in gains])), 2)
    out["helps"] = sum(gain["helps"] for gain in gains)
    for part in ("first", "second"):
        name = {"first": "gain_of_forest", "second": "gain_of_network"}[part]
        out[name] = {
            end: round(100 * float(np.mean([g[part][end] for g in gains])), 2) for end in ("mean", "low", "high")
        }
    out["processor_seconds"] = round(time.process_time() - began)
    return out


if __name__ == "__main__":
    import json
    import sys

    print(json.dumps(report(Path(sys.argv[1]), int(sys.argv[2]))))
