"""Runs of consecutive acts, numbered so that equal runs have equal numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

LongArray = npt.NDArray[np.int64]


def number_runs(owners: npt.ArrayLike, acts: npt.ArrayLike, length: int) -> tuple[LongArray, LongArray]:
    """Number the runs of consecutive acts of one owner.

    Parameters
    ----------
    owners : array-like of int, shape (n,)
        Whose act it is; the acts of one owner stand together, in their order.
    acts : array-like of int, shape (n,)
        What was done.
    length : int
        Acts of a run, at least 2.

    Returns
    -------
    runs : array of int64, shape (n_runs,)
        Equal for equal runs; in the order of their acts.
    begins : array of int64, shape (n_runs,)
        Row of the first act of each run, ascending. O(n length log n), without hashing: exact.

    Raises
    ------
    ValueError
        If `length` is below 2.
    """
    if length < 2:
        raise ValueError(f"`length` must be at least 2, got {length}")
    who, what = np.asarray(owners, np.int64), np.asarray(acts, np.int64)
    n_runs = len(who) - length + 1
    if n_runs <= 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    begins = np.flatnonzero(who[:n_runs] == who[length - 1 :])
    runs = what[begins]
    for k in range(1, length):
        runs = number_both(runs, what[begins + k])
    return runs, begins


def number_both(a: npt.ArrayLike, b: npt.ArrayLike) -> LongArray:
    """Number the distinct pairs of two columns, in their order and without hashing: exact, whatever the values."""
    _, first = np.unique(np.asarray(a), return_inverse=True)
    values, second = np.unique(np.asarray(b), return_inverse=True)
    return np.asarray(np.unique(first * np.int64(len(values)) + second, return_inverse=True)[1], dtype=np.int64)
