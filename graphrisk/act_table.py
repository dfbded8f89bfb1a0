"""From the single acts of rings to the table `ring_act`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from algorithms.entity_graph import EntityGraph
from graphrisk.rings.acts import ACT_KINDS, find_acts
from graphrisk.rings.history import History
from graphrisk.rings.settings import RingSettings
from graphrisk.rings.sharing import Sharing
from graphrisk.scan_tables import ScanTables, times

LongArray = npt.NDArray[np.int64]


def add_acts(
    tables: ScanTables, graph: EntityGraph, sharing: Sharing, history: History, settings: RingSettings
) -> None:
    """Make `ring_act`, for the rings as they are listed by now.

    Parameters
    ----------
    tables : ScanTables
        With all rings.
    graph : EntityGraph
    sharing : Sharing
    history : History
    settings : RingSettings
    """
    rings = tables.listed()
    ids, actors = list(rings), [np.searchsorted(sharing.actors, nodes) for nodes in rings.values()]
    acts = find_acts(graph, sharing, history, settings, actors)
    has_target, targets = pa.array(acts.targets >= 0), np.maximum(acts.targets, 0)
    tables.put(
        "ring_act",
        {
            "ring_id": _pick(ids, acts.rings),
            "act": _pick(ACT_KINDS, acts.kinds),
            "occurred_at": times(acts.seconds),
            "source_type": tables.types(acts.sources),
            "source_id": tables.names(acts.sources),
            "target_type": pc.if_else(has_target, tables.types(targets), None),
            "target_id": pc.if_else(has_target, tables.names(targets), None),
            "value": pa.array(acts.values, pa.float64(), mask=np.isnan(acts.values)),
            "currency": _pick(acts.currency_names, acts.currencies),
            "n_acts": acts.n_acts,
        },
    )


def _pick(names: Sequence[str], places: LongArray) -> pa.Array:
    """Take names by place, null where it is below 0."""
    return pa.array(list(names), pa.string()).take(pa.array(places, pa.int64(), mask=places < 0))
