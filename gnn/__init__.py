"""Features of rings and the models that score them."""

from gnn.ring_features import FEATURE_NAMES, RingFeatures, ring_features
from gnn.scoring import Levels, RingModel, RingScores
from gnn.surroundings import Surroundings
from gnn.transparent import Transparent

__all__ = [
    "FEATURE_NAMES",
    "Levels",
    "RingFeatures",
    "RingModel",
    "RingScores",
    "Surroundings",
    "Transparent",
    "ring_features",
]
