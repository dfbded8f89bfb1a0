"""Gradient-boosted trees over ring features, calibrated, with every score taken apart into its reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gnn._cohesion_kernels import COHESION_FEATURES
from gnn.calibration import Calibration
from gnn.member_pools import POOLED_FEATURES, STAKE_FEATURES
from gnn.ring_features import OF_PAYMENTS, RingFeatures
from gnn.scoring import PRIOR, Levels, RingScores, sigmoid

if TYPE_CHECKING:
    from lightgbm import Booster

FloatArray = npt.NDArray[np.float64]


def _pooled(quantity: str) -> tuple[str, ...]:
    """Names of what is pooled of one quantity."""
    return tuple(name for name in POOLED_FEATURES if name.startswith(f"{quantity}_"))


PARTS: dict[str, tuple[str, ...]] = {
    "links": (
        "mean_affinity",
        "density",
        "pairs_evident",
        "nats_identity",
        "nats_money",
        "widest_identity",
        "on_identity",
        "on_money",
        "kinds_shared",
        "identity_per_member",
        "outside_share",
    ),
    "place": ("nats_place", "widest_place", "on_place", "place_outside"),
    "burst": ("burst", "inferred_starts", "long_burst", "start_days"),
    "claims": ("claim_share", "claim_surprise"),
    "delay": ("delay_rank", "delay_spread", "claim_burst"),
    "use": ("use_days", "use_overlap"),
    "openness": ("openness", *_pooled("tie_openness")),
    "cover": ("cover", "least_tied", "tie_spread", *COHESION_FEATURES),
    "hours": ("hour_sameness", "steadiness", "hour_surprise"),
    "activity": (
        "active_days",
        "active_spread",
        "acts_rank",
        "acts_spread",
        "end_burst",
        *_pooled("acts_place"),
        *_pooled("days_place"),
    ),
    "referral": ("nats_referral", "invited", "invited_inside", "same_inviter", "inviter_inside", "inviter_share"),
    "funding": ("own_instrument",),
    "stake": STAKE_FEATURES,
    "payments": OF_PAYMENTS,
    "size": ("size",),
}
"""Which features make each part of a score."""

LEARNED = tuple(name for names in PARTS.values() for name in names)
"""Features that trees learn from, in this order; the others of a ring are for its texts."""

PARAMETERS: dict[str, Any] = {
    "objective": "binary",
    "num_leaves": 15,
    "learning_rate": 0.05,
    "min_data_in_leaf": 50,
    "lambda_l2": 5.0,
    "feature_fraction": 0.4,
    "max_bin": 63,
    "num_iterations": 400,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
FOREST: dict[str, Any] = {
    # least squares, so that a leaf says the share of rings in it
    "objective": "regression",
    "boosting": "rf",
    "num_leaves": 127,
    "num_iterations": 300,
    "min_data_in_leaf": 10,
    "bagging_fraction": 0.632,
    "bagging_freq": 1,
    "feature_fraction_bynode": 0.25,
    "max_bin": 63,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
"""A random forest, as `parameters` of `train_trees`; its output is the sum over trees, which calibration scales."""
LEVELS = Levels(least=0.1, medium=0.5, high=0.9)
"""A score is a probability: groups are listed from one in ten, and in band ``medium`` from one in two."""


@dataclass(frozen=True, eq=False)
class RingTrees:
    """A trained model of rings.

    `low` and `high` of a score are what nine populations in ten keep to: the same output meant more in some of the
    populations that the model was calibrated on, and less in others.

    Parameters
    ----------
    name : str
    booster : lightgbm.Booster
        Over all of `LEARNED` or some of them, as a model has that learned before there were others.
    calibration : Calibration
    levels : Levels
    size_bonus : float
    """

    name: str
    booster: Booster
    calibration: Calibration
    levels: Levels = LEVELS
    size_bonus: float = 1.0
    part_names: tuple[str, ...] = (*PARTS, PRIOR)

    def __post_init__(self) -> None:
        check_features(self.booster, self.name)

    @property
    def reads(self) -> frozenset[str]:
        """Features that the trees ask for."""
        return frozenset(self.booster.feature_name())

    def score(self, features: RingFeatures) -> RingScores:
        """Score candidates; O(candidates x trees x depth), the same for any number of threads."""
        rows = features.columns(tuple(self.booster.feature_name()))
        log_odds, width = self.calibration.log_odds(predict(self.booster, rows)), self.calibration.half_width
        return RingScores(sigmoid(log_odds), sigmoid(log_odds - width), sigmoid(log_odds + width), log_odds)

    def log_odds(self, rows: FloatArray) -> FloatArray:
        """Log-odds of rows from `learned`."""
        return self.calibration.log_odds(raw_output(self.booster, rows))

    def parts(self, features: RingFeatures) -> FloatArray:
        """Nats by part: Shapley values of the features along the trees' paths, summed; O(trees x leaves x depth²).

        References
        ----------
        Lundberg, Erion and Lee (2018), Consistent individualized feature attribution for tree ensembles, algorithm 2.
        """
        return part_effects(self.booster, features, self.calibration.slope, self.calibration.intercept)


def check_features(booster: Booster, name: str) -> None:
    """Raise ValueError for trees over features that rings do not have."""
    if not set(booster.feature_name()) <= set(LEARNED):
        raise ValueError(f"model {name!r} must have been trained on the features that rings have now")


def raw_output(booster: Booster, rows: FloatArray) -> FloatArray:
    """Output of trees for rows from `learned`, of which they take the columns that they know."""
    names = tuple(booster.feature_name())
    return predict(booster, rows if names == LEARNED else rows[:, [LEARNED.index(name) for name in names]])


def predict(booster: Booster, rows: FloatArray) -> FloatArray:
    """Output of trees for rows of just the features that they know."""
    return np.asarray(booster.predict(rows, raw_score=True)) if len(rows) else np.empty(0)


def part_effects(booster: Booster, features: RingFeatures, slope: float, intercept: float) -> FloatArray:
    """Effects of all parts on ``slope x output + intercept``, the prior last, shape (n, n_parts + 1)."""
    out = np.empty((len(features), len(PARTS) + 1))
    if not len(features):
        return out
    known = booster.feature_name()
    effects = np.asarray(booster.predict(features.columns(tuple(known)), pred_contrib=True)) * slope
    for k, names in enumerate(PARTS.values()):
        out[:, k] = effects[:, [known.index(name) for name in names if name in known]].sum(axis=1)
    out[:, -1] = effects[:, -1] + intercept
    return out


def learned(features: RingFeatures) -> FloatArray:
    """The columns that trees learn from, shape (n, n_learned)."""
    return features.columns(LEARNED)


def train_trees(
    features: FloatArray,
    targets: FloatArray,
    weights: FloatArray | None = None,
    *,
    seed: int = 0,
    parameters: Mapping[str, Any] | None = None,
    names: tuple[str, ...] = LEARNED,
) -> Booster:
    """Train trees on candidates.

    Parameters
    ----------
    features : array of float64, shape (n, n_learned)
        From `learned`.
    targets : array of float64, shape (n,)
        1 for rings.
    weights : array of float64, shape (n,), optional
        How much each row counts; 1 if not given.
    seed : int
    parameters : mapping, optional
        Of LightGBM; by default `PARAMETERS`.
    names : tuple of str
        Of the columns, if they are not all of `LEARNED`.

    Returns
    -------
    lightgbm.Booster
        The same for the same rows in the same order.

    References
    ----------
    Ke et al. (2017), LightGBM: a highly efficient gradient boosting decision tree.
    """
    import lightgbm

    data = lightgbm.Dataset(features, targets, weight=weights, feature_name=list(names), params={"verbose": -1})
    given = dict(parameters or {})
    # a forest is none of the boosting with other numbers
    base = {} if given.get("boosting") == "rf" else PARAMETERS
    return lightgbm.train({**base, **given, "seed": seed}, data)
