"""What every model of rings gives, whatever it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from gnn.ring_features import RingFeatures

FloatArray = npt.NDArray[np.float64]

PRIOR = "prior"
"""The part that holds before anything is known of a candidate."""


@dataclass(frozen=True, eq=False)
class RingScores:
    """Scores of candidates.

    Parameters
    ----------
    score, low, high : array of float64, shape (n,)
        In [0, 1]; what `low` and `high` mean is the model's to say.
    log_odds : array of float64, shape (n,)
        Nats of `score`: ``ln(score / (1 - score))``, but finite.
    """

    score: FloatArray
    low: FloatArray
    high: FloatArray
    log_odds: FloatArray


@dataclass(frozen=True)
class Levels:
    """Scores from which a ring is listed, and from which it is in band ``medium`` and ``high``."""

    least: float
    medium: float
    high: float


class RingModel(Protocol):
    """Scores candidates and says why."""

    @property
    def name(self) -> str:
        """Written beside every score."""
        ...

    @property
    def part_names(self) -> tuple[str, ...]:
        """Columns of `parts`."""
        ...

    @property
    def levels(self) -> Levels:
        """Used where the settings name no scores of their own."""
        ...

    @property
    def size_bonus(self) -> float:
        """Nats for each e-fold more members when overlapping candidates compete for a place in the list."""
        ...

    @property
    def reads(self) -> frozenset[str]:
        """Features that scores rest on."""
        ...

    def score(self, features: RingFeatures) -> RingScores:
        """Score candidates."""
        ...

    def parts(self, features: RingFeatures) -> FloatArray:
        """Nats for and against, shape (n, n_parts); each row sums to the log-odds of the score."""
        ...


def sigmoid(nats: FloatArray) -> FloatArray:
    """Turn log-odds into probabilities."""
    return 1.0 / (1.0 + np.exp(-np.clip(nats, -500, 500)))


def probability(nats: float) -> float:
    """Turn one number of nats into a probability."""
    return float(sigmoid(np.array([nats]))[0])


def logit(score: float) -> float:
    """Turn a score into log-odds; 0 and 1 become very low and very high."""
    score = min(max(score, 1e-12), 1 - 1e-12)
    return float(np.log(score / (1 - score)))
