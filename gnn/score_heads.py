"""From embeddings of actors to one output a set: pooled members for rings, a hidden layer for single accounts."""

from __future__ import annotations

from typing import Any

import numpy as np

from gnn._torch import nn, torch
from gnn.actor_sets import ActorSets
from gnn.aggregation import Tensor
from gnn.hetero_network import GraphTensors, HeteroNetwork
from gnn.network_graph import ACTORS


class SetTensors:
    """Sets on the device of a network.

    Parameters
    ----------
    sets : ActorSets
    device
    """

    def __init__(self, sets: ActorSets, device: Any = "cpu") -> None:
        self.n_sets = len(sets)
        self.members = torch.tensor(sets.members, device=device).long()
        self.set_of = torch.tensor(sets.set_of, device=device)
        self.sizes = torch.tensor(np.diff(sets.indptr), device=device).float()[:, None]


class RingHead(nn.Module):
    """Mean, greatest and attended embedding of the members and their number, through a hidden layer to one output.

    Parameters
    ----------
    width : int
    dropout : float

    References
    ----------
    Zaheer et al. (2017), Deep sets, theorem 2; Ilse, Tomczak and Welling (2018), Attention-based deep multiple instance
    learning, equation 8.
    """

    def __init__(self, width: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.attention = nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1))
        self.out = nn.Sequential(
            nn.LayerNorm(3 * width + 1),
            nn.Linear(3 * width + 1, width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(width, 1),
        )

    def forward(self, embeddings: Tensor, sets: SetTensors) -> Tensor:
        """One output a set, shape (n_sets,), whatever the order of members; O(memberships x width²)."""
        members = embeddings[sets.members].float()
        shape, at = (sets.n_sets, members.shape[1]), sets.set_of
        mean = torch.zeros(shape, device=members.device).index_add(0, at, members) / sets.sizes
        wide = at[:, None].expand_as(members)
        most = torch.full(shape, -torch.inf, device=members.device).scatter_reduce(0, wide, members, "amax")
        attended = torch.zeros(shape, device=members.device).index_add(0, at, self.weights(members, sets) * members)
        return self.out(torch.cat([mean, most, attended, sets.sizes.log()], dim=1))[:, 0]

    def weights(self, members: Tensor, sets: SetTensors) -> Tensor:
        """How much of the attention each membership gets, shape (n_memberships, 1); sums to one over each set."""
        raw = self.attention(members)[:, 0].float()
        highest = torch.full((sets.n_sets,), -torch.inf, device=raw.device)
        highest = highest.scatter_reduce(0, sets.set_of, raw.detach(), "amax")
        powers = (raw - highest[sets.set_of]).exp()
        totals = torch.zeros(sets.n_sets, device=raw.device).index_add(0, sets.set_of, powers)
        return (powers / totals[sets.set_of])[:, None]


class AccountHead(nn.Module):
    """A hidden layer and one output for sets of one account.

    Parameters
    ----------
    width : int
    dropout : float
    """

    def __init__(self, width: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.out = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, width), nn.GELU(), nn.Dropout(dropout), nn.Linear(width, 1)
        )

    def forward(self, embeddings: Tensor, sets: SetTensors) -> Tensor:
        """One output an account, shape (n_sets,).

        Raises
        ------
        ValueError
            If a set holds several accounts.
        """
        if len(sets.members) != sets.n_sets:
            raise ValueError(f"sets must hold one account each, got {len(sets.members)} accounts in {sets.n_sets} sets")
        return self.out(embeddings[sets.members])[:, 0]


class ScoreNetwork(nn.Module):
    """A network over the graph and a head over its accounts and wallets.

    Parameters
    ----------
    body : HeteroNetwork
    head : RingHead or AccountHead
    """

    def __init__(self, body: HeteroNetwork, head: RingHead | AccountHead) -> None:
        super().__init__()
        self.body = body
        self.head = head

    def forward(self, graph: GraphTensors, sets: SetTensors) -> Tensor:
        """Log-odds before calibration, one a set, shape (n_sets,)."""
        states = self.body(graph)
        return self.head(torch.cat([states[kind] for kind in ACTORS if kind in states]), sets).float()
