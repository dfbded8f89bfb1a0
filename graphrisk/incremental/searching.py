"""A search that starts where the one before ended, and how far it agrees with one that starts from nothing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from graphrisk.arrival_metrics import Row
from graphrisk.incremental.base import SearchBase
from graphrisk.incremental.folder import Start
from graphrisk.intervals import wilson
from graphrisk.rings.counterparts import count_unmatched
from graphrisk.rings.history import History
from graphrisk.rings.search import Search, search
from graphrisk.rings.settings import RingSettings
from graphrisk.rings.sharing import Sharing
from loaders import LoadResult


def start_from(
    base: SearchBase | None, loaded: LoadResult, sharing: Sharing, history: History, settings: RingSettings
) -> tuple[npt.NDArray[np.int32], ...] | None:
    """Give the communities that a search starts from.

    Parameters
    ----------
    base : SearchBase or None
    loaded : LoadResult
    sharing : Sharing
    history : History
    settings : RingSettings

    Returns
    -------
    tuple of array of int32, shape (n_actors,), or None
        None where there is no base, where one sweep goes through all densities, and where the base has other views:
        then the search starts from nothing.
    """
    if base is None or settings.nested or base.timed != history.timed:
        return None
    return base.start(loaded, sharing.actors)


def compare_with_full(found: Search, start: Start, loaded: LoadResult, settings: RingSettings, seed: int) -> list[Row]:
    """Say how far a search on the base would have agreed with the full one, where a full one was due.

    Parameters
    ----------
    found : Search
        The full one.
    start : Start
    loaded : LoadResult
    settings : RingSettings
    seed : int

    Returns
    -------
    list of tuple
        Rows of the `metric` table; none where no full scan was due.
    """
    communities = start_from(start.due, loaded, found.sharing, found.history, settings)
    if communities is None:
        return []
    args = (found.sharing, found.policy, found.history, settings, found.model, seed)
    other = search(*args, affinity=found.affinity, start=communities, reader=found.reader)
    rows: list[Row] = []
    for name, ours, theirs in (("found", found, other), ("only", other, found)):
        n, alone = len(ours.chosen), count_unmatched(ours, theirs)
        told = n - alone if name == "found" else alone
        if n:
            rows.append((f"incremental.rings_{name}.share", told / n, *wilson(told, n), n))
    return rows
