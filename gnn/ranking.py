"""How well scores rank: average precision and the area under the ROC curve."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def average_precision(score: npt.ArrayLike, truth: npt.ArrayLike) -> float:
    """Mean over the positives of the precision among all that score at least as high; NaN without positives.

    Parameters
    ----------
    score : array-like of float, shape (n,)
    truth : array-like of bool, shape (n,)

    Returns
    -------
    float
    """
    hits, counts = _cumulated(score, truth)
    if not len(hits) or hits[-1] == 0:
        return float("nan")
    return float((np.diff(hits, prepend=0) * hits / counts).sum() / hits[-1])


def roc_auc(score: npt.ArrayLike, truth: npt.ArrayLike) -> float:
    """Share of pairs of a positive and another that are in order, ties counted half; NaN without such pairs.

    Parameters
    ----------
    score : array-like of float, shape (n,)
    truth : array-like of bool, shape (n,)

    Returns
    -------
    float
    """
    hits, counts = _cumulated(score, truth)
    others = counts - hits
    if not len(hits) or hits[-1] == 0 or others[-1] == 0:
        return float("nan")
    before = np.concatenate([[0.0], hits[:-1]])
    return float((np.diff(others, prepend=0) * (hits + before) / 2).sum() / (hits[-1] * others[-1]))


def _cumulated(score: npt.ArrayLike, truth: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Positives and all down to each distinct score, best first."""
    values, is_true = np.asarray(score, np.float64), np.asarray(truth, np.bool_)
    order = np.argsort(-values, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(values[order]) != 0, True)) if len(values) else np.empty(0, np.int64)
    return np.cumsum(is_true[order])[ends].astype(np.float64), (ends + 1).astype(np.float64)
