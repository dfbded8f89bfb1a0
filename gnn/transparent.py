"""The first ring score: a sum of stated parts, each of which an investigator can check.

It is not a probability of fraud. It is a scale on which the parts were weighed on simulated worlds; what its values
mean on real data is measured by the q-value against a null model, and by labels once there are any.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gnn.ring_features import RingFeatures

FloatArray = npt.NDArray[np.float64]

PART_NAMES = ("links", "burst", "claims", "delay", "use", "openness", "cover", "hours", "household")

THRESHOLD = 2.0
"""Nats at which the score is one half."""

RING_CLAIM_RATE = 0.95
LONG_USE_DAYS = 70.0
HOUSEHOLD_SIZE = 6
INFERRED_LOSS = 0.5


@dataclass(frozen=True, eq=False)
class TransparentScore:
    """Scores and the parts they are the sum of.

    Parameters
    ----------
    score, low, high : array of float64, shape (n,)
        In [0, 1]; `low` is the score without its strongest part for, `high` without its strongest part against.
    nats : array of float64, shape (n,)
        Sum of the parts.
    parts : array of float64, shape (n, n_parts)
        Nats, above 0 for and below 0 against a ring; columns are `PART_NAMES`.
    """

    score: FloatArray
    low: FloatArray
    high: FloatArray
    nats: FloatArray
    parts: FloatArray

    def part(self, name: str) -> FloatArray:
        """Return one part of all candidates."""
        return self.parts[:, PART_NAMES.index(name)]


def _sigmoid(nats: FloatArray) -> FloatArray:
    return 1.0 / (1.0 + np.exp(np.clip(THRESHOLD - nats, -500, 500)))


def score_rings(features: RingFeatures, *, timed: bool, claim_rate: float) -> TransparentScore:
    """Score candidates by the sum of their parts.

    Parameters
    ----------
    features : RingFeatures
    timed : bool
        Whether the starts of accounts say anything; if not, what is shared has to carry the score alone and weighs
        more.
    claim_rate : float
        Share of the population that took a bonus; 0 where bonuses are not recorded.

    Returns
    -------
    TransparentScore
        A part whose data are absent is 0. O(candidates).
    """
    size = features["size"]
    parts = np.zeros((len(features), len(PART_NAMES)))

    def put(name: str, values: FloatArray) -> None:
        parts[:, PART_NAMES.index(name)] = np.nan_to_num(values)

    affinity = np.clip(features["mean_affinity"], 0.2, 6)
    put("links", 1.2 * np.log(affinity) if timed else 3.0 * np.log(2 * affinity))
    if timed:
        put("use", np.clip((LONG_USE_DAYS - features["use_days"]) / 25, -3, 1.5))
        more_members = np.clip(np.sqrt(size / 6), 0.7, 1.3)
        # a start that is taken from the first link or transfer says in part what the link says already
        recorded = 1 - INFERRED_LOSS * features["inferred_starts"]
        put("burst", np.clip(0.9 * (features["burst"] - 2.5), -2.5, 4) * more_members * recorded)
    if 0 < claim_rate < 1:
        share = features["claim_share"]
        rate = float(np.clip(claim_rate, 0.01, 0.94))
        ratio = share * np.log(RING_CLAIM_RATE / rate) + (1 - share) * np.log((1 - RING_CLAIM_RATE) / (1 - rate))
        accounts = features["accounts"]
        put("claims", np.clip(ratio * np.minimum(accounts, 8) * 0.5, -4, 2.5))
        put("delay", np.clip(share * (0.45 - features["delay_rank"]) * 8, -3, 3) * accounts / size)
    put("openness", -6 * features["openness"])
    put("cover", -4 * (1 - features["cover"]))
    put("hours", np.where(features["hour_members"] >= 5, -np.clip(0.5 - features["hour_sameness"], 0, 0.5), 0.0))
    lives_together = (size <= HOUSEHOLD_SIZE) & (features["nats_place"] > 0) & (features["use_days"] > LONG_USE_DAYS)
    put("household", np.where(lives_together, -1.0, 0.0))
    nats = parts.sum(axis=1)
    strongest_for = np.maximum(parts.max(axis=1, initial=0.0), 0)
    strongest_against = np.minimum(parts.min(axis=1, initial=0.0), 0)
    return TransparentScore(
        score=_sigmoid(nats),
        low=_sigmoid(nats - strongest_for),
        high=_sigmoid(nats - strongest_against),
        nats=nats,
        parts=parts,
    )
