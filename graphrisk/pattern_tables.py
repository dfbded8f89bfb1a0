"""From patterns of transfers to rows of the result tables, beside the rings that share signals."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gnn.transparent import Transparent
from graphrisk.rings.evidence import Evidence
from graphrisk.rings.history import History
from graphrisk.rings.patterns.evidence import pattern_evidence
from graphrisk.rings.patterns.match import roles
from graphrisk.rings.patterns.search import PatternRing, PatternSearch
from graphrisk.rings.settings import RingSettings
from graphrisk.rings.sharing import Sharing
from graphrisk.scan_tables import ScanTables, bands, make_ring_id, times

LongArray = npt.NDArray[np.int64]


def add_patterns(
    tables: ScanTables,
    found: PatternSearch,
    sharing: Sharing,
    history: History,
    settings: RingSettings,
    currency: str | None,
) -> None:
    """Add the rings of patterns to all tables; where there are none, nothing changes.

    Parameters
    ----------
    tables : ScanTables
        With the rings that share signals and the entities.
    found : PatternSearch
    sharing : Sharing
    history : History
    settings : RingSettings
    currency : str or None
        Of the amounts.
    """
    ids = [make_ring_id(tables.names(sharing.actors[ring.members]).to_pylist()) for ring in found.rings]
    # of two rings with the same members only one can be listed: the one with the stronger evidence
    listed = tables.scores_by_ring()
    keep = [k for k, ring_id in enumerate(ids) if found.rings[k].score > listed.get(ring_id, -1.0)]
    if not keep:
        return
    rings, q_values, ids = [found.rings[k] for k in keep], found.q_values[keep], [ids[k] for k in keep]
    lines: list[tuple[int, Evidence]] = []
    for k, ring in enumerate(rings):
        lines += [(k, line) for line in pattern_evidence(ring, float(q_values[k]), settings.q_value, sharing)]
    tables.append(
        {
            "ring": _ring_columns(rings, ids, q_values, settings, currency),
            "ring_member": _member_columns(tables, rings, ids, sharing, history),
            "ring_link": _link_columns(tables, rings, ids, sharing),
            "ring_evidence": tables.evidence_columns(ids, lines),
        },
        {ring_id: sharing.actors[ring.members].astype(np.int64) for ring_id, ring in zip(ids, rings, strict=True)},
    )
    tables.raise_scores(
        np.concatenate([sharing.actors[ring.members] for ring in rings]).astype(np.int64),
        np.repeat(np.array(ids, dtype=object), [len(ring.members) for ring in rings]),
        np.concatenate([ring.member_scores for ring in rings]),
        np.concatenate([_bounds(ring) for ring in rings]),
        np.repeat([len(ring.members) for ring in rings], [len(ring.members) for ring in rings]),
        np.repeat([ring_id not in listed for ring_id in ids], [len(ring.members) for ring in rings]),
    )


def _bounds(ring: PatternRing) -> npt.NDArray[np.float64]:
    """Low and high score of each member."""
    share = ring.member_scores / ring.score
    return np.stack([share * ring.low, share * ring.high], axis=1)


def _ring_columns(
    rings: list[PatternRing],
    ids: list[str],
    q_values: npt.NDArray[np.float64],
    settings: RingSettings,
    currency: str | None,
) -> dict[str, Any]:
    scores = np.array([ring.score for ring in rings])
    value = np.array([ring.pool.amounts[list(ring.match.rows)].sum() for ring in rings])
    seconds = [ring.pool.seconds[list(ring.match.rows)] for ring in rings]
    return {
        "ring_id": ids,
        "typology": [ring.pattern.typology for ring in rings],
        "score": scores,
        "score_low": [ring.low for ring in rings],
        "score_high": [ring.high for ring in rings],
        "q_value": q_values,
        "band": bands(scores, q_values, settings.levels(Transparent.levels), settings.q_value),
        "n_members": [len(ring.members) for ring in rings],
        "n_signals": [0] * len(rings),
        "value_at_stake": pa.array(value, pa.float64(), mask=np.isnan(value)),
        "currency": pa.array([currency] * len(rings), pa.string(), mask=np.isnan(value)),
        "first_seen": times([when.min() for when in seconds]),
        "last_seen": times([when.max() for when in seconds]),
        "lineage": pa.nulls(len(rings), pa.string()),
        "model": [Transparent.name] * len(rings),
    }


def _member_columns(
    tables: ScanTables, rings: list[PatternRing], ids: list[str], sharing: Sharing, history: History
) -> dict[str, Any]:
    flat = np.concatenate([ring.members for ring in rings])
    nodes = sharing.actors[flat]
    return {
        "ring_id": np.repeat(np.array(ids, dtype=object), [len(ring.members) for ring in rings]),
        "entity_type": tables.types(nodes),
        "entity_id": tables.names(nodes),
        "role": [role for ring in rings for role in roles(ring.pool, ring.match).values()],
        "member_score": np.concatenate([ring.member_scores for ring in rings]),
        "joined_at": times(history.started[flat]),
        "claimed_at": times(history.claimed_at[flat]),
    }


def _link_columns(tables: ScanTables, rings: list[PatternRing], ids: list[str], sharing: Sharing) -> dict[str, Any]:
    """One row per pair that deals with each other in a match; the weight of the shape is dealt out evenly."""
    owners, pairs, weights, first, last, counts = [], [], [], [], [], []
    for ring_id, ring in zip(ids, rings, strict=True):
        rows = list(ring.match.rows)
        both = np.stack([ring.pool.sources[rows], ring.pool.targets[rows]], axis=1)
        distinct, inverse, n = np.unique(both, axis=0, return_inverse=True, return_counts=True)
        when = ring.pool.seconds[rows]
        for k in range(len(distinct)):
            inside = when[inverse.ravel() == k]
            first.append(int(inside.min()))
            last.append(int(inside.max()))
        owners += [ring_id] * len(distinct)
        pairs.append(distinct)
        weights += [ring.shape / len(distinct)] * len(distinct)
        counts += n.tolist()
    ends = sharing.actors[np.concatenate(pairs)]
    return {
        "ring_id": owners,
        "source_type": tables.types(ends[:, 0]),
        "source_id": tables.names(ends[:, 0]),
        "target_type": tables.types(ends[:, 1]),
        "target_id": tables.names(ends[:, 1]),
        "link_type": ["transfer"] * len(owners),
        "weight": weights,
        "first_seen": times(first),
        "last_seen": times(last),
        "n_events": counts,
        "n_accounts": pa.nulls(len(owners), pa.int64()),
        "is_hub": [False] * len(owners),
        "score_without": pa.nulls(len(owners), pa.float64()),
    }
