"""Quality of a scan against a known truth.

A true ring is recovered if a listed ring has a Jaccard similarity of at least one half with it. Going down the list
from the worst, a listed ring that recovers a true ring which none above it did is a match; `false_per_true` counts the
listed rings down to the last match that are no match, per match.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import (
    adjusted_rand_score,
    average_precision_score,
    normalized_mutual_info_score,
    roc_auc_score,
)

SAME_RING = 0.5


def ring_figures(rings: pd.DataFrame, members: pd.DataFrame, truth: pd.DataFrame) -> dict[str, Any]:
    """Figures about listed rings.

    Parameters
    ----------
    rings : DataFrame
        `ring_id`, `score`.
    members : DataFrame
        `ring_id`, `entity_id`.
    truth : DataFrame
        `ring`, `entity_id`: the members of true rings.
    """
    order = rings.sort_values(["score", "ring_id"], ascending=[False, True]).ring_id.tolist()
    matched, match_of = _walk(order, members, truth)
    n_true = truth.ring.nunique()
    last = max(matched, default=-1)
    out: dict[str, Any] = {
        "rings_true": n_true,
        "rings_listed": len(order),
        "recovered": round(len(match_of) / n_true, 4),
        "recovered_in_top_200": round(sum(place < 200 for place in match_of.values()) / n_true, 4),
        "false_per_true": round((last + 1 - len(matched)) / len(matched), 2) if matched else None,
    }
    place = {ring: at for at, ring in enumerate(order)}
    best = members.assign(place=members.ring_id.map(place)).sort_values("place").drop_duplicates("entity_id")
    labels = best.set_index("entity_id").place
    once = truth.drop_duplicates("entity_id")
    found = labels.reindex(once.entity_id).to_numpy(dtype=float, copy=True)
    alone = np.isnan(found)
    found[alone] = -1 - np.arange(alone.sum())
    out["ari"] = round(float(adjusted_rand_score(once.ring, found)), 4)
    out["nmi"] = round(float(normalized_mutual_info_score(once.ring.astype(str), found.astype(int))), 4)
    if "kind" in truth:
        kinds = truth.groupby("ring").kind.first()
        out["recovered_by_kind"] = {
            k: round(float(kinds.index[kinds == k].isin(match_of).mean()), 2) for k in sorted(set(kinds))
        }
    return out


def _walk(order: list[str], members: pd.DataFrame, truth: pd.DataFrame) -> tuple[list[int], dict[Any, int]]:
    """Places of the matches in the list, and for each recovered true ring the place that recovered it."""
    sizes = truth.drop_duplicates().groupby("ring").entity_id.nunique()
    groups = {ring: set(ids) for ring, ids in members.groupby("ring_id").entity_id}
    rings_of = truth.groupby("entity_id").ring.apply(set).to_dict()
    match_of: dict[Any, int] = {}
    matched = []
    for at, ring in enumerate(order):
        common: dict[Any, int] = {}
        for entity in groups[ring]:
            for true in rings_of.get(entity, ()):
                common[true] = common.get(true, 0) + 1
        new = [
            true
            for true, n in common.items()
            if true not in match_of and n >= SAME_RING * (len(groups[ring]) + sizes[true] - n)
        ]
        if new:
            matched.append(at)
            match_of |= dict.fromkeys(new, at)
    return matched, match_of


def typology_figures(rings: pd.DataFrame, members: pd.DataFrame, truth: pd.DataFrame) -> dict[str, Any]:
    """Share of the true rings of each typology that is recovered, and share of each listed typology that is like one.

    Beside the latter: the share of the members that belong to any true ring, since a listed ring may be a part of one.

    A true ring may be recovered by a ring of any typology, and two listed rings may be like the same true one.

    Parameters
    ----------
    rings : DataFrame
        `ring_id`, `score`, `typology`.
    members, truth : DataFrame
        As for `ring_figures`; `truth` with `kind`.
    """
    sizes, listed = truth.groupby("ring").entity_id.nunique(), members.groupby("ring_id").entity_id.nunique()
    common = members.merge(truth[["ring", "entity_id"]].drop_duplicates(), on="entity_id")
    common = common.groupby(["ring_id", "ring"]).size().rename("n").reset_index()
    union = sizes.reindex(common.ring).to_numpy() + listed.reindex(common.ring_id).to_numpy() - common.n.to_numpy()
    alike = common[common.n >= SAME_RING * union]
    kinds = truth.groupby("ring").kind.first()
    recall = {
        kind: {
            "rings": int((kinds == kind).sum()),
            "recall": round(float(kinds.index[kinds == kind].isin(alike.ring).mean()), 2),
        }
        for kind in sorted(set(kinds))
    }
    guilty = members.entity_id.isin(truth.entity_id)
    precision = {
        kind: {
            "rings": len(chosen),
            "precision": round(float(chosen.ring_id.isin(alike.ring_id).mean()), 2),
            "members_in_true_rings": round(float(guilty[members.ring_id.isin(chosen.ring_id)].mean()), 3),
        }
        for kind, chosen in rings.groupby("typology")
    }
    return {"true": recall, "listed": precision}


def score_figures(features: pd.DataFrame, labels: pd.Series) -> dict[str, Any]:
    """Figures about entity scores: AUC and average precision against labels by entity id."""
    score = features.groupby("entity_id").score.max().reindex(labels.index)
    if score.isna().any():
        raise ValueError(f"every labelled entity must have a score, got {int(score.isna().sum())} without")
    return {
        "entities": len(labels),
        "positive": int(labels.sum()),
        "auc": round(float(roc_auc_score(labels, score)), 4),
        "ap": round(float(average_precision_score(labels, score)), 4),
    }


def pair_figures(members: pd.DataFrame, truth: pd.DataFrame) -> dict[str, Any]:
    """Precision and recall over pairs of records, each record in its first listed group."""
    once = members.drop_duplicates("entity_id").merge(truth, on="entity_id")
    listed = _pairs(members.drop_duplicates("entity_id").groupby("ring_id").size())
    both = _pairs(once.groupby(["ring_id", "ring"]).size())
    return {
        "pair_precision": round(both / max(listed, 1), 4),
        "pair_recall": round(both / _pairs(truth.groupby("ring").size()), 4),
    }


def _pairs(sizes: pd.Series) -> int:
    return int((sizes * (sizes - 1) // 2).sum())


def innocent_figures(rings: pd.DataFrame, members: pd.DataFrame, lookalikes: pd.DataFrame) -> dict[str, Any]:
    """Listed rings of which at least half the members are one innocent group, by band and kind."""
    sizes = members.groupby("ring_id").size()
    inside = (
        members.merge(lookalikes, on="entity_id").groupby(["ring_id", "group", "kind"]).size().reset_index(name="n")
    )
    hit = inside[inside.n >= 0.5 * sizes.reindex(inside.ring_id).to_numpy()].drop_duplicates("ring_id")
    hit = hit.merge(rings[["ring_id", "band"]], on="ring_id")
    return {
        band: {str(kind): int(n) for kind, n in hit[hit.band == band].kind.value_counts().sort_index().items()}
        for band in ("high", "medium", "low")
    }


def band_figures(rings: pd.DataFrame, members: pd.DataFrame, truth: pd.DataFrame) -> dict[str, Any]:
    """Of each band: how many rings, which share matches a true ring, and which share of the true rings those are."""
    out = {}
    order = rings.ring_id.tolist()
    matched, _ = _walk(order, members, truth)
    hits, n_true = {order[at] for at in matched}, truth.ring.nunique()
    for band in ("high", "medium", "low"):
        chosen = rings[rings.band == band].ring_id
        out[band] = {
            "rings": len(chosen),
            "precision": round(float(chosen.isin(hits).mean()), 3) if len(chosen) else None,
            "recall": round(int(chosen.isin(hits).sum()) / n_true, 3) if n_true else None,
        }
    return out
