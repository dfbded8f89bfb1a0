"""Training and scoring of networks over sets of actors: graphs that fit are taken whole, larger ones are sampled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from algorithms.sampling import sample_neighbours
from gnn._torch import torch
from gnn.actor_sets import ActorSets
from gnn.fitting import Progress, Trained, check_kinds, device_of, fit, precision, seeded
from gnn.hetero_network import GraphTensors, HeteroNetwork, Schema
from gnn.network_config import NetworkConfig
from gnn.network_graph import ACTORS, NetworkGraph
from gnn.ranking import average_precision
from gnn.score_heads import AccountHead, RingHead, ScoreNetwork, SetTensors

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
LongArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Population:
    """A graph with sets of its accounts and wallets and what is true of them.

    Parameters
    ----------
    graph : NetworkGraph
    sets : ActorSets
    targets : array of float64, shape (n_sets,)
        1 for rings, or for guilty accounts.
    train, validation : array of bool, shape (n_sets,)
        Sets to learn from, and sets to stop by.
    """

    graph: NetworkGraph
    sets: ActorSets
    targets: FloatArray
    train: BoolArray
    validation: BoolArray

    def __post_init__(self) -> None:
        for name in ("targets", "train", "validation"):
            if len(getattr(self, name)) != len(self.sets):
                raise ValueError(f"`{name}` must have {len(self.sets)} entries, got {len(getattr(self, name))}")
        if (self.train & self.validation).any():
            raise ValueError(
                f"`train` and `validation` must be apart, got {(self.train & self.validation).sum()} in both"
            )


def make_network(schema: Schema, config: NetworkConfig, *, head: str = "ring") -> ScoreNetwork:
    """Make a network with weights drawn by the seed.

    Parameters
    ----------
    schema : Schema
    config : NetworkConfig
    head : {"ring", "account"}

    Returns
    -------
    ScoreNetwork
    """
    if head not in ("ring", "account"):
        raise ValueError(f"`head` must be 'ring' or 'account', got {head!r}")
    with seeded(config.seed):
        body = HeteroNetwork(
            schema, width=config.width, n_layers=config.n_layers, n_heads=config.n_heads, dropout=config.dropout
        )
        top = RingHead if head == "ring" else AccountHead
        return ScoreNetwork(body, top(config.width, config.dropout))


def train_network(
    network: ScoreNetwork, populations: Sequence[Population], config: NetworkConfig, *, progress: Progress | None = None
) -> Trained:
    """Train a network, and keep the weights with the best average precision on validation.

    Parameters
    ----------
    network : ScoreNetwork
        Its weights are changed.
    populations : sequence of Population
        Sets to train on and to validate on, in the same or in several graphs.
    config : NetworkConfig
    progress : callable, optional

    Returns
    -------
    Trained
        The same for the same input, seed and number of threads of torch on a CPU; on CUDA sums may differ in their last
        digits from run to run.

    Raises
    ------
    ValueError
        If sets for training or validation are missing, or are all of one kind.
    """
    for name in ("train", "validation"):
        known = [p.targets[getattr(p, name)] for p in populations]
        check_kinds(name, np.concatenate([np.empty(0), *known]))
    device = device_of(config)
    network.to(device)
    whole = {
        k: GraphTensors.of(p.graph, device) for k, p in enumerate(populations) if p.graph.n_edges <= config.most_edges
    }

    def batches(rng: np.random.Generator) -> Iterator[tuple[Callable[[], Any], Any]]:
        for k in rng.permutation(len(populations)).tolist():
            for graph, sets, targets in _batches(populations[k], whole.get(k), config, rng, device):
                yield partial(network.__call__, graph, sets), targets

    return fit(network, batches, lambda: _validate(network, populations, whole, config), config, progress)


def _batches(
    population: Population, whole: GraphTensors | None, config: NetworkConfig, rng: np.random.Generator, device: Any
) -> Iterator[tuple[GraphTensors, SetTensors, Any]]:
    """All training sets at once on the whole graph, or some of them at a time with a sample around them."""
    rows = np.flatnonzero(population.train)
    if not len(rows):
        return
    size = len(rows)
    if whole is None:
        rows, size = rng.permutation(rows), config.batch_size
    for low in range(0, len(rows), size):
        chosen = rows[low : low + size]
        sets = population.sets.take(chosen)
        graph = whole
        if graph is None:
            graph, sets = around(population.graph, sets, config, int(rng.integers(2**31)), device)
        yield graph, SetTensors(sets, device), torch.tensor(population.targets[chosen], device=device).float()


def around(
    graph: NetworkGraph, sets: ActorSets, config: NetworkConfig, seed: int, device: Any
) -> tuple[GraphTensors, ActorSets]:
    """A sample of the graph around sets, and the sets with the numbers that their members have in it."""
    kinds = [kind for kind in ACTORS if kind in graph.features]
    seeds, places = np.unique(sets.members, return_inverse=True)
    bounds = np.cumsum([0, *(len(graph.features[kind]) for kind in kinds)])
    of_kind = {
        kind: seeds[(seeds >= low) & (seeds < high)] - low
        for kind, (low, high) in zip(kinds, pairwise(bounds.tolist()), strict=True)
    }
    found = sample_neighbours(graph.relations, of_kind, n_neighbours=config.n_neighbours, seed=seed)
    part = graph.part(found)
    # seeds come first among the nodes of their type
    firsts = np.cumsum([0, *(len(part.features[kind]) for kind in kinds)])
    at = [first + np.arange(len(of_kind[kind])) for kind, first in zip(kinds, firsts[:-1], strict=True)]
    return GraphTensors.of(part, device), ActorSets(sets.indptr, np.concatenate(at)[places].astype(np.int32))


def _validate(
    network: ScoreNetwork,
    populations: Sequence[Population],
    whole: dict[int, GraphTensors],
    config: NetworkConfig,
) -> float:
    scores, truth = [], []
    for k, population in enumerate(populations):
        rows = np.flatnonzero(population.validation)
        if len(rows):
            sets = population.sets.take(rows)
            scores.append(predict_sets(network, population.graph, sets, config, tensors=whole.get(k)))
            truth.append(population.targets[rows] > 0.5)
    return average_precision(np.concatenate(scores), np.concatenate(truth))


def predict_sets(
    network: ScoreNetwork,
    graph: NetworkGraph,
    sets: ActorSets,
    config: NetworkConfig,
    *,
    tensors: GraphTensors | None = None,
) -> FloatArray:
    """Log-odds of sets, before calibration.

    Parameters
    ----------
    network : ScoreNetwork
    graph : NetworkGraph
    sets : ActorSets
    config : NetworkConfig
    tensors : GraphTensors, optional
        The graph on the device, if it is there already.

    Returns
    -------
    array of float64, shape (n_sets,)
        From the whole graph, or where that has over `most_edges` edges from samples, drawn by the seed.

    Raises
    ------
    ValueError
        If the graph has types that the network does not know.
    """
    network.body.schema.check(graph)
    network.eval()
    device = next(network.parameters()).device
    whole = tensors is not None or graph.n_edges <= config.most_edges
    size = max(len(sets), 1) if whole else config.batch_size
    if whole and tensors is None:
        tensors = GraphTensors.of(graph, device)
    out = [np.empty(0)]
    with torch.no_grad(), precision(config, device):
        for low in range(0, len(sets), size):
            some = sets.take(np.arange(low, min(low + size, len(sets))))
            part = tensors
            if part is None:
                part, some = around(graph, some, config, config.seed, device)
            out.append(network(part, SetTensors(some, device)).cpu().numpy().astype(np.float64))
    return np.concatenate(out)
