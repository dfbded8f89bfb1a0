"""What differences between nights chance alone makes, when accounts that came together are dealt out together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

N_BINS = 32
"""Finer than any change that matters; keeps the cost of a draw linear in the accounts."""
LEAST_SPREAD = 0.25
"""No feature is taken to vary less from night to night: Kolmogorov's statistic is 0.83 in half of all quiet nights."""
LEAST_NIGHTS = 4
TIE = 1e-9


@dataclass(frozen=True, eq=False)
class Exchanged:
    """How the newest nights differ from those before, as they are and as whole groups dealt out anew have it.

    Parameters
    ----------
    widths : tuple of int
        Numbers of newest nights that were compared with all before them.
    observed : array of float64, shape (n_widths, n_features)
        Kolmogorov's statistic of the newest nights over the root mean square of that of earlier runs of as many nights.
    drawn : array of float64, shape (n_draws, n_widths, n_features)
    unrest : array of float64, shape (n_widths, n_features)
        That root mean square, over what it is on average when groups are dealt out anew.
    """

    widths: tuple[int, ...]
    observed: FloatArray
    drawn: FloatArray
    unrest: FloatArray

    def p_values(self) -> tuple[IntArray, FloatArray, FloatArray]:
        """Say how often chance makes as much of it.

        Returns
        -------
        widest : array of int64, shape (n_features,)
            Index of the width at which the feature stands out most.
        own : array of float64, shape (n_features,)
            Share of all draws, the observed one among them, in which the feature stands out as much at any width.
        adjusted : array of float64, shape (n_features,)
            The same for any feature, stepping down from the one that stands out most: the chance that any of those
            with at most this value is a false alarm is at most this value.
        """
        # the observed one counts as a draw wherever means are taken, so that none is treated differently from it
        every = np.concatenate([self.observed[None], self.drawn])
        spread = every.std(axis=0)
        scaled = (every - every.mean(axis=0)) / np.where(spread > TIE, spread, 1.0)
        scaled[:, spread <= TIE] = 0.0
        excess = scaled.max(axis=1)
        own = (excess >= excess[0] - TIE).mean(axis=0)
        order = np.argsort(-excess[0], kind="stable")
        greatest = np.maximum.accumulate(excess[:, order[::-1]], axis=1)[:, ::-1]
        stepped = (greatest >= excess[0][order] - TIE).mean(axis=0)
        adjusted = np.empty(len(order))
        adjusted[order] = np.maximum.accumulate(stepped)
        return scaled[0].argmax(axis=0), own, adjusted


def bin_values(values: FloatArray) -> IntArray:
    """Number the values of a feature by at most `N_BINS` bins that keep their order; shape (n,)."""
    distinct = np.unique(values)
    if len(distinct) > N_BINS:
        distinct = np.unique(np.quantile(values, np.arange(1, N_BINS) / N_BINS, method="inverted_cdf"))
    return np.searchsorted(distinct, values, side="left").astype(np.int64)


