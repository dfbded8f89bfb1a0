"""Trees over features of accounts: gradient boosting, a random forest, or the mean of both, calibrated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from gnn.calibration import Calibration
from gnn.scoring import sigmoid

if TYPE_CHECKING:
    from lightgbm import Booster

FloatArray = npt.NDArray[np.float64]
Kind = Literal["boosting", "forest"]
Choice = Literal["boosting", "forest", "mean"]

CHOICES: dict[Choice, tuple[Kind, ...]] = {
    "boosting": ("boosting",),
    "forest": ("forest",),
    "mean": ("boosting", "forest"),
}
"""Trees of which a model may say the mean log-odds."""

_COMMON: dict[str, Any] = {
    "objective": "binary",
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "max_bin": 63,
    "verbose": -1,
}
PARAMETERS: dict[Kind, dict[str, Any]] = {
    "boosting": _COMMON
    | {
        "num_leaves": 15,
        "learning_rate": 0.04,
        "num_iterations": 400,
        "min_data_in_leaf": 20,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "feature_fraction": 0.25,
        "lambda_l2": 5.0,
    },
    "forest": _COMMON
    | {
        # least squares, so that a leaf says the share of bad accounts in it
        "objective": "regression",
        "boosting": "rf",
        "num_leaves": 255,
        "num_iterations": 300,
        "min_data_in_leaf": 5,
        "bagging_fraction": 0.632,
        "bagging_freq": 1,
        # a tenth of the columns at each split; drawn for the tree first, which costs a third of the histograms
        "feature_fraction": 0.3,
        "feature_fraction_bynode": 0.33,
    },
}
LEAF_SHARE, PENALTY_SHARE = 0.05, 0.01
"""Accounts that a leaf of boosting must hold, and the penalty of its leaves, per bad account to learn from: accounts of
one group are bad together, and small leaves would learn single groups."""
LEAF_DOUBT = 0.03
"""Added to the shares of bad and of good accounts that a forest says, so that shares of 0 and 1 have log-odds."""


def tree_parameters(kind: Kind, n_bad: int) -> dict[str, Any]:
    """Parameters of LightGBM: those of `PARAMETERS`, for boosting the more careful the more accounts are bad."""
    given = dict(PARAMETERS[kind])
    if kind == "boosting":
        given["min_data_in_leaf"] = max(given["min_data_in_leaf"], round(LEAF_SHARE * n_bad))
        given["lambda_l2"] = max(given["lambda_l2"], PENALTY_SHARE * n_bad)
    return given


@dataclass(frozen=True, eq=False)
class AccountTrees:
    """A trained model of accounts.

    Parameters
    ----------
    name : str
    boosters : dict of kind to lightgbm.Booster
        Their feature names say which columns they need.
    calibration : Calibration
        Of the mean of their log-odds.
    """

    name: str
    boosters: dict[Kind, Booster]
    calibration: Calibration

    def score(self, columns: dict[str, FloatArray], n: int) -> FloatArray:
        """Probability that each account is bad; O(accounts x trees x depth).

        Columns that the trees know and the data lack are unknown everywhere; those that the trees do not know are
        passed over.
        """
        outputs = []
        for kind, booster in self.boosters.items():
            names = booster.feature_name()
            values = stack({name: columns.get(name, np.full(n, np.nan)) for name in names}, n)
            outputs.append(raw_scores(booster, values, kind))
        return sigmoid(self.calibration.log_odds(np.mean(outputs, axis=0)))


def stack(columns: dict[str, FloatArray], n: int) -> npt.NDArray[np.float32]:
    """Put columns side by side, shape (n, n_columns)."""
    values = np.empty((n, len(columns)), np.float32, order="F")
    for at, column in enumerate(columns.values()):
        values[:, at] = column
    return values


def raw_scores(booster: Booster, values: npt.NDArray[np.float32], kind: Kind) -> FloatArray:
    """Log-odds before calibration."""
    if not len(values):
        return np.empty(0)
    if kind == "boosting":
        return np.asarray(booster.predict(values, raw_score=True), np.float64)
    share = np.clip(np.asarray(booster.predict(values), np.float64), 0, 1)
    return np.log((share + LEAF_DOUBT) / (1 - share + LEAF_DOUBT))


def train_account_trees(
    values: npt.NDArray[np.float32], is_bad: npt.NDArray[np.bool_], names: tuple[str, ...], *, kind: Kind, seed: int = 0
) -> Booster:
    """Train trees on accounts.

    Parameters
    ----------
    values : array of float32, shape (n, n_features)
    is_bad : array of bool, shape (n,)
    names : tuple of str
    kind : {"boosting", "forest"}
    seed : int

    Returns
    -------
    lightgbm.Booster
        The same for the same rows in the same order.

    References
    ----------
    Ke et al. (2017), LightGBM: a highly efficient gradient boosting decision tree; Breiman (2001), Random forests.
    """
    import lightgbm

    data = lightgbm.Dataset(values, is_bad.astype(np.float64), feature_name=list(names), params={"verbose": -1})
    return lightgbm.train({**tree_parameters(kind, int(is_bad.sum())), "seed": seed}, data)
