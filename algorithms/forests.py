"""Trees given by the parent of each node: levels, sums over all that hangs below, and the members of a subtree."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from algorithms.rows import entries_of

LongArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Forest:
    """Trees over the nodes ``0 .. n - 1``.

    Parameters
    ----------
    parents : array of int64, shape (n,)
        -1 for roots.
    depths : array of int64, shape (n,)
        Steps from the root; -1 for nodes on a cycle and what hangs on it, which are part of no tree.
    order : array of int64, shape (n_in_trees,)
        Nodes in trees, level after level, in ascending order within each.
    """

    parents: LongArray
    depths: LongArray
    order: LongArray

    @classmethod
    def from_parents(cls, parents: npt.ArrayLike) -> Forest:
        """Build the trees. O(n log n), and one pass over arrays for each level.

        Parameters
        ----------
        parents : array-like of int, shape (n,)
            Parent of each node, -1 for none.

        Raises
        ------
        ValueError
            If a parent is no node.
        """
        p = np.asarray(parents, dtype=np.int64)
        if len(p) and (p.min() < -1 or p.max() >= len(p)):
            raise ValueError(f"`parents` must lie in -1 .. {len(p) - 1}, got {p.min()} .. {p.max()}")
        depths = np.full(len(p), -1)
        by_parent, starts = cls(p, depths, np.flatnonzero(p == -1))._children
        level, levels, depth = np.flatnonzero(p == -1), [], 0
        while len(level):
            depths[level] = depth
            levels.append(level)
            level = np.sort(by_parent[entries_of(starts, level)[0]])
            depth += 1
        return cls(p, depths, np.concatenate(levels) if levels else np.empty(0, np.int64))

    def _levels(self) -> list[LongArray]:
        """Nodes of each level, the roots first."""
        ends = np.cumsum(np.bincount(self.depths[self.order])) if len(self.order) else np.empty(0, np.int64)
        return [self.order[a:b] for a, b in pairwise([0, *ends.tolist()])]

    def sums(self, values: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Sum a value over each node and all below it; nodes in no tree keep their own. O(n)."""
        out = np.array(values, dtype=np.float64)
        for level in self._levels()[:0:-1]:
            np.add.at(out, self.parents[level], out[level])
        return out

    @cached_property
    def heights(self) -> LongArray:
        """Levels below each node, shape (n,). O(n)."""
        out = np.zeros(len(self.parents), np.int64)
        for level in self._levels()[:0:-1]:
            np.maximum.at(out, self.parents[level], out[level] + 1)
        return out

    @cached_property
    def _children(self) -> tuple[LongArray, LongArray]:
        """Nodes in order of their parents, and where the children of each begin."""
        by_parent = np.argsort(self.parents, kind="stable")
        return by_parent, np.searchsorted(self.parents[by_parent], np.arange(len(self.parents) + 1))

    def subtree(self, node: int) -> LongArray:
        """Return a node and all below it, ascending. O(n) for the first call, then the size of the subtree."""
        by_parent, starts = self._children
        level, found = np.array([node]), []
        while len(level):
            found.append(level)
            level = by_parent[entries_of(starts, level)[0]]
        return np.sort(np.concatenate(found))
