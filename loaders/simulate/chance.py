"""Chance that can be asked twice: seeded generators per part, and numbers that depend on an id alone."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

LongArray = npt.NDArray[np.int64]
WordArray = npt.NDArray[np.uint64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def mix(values: npt.NDArray[np.integer], salt: int) -> WordArray:
    """Map 64-bit integers to 64-bit integers one to one, without visible order (the splitmix64 finaliser)."""
    with np.errstate(over="ignore"):
        words: WordArray = values.astype(np.uint64) + np.uint64(salt)
        words ^= words >> np.uint64(30)
        words *= np.uint64(0xBF58476D1CE4E5B9)
        words ^= words >> np.uint64(27)
        words *= np.uint64(0x94D049BB133111EB)
        words ^= words >> np.uint64(31)
    return words


class Chance:
    """All chance of one world.

    Parameters
    ----------
    seed : int
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def salt(self, topic: str) -> int:
        """Return a 64-bit number of the seed and a topic."""
        digest = hashlib.sha256(f"{self._seed}/{topic}".encode()).digest()
        return int.from_bytes(digest[:8], "little")

    def generator(self, topic: str, part: int = 0) -> np.random.Generator:
        """Return a stream of its own for each part of each topic, whatever the order of the calls."""
        return np.random.default_rng(np.random.SeedSequence([self.salt(topic), part]))

    def uniform(self, topic: str, ids: npt.NDArray[np.integer]) -> FloatArray:
        """Return a number in (0, 1) per id: the same id always gets the same one."""
        words = mix(mix(ids, self.salt(topic)), 0x9E3779B97F4A7C15) >> np.uint64(11)
        return (words.astype(np.float64) + 0.5) * 2.0**-53

    def below(self, topic: str, ids: npt.NDArray[np.integer], limit: int) -> LongArray:
        """Return a whole number in [0, limit) per id."""
        return (self.uniform(topic, ids) * limit).astype(np.int64)

    def exponential(self, topic: str, ids: npt.NDArray[np.integer], mean: float) -> FloatArray:
        """Return an exponential number per id."""
        return -mean * np.log(self.uniform(topic, ids))
