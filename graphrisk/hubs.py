"""Which signals are shared too widely to join anybody, by which rule, and what that changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from algorithms.entity_graph import EntityGraph
from graphrisk.rings.settings import HubSettings
from graphrisk.rings.sharing import Sharing

LongArray = npt.NDArray[np.int64]
IntArray = npt.NDArray[np.int32]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class HubPolicy:
    """The rule in force for every signal.

    Parameters
    ----------
    settings : HubSettings
    caps : array of int64, shape (n_signals,)
        Most actors a signal may join.
    is_known : array of bool, shape (n_signals,)
        Listed as a hub by the user or by a label.
    is_hub : array of bool, shape (n_signals,)
        Known, or over its cap.
    known_actors : array of bool, shape (n_actors,)
        Actors that are listed as hubs: dealing with them joins nobody.
    degrees : array of int64, shape (n_signals,)
    """

    settings: HubSettings
    caps: LongArray
    is_known: BoolArray
    is_hub: BoolArray
    known_actors: BoolArray
    degrees: LongArray

    @property
    def decay(self) -> float:
        """Nats lost for each e-fold more actors on a signal."""
        return self.settings.decay

    def cap_of(self, kind: str) -> int:
        """Cap of a signal type."""
        return self.settings.cap_of(kind)

    @property
    def n_pairs_removed(self) -> int:
        """Pairs of actors that share a hub, counted per hub."""
        return int(pairs_of(self.degrees[self.is_hub]).sum())


def pairs_of(degrees: LongArray) -> LongArray:
    """Pairs among each number of actors."""
    return degrees * (degrees - 1) // 2


def known_hubs(graph: EntityGraph, settings: HubSettings, labels: pa.Table | None = None) -> LongArray:
    """Node ids of entities that the user or the labels name as hubs.

    Parameters
    ----------
    graph : EntityGraph
    settings : HubSettings
        `known` lists ids per entity type, `known_labels` the labels that make a hub.
    labels : pyarrow.Table, optional
        The canonical `labels` table.

    Returns
    -------
    array of int64
        Ascending, distinct.
    """
    nodes: list[LongArray] = [np.empty(0, np.int64)]
    wanted = {kind: list(ids) for kind, ids in settings.known.items()}
    if labels is not None and len(labels) and settings.known_labels:
        named = labels.filter(pc.is_in(labels["label"], value_set=pa.array(settings.known_labels, pa.string())))
        for kind, name in zip(named["entity_type"].to_pylist(), named["entity_id"].to_pylist(), strict=True):
            wanted.setdefault(kind, []).append(name)
    for kind, names in wanted.items():
        of_type = graph.nodes_of(kind)
        slice_ = graph.names.slice(of_type.start, len(of_type))
        at = pc.index_in(pa.array(names, pa.large_string()), value_set=slice_).drop_null()
        nodes.append(np.asarray(at.to_numpy(zero_copy_only=False), dtype=np.int64) + of_type.start)
    return np.unique(np.concatenate(nodes))


def find_hubs(graph: EntityGraph, sharing: Sharing, settings: HubSettings, labels: pa.Table | None = None) -> HubPolicy:
    """Apply the caps and the lists of known hubs.

    Parameters
    ----------
    graph : EntityGraph
    sharing : Sharing
    settings : HubSettings
    labels : pyarrow.Table, optional
        The canonical `labels` table.

    Returns
    -------
    HubPolicy
        O(signals).
    """
    caps_of_type = np.array([settings.cap_of(kind) for kind in sharing.signal_types], dtype=np.int64)
    caps = caps_of_type[sharing.kinds] if len(caps_of_type) else np.empty(0, np.int64)
    known = np.zeros(graph.n_nodes, bool)
    known[known_hubs(graph, settings, labels)] = True
    is_known = known[sharing.signals] & (sharing.degrees > 1)
    return HubPolicy(
        settings=settings,
        caps=caps,
        is_known=is_known,
        is_hub=is_known | (sharing.degrees > caps),
        known_actors=known[sharing.actors],
        degrees=sharing.degrees,
    )


def hub_columns(
    policy: HubPolicy, sharing: Sharing, ring_starts: LongArray, ring_members: IntArray
) -> dict[str, list[Any]]:
    """Columns of the `hub` table but for the scan's id: one row per hub, widest first.

    `n_pairs_removed` counts the pairs that share the hub; `n_pairs_double_cap` of them would be joined if the cap
    were doubled, and `n_pairs_half_cap` pairs more would be lost with half the cap (counted on the signals between
    half the cap and the cap, which get rows with the rule ``below_cap`` only if two members of a ring share them).

    Parameters
    ----------
    policy : HubPolicy
    sharing : Sharing
    ring_starts : array of int64, shape (n_rings + 1,)
    ring_members : array of int32
        Actor indices of the listed rings.

    Returns
    -------
    dict of str to list
    """
    touched = _rings_touching(policy, sharing, ring_starts, ring_members)
    halved = (policy.degrees > policy.caps // 2) & ~policy.is_hub
    rows = np.flatnonzero(policy.is_hub | (halved & (touched > 0)))
    rows = rows[np.lexsort((rows, -policy.degrees[rows]))]
    pairs = pairs_of(policy.degrees[rows])
    hub = policy.is_hub[rows]
    doubled = hub & ~policy.is_known[rows] & (policy.degrees[rows] <= 2 * policy.caps[rows])
    kinds = [sharing.signal_types[k] for k in sharing.kinds[rows]]
    return {
        "node": sharing.signals[rows].tolist(),
        "signal_type": kinds,
        "n_accounts": policy.degrees[rows].tolist(),
        "rule": np.where(policy.is_known[rows], "known", np.where(hub, "cap", "below_cap")).tolist(),
        "n_pairs_removed": np.where(hub, pairs, 0).tolist(),
        "n_pairs_half_cap": np.where(hub, 0, pairs).tolist(),
        "n_pairs_double_cap": np.where(doubled, pairs, 0).tolist(),
        "n_rings_touched": touched[rows].tolist(),
    }


def _rings_touching(policy: HubPolicy, sharing: Sharing, starts: LongArray, members: IntArray) -> LongArray:
    """For each signal, in how many rings at least two members share it."""
    counts = np.zeros(sharing.n_signals, np.int64)
    for ring in range(len(starts) - 1):
        seen = [
            sharing.row_signals[sharing.row_starts[m] : sharing.row_starts[m + 1]]
            for m in members[starts[ring] : starts[ring + 1]]
        ]
        signals, times = np.unique(np.concatenate(seen), return_counts=True)
        counts[signals[times > 1]] += 1
    return counts


def pairs_by_cap(policy: HubPolicy, sharing: Sharing) -> list[tuple[str, int, int, int, int]]:
    """Per signal type: how many hubs, and pairs joined at half the cap, at the cap and at double the cap.

    Parameters
    ----------
    policy : HubPolicy
    sharing : Sharing

    Returns
    -------
    list of (signal type, hubs, pairs at half, pairs at cap, pairs at double)
    """
    out = []
    for code, kind in enumerate(sharing.signal_types):
        rows = (sharing.kinds == code) & ~policy.is_known
        degrees = policy.degrees[rows]
        cap = policy.cap_of(kind)
        half, full, double = (int(pairs_of(degrees[degrees <= limit]).sum()) for limit in (cap // 2, cap, 2 * cap))
        out.append((kind, int(policy.is_hub[sharing.kinds == code].sum()), half, full, double))
    return out
