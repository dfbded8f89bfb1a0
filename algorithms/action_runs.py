"""Actors that did the same things in the same order in the same hours."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from algorithms._wallet_kernels import pair_up
from algorithms.runs import number_both, number_runs
from algorithms.times import MISSING_TIME
from algorithms.wallet_pairs import WalletPairs

HOUR = 3600


def same_action_runs(
    actors: npt.ArrayLike,
    actions: npt.ArrayLike,
    seconds: npt.ArrayLike,
    *,
    length: int = 4,
    bin_seconds: int = HOUR,
    most_actors: int = 40,
) -> WalletPairs:
    """Pair actors that share a run of consecutive acts: the same actions in the same order, each in the same hour.

    Acts of one actor are put in order of time and then of action; the same action again in the same hour counts once.
    A run must hold at least two different actions and two different hours. Acts without a time are left out.

    Parameters
    ----------
    actors : array-like of int, shape (n,)
    actions : array-like of int, shape (n,)
        What was done, such as the contract that was paid.
    seconds : array-like of int, shape (n,)
    length : int
        Acts of a run, at least 2.
    bin_seconds : int
    most_actors : int
        Runs that more actors share are a campaign or a fashion; they join nobody and are counted.

    Returns
    -------
    WalletPairs
        A row per pair and run that both share, with the hour in which it began. O(n length log n + pairs).

    Raises
    ------
    ValueError
        If `length` is below 2.

    References
    ----------
    Cao et al. (2014), SynchroTrap, CCS, section 4: same action on the same target in the same bin of time; here a
    whole run of them must agree.
    """
    who, what, when = (np.asarray(a, dtype=np.int64) for a in (actors, actions, seconds))
    timed = when != MISSING_TIME
    who, what, when = who[timed], what[timed], when[timed]
    order = np.lexsort((what, when, who))
    who, what, hour = who[order], what[order], when[order] // bin_seconds
    fresh = np.r_[True, (np.diff(who) != 0) | (np.diff(what) != 0) | (np.diff(hour) != 0)] if len(who) else timed
    who, what, hour = who[fresh], what[fresh], hour[fresh]
    nothing = np.zeros(0, np.int32)
    run, begin = number_runs(who, number_both(what, hour), length)
    varied, later = np.zeros(len(run), bool), np.zeros(len(run), bool)
    for k in range(1, length):
        varied |= what[begin + k] != what[begin]
        later |= hour[begin + k] != hour[begin]
    whole = varied & later
    keys = np.unique(np.stack([run[whole], who[begin[whole]], hour[begin[whole]]]), axis=1)
    if keys.shape[1] == 0:
        return WalletPairs(nothing, nothing, np.zeros(0, np.int64))
    starts = np.flatnonzero(np.r_[True, np.diff(keys[0]) != 0, True])
    size = np.diff(starts)
    one, two, group = pair_up(starts, keys[1].astype(np.int32), (size >= 2) & (size <= most_actors))
    began = keys[2][starts[:-1]] * bin_seconds
    return WalletPairs(one, two, began[group], int((size > most_actors).sum()))
