"""What a network says of the candidates of a search, on the data as they are and with histories dealt out anew."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from algorithms.entity_graph import EntityGraph, Events
from gnn.entity_network import REFERRAL, entity_network
from gnn.network_graph import NetworkGraph
from graphrisk.rings.candidates import Candidates
from graphrisk.rings.history import History
from graphrisk.rings.network_view import NetworkView
from graphrisk.rings.sharing import Sharing

if TYPE_CHECKING:
    from gnn.ring_network import RingNetwork

FloatArray = npt.NDArray[np.float64]
LongArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class NetworkReader:
    """Reads the graph of a scan for the network of its model.

    Hubs stay in the graph that a network reads: to take a signal for a hub changes nothing in what it says.

    Parameters
    ----------
    graph : EntityGraph
        Loaded as of the time below.
    as_of : datetime
    network : RingNetwork
    """

    graph: EntityGraph
    as_of: datetime
    network: RingNetwork

    def outputs(self, candidates: Candidates, sharing: Sharing, history: History) -> FloatArray:
        """Output for each candidate, before blending, shape (n_candidates,); NaN where it knows no member.

        The history says who acted when: if it was dealt out anew, the network reads a graph that was, too.
        """
        graph = network_graph(self.graph if history.order is None else dealt_anew(self.graph, history), self.as_of)
        return NetworkView.of(graph, candidates, sharing, self.graph.n_accounts).outputs(self.network)

    def unknown(self) -> list[str]:
        """Types of nodes and edges in the graph that the network has not learned from, and leaves out."""
        return self.network.unknown(network_graph(self.graph, self.as_of))


def network_graph(graph: EntityGraph, as_of: datetime) -> NetworkGraph:
    """Turn a graph that was loaded as of a time into what a network reads; nothing of that time or later reaches it."""
    # times are whole seconds: the last one before a time between two is known
    return entity_network(graph, math.ceil(as_of.timestamp()))


def dealt_anew(graph: EntityGraph, history: History) -> EntityGraph:
    """Give every account the start and the acts of the one whose history it was dealt; what is shared stays.

    Parameters
    ----------
    graph : EntityGraph
    history : History
        From `History.shuffled`.

    Returns
    -------
    EntityGraph
        With the same links, transfers and referrals; O(events log events).
    """
    if history.order is None:
        return graph
    order, events = history.order[: graph.n_accounts], graph.events
    gets = np.empty(len(order), np.int64)
    gets[order] = np.arange(len(order))
    stays = np.zeros(len(events), bool)
    stays[events.of_type(REFERRAL)] = True
    accounts = np.where(stays, events.accounts, gets[events.accounts])
    rows = np.lexsort((events.types, events.seconds, accounts))
    dealt = Events(
        accounts[rows].astype(np.int32),
        events.types[rows],
        events.seconds[rows],
        events.targets[rows],
        events.values[rows],
        events.type_names,
    )
    return replace(graph, created_at=graph.created_at[order], events=dealt)
