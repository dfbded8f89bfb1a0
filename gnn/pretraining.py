"""Learning without labels: features of some accounts are hidden, and the network guesses them from what is around."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gnn._torch import nn, torch
from gnn.actor_sets import ActorSets
from gnn.fitting import device_of, precision, seeded
from gnn.hetero_network import GraphTensors, HeteroNetwork
from gnn.network_config import NetworkConfig
from gnn.network_graph import NetworkGraph
from gnn.network_training import around

HIDDEN_SHARE = 0.5
SHARPNESS = 2
"""Power of the cosine error: what is nearly right already counts little."""


def pretrain(
    body: HeteroNetwork, graphs: Sequence[NetworkGraph], config: NetworkConfig, *, n_epochs: int = 50
) -> list[float]:
    """Train the body of a network to guess hidden features of accounts; it sees no label.

    The features of half the accounts are replaced by one learned row; from the embedding of each of them a linear map
    guesses its own features, scaled to mean 0 and variance 1, with the loss ``(1 - cos(guess, truth))²``.

    Parameters
    ----------
    body : HeteroNetwork
        Its weights are changed.
    graphs : sequence of NetworkGraph
        Taken whole up to `most_edges` edges, else sampled.
    config : NetworkConfig
    n_epochs : int

    Returns
    -------
    list of float
        Mean loss of every epoch.

    Raises
    ------
    ValueError
        If there is no graph.

    References
    ----------
    Hou et al. (2022), GraphMAE: self-supervised masked graph autoencoders, section 3.2 (with a linear decoder, and
    without masking again before it).
    """
    if not graphs:
        raise ValueError("`graphs` must hold at least one graph, got none")
    device, rng = device_of(config), np.random.default_rng([config.seed, 0x3A])
    features = np.concatenate([graph.features["account"] for graph in graphs])
    centre = torch.tensor(features.mean(axis=0), device=device)
    spread = torch.tensor(np.maximum(features.std(axis=0), 1e-3), device=device)
    whole = [GraphTensors.of(graph, device) if graph.n_edges <= config.most_edges else None for graph in graphs]
    body.to(device).train()
    losses = []
    with seeded(config.seed):
        hidden_row = nn.Parameter(torch.zeros(features.shape[1], device=device))
        decoder = nn.Linear(body.width, features.shape[1]).to(device)
        parameters = [*body.parameters(), *decoder.parameters(), hidden_row]
        optimiser = torch.optim.AdamW(parameters, config.learning_rate, weight_decay=config.weight_decay)
        for _ in range(n_epochs):
            total, n = 0.0, 0
            for k in rng.permutation(len(graphs)).tolist():
                for tensors, hidden in _hidden(graphs[k], whole[k], config, rng, device):
                    truth = (tensors.features["account"][hidden] - centre) / spread
                    masked = tensors.features["account"].index_put((hidden,), hidden_row)
                    optimiser.zero_grad()
                    with precision(config, device):
                        states = body(GraphTensors({**tensors.features, "account": masked}, tensors.edges))
                        guess = decoder(states["account"][hidden])
                    error = 1 - nn.functional.cosine_similarity(guess.float(), truth, dim=1)
                    loss = (error**SHARPNESS).mean()
                    loss.backward()
                    optimiser.step()
                    total, n = total + float(loss.detach()) * len(hidden), n + len(hidden)
            losses.append(total / max(n, 1))
    body.eval()
    return losses


def _hidden(
    graph: NetworkGraph, whole: GraphTensors | None, config: NetworkConfig, rng: np.random.Generator, device: Any
) -> Any:
    """Tensors of the graph, or of samples around some accounts at a time, with the accounts to hide in them."""
    n = len(graph.features["account"])
    if whole is not None:
        yield whole, torch.tensor(np.flatnonzero(rng.random(n) < HIDDEN_SHARE), device=device)
        return
    order = rng.permutation(n)
    for low in range(0, n, config.batch_size):
        seeds = np.sort(order[low : low + config.batch_size])
        sets = ActorSets(np.arange(len(seeds) + 1), seeds.astype(np.int32))
        tensors, placed = around(graph, sets, config, int(rng.integers(2**31)), device)
        chosen = placed.members[rng.random(len(seeds)) < HIDDEN_SHARE]
        yield tensors, torch.tensor(chosen, device=device).long()
