"""What joins the members of a ring: the rows of the `ring_link` table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from algorithms.rows import entries_of
from algorithms.times import MISSING_TIME
from graphrisk.rings.affinity import direct_nats
from graphrisk.rings.direct_pairs import DIRECT_KINDS
from graphrisk.rings.search import Search
from graphrisk.rings.settings import RingSettings

LongArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RingLinks:
    """Links within rings; one row per member and shared signal, or per pair of members that deal with each other.

    Parameters
    ----------
    rings : array of int64, shape (n,)
        Position of the ring in the list.
    sources, targets : array of int64, shape (n,)
        Node ids.
    types : list of str
        ``shared_<signal type>``, ``referral`` or ``transfer``.
    weights : array of float64, shape (n,)
        Nats.
    first_seen, last_seen : array of int64, shape (n,)
    n_events : array of int64, shape (n,)
    n_accounts : array of int64, shape (n,)
        How many actors share the signal; -1 for a pair of members.
    is_hub : array of bool, shape (n,)
    signals : array of int64, shape (n,)
        Index of the shared signal, -1 for a pair of members.
    """

    rings: LongArray
    sources: LongArray
    targets: LongArray
    types: list[str]
    weights: npt.NDArray[np.float64]
    first_seen: LongArray
    last_seen: LongArray
    n_events: LongArray
    n_accounts: LongArray
    is_hub: npt.NDArray[np.bool_]
    signals: LongArray

    def __len__(self) -> int:
        return len(self.rings)


def find_ring_links(found: Search, settings: RingSettings) -> RingLinks:
    """Collect what the members of every listed ring share, hubs included.

    Parameters
    ----------
    found : Search
    settings : RingSettings

    Returns
    -------
    RingLinks
        Sorted by ring. O(rows of all members).
    """
    sharing, direct = found.sharing, found.sharing.direct
    pair_nats = direct_nats(sharing, found.policy, settings)
    columns: list[list[npt.NDArray[Any]]] = [[] for _ in range(8)]
    types: list[str] = []
    for ring, candidate in enumerate(found.chosen):
        members = found.candidates[int(candidate)]
        actor, row = _shared_rows(found, members)
        signal = sharing.row_signals[row]
        pairs = direct.rows_within(members)
        types += [f"shared_{sharing.signal_types[k]}" for k in sharing.kinds[signal]]
        types += [DIRECT_KINDS[k] for k in direct.kinds[pairs]]
        parts: tuple[tuple[npt.NDArray[Any], npt.NDArray[Any]], ...] = (
            (np.full(len(row), ring), np.full(len(pairs), ring)),
            (sharing.actors[actor], sharing.actors[direct.sources[pairs]]),
            (sharing.signals[signal], sharing.actors[direct.targets[pairs]]),
            (found.nats[signal], pair_nats[pairs]),
            (sharing.first_seen[row], direct.first_seen[pairs]),
            (sharing.last_seen[row], direct.last_seen[pairs]),
            (sharing.n_events[row], direct.n_events[pairs]),
            (signal, np.full(len(pairs), -1)),
        )
        for column, both in zip(columns, parts, strict=True):
            column.extend(both)
    empty: list[npt.NDArray[Any]] = [np.empty(0, np.int64)]
    rings, sources, targets, weights, first, last, counts, signals = (np.concatenate(c or empty) for c in columns)
    signals = signals.astype(np.int64)
    shared = signals >= 0
    n_accounts = np.where(shared, sharing.degrees[signals], -1) if sharing.n_signals else np.full(len(signals), -1)
    is_hub = shared & found.policy.is_hub[signals] if sharing.n_signals else np.zeros(len(signals), bool)
    return RingLinks(
        rings=rings.astype(np.int64),
        sources=sources.astype(np.int64),
        targets=targets.astype(np.int64),
        types=types,
        weights=weights.astype(np.float64),
        first_seen=first.astype(np.int64),
        last_seen=last.astype(np.int64),
        n_events=counts.astype(np.int64),
        n_accounts=n_accounts,
        is_hub=is_hub,
        signals=signals,
    )


def _shared_rows(found: Search, members: npt.NDArray[np.int32]) -> tuple[LongArray, LongArray]:
    """Actor and row of everything that at least two of the members share."""
    sharing = found.sharing
    row, begins = entries_of(sharing.row_starts, members)
    actor = np.repeat(members.astype(np.int64), np.diff(begins))
    _, inverse, counts = np.unique(sharing.row_signals[row], return_inverse=True, return_counts=True)
    keep = counts[inverse] > 1
    return actor[keep], row[keep]


def span(first: LongArray, last: LongArray) -> tuple[int, int]:
    """Return the earliest and latest known of some times, `MISSING_TIME` where none is known."""
    early, late = first[first != MISSING_TIME], last[last != MISSING_TIME]
    return (int(early.min()) if len(early) else MISSING_TIME, int(late.max()) if len(late) else MISSING_TIME)
