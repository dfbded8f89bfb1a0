"""What the score of a ring would be if one of the signals that its members share counted for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from algorithms.graph import Graph
from algorithms.pair_evidence import weigh_pairs_without
from algorithms.rows import entries_of
from gnn.ring_features import OF_PAYMENTS, RingFeatures, ring_features
from gnn.scoring import sigmoid
from gnn.surroundings import Surroundings
from graphrisk.rings.affinity import LEAST_PROBABILITY, Affinity, direct_nats, pair_probability, times_of_use
from graphrisk.rings.copies import Copies, ties_of
from graphrisk.rings.links import RingLinks
from graphrisk.rings.search import Search
from graphrisk.rings.settings import RingSettings

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MOST_SIGNALS = 20
MOST_TIES = 2_000_000  # of one ring, counted once for each signal that is left out
TIES_AT_ONCE = 4_000_000


@dataclass(frozen=True, eq=False)
class Removals:
    """Rings, each without one of its signals.

    Parameters
    ----------
    rings : array of int64, shape (n,)
        Position of the ring in the list, ascending.
    signals : array of int64, shape (n,)
        Index of the signal that counts for nothing.
    n_members : array of int64, shape (n,)
        Members that share it.
    log_odds : array of float64, shape (n,)
        Of the score without it.
    n_shared : array of int64, shape (n_rings,)
        Signals with any weight that members share; more than were left out in turn only in wide rings.
    """

    rings: LongArray
    signals: LongArray
    n_members: LongArray
    log_odds: FloatArray
    n_shared: LongArray

    def __len__(self) -> int:
        return len(self.rings)


def removals(found: Search, links: RingLinks, settings: RingSettings) -> Removals:
    """Score every listed ring again without each of its strongest signals.

    The signal is taken for a hub: the members stay, but neither their ties to one another and to others nor any feature
    of the ring draws on it. Nothing is estimated; features and score are those of a scan in which it was a known hub.

    Parameters
    ----------
    found : Search
    links : RingLinks
    settings : RingSettings

    Returns
    -------
    Removals
        Of the `MOST_SIGNALS` with the greatest evidence, (members - 1) x nats; of fewer in rings with so many ties
        that these would be over `MOST_TIES`, but of one at least. O(signals x ties of the members).
    """
    around = found.around
    rings, signals, counts, n_shared = _chosen(found, links, around)
    world = _World(found, direct_nats(found.sharing, found.policy, settings))
    log_odds = np.empty(len(rings))
    for rows in _portions(_ties(around, found)[rings]):
        features = world.without(rings[rows], signals[rows], reads=found.model.reads)
        if found.features.network is not None:
            # a network reads hubs too, so that it says the same whether or not the signal is one
            features = replace(features, network=found.features.network[rings[rows]])
        log_odds[rows] = found.model.score(features).log_odds
    return Removals(rings, signals, counts, log_odds, n_shared)


def score_without(left: Removals, links: RingLinks) -> FloatArray:
    """Score of the ring of each link without the signal it leads to; NaN where that was not tried.

    Parameters
    ----------
    left : Removals
    links : RingLinks

    Returns
    -------
    array of float64, shape (n_links,)
    """
    most = max(int(links.signals.max(initial=0)), int(left.signals.max(initial=0))) + 1
    tried = left.rings * most + left.signals
    order = np.argsort(tried)
    wanted = links.rings * most + links.signals
    out = np.full(len(links), np.nan)
    if len(tried):
        at = order[np.minimum(np.searchsorted(tried, wanted, sorter=order), len(tried) - 1)]
        hit = (tried[at] == wanted) & (links.signals >= 0)
        out[hit] = sigmoid(left.log_odds[at[hit]])
    return out


def _chosen(found: Search, links: RingLinks, around: Surroundings) -> tuple[LongArray, LongArray, LongArray, LongArray]:
    """Ring, signal and members of what is left out, and how many signals each ring has."""
    rows = np.flatnonzero((links.signals >= 0) & (links.weights > 0))
    n_signals = max(found.sharing.n_signals, 1)
    keys, at, counts = np.unique(
        links.rings[rows] * n_signals + links.signals[rows], return_index=True, return_counts=True
    )
    rings, signals = keys // n_signals, keys % n_signals
    n_shared = np.bincount(rings, minlength=len(found.chosen))
    order = np.lexsort((signals, -(counts - 1) * links.weights[rows][at], rings))
    rank = np.arange(len(order)) - np.repeat(np.cumsum(n_shared) - n_shared, n_shared)
    most = np.clip(MOST_TIES // np.maximum(_ties(around, found), 1), 1, MOST_SIGNALS)
    kept = order[rank < most[rings[order]]]
    return rings[kept], signals[kept], counts[kept], n_shared


def _ties(around: Surroundings, found: Search) -> LongArray:
    """Ties of the members of every listed ring."""
    each = np.diff(around.affinity.indptr) + np.diff(around.evidence.indptr) + np.diff(around.row_starts)
    totals = np.r_[0, np.cumsum(each[found.candidates.members])]
    return np.asarray(totals[found.candidates.starts[found.chosen + 1]] - totals[found.candidates.starts[found.chosen]])


def _portions(costs: LongArray) -> Iterator[slice]:
    """Stretches of rows that cost no more than `TIES_AT_ONCE`, or are one row."""
    at = 0
    totals = np.cumsum(costs)
    while at < len(costs):
        before = totals[at] - costs[at]
        end = max(int(np.searchsorted(totals, before + TIES_AT_ONCE, "right")), at + 1)
        yield slice(at, end)
        at = end


class _World:
    """Copies of rings, each in its surroundings without one signal.

    Copy number k of an actor is actor k; whoever is outside of a ring comes after all the copies.
    """

    def __init__(self, found: Search, dealt: FloatArray) -> None:
        self._found = found
        self._around = found.around
        self._times = times_of_use(found.sharing)
        direct, use = found.sharing.direct, dealt > 0
        keys = self._pair_keys(direct.sources[use], direct.targets[use])
        self._dealt_keys, of = np.unique(keys, return_inverse=True)
        self._dealt = np.bincount(of, dealt[use], len(self._dealt_keys))

    def _pair_keys(self, sources: IntArray, targets: IntArray) -> LongArray:
        low, high = np.minimum(sources, targets), np.maximum(sources, targets)
        return low.astype(np.int64) * self._found.sharing.n_actors + high

    def without(self, rings: LongArray, signals: LongArray, reads: frozenset[str] | None = None) -> RingFeatures:
        """Features of listed rings, each without the signal beside it."""
        around, found = self._around, self._found
        places, starts = entries_of(found.candidates.starts, found.chosen[rings])
        copies = Copies(
            actors=found.candidates.members[places],
            of=np.repeat(np.arange(len(rings)), np.diff(starts)),
            left_out=np.repeat(signals, np.diff(starts)).astype(np.int32),
            n_actors=found.sharing.n_actors,
        )
        rows, row_starts = entries_of(around.row_starts, copies.actors)
        used = around.row_signals[rows]
        gone = used == np.repeat(copies.left_out, np.diff(row_starts))
        users = np.zeros(len(copies), bool)
        users[np.searchsorted(row_starts, np.flatnonzero(gone), "right") - 1] = True
        # what is left out becomes a signal of the same type that says nothing
        n_signals, n_kinds = len(around.nats), len(around.signal_types)
        inviters = np.full(len(copies) + copies.n_actors, -1, np.int32)
        invited = around.inviters[copies.actors] >= 0
        inviters[: len(copies)][invited] = copies.numbers(
            np.flatnonzero(invited), around.inviters[copies.actors[invited]]
        )
        reduced = Surroundings(
            affinity=self._affinity(copies, users),
            evidence=self._evidence(copies, users),
            row_starts=copies.padded(row_starts),
            row_signals=np.where(gone, n_signals + around.kinds[used].astype(np.int64), used).astype(np.int32),
            first_seen=around.first_seen[rows],
            last_seen=around.last_seen[rows],
            signal_types=around.signal_types,
            kinds=np.concatenate([around.kinds, np.arange(n_kinds, dtype=around.kinds.dtype)]),
            degrees=np.concatenate([around.degrees, np.full(n_kinds, 2)]),
            nats=np.concatenate([around.nats, np.zeros(n_kinds)]),
            inviters=inviters,
            n_invited=copies.and_all(around.n_invited),
            started=copies.and_all(around.started),
            recorded=copies.and_all(around.recorded),
            last_active=copies.and_all(around.last_active),
            claimed=copies.and_all(around.claimed),
            delay=copies.and_all(around.delay),
            hours=copies.and_all(around.hours),
            n_acts=copies.and_all(around.n_acts),
            taken=copies.and_all(around.taken),
            is_account=copies.and_all(around.is_account),
        )
        features = ring_features(starts, np.arange(len(copies), dtype=np.int32), reduced, around, reads)
        # who paid whom is the same with and without the signal
        for k, name in enumerate(features.names):
            if name in OF_PAYMENTS:
                features.values[:, k] = found.features[name][rings]
        return features

    def _affinity(self, copies: Copies, users: BoolArray) -> Graph:
        """Ties of the copies; those that are none without the signal keep their place, with no weight."""
        entries, indptr, owners, others = ties_of(copies, self._around.affinity)
        weights = self._around.affinity.weights[entries]
        changed, evidence = self._changed(copies, users, owners, others)
        sources, targets = copies.actors[owners[changed]], others[changed]
        probability = pair_probability(Affinity(sources, targets, evidence, 0), self._found.history)
        # a pair that shares nothing else is none, however close the two started
        weights[changed] = np.where(probability > LEAST_PROBABILITY, probability, 0.0)
        return Graph(copies.padded(indptr), copies.numbers(owners, others), weights)

    def _evidence(self, copies: Copies, users: BoolArray) -> Graph:
        """Pairs with any evidence; the others of what lost it count as outside, where nobody looks."""
        _, indptr, owners, others = ties_of(copies, self._around.evidence)
        changed, evidence = self._changed(copies, users, owners, others)
        numbers = copies.numbers(owners, others)
        lost = changed[~(evidence > 0)]
        numbers[lost] = len(copies) + others[lost]
        return Graph(copies.padded(indptr), numbers, np.empty(0))

    def _changed(
        self, copies: Copies, users: BoolArray, owners: LongArray, others: IntArray
    ) -> tuple[LongArray, FloatArray]:
        """Ties whose two ends share what is left out, and the evidence that remains of each; NaN if nothing does."""
        around = self._around
        asked = np.flatnonzero(users[owners])
        sources, targets, left_out = copies.actors[owners[asked]], others[asked], copies.left_out[owners[asked]]
        shared = weigh_pairs_without(
            sources,
            targets,
            left_out,
            around.row_starts,
            around.row_signals,
            *self._times,
            around.nats,
        )
        both = shared != -1
        evidence = shared[both]
        if len(self._dealt):
            keys = self._pair_keys(sources[both], targets[both])
            at = np.minimum(np.searchsorted(self._dealt_keys, keys), len(self._dealt) - 1)
            deal = self._dealt_keys[at] == keys
            evidence[deal] = np.nan_to_num(evidence[deal]) + self._dealt[at[deal]]
        return asked[both], evidence
