"""Trees and a network added up and calibrated together: the network is one part of the score, and gives no reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from gnn.blend import Blend
from gnn.calibration import Calibration
from gnn.ring_features import RingFeatures
from gnn.ring_trees import LEVELS, PARTS, check_features, part_effects, predict, raw_output
from gnn.scoring import PRIOR, Levels, RingScores, sigmoid

if TYPE_CHECKING:
    from lightgbm import Booster

    from gnn.ring_network import RingNetwork

FloatArray = npt.NDArray[np.float64]

NETWORK = "network"
"""The part that the network adds."""


@dataclass(frozen=True, eq=False)
class BlendedTrees:
    """A trained model of rings of two models.

    Parameters
    ----------
    name : str
    booster : lightgbm.Booster
        As `RingTrees` has it.
    network : RingNetwork
    blend : Blend
        Trees first, network second.
    calibration : Calibration
        Of what the blend says.
    levels : Levels
    size_bonus : float
    """

    name: str
    booster: Booster
    network: RingNetwork
    blend: Blend
    calibration: Calibration
    levels: Levels = LEVELS
    size_bonus: float = 1.0
    part_names: tuple[str, ...] = (*PARTS, NETWORK, PRIOR)

    def __post_init__(self) -> None:
        check_features(self.booster, self.name)

    @property
    def reads(self) -> frozenset[str]:
        """Features that the trees ask for."""
        return frozenset(self.booster.feature_name())

    def score(self, features: RingFeatures) -> RingScores:
        """Score candidates.

        Raises
        ------
        ValueError
            If the features say nothing of the network.
        """
        rows, width = features.columns(tuple(self.booster.feature_name())), self.calibration.half_width
        log_odds = self._blended(predict(self.booster, rows), _told(features))
        return RingScores(sigmoid(log_odds), sigmoid(log_odds - width), sigmoid(log_odds + width), log_odds)

    def log_odds(self, rows: FloatArray, network: FloatArray) -> FloatArray:
        """Log-odds of rows from `learned` beside outputs of the network; where those are NaN, they count as average."""
        return self._blended(raw_output(self.booster, rows), network)

    def _blended(self, trees: FloatArray, network: FloatArray) -> FloatArray:
        return self.calibration.log_odds(self.blend.score(trees, known_outputs(network, self.blend.means[1])))

    def parts(self, features: RingFeatures) -> FloatArray:
        """Nats by part: Shapley values of the trees, what the network adds against the average, and the rest."""
        line, blend = self.calibration, self.blend
        share = blend.weight if blend.helps else 0.0
        of_trees = line.slope * (1 - share) / blend.spreads[0]
        trees = part_effects(self.booster, features, of_trees, line.intercept - of_trees * blend.means[0])
        heard = known_outputs(_told(features), blend.means[1])
        network = line.slope * share / blend.spreads[1] * (heard - blend.means[1])
        return np.column_stack([trees[:, :-1], network, trees[:, -1:]])


def known_outputs(network: FloatArray, mean: float) -> FloatArray:
    """Outputs of a network, with the mean where it knows no member."""
    return np.where(np.isnan(network), mean, network)


def _told(features: RingFeatures) -> FloatArray:
    if features.network is None:
        raise ValueError("`features` must hold what the network says of each candidate, got none")
    return features.network
