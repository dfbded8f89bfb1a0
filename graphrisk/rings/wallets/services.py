"""Which entities are services, whose wallets hold the money of many: exchanges, bridges, contracts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from algorithms.entity_graph import EntityGraph
from graphrisk.hubs import known_hubs
from graphrisk.rings.settings import HubSettings
from graphrisk.rings.wallets.link import BoolArray
from graphrisk.rings.wallets.settings import EXCHANGE


def find_services(
    graph: EntityGraph, hubs: HubSettings, exchange_ids: list[str], labels: pa.Table | None = None
) -> tuple[BoolArray, BoolArray]:
    """Mark services, and exchanges among them.

    Parameters
    ----------
    graph : EntityGraph
    hubs : HubSettings
        Known hubs are services.
    exchange_ids : list of str
        Names of wallets of exchanges.
    labels : pyarrow.Table, optional
        The canonical `labels` table; what it labels ``exchange`` is one, if `hubs.known_labels` has that label.

    Returns
    -------
    services, exchanges : array of bool, shape (n_nodes,)
    """
    services, exchanges = np.zeros(graph.n_nodes, bool), np.zeros(graph.n_nodes, bool)
    services[known_hubs(graph, hubs, labels)] = True
    labelled = [label for label in hubs.known_labels if label == EXCHANGE]
    of_exchanges = HubSettings(known={"wallet": exchange_ids}, known_labels=labelled)
    exchanges[known_hubs(graph, of_exchanges, labels)] = True
    return services | exchanges, exchanges
