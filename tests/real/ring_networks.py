"""Candidate rings of simulated worlds by trees, by a network over entities with a ring head, and by their blend."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from blends import summary

from gnn.actor_sets import ActorSets
from gnn.blend import choose_blend
from gnn.hetero_network import Schema
from gnn.network_config import NetworkConfig
from gnn.network_graph import NetworkGraph
from gnn.network_training import Population, make_network, predict_sets, train_network
from gnn.ranking import average_precision
from gnn.ring_trees import train_trees
from graphrisk.models.labelled import labelled_search
from graphrisk.models.settings import TRANSPARENT, ModelSettings
from graphrisk.models.worlds import WorldPlan, simulated_configs
from graphrisk.pipeline import find_rings
from graphrisk.rings.network_reader import network_graph
from graphrisk.rings.network_view import NetworkView
from graphrisk.stages import StageLog
from loaders import load
from loaders.simulate import WorldSettings

N_ACCOUNTS = 3_000
PARTS = {"train": 4, "validation": 2, "test": 2}
"""Worlds to learn from, to stop the network and choose the blend by, and to measure on."""
CONFIG = NetworkConfig(width=32, n_epochs=60, look_every=3, patience=4)

World = tuple[NetworkGraph, ActorSets, npt.NDArray[np.float64], npt.NDArray[np.float64]]


def worlds(n: int, first_seed: int) -> list[World]:
    """Graphs of worlds, the members of their candidates, ring features, and which candidates are rings."""
    seeds = range(first_seed, first_seed + n)
    plans = [WorldPlan(WorldSettings(n_accounts=N_ACCOUNTS, seed=seed, ring_share=0.05), ()) for seed in seeds]
    out = []
    for config in simulated_configs(plans):
        config = config.model_copy(update={"model": ModelSettings(name=TRANSPARENT)})
        loaded = load(config.load_config(), as_of=config.scan.as_of, transactions=config.wallets.needs_transactions)
        found, _, _ = find_rings(config, loaded, StageLog(None))
        labelled = labelled_search(found, loaded.graph, loaded.labels, config.scan.name)
        graph = network_graph(loaded.graph, loaded.as_of)
        view = NetworkView.of(graph, labelled.candidates, found.sharing, loaded.graph.n_accounts)
        out.append((graph, view.sets, labelled.features, labelled.is_ring.astype(np.float64)))
    return out


def of_seed(seed: int) -> dict[str, Any]:
    """Average precision on the candidates of worlds that no model saw, for one seed of worlds and models."""
    import torch

    torch.set_num_threads(1)
    config = replace(CONFIG, seed=seed)
    made = worlds(sum(PARTS.values()), 100 * (seed + 1))
    bounds = np.cumsum([0, *PARTS.values()])
    train, validation, test = (made[low:high] for low, high in pairwise(bounds.tolist()))
    booster = train_trees(np.concatenate([w[2] for w in train]), np.concatenate([w[3] for w in train]), seed=seed)
    populations = [
        Population(graph, sets, truth, np.full(len(truth), part == 0), np.full(len(truth), part == 1))
        for part, some in enumerate((train, validation))
        for graph, sets, _, truth in some
    ]
    network = make_network(Schema.of(*(graph for graph, *_ in made)), config)
    trained = train_network(network, populations, config)
    scores, truths, of = {}, {}, {}
    for name, some in (("validation", validation), ("test", test)):
        trees = [np.asarray(booster.predict(features, raw_score=True)) for _, _, features, _ in some]
        nets = [predict_sets(trained.network, graph, sets, config) for graph, sets, _, _ in some]
        scores[name] = np.concatenate(trees), np.concatenate(nets)
        truths[name] = np.concatenate([truth for *_, truth in some]) > 0.5
        # candidates that share their first member stay together
        first = [k * N_ACCOUNTS + sets.members[sets.indptr[:-1]] for k, (_, sets, _, _) in enumerate(some)]
        of[name] = np.concatenate(first)
    blend = choose_blend(*scores["validation"], truths["validation"], groups=of["validation"], seed=seed)
    told = {"trees": scores["test"][0], "network": scores["test"][1], "blend": blend.score(*scores["test"])}
    out: dict[str, Any] = {"candidates": len(truths["test"]), "rings": int(truths["test"].sum())}
    out |= {f"{name}_ap": average_precision(score, truths["test"]) for name, score in told.items()}
    return out | {"epoch": trained.epoch, "blend": blend.to_dict()}


def report(seeds: Sequence[int] = range(5)) -> dict[str, Any]:
    """Mean and spread over seeds."""
    began = time.process_time()
    parts = []
    for seed in seeds:
        parts.append(of_seed(seed))
        print(json.dumps(parts[-1]), file=sys.stderr, flush=True)
    return summary(parts) | {"processor_seconds": round(time.process_time() - began)}


if __name__ == "__main__":
    print(json.dumps(report([int(k) for k in sys.argv[1:]] or range(5))))
