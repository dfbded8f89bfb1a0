"""Features of candidates that are pooled over their members, or say how far the members are from chance."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from algorithms._pooling_kernels import pool_groups
from algorithms.ring_transfer_features import POOLED
from gnn._tie_kernels import shares_outside
from gnn.surroundings import Surroundings, Usual

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

SURPRISE_FEATURES = ("claim_surprise", "hour_surprise")
STAKE_FEATURES = ("stake", "stake_rank", "stake_spread")
POOLS = {"tie_openness": 0.5, "acts_place": 0.9, "days_place": 0.9, "paid_place": 0.9, "got_place": 0.9}
"""What is known of each member, and the threshold above which the share of members is told."""
STATISTICS = ("mean", "spread", "least", "upper", "greatest", "share_above")
POOLED_FEATURES = tuple(f"{quantity}_{statistic}" for quantity in POOLS for statistic in STATISTICS)


def measure_stakes(starts: LongArray, members: IntArray, taken: FloatArray, all_taken: FloatArray) -> FloatArray:
    """What the members took, all in all and each."""
    if not len(all_taken):
        return np.full((len(starts) - 1, len(STAKE_FEATURES)), np.nan)
    low = starts[0]
    mine = taken[members[low : starts[-1]]]
    mine = np.where(mine > 0, mine, np.nan)
    over = mine / np.median(all_taken)
    spread = pool_groups(np.log(over), starts - low, 0.0)[:, POOLED.index("spread")]
    ranks = pool_groups(_ranks(all_taken, mine), starts - low, 0.0)[:, POOLED.index("mean")]
    # not by differences of running totals, whose last digits would tell of the candidates before
    of = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    total = np.bincount(of, np.nan_to_num(over), len(starts) - 1).astype(np.float64)
    total[np.isnan(ranks)] = np.nan
    return np.column_stack([np.log(total), ranks, spread])


def pool_features(starts: LongArray, members: IntArray, around: Surroundings, given: Usual) -> FloatArray:
    """Statistics of what is known of each member."""
    low, who, affinity = starts[0], members[starts[0] : starts[-1]], around.affinity
    edges = starts - low
    payments, absent = around.payments, np.full(len(who), np.nan)
    acted = len(given.acts) > 0 and given.acts[-1] > 0
    of_members = {
        "tie_openness": shares_outside(edges, who, affinity.indptr, affinity.indices, affinity.weights),
        "acts_place": _ranks(given.acts, around.n_acts[who]) if acted else absent,
        "days_place": _ranks(given.days, around.days[who]),
        "paid_place": absent if payments is None else _ranks(given.paid, payments.paid.counts[who]),
        "got_place": absent if payments is None else _ranks(given.got, payments.got.counts[who]),
    }
    kept = [POOLED.index(name) for name in STATISTICS]
    return np.concatenate(
        [pool_groups(of_members[name], edges, threshold)[:, kept] for name, threshold in POOLS.items()], axis=1
    )


def _ranks(known: npt.NDArray[np.generic], values: npt.NDArray[np.generic]) -> FloatArray:
    """Share of some ascending values that are below each; NaN stays."""
    ranks = np.searchsorted(known, values) / max(len(known), 1)
    return np.where(np.isnan(values.astype(np.float64)), np.nan, ranks)


def binomial_surprise(share: FloatArray, n: FloatArray, rate: float) -> FloatArray:
    """Divergence of a share of n from a rate, in nats times n, below zero where the share is below the rate."""
    if not 0 < rate < 1:
        return np.full(len(share), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        hit = np.where(share > 0, share * np.log(share / rate), 0.0)
        miss = np.where(share < 1, (1 - share) * np.log((1 - share) / (1 - rate)), 0.0)
    return np.where(np.isnan(share), np.nan, np.sign(share - rate) * n * (hit + miss))
