"""How much each shared signal says about two actors, given when they used it."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from algorithms._pair_kernels import weigh, weigh_without
from algorithms._threads import side_by_side, stretches
from algorithms.times import MISSING_TIME

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

PARALLEL_PAIRS = 100_000  # fewer do not pay for waking threads


@dataclass(frozen=True)
class UsePenalties:
    """What the times of use take from the evidence of a shared signal.

    Parameters
    ----------
    long_seconds : int
        Two actors that used a signal side by side for longer look like people who live or work together.
    long_nats : float
        Evidence lost then.
    apart_nats : float
        Evidence lost where one stopped before the other began (a device sold on).
    """

    long_seconds: int = 120 * 86400
    long_nats: float = 2.0
    apart_nats: float = 1.5


def weigh_pairs(
    sources: IntArray,
    targets: IntArray,
    evidence_indptr: LongArray,
    evidence_signals: IntArray,
    row_starts: LongArray,
    row_signals: IntArray,
    first_seen: LongArray,
    last_seen: LongArray,
    nats: FloatArray,
    penalties: UsePenalties | None = None,
) -> FloatArray:
    """Sum the evidence of the signals that each pair of actors shares.

    Parameters
    ----------
    sources, targets : array of int32, shape (n_pairs,)
        Actor indices.
    evidence_indptr : array of int64, shape (n_pairs + 1,)
    evidence_signals : array of int32
        Signals that each pair shares.
    row_starts : array of int64, shape (n_actors + 1,)
    row_signals : array of int32, shape (n_rows,)
        Signals of each actor, ascending.
    first_seen, last_seen : array of int64, shape (n_rows,)
        Seconds, `MISSING_TIME` where absent; a pair without times is neither near nor far.
    nats : array of float, shape (n_signals,)
        Evidence of each signal before the times are looked at.
    penalties : UsePenalties, optional

    Returns
    -------
    array of float, shape (n_pairs,)
        Nats, at least 0. O(shared signals x log(signals per actor)).
    """
    given = penalties or UsePenalties()
    out = np.empty(len(sources))
    threads = numba.get_num_threads() if len(sources) > PARALLEL_PAIRS else 1
    bounds = np.arange(threads + 1) * len(sources) // threads
    side_by_side(
        weigh,
        [
            (
                *share,
                sources,
                targets,
                evidence_indptr,
                evidence_signals,
                row_starts,
                row_signals,
                first_seen,
                last_seen,
                np.ascontiguousarray(nats, dtype=np.float64),
                given.long_seconds,
                given.long_nats,
                given.apart_nats,
                int(MISSING_TIME),
                out,
            )
            for share in stretches(bounds)
        ],
    )
    return out


def weigh_pairs_without(
    sources: IntArray,
    targets: IntArray,
    left_out: IntArray,
    row_starts: LongArray,
    row_signals: IntArray,
    first_seen: LongArray,
    last_seen: LongArray,
    nats: FloatArray,
    penalties: UsePenalties | None = None,
) -> FloatArray:
    """Sum the evidence of all that pairs of actors share, but of one signal for each.

    Parameters
    ----------
    sources, targets : array of int32, shape (n_pairs,)
        Actor indices.
    left_out : array of int32, shape (n_pairs,)
        A signal of the source.
    row_starts, row_signals, first_seen, last_seen, nats, penalties
        As in `weigh_pairs`.

    Returns
    -------
    array of float, shape (n_pairs,)
        Nats, at least 0; NaN where the two share nothing else; -1 where the target does not use the signal, so that
        nothing changes. O(signals of both).
    """
    given = penalties or UsePenalties()
    out = np.empty(len(sources))
    weigh_without(
        sources,
        targets,
        left_out,
        row_starts,
        row_signals,
        first_seen,
        last_seen,
        np.ascontiguousarray(nats, dtype=np.float64),
        given.long_seconds,
        given.long_nats,
        given.apart_nats,
        int(MISSING_TIME),
        out,
    )
    return out
