"""The entries of chosen rows of compressed sparse rows, one row after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

LongArray = npt.NDArray[np.int64]


def entries_of(starts: npt.NDArray[Any], rows: npt.NDArray[Any]) -> tuple[LongArray, LongArray]:
    """Find the entries of some rows.

    Parameters
    ----------
    starts : array of int, shape (n_rows + 1,)
        Entries of row r are ``starts[r] .. starts[r + 1] - 1``.
    rows : array of int, shape (n,)
        In any order, each as often as wished.

    Returns
    -------
    entries : array of int64, shape (n_entries,)
    begins : array of int64, shape (n + 1,)
        Entries of ``rows[k]`` are ``entries[begins[k]:begins[k + 1]]``. O(n + n_entries).
    """
    lengths = starts[rows + 1] - starts[rows]
    begins = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return np.arange(begins[-1]) + np.repeat(starts[rows] - begins[:-1], lengths), begins
