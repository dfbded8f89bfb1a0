"""False-discovery control over a list, by p-values or by decoys."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
LongArray = npt.NDArray[np.int64]


def benjamini_hochberg(p_values: FloatArray, n_tests: int | None = None) -> FloatArray:
    """Turn p-values into q-values: the lowest false-discovery rate at which each would be called.

    Parameters
    ----------
    p_values : array of float, shape (n,)
        Each in [0, 1].
    n_tests : int, optional
        How many were tested, if only the least of their p-values are given; at least n.

    Returns
    -------
    array of float, shape (n,)
        q-values in the order of the input; sorted, they never fall as p rises. O(n log n).

    References
    ----------
    Benjamini and Hochberg (1995), Controlling the false discovery rate, section 3.
    """
    p = np.asarray(p_values, dtype=np.float64)
    if p.size and not (np.all(p >= 0) and np.all(p <= 1)):
        raise ValueError("`p_values` must all lie in [0, 1]")
    tested = p.size if n_tests is None else n_tests
    if tested < p.size:
        raise ValueError(f"`n_tests` must be at least {p.size}, got {tested}")
    order = np.argsort(p, kind="stable")
    scaled = p[order] * tested / np.arange(1, p.size + 1)
    q = np.empty_like(p)
    q[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return q


def decoy_q_values(scores: FloatArray, decoy_scores: FloatArray, n_decoy_runs: int = 1) -> FloatArray:
    """Estimate the false-discovery rate of the list down to each score from scores found in null data.

    The list of all items with a score of at least s holds, by the null model, about
    ``(1 + decoys at s or above) / n_decoy_runs`` false ones; the one is added because a finite number of decoys can
    never show that there are none.

    Parameters
    ----------
    scores : array of float, shape (n,)
        Higher is more suspicious.
    decoy_scores : array of float, shape (m,)
        Scores that the same search gave to data drawn from the null model.
    n_decoy_runs : int
        How many draws of the null model `decoy_scores` holds.

    Returns
    -------
    array of float, shape (n,)
        q-values in [0, 1]; they never fall as the score falls. O((n + m) log(n + m)).

    References
    ----------
    Elias and Gygi (2007), Target-decoy search strategy, Nature Methods 4, 207-214;
    Barber and Candes (2015), Controlling the false discovery rate via knockoffs, section 2 (the added one).
    """
    if n_decoy_runs < 1:
        raise ValueError(f"`n_decoy_runs` must be at least 1, got {n_decoy_runs}")
    score = np.asarray(scores, dtype=np.float64)
    order = np.argsort(-score, kind="stable")
    decoys = np.sort(np.asarray(decoy_scores, dtype=np.float64))
    above = decoys.size - np.searchsorted(decoys, score[order], side="left")
    # ties count as one list: everything with the same score is called together
    called = np.searchsorted(-score[order], -score[order], side="right")
    rate = np.minimum(1.0, (1 + above) / n_decoy_runs / np.maximum(called, 1))
    q: FloatArray = np.empty_like(score)
    q[order] = np.minimum.accumulate(rate[::-1])[::-1]
    return q


def expected_share(values: LongArray, low: LongArray, high: LongArray) -> FloatArray:
    """Share of a sorted population that lies in each closed interval ``[low, high]``.

    Parameters
    ----------
    values : array of int64, shape (n,)
        The population, sorted.
    low, high : array of int64, shape (m,)

    Returns
    -------
    array of float, shape (m,)
        Shares in [0, 1]; never below 1 / n, because the population cannot show anything rarer. O(m log n).
    """
    n = max(len(values), 1)
    inside = np.searchsorted(values, high, side="right") - np.searchsorted(values, low, side="left")
    return np.asarray(np.maximum(inside, 1) / n, dtype=np.float64)
