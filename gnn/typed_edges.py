"""Edges of one type as arrays sorted by their target, which is how a network reads them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class TypedEdges:
    """Edges along which messages run from sources to targets: target v hears ``sources[indptr[v]:indptr[v + 1]]``.

    Parameters
    ----------
    n_sources : int
    indptr : array of int64, shape (n_targets + 1,)
    sources : array of int32, shape (n_edges,)
    features : array of float32, shape (n_edges, n_features)
    first_seen : array of int64, shape (n_edges,)
        Seconds, `MISSING_TIME` where absent.
    """

    n_sources: int
    indptr: LongArray
    sources: IntArray
    features: FloatArray
    first_seen: LongArray

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def n_targets(self) -> int:
        """Number of nodes of the target type."""
        return len(self.indptr) - 1

    @property
    def targets(self) -> IntArray:
        """Target of each edge, shape (n_edges,)."""
        return np.repeat(np.arange(self.n_targets, dtype=np.int32), np.diff(self.indptr))

    @cached_property
    def transposed(self) -> tuple[LongArray, IntArray, LongArray]:
        """The same edges sorted by source: row starts, targets, and the place of each edge in the order by target."""
        order = np.argsort(self.sources, kind="stable")
        return _starts(self.sources, self.n_sources), self.targets[order], order

    @classmethod
    def from_pairs(
        cls,
        n_sources: int,
        n_targets: int,
        sources: npt.ArrayLike,
        targets: npt.ArrayLike,
        *,
        features: npt.ArrayLike | None = None,
        first_seen: npt.ArrayLike | None = None,
    ) -> TypedEdges:
        """Sort edges by target, then time, then source; O(edges log edges).

        Parameters
        ----------
        n_sources, n_targets : int
        sources, targets : array-like of int, shape (n_edges,)
        features : array-like of float, shape (n_edges, n_features), optional
        first_seen : array-like of int, shape (n_edges,), optional
            Without it, edges were always there.

        Returns
        -------
        TypedEdges

        Raises
        ------
        ValueError
            If the arrays differ in length, a number is out of range, or a feature is not finite.
        """
        ends = [np.asarray(end, dtype=np.int64) for end in (sources, targets)]
        values = np.empty((len(ends[0]), 0)) if features is None else np.asarray(features)
        always = np.full(len(ends[0]), np.iinfo(np.int64).min)
        moments = always if first_seen is None else np.asarray(first_seen, dtype=np.int64)
        if not len(ends[0]) == len(ends[1]) == len(values) == len(moments):
            lengths = [len(part) for part in (*ends, values, moments)]
            raise ValueError(f"`sources`, `targets`, `features` and `first_seen` must be of one length, got {lengths}")
        for name, end, n in (("sources", ends[0], n_sources), ("targets", ends[1], n_targets)):
            if len(end) and not 0 <= end.min() <= end.max() < n:
                raise ValueError(f"`{name}` must be in 0 .. {n - 1}, got {end.min()} .. {end.max()}")
        if not np.isfinite(values).all():
            raise ValueError("`features` must be finite, got NaN or infinity")
        order = np.lexsort((ends[0], moments, ends[1]))
        return cls(
            n_sources,
            _starts(ends[1], n_targets),
            ends[0][order].astype(np.int32),
            np.ascontiguousarray(values[order], dtype=np.float32),
            moments[order],
        )


def _starts(ends: npt.NDArray[np.integer], n: int) -> LongArray:
    return np.concatenate([[0], np.cumsum(np.bincount(ends, minlength=n))]).astype(np.int64)
