"""A population as a network sees it: its typed graph, and the members of its candidates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from gnn.actor_sets import ActorSets
from gnn.network_graph import NetworkGraph
from graphrisk.rings.candidates import Candidates
from graphrisk.rings.sharing import Sharing

if TYPE_CHECKING:
    from gnn.ring_network import RingNetwork

FloatArray = npt.NDArray[np.float64]
LongArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class NetworkView:
    """A graph with the members of candidates.

    Parameters
    ----------
    graph : NetworkGraph
        With all nodes of an entity graph, in the order of their types there.
    sets : ActorSets
        Of each candidate.
    """

    graph: NetworkGraph
    sets: ActorSets

    @classmethod
    def of(cls, graph: NetworkGraph, candidates: Candidates, sharing: Sharing, n_accounts: int) -> NetworkView:
        """Look at candidates; O(members)."""
        nodes = sharing.actors[candidates.members].astype(np.int64)
        starts = np.cumsum([0, *map(len, graph.features.values())])
        first_wallet = dict(zip(graph.features, starts[:-1].tolist(), strict=True)).get("wallet", n_accounts)
        # wallets that nobody owns act too, and are numbered on after the accounts
        members = np.where(nodes < n_accounts, nodes, nodes - first_wallet + n_accounts)
        return cls(graph, ActorSets(candidates.starts, members.astype(np.int32)))

    def take(self, rows: LongArray) -> NetworkView:
        """Some of the candidates, in the same graph."""
        return NetworkView(self.graph, self.sets.take(rows))

    def outputs(self, network: RingNetwork) -> FloatArray:
        """What a network says of each candidate, shape (n_candidates,); NaN where it knows no member."""
        return network.outputs(self.graph, self.sets)
