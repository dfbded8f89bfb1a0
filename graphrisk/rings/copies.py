"""Members of candidates, copied so that each copy can live in other surroundings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from algorithms.graph import Graph
from algorithms.rows import entries_of

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Copies:
    """Members of candidates, each candidate as often as it is looked at.

    Parameters
    ----------
    actors : array of int32, shape (n_copies,)
    of : array of int64, shape (n_copies,)
        Number of the look, ascending; actors ascend within it.
    left_out : array of int32, shape (n_copies,)
        The signal that counts for nothing.
    n_actors : int
    """

    actors: IntArray
    of: LongArray
    left_out: IntArray
    n_actors: int

    def __len__(self) -> int:
        return len(self.actors)

    def numbers(self, copies: LongArray, actors: IntArray) -> IntArray:
        """Number of each actor as seen by a copy: a copy of the same look, or the actor after all copies."""
        keys = self.of * self.n_actors + self.actors
        wanted = self.of[copies] * self.n_actors + actors
        at = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
        return np.where(keys[at] == wanted, at, len(self) + actors).astype(np.int32)

    def and_all(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """What is known of the copies and, after them, of everybody."""
        return np.concatenate([values[self.actors], values])

    def padded(self, starts: LongArray) -> LongArray:
        """Rows of the copies, and none of everybody else."""
        return np.concatenate([starts, np.full(self.n_actors, starts[-1])])


def ties_of(copies: Copies, graph: Graph) -> tuple[LongArray, LongArray, LongArray, IntArray]:
    """Entries of all copies in a graph, where those of each begin, whose they are and who is at the other end."""
    entries, indptr = entries_of(graph.indptr, copies.actors)
    owners = np.repeat(np.arange(len(copies)), np.diff(indptr))
    return entries, indptr, owners, graph.indices[entries]
