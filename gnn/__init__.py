"""Features of rings and the models that score them."""

from gnn.ring_features import FEATURE_NAMES, RingFeatures, Surroundings, ring_features
from gnn.transparent import PART_NAMES, TransparentScore, score_rings

__all__ = [
    "FEATURE_NAMES",
    "PART_NAMES",
    "RingFeatures",
    "Surroundings",
    "TransparentScore",
    "ring_features",
    "score_rings",
]
