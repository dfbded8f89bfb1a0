"""A blend of two models, chosen on validation, that takes the second in only where it is shown to help."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gnn.ranking import average_precision

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
LongArray = npt.NDArray[np.int64]

WEIGHTS = np.linspace(0, 1, 21)
"""Shares of the second model that are tried."""
INTERVAL = (0.05, 0.95)


@dataclass(frozen=True)
class Gain:
    """What a model adds to the other in average precision, and the 90 % interval of that."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Blend:
    """How two models are added.

    Parameters
    ----------
    weight : float
        Share of the second model that was best on validation.
    first, second : Gain
        What each adds to the other alone.
    means, spreads : tuple of float
        Mean and standard deviation of the log-odds of both on validation, by which they are scaled.
    """

    weight: float
    first: Gain
    second: Gain
    means: tuple[float, float]
    spreads: tuple[float, float]

    @property
    def helps(self) -> bool:
        """Whether the second model adds more than chance explains: the lower end of its gain is above zero."""
        return self.second.low > 0

    def score(self, first: FloatArray, second: FloatArray) -> FloatArray:
        """Blended scores, shape (n,): the first model alone, scaled, where the second does not help."""
        one, two = self._scaled(first, second)
        weight = self.weight if self.helps else 0.0
        return (1 - weight) * one + weight * two

    def _scaled(self, first: FloatArray, second: FloatArray) -> tuple[FloatArray, FloatArray]:
        one, two = ((s - m) / d for s, m, d in zip((first, second), self.means, self.spreads, strict=True))
        return one, two

    def to_dict(self) -> dict[str, Any]:
        """For a card or a report."""
        return asdict(self) | {"helps": self.helps}


def choose_blend(
    first: FloatArray,
    second: FloatArray,
    truth: BoolArray,
    *,
    groups: LongArray | None = None,
    n_draws: int = 200,
    seed: int = 0,
) -> Blend:
    """Choose the share of the second model, and say with intervals what each adds to the other.

    The share is the one with the greatest average precision of the sum of both, each scaled to variance one. Gains are
    measured where the share was not chosen: each draw takes groups with replacement, chooses on them, and measures on
    the groups that were left out.

    Parameters
    ----------
    first, second : array of float64, shape (n,)
        Log-odds of both models for validation examples.
    truth : array of bool, shape (n,)
    groups : array of int64, shape (n,), optional
        Examples that stay together, such as candidates of one ring or population; by default each is by itself.
    n_draws, seed : int

    Returns
    -------
    Blend
        O(draws x weights x n log n).

    Raises
    ------
    ValueError
        If the arrays differ in length, or all or none of the examples are true.

    References
    ----------
    Efron and Tibshirani (1997), Improvements on cross-validation: the .632+ bootstrap method, section 2 (leave-one-out
    bootstrap).
    """
    n = len(truth)
    of = np.arange(n) if groups is None else np.unique(groups, return_inverse=True)[1]
    if not len(first) == len(second) == len(of) == n:
        raise ValueError(f"all arrays must be of one length, got {len(first)}, {len(second)}, {len(of)} and {n}")
    if truth.all() or not truth.any():
        raise ValueError(f"`truth` must hold both kinds, got {int(truth.sum())} of {n}")
    means, spreads = [], []
    for scores in (first, second):
        means.append(float(scores.mean()))
        spreads.append(max(float(scores.std()), 1e-12))
    one, two = (first - means[0]) / spreads[0], (second - means[1]) / spreads[1]
    blends = [(1 - weight) * one + weight * two for weight in WEIGHTS]
    n_groups, rng = int(of.max()) + 1, np.random.default_rng([seed, 0xB1])
    gains = []
    for _ in range(n_draws):
        drawn = np.bincount(rng.integers(0, n_groups, n_groups), minlength=n_groups)[of]
        inside, outside = np.repeat(np.arange(n), drawn), np.flatnonzero(drawn == 0)
        if not truth[inside].any() or not truth[outside].any():
            continue
        best = blends[_best(blends, truth, inside)]
        alone = [average_precision(scores[outside], truth[outside]) for scores in (best, one, two)]
        gains.append((alone[0] - alone[2], alone[0] - alone[1]))
    if not gains:
        raise ValueError(f"`groups` must be so many that some can be left out, got {n_groups}")
    told = [Gain(float(g.mean()), *(float(q) for q in np.quantile(g, INTERVAL))) for g in np.array(gains).T]
    weight = float(WEIGHTS[_best(blends, truth, np.arange(n))])
    return Blend(weight, told[0], told[1], (means[0], means[1]), (spreads[0], spreads[1]))


def _best(blends: list[FloatArray], truth: BoolArray, rows: LongArray) -> int:
    """Number of the blend with the greatest average precision on some rows, the least weight among equals."""
    return int(np.argmax([average_precision(scores[rows], truth[rows]) for scores in blends]))
