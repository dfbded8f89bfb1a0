"""A trained network as a model of rings asks it: outputs for sets of actors, the same with any number of threads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gnn._torch import torch
from gnn.actor_sets import ActorSets
from gnn.network_config import NetworkConfig
from gnn.network_graph import NetworkGraph
from gnn.network_store import load_network, save_network
from gnn.network_training import predict_sets
from gnn.score_heads import ScoreNetwork

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RingNetwork:
    """A network with a ring head, and how it was trained.

    Parameters
    ----------
    network : ScoreNetwork
    config : NetworkConfig
    data_hash : str
        Of what it was trained on.
    metrics : dict of str to float
    mean, spread : float
        Of its raw outputs for the candidates that it was stopped by. Outputs are told in these units, so that those of
        networks trained on different parts of the data can be pooled, and calibrated for one trained on all.
    weights_hash : str
        SHA-256 of the file of its weights; empty if it was never written.
    """

    network: ScoreNetwork
    config: NetworkConfig
    data_hash: str
    metrics: dict[str, float]
    mean: float = 0.0
    spread: float = 1.0
    weights_hash: str = ""

    @classmethod
    def load(cls, folder: Path) -> RingNetwork:
        """Read one from its folder.

        Raises
        ------
        NetworkError
            If the folder holds no whole network.
        """
        network, config, card = load_network(folder)
        told = dict(card["metrics"])
        line = (told.pop("output_mean", 0.0), told.pop("output_spread", 1.0))
        return cls(network, config, card["data_sha256"], told, *line, card["weights_sha256"])

    def save(self, folder: Path) -> str:
        """Write it to a folder, and give the SHA-256 of its weights."""
        told = self.metrics | {"output_mean": self.mean, "output_spread": self.spread}
        return save_network(self.network, self.config, folder, data_hash=self.data_hash, metrics=told)

    def unknown(self, graph: NetworkGraph) -> list[str]:
        """Types of nodes and edges that it has not learned from."""
        return self.network.body.schema.known_part(graph)[1]

    def outputs(self, graph: NetworkGraph, sets: ActorSets) -> FloatArray:
        """Outputs for sets of accounts and wallets, scaled but not calibrated, shape (n_sets,).

        What it has not learned from says nothing, nor do wallets if it has seen none. One forward pass over the graph,
        or over samples of a large one.

        Parameters
        ----------
        graph : NetworkGraph
        sets : ActorSets

        Returns
        -------
        array of float64, shape (n_sets,)
            NaN for sets of which it knows no member.
        """
        known, _ = self.network.body.schema.known_part(graph)
        heard, left = sets.among(known.n_actors)
        out = np.full(len(sets), np.nan)
        with _one_thread():
            out[left] = (predict_sets(self.network, known, heard, self.config) - self.mean) / self.spread
        return out


@contextmanager
def _one_thread() -> Iterator[None]:
    """Sums of several threads differ in their last digits with the number of threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