def exchange_groups(
    bins: IntArray,
    groups: IntArray,
    nights: IntArray,
    widths: tuple[int, ...],
    *,
    n_draws: int,
    rng: np.random.Generator,
) -> Exchanged:
    """Deal groups out to nights anew.

    The groups of all nights are shuffled; every night keeps its number of groups. Where groups come at random, whatever
    they are made of, what was observed is one draw among the others, and the p-values hold exactly. Where nights differ
    in ways that the groups do not tell, such as the days of the week, the earlier nights differ as well, and the
    newest are measured by them: a studentised permutation test, which holds approximately even then.

    Parameters
    ----------
    bins : array of int64, shape (n_accounts, n_features)
        As `bin_values` numbers them.
    groups : array of int64, shape (n_accounts,)
        From 0; accounts of one group came in one night and stay together.
    nights : array of int64, shape (n_groups,)
        When each group came, from 0 for the oldest.
    widths : tuple of int
        Numbers of newest nights to compare with those before; without those that leave too few nights before them.
    n_draws : int
    rng : numpy.random.Generator

    Returns
    -------
    Exchanged
        O(n_draws * n_features * (n_accounts + n_nights * n_widths)).

    Raises
    ------
    ValueError
        If there are fewer than five nights.

    References
    ----------
    Westfall and Young (1993), Resampling-Based Multiple Testing, algorithm 4.1; Chung and Romano (2013), Annals of
    Statistics 41, for studentised permutations; Winkler et al. (2015), NeuroImage 123, for whole-block exchange.
    """
    n_nights = int(nights.max()) + 1 if len(nights) else 0
    fitting = tuple(width for width in widths if n_nights - width >= max(LEAST_NIGHTS, 2 * width))
    if not fitting:
        raise ValueError(f"there must be more than {LEAST_NIGHTS} nights, got {n_nights}")
    # the bins of all features side by side
    starts = np.concatenate([[0], np.cumsum(bins.max(axis=0) + 1)])
    size = int(starts[-1])
    starts = starts[:-1]
    keys = bins + starts

    def measure(dealt: IntArray) -> tuple[FloatArray, FloatArray]:
        cells = (keys + (dealt[groups] * size)[:, None]).ravel()
        counts = np.bincount(cells, minlength=n_nights * size).reshape(n_nights, size)
        before = np.zeros((n_nights + 1, size))
        np.cumsum(counts, axis=0, out=before[1:])
        both = [_stand_out(before, starts, width) for width in fitting]
        return np.stack([one for one, _ in both]), np.stack([spread for _, spread in both])

    drawn = [measure(rng.permutation(nights)) for _ in range(n_draws)]
    observed, spread = measure(nights)
    chance = np.mean([one for _, one in drawn], axis=0)
    return Exchanged(fitting, observed, np.stack([one for one, _ in drawn]), spread / chance)


def _stand_out(before: FloatArray, starts: IntArray, width: int) -> tuple[FloatArray, FloatArray]:
    """How far the newest nights stand out from what earlier runs of nights do, and that; each of shape (n_features,).

    `before` holds for every k the accounts of the first k nights in each bin.
    """
    earlier = before[:-width]
    runs = kolmogorov(earlier[width:] - earlier[:-width], earlier[-1], starts)
    spread = np.maximum(np.sqrt((runs**2).mean(axis=0)), LEAST_SPREAD)
    return kolmogorov((before[-1] - earlier[-1])[None], before[-1], starts)[0] / spread, spread


def kolmogorov(some: FloatArray, every: FloatArray, starts: IntArray) -> FloatArray:
    """``D sqrt(n m / (n + m))`` of the n accounts of each of several runs of nights and the m others.

    Parameters
    ----------
    some : array of float64, shape (n_runs, n_bins)
        Accounts in each bin, those of all features side by side.
    every : array of float64, shape (n_bins,)
    starts : array of int64, shape (n_features,)
        First bin of each feature.

    Returns
    -------
    array of float64, shape (n_runs, n_features)
        With the Kolmogorov-Smirnov distance ``D``; 0 where there is nobody on one side. With the sums ``S`` of the
        bins up to each, it is the greatest ``|S_some - n S_every / (n + m)|``, times ``sqrt((n + m) / (n m))``.
    """
    ends = np.append(starts[1:], every.shape[-1])
    n, total = some[:, : ends[0]].sum(axis=1), every[: ends[0]].sum()
    # within a feature what is missing in one bin is in another: the sums start from 0 in every feature
    sums = np.cumsum(some - (n / max(total, 1.0))[:, None] * every, axis=1)
    gap = np.maximum.reduceat(np.abs(sums), starts, axis=1)
    apart = n * (total - n)
    scale = np.sqrt(np.divide(total, apart, out=np.zeros_like(apart), where=apart > 0))
    return np.asarray(gap * scale[:, None])
