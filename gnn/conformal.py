"""How seldom an innocent group is scored as high: p-values that need no right model, and lists that bound errors."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def conformal_p_values(scores: FloatArray, innocent: FloatArray) -> FloatArray:
    """Share of innocent groups, and the group itself, that are scored at least as high.

    ``p = (1 + #{innocent >= score}) / (1 + #innocent)``: if a group is innocent and comes about as those did, p is at
    most u with a probability of at most u, whatever the model.

    Parameters
    ----------
    scores : array of float64, shape (n,)
    innocent : array of float64, shape (m,)
        Scores of groups that are no rings, by the same model, which has not learned from them.

    Returns
    -------
    array of float64, shape (n,)
        In (0, 1]; O((n + m) log m).

    Raises
    ------
    ValueError
        If there are no innocent groups.

    References
    ----------
    Bates, Candes, Lei, Romano and Sesia (2023), Testing for outliers with conformal p-values, equation 2.
    """
    if not len(innocent):
        raise ValueError("`innocent` must hold at least one score, got none")
    above = len(innocent) - np.searchsorted(np.sort(innocent), scores, side="left")
    return np.asarray((1 + above) / (1 + len(innocent)), dtype=np.float64)


def longest_conformal_list(p_values: FloatArray, rate: float) -> int:
    """How many of the groups with the least p-values make the longest list that bounds the share of innocent ones.

    Parameters
    ----------
    p_values : array of float64, shape (n,)
        In any order.
    rate : float
        Bound on the expected share; it holds for conformal p-values although they depend on one another.

    Returns
    -------
    int

    References
    ----------
    Benjamini and Hochberg (1995), Controlling the false discovery rate, section 3; Bates et al. (2023), theorem 2.
    """
    ordered = np.sort(p_values)
    kept = np.flatnonzero(ordered <= rate * np.arange(1, len(ordered) + 1) / max(len(ordered), 1) + 1e-12)
    return int(kept[-1]) + 1 if len(kept) else 0
