"""A null model of sharing: every account and every signal keeps its number of links, who meets whom is chance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from algorithms.times import MISSING_TIME
from graphrisk.rings.direct_pairs import DirectPairs
from graphrisk.rings.sharing import Sharing


def rewired(sharing: Sharing, seed: int) -> Sharing:
    """Deal the signals of each type out to the same accounts anew.

    A signal that falls to the same account twice is kept once, so that degrees may fall a little, as in the
    configuration model with its loops and multi-edges removed (Newman, Networks, section 12.1). Times of use and
    payments are left out, because they belong to the old pairs.

    Parameters
    ----------
    sharing : Sharing
    seed : int

    Returns
    -------
    Sharing
        O(rows log rows).
    """
    rng = np.random.default_rng([seed, 0xDECAF])
    signals, kinds = sharing.row_signals, sharing.kinds[sharing.row_signals]
    keys = sharing.row_actors.astype(np.int64) * max(sharing.n_signals, 1)
    for kind in range(len(sharing.signal_types)):
        rows = np.flatnonzero(kinds == kind)
        keys[rows] += signals[rows][rng.permutation(len(rows))]
    keys.sort()  # `unique` would hash them first, which takes ten times as long
    keys = keys[np.diff(keys, prepend=-1) > 0]
    actor, signal = keys // max(sharing.n_signals, 1), keys % max(sharing.n_signals, 1)
    direct, unknown = sharing.direct, np.full(len(signal), MISSING_TIME)
    return replace(
        sharing,
        degrees=np.bincount(signal, minlength=sharing.n_signals),
        row_starts=np.concatenate([[0], np.cumsum(np.bincount(actor, minlength=sharing.n_actors))]),
        row_signals=signal.astype(np.int32),
        first_seen=unknown,
        last_seen=unknown,
        n_events=np.ones(len(signal), np.int32),
        inviters=sharing.inviters[rng.permutation(sharing.n_actors)],
        direct=DirectPairs(
            direct.sources,
            direct.targets[rng.permutation(len(direct))],
            direct.kinds,
            direct.first_seen,
            direct.last_seen,
            direct.n_events,
        ),
        payments=None,
    )
