"""A population as a network sees it: its typed graph, and the accounts of its candidates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from gnn.account_sets import AccountSets
from gnn.network_graph import NetworkGraph
from graphrisk.rings.candidates import Candidates
from graphrisk.rings.sharing import Sharing

if TYPE_CHECKING:
    from gnn.ring_network import RingNetwork

FloatArray = npt.NDArray[np.float64]
LongArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class NetworkView:
    """A graph with the accounts of candidates.

    Parameters
    ----------
    graph : NetworkGraph
    sets : AccountSets
        Of the candidates with any account.
    places : array of int64, shape (n_candidates,)
        Number of each candidate's set; -1 where all members are wallets, which the network gives no embedding.
    """

    graph: NetworkGraph
    sets: AccountSets
    places: LongArray

    @classmethod
    def of(cls, graph: NetworkGraph, candidates: Candidates, sharing: Sharing, n_accounts: int) -> NetworkView:
        """Look at candidates; O(members)."""
        nodes = sharing.actors[candidates.members]
        owner = np.repeat(np.arange(len(candidates)), candidates.sizes)
        sizes = np.bincount(owner[nodes < n_accounts], minlength=len(candidates))
        starts = np.concatenate([[0], np.cumsum(sizes[sizes > 0])])
        places = np.where(sizes > 0, np.cumsum(sizes > 0) - 1, -1)
        return cls(graph, AccountSets(starts, nodes[nodes < n_accounts].astype(np.int32)), places)

    def take(self, rows: LongArray) -> NetworkView:
        """Some of the candidates, in the same graph."""
        places = self.places[rows]
        known = places >= 0
        return NetworkView(self.graph, self.sets.take(places[known]), np.where(known, np.cumsum(known) - 1, -1))

    def outputs(self, network: RingNetwork) -> FloatArray:
        """What a network says of each candidate, shape (n_candidates,); NaN where it knows no member."""
        out = np.full(len(self.places), np.nan)
        known = self.places >= 0
        if known.any():
            out[known] = network.outputs(self.graph, self.sets)[self.places[known]]
        return out
