"""Training and scoring of networks over sets of accounts: graphs that fit are taken whole, larger ones are sampled."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from algorithms.sampling import sample_neighbours
from gnn._torch import nn, torch
from gnn.account_sets import AccountSets
from gnn.hetero_network import GraphTensors, HeteroNetwork, Schema
from gnn.network_config import NetworkConfig
from gnn.network_graph import NetworkGraph
from gnn.ranking import average_precision
from gnn.score_heads import AccountHead, RingHead, ScoreNetwork, SetTensors

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
LongArray = npt.NDArray[np.int64]
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, eq=False)
class Population:
    """A graph with sets of its accounts and what is true of them.

    Parameters
    ----------
    graph : NetworkGraph
    sets : AccountSets
    targets : array of float64, shape (n_sets,)
        1 for rings, or for guilty accounts.
    train, validation : array of bool, shape (n_sets,)
        Sets to learn from, and sets to stop by.
    """

    graph: NetworkGraph
    sets: AccountSets
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


@dataclass(frozen=True, eq=False)
class Trained:
    """A network with the weights that were best on validation.

    Parameters
    ----------
    network : ScoreNetwork
        In evaluation mode.
    validation : float
        Average precision on validation.
    epoch : int
        At which it was reached.
    looks : list of (epoch, loss, average precision)
    """

    network: ScoreNetwork
    validation: float
    epoch: int
    looks: list[tuple[int, float, float]]


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


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draw by a seed inside, and leave the generators outside as they were."""
    devices = list(range(torch.cuda.device_count()))
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield


def device_of(config: NetworkConfig) -> Any:
    """The device that a configuration means on this machine."""
    if config.device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(config.device)


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
        The same for the same input, seed, device and number of threads of torch.

    Raises
    ------
    ValueError
        If sets for training or validation are missing, or are all of one kind.
    """
    for name in ("train", "validation"):
        known = np.concatenate([p.targets[getattr(p, name)] for p in populations]) if populations else np.empty(0)
        if not (known > 0.5).any() or not (known <= 0.5).any():
            raise ValueError(f"`{name}` must hold sets of both kinds, got {int(known.sum())} positive of {len(known)}")
    device = device_of(config)
    network.to(device)
    rng = np.random.default_rng([config.seed, 0x6E])
    whole = {
        k: GraphTensors.of(p.graph, device) for k, p in enumerate(populations) if p.graph.n_edges <= config.most_edges
    }
    optimiser = torch.optim.AdamW(network.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    best, looks = (-1.0, 0, copy.deepcopy(network.state_dict())), []
    with seeded(config.seed):
        for epoch in range(1, config.n_epochs + 1):
            losses = []
            for k in rng.permutation(len(populations)).tolist():
                for graph, sets, targets in _batches(populations[k], whole.get(k), config, rng, device):
                    losses.append(_step(network, optimiser, graph, sets, targets, config, device))
            if epoch % config.look_every and epoch < config.n_epochs:
                continue
            value = _validate(network, populations, whole, config)
            looks.append((epoch, float(np.mean(losses)), value))
            if progress is not None:
                progress("epochs", epoch, config.n_epochs)
            if value > best[0]:
                best = value, epoch, copy.deepcopy(network.state_dict())
            elif epoch - best[1] >= config.patience * config.look_every:
                break
    network.load_state_dict(best[2])
    network.eval()
    return Trained(network, best[0], best[1], looks)


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
    graph: NetworkGraph, sets: AccountSets, config: NetworkConfig, seed: int, device: Any
) -> tuple[GraphTensors, AccountSets]:
    """A sample of the graph around sets, and the sets with the numbers that accounts have in it."""
    seeds, places = np.unique(sets.members, return_inverse=True)
    found = sample_neighbours(graph.relations, "account", seeds, n_neighbours=config.n_neighbours, seed=seed)
    return GraphTensors.of(graph.part(found), device), AccountSets(sets.indptr, places.astype(np.int32))


def _step(
    network: ScoreNetwork,
    optimiser: Any,
    graph: GraphTensors,
    sets: SetTensors,
    targets: Any,
    config: NetworkConfig,
    device: Any,
) -> float:
    network.train()
    optimiser.zero_grad()
    with precision(config, device):
        loss = nn.functional.binary_cross_entropy_with_logits(network(graph, sets), targets)
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimiser.step()
    return float(loss.detach())


def precision(config: NetworkConfig, device: Any) -> Any:
    """Within it, what can be done in bfloat16 is, if the configuration says so."""
    return torch.autocast(device.type, torch.bfloat16, enabled=config.precision == "bfloat16")


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
    sets: AccountSets,
    config: NetworkConfig,
    *,
    tensors: GraphTensors | None = None,
) -> FloatArray:
    """Log-odds of sets, before calibration.

    Parameters
    ----------
    network : ScoreNetwork
    graph : NetworkGraph
    sets : AccountSets
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
