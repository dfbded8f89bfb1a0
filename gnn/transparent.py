"""The first ring score: a sum of stated parts, each of which an investigator can check.

It is not a probability of fraud. It is a scale on which the parts were weighed on simulated worlds; what its values
mean on real data is measured by the q-value against a null model, and by labels once there are any.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gnn.ring_features import RingFeatures
from gnn.scoring import PRIOR, Levels, RingScores, sigmoid

FloatArray = npt.NDArray[np.float64]

PART_NAMES = ("links", "burst", "claims", "delay", "use", "openness", "cover", "hours", "household", PRIOR)

READS = frozenset(
    {
        "size",
        "mean_affinity",
        "use_days",
        "inferred_starts",
        "burst",
        "claim_share",
        "accounts",
        "delay_rank",
        "openness",
        "cover",
        "hour_members",
        "hour_sameness",
        "nats_place",
    }
)
"""Features that the parts are made of."""

THRESHOLD = 2.0
"""Nats that a candidate must show for a score of one half."""

RING_CLAIM_RATE = 0.95
LONG_USE_DAYS = 70.0
HOUSEHOLD_SIZE = 6
INFERRED_LOSS = 0.5


@dataclass(frozen=True)
class Transparent:
    """A model of rings with nothing learned in it.

    `low` is the score without the strongest part for a ring, `high` without the strongest part against it.

    Parameters
    ----------
    timed : bool
        Whether the starts of accounts say anything; if not, what is shared has to carry the score alone and weighs
        more.
    claim_rate : float
        Share of the population that took a bonus; 0 where bonuses are not recorded.
    """

    timed: bool
    claim_rate: float
    name = "transparent"
    part_names = PART_NAMES
    reads = READS
    levels = Levels(0.5, 0.75, 0.9)

    @property
    def size_bonus(self) -> float:
        """A timed score tells the core of a ring from its fringe less well than from strangers."""
        return 4.0 if self.timed else 0.0

    def score(self, features: RingFeatures) -> RingScores:
        """Score candidates by the sum of their parts; O(candidates)."""
        parts = self.parts(features)
        nats, known = parts.sum(axis=1), parts[:, : PART_NAMES.index(PRIOR)]
        strongest_for = np.maximum(known.max(axis=1, initial=0.0), 0)
        strongest_against = np.minimum(known.min(axis=1, initial=0.0), 0)
        return RingScores(
            score=sigmoid(nats),
            low=sigmoid(nats - strongest_for),
            high=sigmoid(nats - strongest_against),
            log_odds=nats,
        )

    def parts(self, features: RingFeatures) -> FloatArray:
        """Parts of each score in nats, shape (n, n_parts); a part whose data are absent is 0."""
        size = features["size"]
        parts = np.zeros((len(features), len(PART_NAMES)))

        def put(name: str, values: FloatArray) -> None:
            parts[:, PART_NAMES.index(name)] = np.nan_to_num(values)

        affinity = np.clip(features["mean_affinity"], 0.2, 6)
        put("links", 1.2 * np.log(affinity) if self.timed else 3.0 * np.log(2 * affinity))
        if self.timed:
            put("use", np.clip((LONG_USE_DAYS - features["use_days"]) / 25, -3, 1.5))
            more_members = np.clip(np.sqrt(size / 6), 0.7, 1.3)
            # a start that is taken from the first link or transfer says in part what the link says already
            recorded = 1 - INFERRED_LOSS * features["inferred_starts"]
            put("burst", np.clip(0.9 * (features["burst"] - 2.5), -2.5, 4) * more_members * recorded)
        if 0 < self.claim_rate < 1:
            share = features["claim_share"]
            rate = float(np.clip(self.claim_rate, 0.01, 0.94))
            ratio = share * np.log(RING_CLAIM_RATE / rate) + (1 - share) * np.log((1 - RING_CLAIM_RATE) / (1 - rate))
            accounts = features["accounts"]
            put("claims", np.clip(ratio * np.minimum(accounts, 8) * 0.5, -4, 2.5))
            put("delay", np.clip(share * (0.45 - features["delay_rank"]) * 8, -3, 3) * accounts / size)
        put("openness", -6 * features["openness"])
        put("cover", -4 * (1 - features["cover"]))
        put("hours", np.where(features["hour_members"] >= 5, -np.clip(0.5 - features["hour_sameness"], 0, 0.5), 0.0))
        at_home = (size <= HOUSEHOLD_SIZE) & (features["nats_place"] > 0) & (features["use_days"] > LONG_USE_DAYS)
        put("household", np.where(at_home, -1.0, 0.0))
        put(PRIOR, np.full(len(features), -THRESHOLD))
        return parts
