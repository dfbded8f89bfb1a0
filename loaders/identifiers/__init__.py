"""Identifiers made comparable by type, and values refused because they identify nobody."""

from loaders.identifiers.hashing import hash_identifiers, key_from_environment
from loaders.identifiers.normalise import SUBNET, Normalised, normalise

__all__ = ["SUBNET", "Normalised", "hash_identifiers", "key_from_environment", "normalise"]
