"""What the list of rings would be if the hub caps were different."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from algorithms.entity_graph import EntityGraph
from graphrisk.hubs import find_hubs
from graphrisk.rings.counterparts import count_unmatched
from graphrisk.rings.search import Search, search
from graphrisk.rings.settings import RingSettings


@dataclass(frozen=True)
class CapChange:
    """Rings listed with every cap multiplied by `factor`.

    Parameters
    ----------
    factor : float
    n_rings : int
        Rings listed then.
    n_lost : int
        Rings listed now of which no ring listed then has a Jaccard similarity of at least one half.
    n_gained : int
        The reverse.
    """

    factor: float
    n_rings: int
    n_lost: int
    n_gained: int


def change_caps(
    graph: EntityGraph,
    found: Search,
    rings: RingSettings,
    factor: float,
    labels: pa.Table | None = None,
) -> CapChange:
    """Search once more with every cap multiplied.

    Parameters
    ----------
    graph : EntityGraph
    found : Search
        The search with the caps in force.
    rings : RingSettings
    factor : float
    labels : pyarrow.Table, optional

    Returns
    -------
    CapChange
    """
    scaled = found.policy.settings.scaled(factor, found.sharing.signal_types)
    policy = find_hubs(graph, found.sharing, scaled, labels)
    other = search(found.sharing, policy, found.history, rings, found.model, reader=found.reader, only_scores=True)
    return CapChange(factor, len(other.chosen), count_unmatched(found, other), count_unmatched(other, found))
