"""Account-account evidence from shared signals, referrals and transfers, and how likely it makes a pair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms.pair_evidence import weigh_pairs
from algorithms.projection import project
from algorithms.times import MISSING_TIME
from graphrisk.hubs import HubPolicy
from graphrisk.rings.direct_pairs import DIRECT_KINDS, REFERRAL, TRANSFER
from graphrisk.rings.history import History
from graphrisk.rings.settings import RingSettings
from graphrisk.rings.sharing import FUNDER, PAYEE, REFERRER, Sharing
from graphrisk.rings.wallets import LINKS, PAIR_KINDS

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

# Log-odds that two actors belong together before anything is known of them, and the weight of starting together;
# both were fitted on simulated worlds, where they need not be exact: density thresholds from 0.01 to 0.2 follow.
TIMED_PRIOR = -8.0
CLOSENESS_WEIGHT = 0.9
UNTIMED_PRIOR = -4.5
RAREST_CLOSENESS = 1e-4
LEAST_PROBABILITY = 0.03


@dataclass(frozen=True, eq=False)
class Affinity:
    """Pairs of actors with evidence that joins them, each once with source < target, sorted.

    Parameters
    ----------
    sources, targets : array of int32, shape (n_pairs,)
        Actor indices.
    evidence : array of float64, shape (n_pairs,)
        Nats from what the two share.
    n_removed : int
        Pairs that the hub policy kept from being joined.
    """

    sources: IntArray
    targets: IntArray
    evidence: FloatArray
    n_removed: int

    def __len__(self) -> int:
        return len(self.sources)


def signal_nats(sharing: Sharing, policy: HubPolicy, settings: RingSettings) -> FloatArray:
    """Evidence of each signal for any two actors on it, before times: its type less its popularity; 0 for hubs.

    Parameters
    ----------
    sharing : Sharing
    policy : HubPolicy
    settings : RingSettings

    Returns
    -------
    array of float64, shape (n_signals,)
        Nats.
    """
    base = np.array([settings.evidence_of(kind, sharing.n_actors) for kind in sharing.signal_types])
    if len(base) == 0:
        return np.empty(0)
    nats = base[sharing.kinds] - policy.decay * np.log(np.maximum(sharing.degrees, 2) / 2)
    return np.where(policy.is_hub, 0.0, np.maximum(nats, 0.0))


def find_affinity(sharing: Sharing, policy: HubPolicy, settings: RingSettings) -> Affinity:
    """Join actors that share signals below the hub caps, invited or paid each other, or are linked as wallets.

    Parameters
    ----------
    sharing : Sharing
    policy : HubPolicy
    settings : RingSettings

    Returns
    -------
    Affinity
        O(pairs log pairs).

    Raises
    ------
    ValueError
        If the caps let through more pairs than `settings.max_pairs`.
    """
    nats = signal_nats(sharing, policy, settings)
    caps = np.where(nats > 0, policy.caps, 0)
    shared = project(
        sharing.n_actors, sharing.row_actors, sharing.row_signals, nats, caps, max_pairs=settings.max_pairs
    )
    first, last = times_of_use(sharing)
    weights = weigh_pairs(
        shared.sources,
        shared.targets,
        shared.evidence_indptr,
        shared.evidence_signals,
        sharing.row_starts,
        sharing.row_signals,
        first,
        last,
        nats,
    )
    direct = sharing.direct
    low = np.minimum(direct.sources, direct.targets)
    high = np.maximum(direct.sources, direct.targets)
    dealt = direct_nats(sharing, policy, settings)
    use = dealt > 0
    if not use.any():  # the pairs are sorted, and each is there once
        return Affinity(shared.sources, shared.targets, weights, policy.n_pairs_removed)
    sources, targets, evidence = _sum_pairs(
        np.concatenate([shared.sources, low[use]]),
        np.concatenate([shared.targets, high[use]]),
        np.concatenate([weights, dealt[use]]),
        sharing.n_actors,
    )
    return Affinity(sources, targets, evidence, policy.n_pairs_removed)


def times_of_use(sharing: Sharing) -> tuple[LongArray, LongArray]:
    """When signals were used, as far as that tells who used them together: a funder or a deposit address of two wallets
    is no less one for having paid or been paid one after the other.
    """
    if not sharing.wallet_reports:
        return sharing.first_seen, sharing.last_seen
    timeless = np.isin(sharing.signal_types, list(LINKS))[sharing.kinds][sharing.row_signals]
    return np.where(timeless, MISSING_TIME, sharing.first_seen), np.where(timeless, MISSING_TIME, sharing.last_seen)


def direct_nats(sharing: Sharing, policy: HubPolicy, settings: RingSettings) -> FloatArray:
    """Evidence of what joins pairs directly; none where a side deals with as many others as a hub does.

    Parameters
    ----------
    sharing : Sharing
    policy : HubPolicy
    settings : RingSettings

    Returns
    -------
    array of float64, shape (n_direct,)
        Nats.
    """
    direct = sharing.direct
    partners = {}
    for kind in (REFERRER, FUNDER, PAYEE):
        count = np.zeros(sharing.n_actors, np.int64)
        if kind in sharing.signal_types:
            of_kind = np.flatnonzero(sharing.kinds == sharing.signal_types.index(kind))
            at = np.searchsorted(sharing.actors, sharing.signals[of_kind])
            at = np.minimum(at, sharing.n_actors - 1)
            known = sharing.actors[at] == sharing.signals[of_kind]
            count[at[known]] = sharing.degrees[of_kind[known]]
        partners[kind] = count
    busy = {REFERRAL: partners[REFERRER], TRANSFER: np.maximum(partners[FUNDER], partners[PAYEE])}
    caps = {REFERRAL: policy.cap_of(REFERRER), TRANSFER: min(policy.cap_of(FUNDER), policy.cap_of(PAYEE))}
    for name in PAIR_KINDS:
        of_kind = np.flatnonzero(direct.kinds == DIRECT_KINDS.index(name))
        ends = np.concatenate([direct.sources[of_kind], direct.targets[of_kind]])
        busy[name] = np.bincount(ends, minlength=sharing.n_actors)
        caps[name] = policy.cap_of(name)
    nats = np.zeros(len(direct))
    for code, name in enumerate(DIRECT_KINDS):
        rows = np.flatnonzero(direct.kinds == code)
        widest = np.maximum(busy[name][direct.sources[rows]], busy[name][direct.targets[rows]])
        weight = settings.evidence_of(name, sharing.n_actors)
        if name != REFERRAL:
            weight = weight - policy.decay * np.log(np.maximum(widest, 2) / 2)
        known = policy.known_actors[direct.sources[rows]] | policy.known_actors[direct.targets[rows]]
        nats[rows] = np.where((widest > caps[name]) | known, 0.0, np.maximum(weight, 0.0))
    return nats


def _sum_pairs(
    sources: IntArray, targets: IntArray, weights: FloatArray, n: int
) -> tuple[IntArray, IntArray, FloatArray]:
    keys = sources.astype(np.int64) * n + targets
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]]) if len(keys) else np.empty(0, np.int64)
    summed = np.add.reduceat(weights[order], starts) if len(keys) else np.empty(0)
    return (keys[starts] // n).astype(np.int32), (keys[starts] % n).astype(np.int32), summed


def closeness(affinity: Affinity, history: History) -> FloatArray:
    """How surprisingly close in time the two actors of each pair started.

    Parameters
    ----------
    affinity : Affinity
    history : History

    Returns
    -------
    array of float64, shape (n_pairs,)
        ``-ln`` of the share of all actors that started in a window as wide as twice the gap around the two; 0 where
        a start is missing.
    """
    started = history.started
    known = np.sort(started[started != MISSING_TIME])
    a, b = started[affinity.sources], started[affinity.targets]
    low, high = np.minimum(a, b), np.maximum(a, b)
    gap = high - low
    missing = low == MISSING_TIME
    gap[missing] = 0
    low, high = np.where(missing, high, low), np.where(missing, high, high)
    inside = np.searchsorted(known, high + gap // 2, "right") - np.searchsorted(known, low - gap // 2, "left")
    share = np.maximum(inside / max(len(known), 1), RAREST_CLOSENESS)
    return np.where(missing, 0.0, -np.log(np.minimum(share, 1.0)))


def _sigmoid(x: FloatArray) -> FloatArray:
    return 1.0 / (1.0 + np.exp(-x))


def timed_probability(affinity: Affinity, history: History) -> FloatArray:
    """How likely each pair acts together, by what it shares and how close it started."""
    return _sigmoid(TIMED_PRIOR + affinity.evidence + CLOSENESS_WEIGHT * closeness(affinity, history))


def pair_probability(affinity: Affinity, history: History) -> FloatArray:
    """How likely each pair acts together, by all that is known."""
    return timed_probability(affinity, history) if history.timed else untimed_probability(affinity)


def untimed_probability(affinity: Affinity) -> FloatArray:
    """How likely each pair acts together, by what it shares alone."""
    return _sigmoid(UNTIMED_PRIOR + affinity.evidence)
