"""Actors that do the same thing to the same target at the same time, again and again (SynchroTrap)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms._lockstep_kernels import count_near, match_greedily, near_pairs
from algorithms.tails import poisson_tail

LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LockstepPairs:
    """Pairs of actors with acts in step.

    Parameters
    ----------
    sources, targets : array of int64, shape (n_pairs,)
        Actor indices, the lower one first; sorted.
    matches : array of int64, shape (n_pairs,)
        Acts of the one that fall together with an act of the other, each matched once.
    similarity : array of float64, shape (n_pairs,)
        Matches by all acts of the two, those matched counted once (Jaccard similarity), in (0, 1].
    nats : array of float64, shape (n_pairs,)
        ``-ln`` of the chance of at least so many matches; see `lockstep_pairs`.
    n_crowded : int
        Acts at moments so popular that falling together there says nothing; they were not matched.
    """

    sources: LongArray
    targets: LongArray
    matches: LongArray
    similarity: FloatArray
    nats: FloatArray
    n_crowded: int

    def __len__(self) -> int:
        return len(self.sources)


def lockstep_pairs(
    n_actors: int,
    actors: npt.ArrayLike,
    targets: npt.ArrayLike,
    seconds: npt.ArrayLike,
    *,
    within_seconds: int,
    least_matches: int = 3,
    most_at_once: int = 200,
) -> LockstepPairs:
    """Find pairs of actors that repeatedly act on the same target within seconds of each other.

    Acts of one actor on one target that follow within `within_seconds` are one act. By chance an actor v with n_v of
    all E acts has one near an act i of u with probability ``n_v k_i / E``, where k_i acts are near i: a moment at
    which many act, and an actor that acts all the time, make a match cheap. Over the acts of u the matches are taken
    as Poisson distributed; of the two directions the one that makes them less surprising counts.

    Parameters
    ----------
    n_actors : int
    actors, targets, seconds : array-like of int, shape (n_acts,)
        Who acted on what, and when; in any order.
    within_seconds : int
    least_matches : int
        Pairs with fewer are left out.
    most_at_once : int
        Acts with more near them are not matched, so that a campaign costs no more than its acts.

    Returns
    -------
    LockstepPairs
        O(n log n + p log p) for p pairs of near acts, at most ``n * most_at_once``; 32 bytes for each.

    Raises
    ------
    ValueError
        If the arrays differ in length, an actor is none, or a limit is not positive.

    References
    ----------
    Cao et al. (2014), Uncovering large groups of active malicious accounts in online social networks (SynchroTrap),
    CCS, sections 3.2 and 3.3 (matched actions and their Jaccard similarity).
    """
    a, g, t = (np.asarray(column, dtype=np.int64) for column in (actors, targets, seconds))
    _check(n_actors, a, g, t, within_seconds=within_seconds, least_matches=least_matches, most_at_once=most_at_once)
    order = np.lexsort((t, a, g))
    a, g, t = a[order], g[order], t[order]
    follows = np.zeros(len(a), bool)
    follows[1:] = (a[1:] == a[:-1]) & (g[1:] == g[:-1]) & (t[1:] - t[:-1] <= within_seconds)
    a, g, t = a[~follows], g[~follows], t[~follows]
    order = np.lexsort((a, t, g))
    a, g, t = a[order], g[order], t[order]
    near = count_near(g, t, within_seconds)
    use = near <= most_at_once
    first, second = near_pairs(a, g, t, within_seconds, use)
    low_first = a[first] < a[second]
    low, high = np.where(low_first, first, second), np.where(low_first, second, first)
    keys = a[low] * n_actors + a[high]
    order = np.lexsort((high, low, keys))
    keys, low, high = keys[order], low[order], high[order]
    matches = match_greedily(keys, low, high)
    pairs = np.unique(keys)
    keep = matches >= least_matches
    matches, u, v = matches[keep], pairs[keep] // max(n_actors, 1), pairs[keep] % max(n_actors, 1)
    n_acts = np.bincount(a, minlength=n_actors)
    crowd = np.bincount(a, np.where(use, near, 0), n_actors) / max(len(a), 1)
    expected = np.maximum(crowd[u] * n_acts[v], crowd[v] * n_acts[u])
    nats = poisson_tail(matches, expected)
    union = n_acts[u] + n_acts[v] - matches
    return LockstepPairs(u, v, matches, matches / union, np.asarray(nats, np.float64), int((~use).sum()))


def _check(n_actors: int, actors: LongArray, targets: LongArray, seconds: LongArray, **limits: int) -> None:
    for name, limit in limits.items():
        if limit < 1:
            raise ValueError(f"`{name}` must be at least 1, got {limit}")
    for name, column in (("targets", targets), ("seconds", seconds)):
        if column.shape != actors.shape:
            raise ValueError(f"`{name}` must be as long as `actors` ({len(actors)}), got {column.shape}")
    if len(actors) and (actors.min() < 0 or actors.max() >= n_actors):
        raise ValueError(f"`actors` must lie in 0 .. {n_actors - 1}, got {actors.min()} .. {actors.max()}")
