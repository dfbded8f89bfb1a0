"""Training and scoring of the network over transfers: graphs that fit are taken whole, larger ones are sampled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from gnn._torch import torch
from gnn.fitting import Progress, Trained, check_kinds, device_of, fit, precision, seeded
from gnn.network_config import NetworkConfig
from gnn.ranking import average_precision
from gnn.transfer_graph import TransferGraph
from gnn.transfer_network import TransferNetwork, TransferTensors

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
LongArray = npt.NDArray[np.int64]


def make_transfer_network(config: NetworkConfig) -> TransferNetwork:
    """Make a network with weights drawn by the seed; the configuration's heads play no part."""
    with seeded(config.seed):
        return TransferNetwork(width=config.width, n_layers=config.n_layers, dropout=config.dropout)


def train_transfer_network(
    network: TransferNetwork,
    past: TransferGraph | Sequence[TransferGraph],
    later: TransferGraph | Sequence[TransferGraph],
    targets: BoolArray,
    train: BoolArray,
    validation: BoolArray,
    config: NetworkConfig,
    *,
    progress: Progress | None = None,
) -> Trained:
    """Train a network on transfers of the past, and keep the weights that rank later ones best.

    Parameters
    ----------
    network : TransferNetwork
        Its weights are changed.
    past, later : TransferGraph or sequence of TransferGraph
        The graph as it was when training ends, and when validation ends. Of several graphs, in the order of time, each
        transfer is seen in the first that holds it: graphs a day apart keep from it what came after its day.
    targets : array of bool, shape (n_transfers,)
        What is true of the transfers that both graphs were made of.
    train, validation : array of bool, shape (n_transfers,)
        Transfers of `past` to learn from, and of `later` to stop by.
    config : NetworkConfig
    progress : callable, optional

    Returns
    -------
    Trained

    Raises
    ------
    ValueError
        If transfers for training or validation are not in their graph, or are all of one kind.
    """
    sides = []
    for name, chosen, given in (("train", train, past), ("validation", validation, later)):
        check_kinds(name, targets[chosen])
        graphs = [given] if isinstance(given, TransferGraph) else list(given)
        places = places_in(graphs, chosen)
        if missing := int(chosen.sum()) - sum(len(some) for some in places):
            raise ValueError(f"`{name}` must be transfers of its graph, got {missing} that are not in it")
        sides.append([(graph, some) for graph, some in zip(graphs, places, strict=True) if len(some)])
    device = device_of(config)
    network.to(device)
    learned, judged = ([(g, some, _whole(g, config, device)) for g, some in side] for side in sides)
    known = targets[np.concatenate([graph.rows[some] for graph, some, _ in judged])]

    def batches(rng: np.random.Generator) -> Iterator[tuple[Callable[[], Any], Any]]:
        for k in rng.permutation(len(learned)).tolist() if len(learned) > 1 else [0]:
            graph, some, whole = learned[k]
            for part, places, chosen in _parts(graph, whole, some, config, rng, device):
                wanted = torch.tensor(targets[graph.rows[chosen]], device=device).float()
                yield partial(network.__call__, part, places), wanted

    def value() -> float:
        scores = [predict_transfers(network, graph, some, config, tensors=whole) for graph, some, whole in judged]
        return average_precision(np.concatenate(scores), known)

    return fit(network, batches, value, config, progress)


def places_in(graphs: Sequence[TransferGraph], chosen: BoolArray) -> list[LongArray]:
    """Where chosen transfers stand in the first of the graphs that holds them, for each graph.

    Parameters
    ----------
    graphs : sequence of TransferGraph
        Of the same transfers, as of growing times.
    chosen : array of bool, shape (n_transfers,)

    Returns
    -------
    list of array of int64
    """
    left, out = chosen.copy(), []
    for graph in graphs:
        out.append(np.flatnonzero(left[graph.rows]))
        left[graph.rows] = False
    return out


def _whole(graph: TransferGraph, config: NetworkConfig, device: Any) -> TransferTensors | None:
    return TransferTensors.of(graph, device) if len(graph) <= config.most_edges else None


def predict_transfers(
    network: TransferNetwork,
    graph: TransferGraph,
    chosen: LongArray,
    config: NetworkConfig,
    *,
    tensors: TransferTensors | None = None,
) -> FloatArray:
    """Log-odds of some transfers of a graph, before calibration.

    Parameters
    ----------
    network : TransferNetwork
    graph : TransferGraph
    chosen : array of int64, shape (n_chosen,)
        Places in the graph.
    config : NetworkConfig
    tensors : TransferTensors, optional
        The graph on the device, if it is there already.

    Returns
    -------
    array of float64, shape (n_chosen,)
        From the whole graph, or where that has over `most_edges` transfers from samples, drawn by the seed.
    """
    network.eval()
    device, out = next(network.parameters()).device, [np.empty(0)]
    tensors = _whole(graph, config, device) if tensors is None else tensors
    with torch.no_grad(), precision(config, device):
        for part, places, _ in _parts(graph, tensors, chosen, config, None, device):
            out.append(network(part, places).cpu().numpy().astype(np.float64))
    return np.concatenate(out)


def _parts(
    graph: TransferGraph,
    whole: TransferTensors | None,
    chosen: LongArray,
    config: NetworkConfig,
    rng: np.random.Generator | None,
    device: Any,
) -> Iterator[tuple[TransferTensors, Any, LongArray]]:
    """The whole graph with all chosen transfers, or samples around some at a time, shuffled if `rng` is given."""
    if whole is not None:
        if len(chosen):
            yield whole, torch.tensor(chosen, device=device), chosen
        return
    order = chosen if rng is None else rng.permutation(chosen)
    for low in range(0, len(order), config.batch_size):
        some = order[low : low + config.batch_size]
        seed = config.seed if rng is None else int(rng.integers(2**31))
        part, places = graph.around(some, n_neighbours=config.n_neighbours, seed=seed)
        yield TransferTensors.of(part, device), torch.tensor(places, device=device), some
