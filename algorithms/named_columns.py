"""Features as columns with names, and what features of accounts and of groups are made with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
LongArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class NamedColumns:
    """Features, one row for each of what is described.

    Parameters
    ----------
    values : array of float32, shape (n_rows, n_features)
        NaN where a feature is absent.
    names : tuple of str
    """

    values: npt.NDArray[np.float32]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, name: str) -> npt.NDArray[np.float32]:
        """Return one feature of all rows."""
        return self.values[:, self.names.index(name)]


def ratio(part: npt.NDArray[Any], whole: npt.NDArray[Any]) -> FloatArray:
    """Divide, NaN where nothing is to be divided by."""
    return np.asarray(np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0))


def most_within(owners: npt.NDArray[Any], seconds: LongArray, width: int, n: int) -> FloatArray:
    """Most times of each owner, counted from 0, within less than `width` seconds; O(n log n)."""
    order = np.lexsort((seconds, owners))
    who, when = owners[order].astype(np.int64), seconds[order]
    # one axis for all owners, so far apart that no window reaches the next
    line = who * (int(when.max(initial=0)) + width + 1) + when
    inside = np.arange(len(line)) - np.searchsorted(line, line - width + 1) + 1
    out = np.zeros(n)
    np.maximum.at(out, who, inside)
    return out
