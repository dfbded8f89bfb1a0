"""Entities that nothing joins are left out of the graph, and the rest numbered anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from algorithms.entity_graph import EntityGraph, Events


def drop_unused(graph: EntityGraph) -> EntityGraph:
    """Leave out entities other than accounts that no link, transfer or event holds, and number the rest anew."""
    used = np.zeros(graph.n_nodes, dtype=bool)
    used[: graph.n_accounts] = True
    used[graph.links.signals] = True
    used[graph.transfers.sources] = True
    used[graph.transfers.targets] = True
    used[graph.events.targets[graph.events.targets >= 0]] = True
    if used.all():
        return graph
    ids = np.cumsum(used, dtype=np.int32) - 1
    ends = np.concatenate([[0], np.cumsum(used)])[graph.type_starts]
    kept = np.flatnonzero(np.diff(ends) > 0).tolist()
    kept = [0, *(code for code in kept if code != 0)]
    links, transfers, events = graph.links, graph.transfers, graph.events
    return replace(
        graph,
        types=tuple(graph.types[code] for code in kept),
        type_starts=np.concatenate([[0], ends[[code + 1 for code in kept]]]),
        names=graph.names.filter(pa.array(used)),
        links=replace(links, signals=ids[links.signals]),
        transfers=replace(
            transfers,
            sources=ids[transfers.sources],
            targets=ids[transfers.targets],
        ),
        events=_renumber(events, ids),
    )


def _renumber(events: Events, ids: npt.NDArray[np.int32]) -> Events:
    targets = events.targets.copy()
    there = targets >= 0
    targets[there] = ids[targets[there]]
    return replace(events, targets=targets)
