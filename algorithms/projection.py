"""The capped projection of a bipartite incidence: which actors share signals, and which signals they share."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from algorithms._memory import free_memory
from algorithms._projection_kernels import (
    Pairs,
    Signals,
    close_gaps,
    fill_share,
    group_by_actor,
    group_by_signal,
    list_uses,
)
from algorithms._threads import side_by_side, stretches

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

PAIR_BYTES = 32  # of a pair that shares one signal: two ids, a weight, a count, a start, the signal
PARALLEL_ROWS = 100_000  # fewer do not pay for waking threads


@dataclass(frozen=True, eq=False)
class Projection:
    """Pairs of actors that share at least one signal, each once with source < target, sorted.

    Parameters
    ----------
    sources, targets : array of int32, shape (n_pairs,)
    weights : array of float64, shape (n_pairs,)
        Sum of the weights of the signals that the pair shares.
    n_shared : array of int32, shape (n_pairs,)
        Number of signals that the pair shares.
    evidence_indptr : array of int64, shape (n_pairs + 1,)
        Signals of pair p are ``evidence_signals[evidence_indptr[p]:evidence_indptr[p + 1]]``, ascending.
    evidence_signals : array of int32
    """

    sources: IntArray
    targets: IntArray
    weights: FloatArray
    n_shared: IntArray
    evidence_indptr: LongArray
    evidence_signals: IntArray

    def __len__(self) -> int:
        return len(self.sources)


class TooManyPairsError(ValueError):
    """Caps that let through more pairs than are allowed, or than memory has room for."""


def count_pairs(degrees: LongArray, caps: LongArray) -> int:
    """Count pairs that signals within their caps make, one for each signal that two actors share.

    Parameters
    ----------
    degrees, caps : array of int64, shape (n_signals,)

    Returns
    -------
    int
    """
    kept = degrees[(degrees >= 2) & (degrees <= caps)].astype(np.int64)
    return int((kept * (kept - 1) // 2).sum())


def project(
    n_actors: int,
    actors: npt.ArrayLike,
    signals: npt.ArrayLike,
    signal_weights: FloatArray,
    caps: LongArray,
    *,
    max_pairs: int = 200_000_000,
    max_bytes: int | None = None,
) -> Projection:
    """Join all actors that share a signal no more widely shared than its cap.

    Parameters
    ----------
    n_actors : int
    actors, signals : array-like of int, shape (n_rows,)
        The incidence; repeated rows count once.
    signal_weights : array of float64, shape (n_signals,)
        What one shared signal adds to a pair.
    caps : array of int64, shape (n_signals,)
        Most actors on a signal that still joins them; below 2 it joins nobody.
    max_pairs : int
        Refuse to make more pairs than this, counted before any is made.
    max_bytes : int, optional
        Refuse if the pairs would need more memory than this; by default than is free.

    Returns
    -------
    Projection
        O(rows + shared signals x log(signals per actor)), in parallel; the pairs come out sorted. At most `PAIR_BYTES`
        (32) per shared signal, and 28 per row.

    Raises
    ------
    ValueError
        If the arrays do not fit together or the caps let through more than `max_pairs` pairs
        or more than memory holds.
    """
    row_actors, row_signals = np.asarray(actors), np.asarray(signals)
    n_signals = len(signal_weights)
    if row_actors.ndim != 1 or row_actors.shape != row_signals.shape:
        raise ValueError(f"`actors` and `signals` must have one length, got {row_actors.shape}, {row_signals.shape}")
    if len(caps) != n_signals:
        raise ValueError(f"`caps` must have one entry per signal ({n_signals}), got {len(caps)}")
    for name, ids, n in (("actors", row_actors, n_actors), ("signals", row_signals, n_signals)):
        if ids.size and (ids.min() < 0 or ids.max() >= n):
            raise ValueError(f"`{name}` must lie in 0 .. {n - 1}, got {ids.min()} .. {ids.max()}")
    threads = numba.get_num_threads() if len(row_actors) > PARALLEL_ROWS else 1
    by_actor = group_by_actor(n_actors, row_actors.astype(np.int32), row_signals.astype(np.int32))
    starts, ends, members = group_by_signal(n_signals, *by_actor)
    degrees = ends - starts[:-1]
    n_shared = count_pairs(degrees, caps)
    if n_shared > max_pairs:
        raise TooManyPairsError(
            f"the caps let through {n_shared:,} pairs, more than `max_pairs` ({max_pairs:,}); lower the cap of the "
            f"most widely shared signals (the widest within its cap joins {int(degrees[degrees <= caps].max())})"
        )
    room = free_memory() if max_bytes is None else max_bytes
    if n_shared * PAIR_BYTES > room:
        raise TooManyPairsError(
            f"{n_shared:,} pairs may need {n_shared * PAIR_BYTES / 1e9:,.1f} GB, of {room / 1e9:,.1f} GB that there "
            f"are; lower the cap of the most widely shared signals"
        )
    uses = list_uses(n_actors, Signals(starts, ends, members), (degrees >= 2) & (degrees <= caps))
    pairs = _room(n_shared)
    bounds = _shares(uses.before, threads)
    most_keys, most_runs = (int(np.diff(sums).max(initial=0)) for sums in (uses.before, uses.starts))
    nats = np.ascontiguousarray(signal_weights, dtype=np.float64)
    filled = side_by_side(
        fill_share, [(*share, most_keys, most_runs, uses, members, nats, pairs) for share in stretches(bounds)]
    )
    n = int(close_gaps(bounds, uses.before, np.array(filled), pairs))
    return Projection(
        pairs.sources[:n],
        pairs.targets[:n],
        pairs.weights[:n],
        pairs.counts[:n],
        pairs.evidence_starts[: n + 1],
        pairs.evidence,
    )


def _room(n_shared: int) -> Pairs:
    """Allocate for the case that no two signals join one pair; pages that are never used cost nothing."""
    ids = (np.empty(n_shared, np.int32) for _ in range(4))
    sources, targets, counts, evidence = ids
    return Pairs(sources, targets, np.empty(n_shared), counts, np.empty(n_shared + 1, np.int64), evidence)


def _shares(work: LongArray, threads: int) -> LongArray:
    """Cut actors or signals into stretches of about equal work, which is given summed up."""
    bounds = np.searchsorted(work, np.arange(threads + 1) * int(work[-1]) // threads).astype(np.int64)
    bounds[0], bounds[-1] = 0, len(work) - 1
    return bounds
