"""Sets of accounts and wallets that get one score each: candidate rings, or single accounts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms.rows import entries_of

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ActorSets:
    """Sets that may overlap; set k holds the accounts ``members[indptr[k]:indptr[k + 1]]``.

    Parameters
    ----------
    indptr : array of int64, shape (n_sets + 1,)
    members : array of int32, shape (n_memberships,)
        Account numbers of the graph; wallets, which act too where nobody owns them, are numbered on after the accounts.

    Raises
    ------
    ValueError
        If a set is empty or the arrays do not fit together.
    """

    indptr: LongArray
    members: IntArray

    def __post_init__(self) -> None:
        indptr = np.ascontiguousarray(self.indptr, dtype=np.int64)
        members = np.ascontiguousarray(self.members, dtype=np.int32)
        object.__setattr__(self, "indptr", indptr)
        object.__setattr__(self, "members", members)
        if not len(indptr) or indptr[0] != 0 or indptr[-1] != len(members):
            raise ValueError(f"`indptr` must run from 0 to the number of memberships ({len(members)}), got {indptr}")
        if (np.diff(indptr) < 1).any():
            raise ValueError(f"sets must have members, got {(np.diff(indptr) < 1).sum()} without")

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @property
    def set_of(self) -> LongArray:
        """Which set each membership is of, shape (n_memberships,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.indptr))

    @classmethod
    def singles(cls, n_accounts: int) -> ActorSets:
        """Every account by itself."""
        return cls(np.arange(n_accounts + 1), np.arange(n_accounts, dtype=np.int32))

    def among(self, n_actors: int) -> tuple[ActorSets, BoolArray]:
        """Sets without the members that are numbered from `n_actors` on, and which sets, shape (n_sets,), are left."""
        kept = self.members < n_actors
        sizes = np.bincount(self.set_of[kept], minlength=len(self))
        left = sizes > 0
        return ActorSets(np.concatenate([[0], np.cumsum(sizes[left])]), self.members[kept]), left

    def take(self, rows: LongArray) -> ActorSets:
        """Some of the sets, in the given order."""
        places, starts = entries_of(self.indptr, rows)
        return ActorSets(starts, self.members[places])
