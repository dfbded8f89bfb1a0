"""What an incremental scan starts from: what was loaded, and how the search before divided the accounts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphrisk.rings.search import NullDraw, Search
from loaders import LoadResult
from loaders.file_states import FileStates

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LoadBase:
    """What was loaded, of which files, and how.

    Parameters
    ----------
    key : str
        Hash of how the files were read.
    files : list of dict of str to str
        From `file_states`.
    loaded : LoadResult
    """

    key: str
    files: FileStates
    loaded: LoadResult


@dataclass(frozen=True, eq=False)
class SearchBase:
    """What a search leaves to the next one.

    Parameters
    ----------
    scan_id : str
    key : str
        Hash of all that a search depends on but the data.
    n_since_full : int
        Incremental scans since the last full one, this one included.
    timed : bool
        Whether starts said anything.
    n_accounts : int
        Actors before this number are accounts, the others wallets.
    names : pyarrow.LargeStringArray, length n_actors
        The user's ids of the actors.
    labels : tuple of array of int32, shape (n_actors,)
        Communities, one array for each view and density in the order in which they are searched.
    nulls : list of NullDraw
        What the last full scan listed in the null model.
    """

    scan_id: str
    key: str
    n_since_full: int
    timed: bool
    n_accounts: int
    names: pa.LargeStringArray
    labels: tuple[IntArray, ...]
    nulls: list[NullDraw]

    @classmethod
    def of(
        cls, scan_id: str, key: str, n_since_full: int, found: Search, loaded: LoadResult, nulls: list[NullDraw]
    ) -> SearchBase:
        """Take it from a search."""
        return cls(
            scan_id=scan_id,
            key=key,
            n_since_full=n_since_full,
            timed=found.history.timed,
            n_accounts=loaded.graph.n_accounts,
            names=loaded.graph.names.take(pa.array(found.sharing.actors)),
            labels=found.candidates.labels,
            nulls=nulls,
        )

    def start(self, loaded: LoadResult, actors: IntArray) -> tuple[IntArray, ...]:
        """Communities to start from, among the actors of today; whoever is new is alone.

        Parameters
        ----------
        loaded : LoadResult
        actors : array of int32, shape (n_actors,)
            Node ids.

        Returns
        -------
        tuple of array of int32, shape (n_actors,)
            As `labels`, O(n log n).
        """
        names, n = loaded.graph.names.take(pa.array(actors)), loaded.graph.n_accounts
        before = np.concatenate(
            [
                _places(names[:n], self.names[: self.n_accounts], 0),
                _places(names[n:], self.names[self.n_accounts :], self.n_accounts),
            ]
        )
        fresh = before < 0
        alone = len(self.names) + np.arange(len(actors))
        return tuple(
            np.unique(np.where(fresh, alone, labels[before]), return_inverse=True)[1].astype(np.int32)
            if len(labels)
            else np.arange(len(actors), dtype=np.int32)
            for labels in self.labels
        )


def _places(names: pa.LargeStringArray, before: pa.LargeStringArray, offset: int) -> LongArray:
    """Where each name stood, -1 where it is new."""
    at = pc.index_in(names, value_set=before)
    found: LongArray = at.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    found[found >= 0] += offset
    return found
