"""Trees over accounts and over candidate rings: reviewed wallets, and simulated worlds that differ."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from gnn.ranking import average_precision
from graphrisk.models.figures import list_candidates
from graphrisk.models.held_out import SIZE_BONUS
from graphrisk.models.labelled import LabelledCandidates, take_candidates
from graphrisk.models.parting import find_blocks, split_population
from graphrisk.models.training import Trees, predict_held_out, train_model

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
LongArray = npt.NDArray[np.int64]

LEAST_REVIEWED = 0.5
"""Share of its members that somebody judged, from which a candidate counts as judged."""
N_PARTS, N_DRAWS = 10, 1000


def reviewed_rings(full: LabelledCandidates, reviewed: BoolArray, seed: int) -> dict[str, Any]:
    """Average precision over candidates of which at least half the members were judged, by parts held out.

    No two parts share a member or a ring; what is in one block is drawn together for the interval.

    Parameters
    ----------
    full : LabelledCandidates
    reviewed : array of bool, shape (n_actors,)
        Whom somebody judged.
    seed : int
    """
    owner = np.repeat(np.arange(len(full.candidates)), full.candidates.sizes)
    share = np.bincount(owner, reviewed[full.candidates.members]) / full.candidates.sizes
    judged = take_candidates(full, np.flatnonzero(share >= LEAST_REVIEWED), full.name)
    parts = split_population(judged, N_PARTS, seed)
    truth = np.concatenate([part.is_ring for part in parts])
    transparent = np.concatenate([part.log_odds for part in parts])
    clusters = np.concatenate([find_blocks(part)[0] + 10**7 * k for k, part in enumerate(parts)])
    _, clusters = np.unique(clusters, return_inverse=True)
    out: dict[str, Any] = {"candidates": len(truth), "rings": len(np.unique(judged.nearest[judged.is_ring]))}
    out |= {"candidates_that_are_rings": int(truth.sum()), "groups_apart": int(clusters.max()) + 1}
    out["transparent_ap"] = round(average_precision(transparent, truth), 4)
    kinds: tuple[Trees, ...] = ("boosting", "forest")
    for trees in kinds:
        raw = np.concatenate(predict_held_out(parts, seed, trees=trees))
        gain = _gains(raw, transparent, truth, clusters)
        out[f"{trees}_ap"] = round(average_precision(raw, truth), 4)
        low, high = np.quantile(gain, [0.025, 0.975])
        out |= {f"{trees}_gain_low": round(float(low), 4), f"{trees}_gain_high": round(float(high), 4)}
    return out


def _gains(raw: FloatArray, other: FloatArray, truth: BoolArray, clusters: LongArray) -> FloatArray:
    """Gains of average precision where whole groups are drawn with replacement."""
    rng, order = np.random.default_rng(0), np.argsort(clusters, kind="stable")
    starts = np.searchsorted(clusters[order], np.arange(clusters.max() + 2))
    rows_of = [order[a:b] for a, b in pairwise(starts)]
    gains = []
    for _ in range(N_DRAWS):
        rows = np.concatenate([rows_of[k] for k in rng.integers(len(rows_of), size=len(rows_of))])
        if truth[rows].any():
            gains.append(average_precision(raw[rows], truth[rows]) - average_precision(other[rows], truth[rows]))
    return np.array(gains)


def other_worlds(own: LabelledCandidates, tests: dict[str, LabelledCandidates], seed: int) -> dict[str, Any]:
    """Learn from one world; precision at a recall of .8 on its held-out rings and on other worlds.

    Innocent groups that look like rings are among the candidates of all.
    """
    parts = split_population(own, N_PARTS, seed)
    model, _ = train_model(parts, "own", seed=seed)
    out: dict[str, Any] = {"rings_learned_from": own.n_true}
    outputs = [model.calibration.log_odds(raw) for raw in predict_held_out(parts, seed)]
    out |= _at_80("held_out", parts, outputs, own.n_true)
    for name, test in tests.items():
        out |= _at_80(name, [test], [model.log_odds(test.features)], test.n_true)
        out |= {f"{name}_transparent_{k}": v for k, v in _at_80("", [test], [test.log_odds], test.n_true).items()}
    return out


def _at_80(name: str, parts: list[LabelledCandidates], log_odds: list[FloatArray], n_true: int) -> dict[str, Any]:
    """Precision down to where 80 % of the reachable rings, and of all rings, are recovered; None if they never are."""
    lists = [list_candidates(part, nats, 0.001, SIZE_BONUS) for part, nats in zip(parts, log_odds, strict=True)]
    nats = np.concatenate([own[chosen] for own, (chosen, _) in zip(log_odds, lists, strict=True)])
    is_match = np.concatenate([match for _, match in lists])[np.argsort(-nats, kind="stable")]
    reachable = sum(len(np.unique(part.nearest[part.is_ring])) for part in parts)
    prefix = f"{name}_" if name else ""
    return {
        f"{prefix}rings": n_true,
        f"{prefix}reachable": reachable,
        f"{prefix}precision_at_80_of_reachable": precision_at(0.8, reachable, is_match),
        f"{prefix}precision_at_80_of_all": precision_at(0.8, n_true, is_match),
    }


def precision_at(share: float, n_true: int, is_match: BoolArray) -> float | None:
    """Share of matches in the list down to where a share of all true rings is recovered."""
    places, wanted = is_match.nonzero()[0], math.ceil(share * n_true)
    return round(wanted / (int(places[wanted - 1]) + 1), 3) if 0 < wanted <= len(places) else None
