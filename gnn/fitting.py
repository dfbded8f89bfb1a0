"""The loop that every network learns in: seeded, stopped by validation, on whichever device there is."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from gnn._torch import nn, torch
from gnn.network_config import NetworkConfig

Progress = Callable[[str, int, int | None], None]
Batches = Callable[[np.random.Generator], Iterable[tuple[Callable[[], Any], Any]]]


@dataclass(frozen=True, eq=False)
class Trained:
    """A network with the weights that were best on validation.

    Parameters
    ----------
    network : torch.nn.Module
        In evaluation mode.
    validation : float
        Average precision on validation.
    epoch : int
        At which it was reached.
    looks : list of (epoch, loss, average precision)
    """

    network: Any
    validation: float
    epoch: int
    looks: list[tuple[int, float, float]]


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draw by a seed inside, and leave the generators outside as they were."""
    with torch.random.fork_rng(devices=list(range(torch.cuda.device_count()))):
        torch.manual_seed(seed)
        yield


def device_of(config: NetworkConfig) -> Any:
    """The device that a configuration means on this machine."""
    if config.device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(config.device)


def precision(config: NetworkConfig, device: Any) -> Any:
    """Within it, what can be done in bfloat16 is, if the configuration says so."""
    return torch.autocast(device.type, torch.bfloat16, enabled=config.precision == "bfloat16")


def fit(
    network: Any, batches: Batches, value: Callable[[], float], config: NetworkConfig, progress: Progress | None = None
) -> Trained:
    """Train a network in place, and give it the weights of the epoch that was best.

    Parameters
    ----------
    network : torch.nn.Module
        On the device of the configuration.
    batches : callable
        Gives the steps of an epoch: for each a call that returns the network's outputs, and the targets.
    value : callable
        How good the network is; the more the better.
    config : NetworkConfig
    progress : callable, optional

    Returns
    -------
    Trained
    """
    device, rng = device_of(config), np.random.default_rng([config.seed, 0x6E])
    optimiser = torch.optim.AdamW(network.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    best, best_weights = (-1.0, 0), copy.deepcopy(network.state_dict())
    looks: list[tuple[int, float, float]] = []
    with seeded(config.seed):
        for epoch in range(1, config.n_epochs + 1):
            losses = []
            for outputs, targets in batches(rng):
                network.train()
                optimiser.zero_grad()
                with precision(config, device):
                    loss = nn.functional.binary_cross_entropy_with_logits(outputs(), targets)
                loss.backward()
                nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                optimiser.step()
                losses.append(float(loss.detach()))
            if epoch % config.look_every and epoch < config.n_epochs:
                continue
            looks.append((epoch, float(np.mean(losses)), value()))
            if progress is not None:
                progress("epochs", epoch, config.n_epochs)
            if looks[-1][2] > best[0]:
                best, best_weights = (looks[-1][2], epoch), copy.deepcopy(network.state_dict())
            elif epoch - best[1] >= config.patience * config.look_every:
                break
    network.load_state_dict(best_weights)
    network.eval()
    return Trained(network, *best, looks)


def check_kinds(name: str, targets: Any) -> None:
    """Refuse examples that are all of one kind.

    Raises
    ------
    ValueError
        If they are.
    """
    if not (targets > 0.5).any() or not (targets <= 0.5).any():
        raise ValueError(
            f"`{name}` must hold examples of both kinds, got {int(targets.sum())} positive of {len(targets)}"
        )
