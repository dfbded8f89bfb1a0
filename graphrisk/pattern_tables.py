"""From rings that patterns drew to rows of the result tables, beside the rings that share signals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from gnn.transparent import Transparent
from graphrisk.rings.history import History
from graphrisk.rings.patterns.drawn import DrawnRing
from graphrisk.rings.settings import RingSettings
from graphrisk.rings.sharing import Sharing
from graphrisk.scan_tables import ScanTables, bands, make_ring_id, times


def add_patterns(
    tables: ScanTables, drawn: list[DrawnRing], sharing: Sharing, history: History, settings: RingSettings
) -> None:
    """Add the rings of patterns to all tables; where there are none, nothing changes.

    Parameters
    ----------
    tables : ScanTables
        With the rings that share signals and the entities.
    drawn : list of DrawnRing
        Best first.
    sharing : Sharing
    history : History
    settings : RingSettings
    """
    ids = [make_ring_id(tables.names(sharing.actors[ring.members]).to_pylist()) for ring in drawn]
    # of two rings with the same members only one can be listed: the one with the stronger evidence
    best, keep = dict(tables.scores_by_ring()), {}
    listed = set(best)
    for k, ring_id in enumerate(ids):
        if drawn[k].score > best.get(ring_id, -1.0):
            best[ring_id], keep[ring_id] = drawn[k].score, k
    if not keep:
        return
    rings, ids = [drawn[k] for k in keep.values()], list(keep)
    tables.append(
        {
            "ring": _ring_columns(rings, ids, settings),
            "ring_member": _member_columns(tables, rings, ids, sharing, history),
            "ring_link": _link_columns(tables, rings, ids),
            "ring_evidence": tables.evidence_columns(
                ids, [(k, line) for k, ring in enumerate(rings) for line in ring.evidence]
            ),
        },
        {ring_id: sharing.actors[ring.members].astype(np.int64) for ring_id, ring in zip(ids, rings, strict=True)},
    )
    sizes = [len(ring.members) for ring in rings]
    tables.raise_scores(
        np.concatenate([sharing.actors[ring.members] for ring in rings]).astype(np.int64),
        np.repeat(np.array(ids, dtype=object), sizes),
        np.concatenate([ring.member_scores for ring in rings]),
        np.concatenate([np.outer(ring.member_scores / ring.score, [ring.low, ring.high]) for ring in rings]),
        np.repeat(sizes, sizes),
        np.repeat([ring_id not in listed for ring_id in ids], sizes),
    )


def _ring_columns(rings: list[DrawnRing], ids: list[str], settings: RingSettings) -> dict[str, Any]:
    scores, q_values = np.array([ring.score for ring in rings]), np.array([ring.q_value for ring in rings])
    value = np.array([ring.value for ring in rings])
    currency = [None if np.isnan(ring.value) else ring.currency for ring in rings]
    return {
        "ring_id": ids,
        "typology": [ring.typology for ring in rings],
        "score": scores,
        "score_low": [ring.low for ring in rings],
        "score_high": [ring.high for ring in rings],
        "q_value": q_values,
        "band": bands(scores, q_values, settings.levels(Transparent.levels), settings.q_value),
        "n_members": [len(ring.members) for ring in rings],
        "n_signals": [int(ring.ties.n_accounts is not None) for ring in rings],
        "value_at_stake": pa.array(value, pa.float64(), mask=np.isnan(value)),
        "currency": pa.array(currency, pa.string()),
        "first_seen": times([ring.first for ring in rings]),
        "last_seen": times([ring.last for ring in rings]),
        "lineage": pa.nulls(len(rings), pa.string()),
        "model": [Transparent.name] * len(rings),
    }


def _member_columns(
    tables: ScanTables, rings: list[DrawnRing], ids: list[str], sharing: Sharing, history: History
) -> dict[str, Any]:
    flat = np.concatenate([ring.members for ring in rings])
    nodes = sharing.actors[flat]
    return {
        "ring_id": np.repeat(np.array(ids, dtype=object), [len(ring.members) for ring in rings]),
        "entity_type": tables.types(nodes),
        "entity_id": tables.names(nodes),
        "role": [role for ring in rings for role in ring.roles],
        "member_score": np.concatenate([ring.member_scores for ring in rings]),
        "joined_at": times(history.started[flat]),
        "claimed_at": times(history.claimed_at[flat]),
    }


def _link_columns(tables: ScanTables, rings: list[DrawnRing], ids: list[str]) -> dict[str, Any]:
    """One row per tie; the weight that they hold together is dealt out evenly."""
    n_ties = [len(ring.ties.sources) for ring in rings]
    sources, targets, first, last, counts = (
        np.concatenate([getattr(ring.ties, name) for ring in rings])
        for name in ("sources", "targets", "first", "last", "counts")
    )
    return {
        "ring_id": np.repeat(np.array(ids, dtype=object), n_ties),
        "source_type": tables.types(sources),
        "source_id": tables.names(sources),
        "target_type": tables.types(targets),
        "target_id": tables.names(targets),
        "link_type": np.repeat(np.array([ring.link_type for ring in rings], dtype=object), n_ties),
        "weight": np.repeat([ring.tie_weight / max(n, 1) for ring, n in zip(rings, n_ties, strict=True)], n_ties),
        "first_seen": times(first),
        "last_seen": times(last),
        "n_events": counts,
        "n_accounts": pa.array(
            [ring.ties.n_accounts for ring, n in zip(rings, n_ties, strict=True) for _ in range(n)], pa.int64()
        ),
        "is_hub": [False] * len(sources),
        "score_without": pa.nulls(len(sources), pa.float64()),
    }
