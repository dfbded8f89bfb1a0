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
N_FOLDS = 5


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
    precisions : tuple of float
        Average precision on validation of the first, the second, and the blend where its share was not chosen.
    """

    weight: float
    first: Gain
    second: Gain
    means: tuple[float, float]
    spreads: tuple[float, float]
    precisions: tuple[float, float, float]

    @property
    def helps(self) -> bool:
        """Whether the second model adds more than chance explains: the lower end of its gain is above zero."""
        return self.second.low > 0

    def score(self, first: FloatArray, second: FloatArray) -> FloatArray:
        """Blended scores, shape (n,): the first model alone, scaled, where the second does not help."""
        one, two = ((s - m) / d for s, m, d in zip((first, second), self.means, self.spreads, strict=True))
        weight = self.weight if self.helps else 0.0
        return (1 - weight) * one + weight * two

    def to_dict(self) -> dict[str, Any]:
        """For a card or a report."""
        return asdict(self) | {"helps": self.helps}


def choose_blend(
    first: FloatArray,
    second: FloatArray,
    truth: BoolArray,
    *,
    groups: LongArray | None = None,
    n_draws: int = 1000,
    seed: int = 0,
) -> Blend:
    """Choose the share of the second model, and say with intervals what each adds to the other.

    The share is the one with the greatest average precision of the sum of both, each scaled to variance one. Gains are
    measured where the share was not chosen: on each fifth of the groups with the share that is best on the others, with
    the interval of a bootstrap over groups.

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
        O((draws + weights) x n log n).

    Raises
    ------
    ValueError
        If the arrays differ in length, or one kind of example is in fewer than two groups.

    References
    ----------
    Efron and Tibshirani (1993), An introduction to the bootstrap, section 13.3 (percentile interval); Stone (1974),
    Cross-validatory choice and assessment of statistical predictions, section 2.
    """
    n = len(truth)
    of = np.arange(n) if groups is None else np.unique(groups, return_inverse=True)[1]
    if not len(first) == len(second) == len(of) == n:
        raise ValueError(f"all arrays must be of one length, got {len(first)}, {len(second)}, {len(of)} and {n}")
    for name, kind in (("true", truth), ("other", ~truth)):
        if len(np.unique(of[kind])) < 2:
            raise ValueError(f"`truth` must hold {name} examples in at least 2 groups, got {int(kind.sum())} of {n}")
    means, spreads = [], []
    for scores in (first, second):
        means.append(float(scores.mean()))
        spreads.append(max(float(scores.std()), 1e-12))
    one, two = (first - means[0]) / spreads[0], (second - means[1]) / spreads[1]
    blends = [(1 - weight) * one + weight * two for weight in WEIGHTS]
    n_groups, rng = int(of.max()) + 1, np.random.default_rng([seed, 0xB1])
    fold = (rng.permutation(n_groups) % N_FOLDS)[of]
    apart = np.empty(n)
    for k in range(min(N_FOLDS, n_groups)):
        apart[fold == k] = blends[_best(blends, truth, np.flatnonzero(fold != k))][fold == k]
    gains = []
    for _ in range(n_draws):
        rows = np.repeat(np.arange(n), np.bincount(rng.integers(0, n_groups, n_groups), minlength=n_groups)[of])
        if truth[rows].any():
            alone = [average_precision(scores[rows], truth[rows]) for scores in (apart, one, two)]
            gains.append((alone[0] - alone[2], alone[0] - alone[1]))
    told = [Gain(float(g.mean()), *(float(q) for q in np.quantile(g, INTERVAL))) for g in np.array(gains).T]
    weight = float(WEIGHTS[_best(blends, truth, np.arange(n))])
    first_ap, second_ap, blend_ap = (average_precision(scores, truth) for scores in (one, two, apart))
    return Blend(
        weight, told[0], told[1], (means[0], means[1]), (spreads[0], spreads[1]), (first_ap, second_ap, blend_ap)
    )


def _best(blends: list[FloatArray], truth: BoolArray, rows: LongArray) -> int:
    """Number of the blend with the greatest average precision on some rows, the least weight among equals."""
    return int(np.argmax([average_precision(scores[rows], truth[rows]) for scores in blends]))
