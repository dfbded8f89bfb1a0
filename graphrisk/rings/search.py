"""The search for rings: candidates, features, scores, a null model beside them, and the resolved list."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from algorithms.graph import Graph
from algorithms.significance import decoy_q_values
from gnn.ring_features import FEATURE_NAMES, RingFeatures, ring_features
from gnn.scoring import RingModel, RingScores, logit
from gnn.surroundings import Surroundings
from graphrisk.hubs import HubPolicy
from graphrisk.memory import give_back
from graphrisk.rings.affinity import Affinity, find_affinity, signal_nats
from graphrisk.rings.candidates import Candidates, find_candidates, find_views
from graphrisk.rings.history import History
from graphrisk.rings.network_reader import NetworkReader
from graphrisk.rings.resolve import resolve, swallowed
from graphrisk.rings.rewiring import rewired
from graphrisk.rings.settings import RingSettings
from graphrisk.rings.sharing import Sharing

FloatArray = npt.NDArray[np.float64]
LongArray = npt.NDArray[np.int64]

FINEST_RATE = 0.05
MOST_DRAWS = 20
SHUFFLED = "histories shuffled over accounts"
REWIRED = "signals rewired between accounts"


@dataclass(frozen=True, eq=False)
class Search:
    """Everything one search found, on real or on null data.

    Parameters
    ----------
    sharing : Sharing
    policy : HubPolicy
    history : History
    affinity : Affinity
    views : list of Graph
        The first is the one whose affinity is shown.
    nats : array of float64, shape (n_signals,)
        Evidence of each signal.
    around : Surroundings
        What candidates are measured against.
    candidates : Candidates
    model : RingModel
    scores : RingScores
        Of all candidates.
    chosen : array of int64
        Listed candidates, best first.
    features : RingFeatures
        Of the listed candidates, in the order of `chosen`; of others `measure` tells them.
    reader : NetworkReader, optional
        If the model has a network.
    """

    sharing: Sharing
    policy: HubPolicy
    history: History
    affinity: Affinity
    views: list[Graph]
    nats: FloatArray
    around: Surroundings
    candidates: Candidates
    model: RingModel
    scores: RingScores
    chosen: LongArray
    features: RingFeatures
    reader: NetworkReader | None = None


def search(
    sharing: Sharing,
    policy: HubPolicy,
    history: History,
    settings: RingSettings,
    model: RingModel,
    affinity: Affinity | None = None,
    reader: NetworkReader | None = None,
    only_scores: bool = False,
) -> Search:
    """Find and score rings.

    Parameters
    ----------
    sharing : Sharing
    policy : HubPolicy
    history : History
    settings : RingSettings
    model : RingModel
    affinity : Affinity, optional
        If it is known already: it does not depend on the history.
    reader : NetworkReader, optional
        Reads the graph for a model with a network.
    only_scores : bool
        Whether features that the model does not read are left out.

    Returns
    -------
    Search
    """
    affinity = find_affinity(sharing, policy, settings) if affinity is None else affinity
    give_back()
    views = find_views(affinity, history, sharing.n_actors)
    give_back()
    candidates = find_candidates(views, settings)
    give_back()
    nats = signal_nats(sharing, policy, settings)
    around = surroundings(sharing, history, affinity, views[0], nats)
    give_back()
    features = ring_features(candidates.starts, candidates.members, around, reads=model.reads)
    if reader is not None:
        features = replace(features, network=reader.outputs(candidates, sharing, history))
    scores = model.score(features)
    least = logit(settings.levels(model.levels).least)
    chosen = resolve(candidates, scores.log_odds, least, settings.overlap, model.size_bonus)
    listed = features.take(chosen)
    if not only_scores and listed.names != FEATURE_NAMES:
        listed = replace(_measured(candidates.take(chosen), around), network=listed.network)
    return Search(
        sharing, policy, history, affinity, views, nats, around, candidates, model, scores, chosen, listed, reader
    )


def measure(found: Search, rows: LongArray | None = None) -> RingFeatures:
    """Measure candidates of a search, listed or not.

    Parameters
    ----------
    found : Search
    rows : array of int64, optional
        Which; by default all.

    Returns
    -------
    RingFeatures
        All features, without what a network says.
    """
    return _measured(found.candidates if rows is None else found.candidates.take(rows), found.around)


def _measured(candidates: Candidates, around: Surroundings) -> RingFeatures:
    return ring_features(candidates.starts, candidates.members, around)


def surroundings(sharing: Sharing, history: History, affinity: Affinity, view: Graph, nats: FloatArray) -> Surroundings:
    """Gather what features of candidates are measured against."""
    some, payments = affinity.evidence > 0, sharing.payments
    evident = Graph.from_edges(sharing.n_actors, affinity.sources[some], affinity.targets[some])
    if payments is not None and history.order is not None:
        payments = payments.dealt(history.order)
    return Surroundings(
        affinity=view,
        evidence=Graph(evident.indptr, evident.indices, np.empty(0)),
        row_starts=sharing.row_starts,
        row_signals=sharing.row_signals,
        first_seen=sharing.first_seen,
        last_seen=sharing.last_seen,
        signal_types=sharing.signal_types,
        kinds=sharing.kinds,
        degrees=sharing.degrees,
        nats=nats,
        inviters=sharing.inviters,
        n_invited=np.bincount(sharing.inviters[sharing.inviters >= 0], minlength=sharing.n_actors),
        started=history.started,
        recorded=history.recorded,
        last_active=history.last_active,
        claimed=history.claimed,
        delay=history.delay,
        taken=history.taken,
        hours=history.hours,
        n_acts=history.n_acts,
        is_account=np.arange(sharing.n_actors) < history.n_accounts,
        payments=payments,
    )


@dataclass(frozen=True, eq=False)
class NullDraw:
    """What one search of null data listed.

    Parameters
    ----------
    log_odds : array of float64, shape (n_rings,)
        Nats of the scores of what was listed.
    n_pairs : int
        Pairs of actors with evidence.
    """

    log_odds: FloatArray
    n_pairs: int


def null_model(found: Search) -> str:
    """Name the null model that the q-values are stated against."""
    return SHUFFLED if found.history.timed else REWIRED


def count_draws(found: Search, settings: RingSettings) -> int:
    """Say how often the null model is drawn: the more often the fewer rings there are.

    A list of n rings and one draw can show a false-discovery rate of 1 / n at best; the draws are as many as it takes
    to show `FINEST_RATE` for the rings that may be in the bands above the lowest, up to `MOST_DRAWS`.

    Parameters
    ----------
    found : Search
    settings : RingSettings

    Returns
    -------
    int
    """
    medium = settings.levels(found.model.levels).medium
    n_rings = int((found.scores.score[found.chosen] >= medium).sum())
    return int(np.clip(np.ceil(1 / (FINEST_RATE * n_rings)), 1, MOST_DRAWS)) if n_rings else 1


def search_null(found: Search, settings: RingSettings, seed: int) -> NullDraw:
    """Run the same search once on data drawn from the null model.

    Where starts say anything, the histories are dealt out anew and all sharing is kept: what remains is what groups
    that merely share things would score. Otherwise the signals are rewired so that every account and every signal
    keeps its number of links.

    Parameters
    ----------
    found : Search
    settings : RingSettings
    seed : int
        Of the draw.

    Returns
    -------
    NullDraw
    """
    if found.history.timed:
        history = found.history.shuffled(seed)
        data = found.sharing, found.policy, history
        null = search(*data, settings, found.model, affinity=found.affinity, reader=found.reader, only_scores=True)
    elif found.reader is not None:
        raise ValueError("a model with a network needs the starts of accounts for its null model, got too few")
    else:
        data = rewired(found.sharing, seed), found.policy, found.history
        give_back()
        null = search(*data, settings, found.model, only_scores=True)
    return NullDraw(null.scores.log_odds[null.chosen], len(null.affinity))


def q_values(found: Search, nulls: list[NullDraw]) -> FloatArray:
    """q-value of every listed ring against the null model.

    Parameters
    ----------
    found : Search
    nulls : list of NullDraw
        Independent ones.

    Returns
    -------
    array of float64, shape (n_rings,)
        In the order of `found.chosen`.
    """
    decoys = np.concatenate([null.log_odds for null in nulls])
    return decoy_q_values(found.scores.log_odds[found.chosen], decoys, n_decoy_runs=len(nulls))


def swallowers(found: Search, settings: RingSettings) -> LongArray:
    """Listed candidates that may have swallowed another ring."""
    least = logit(settings.levels(found.model.levels).least)
    return swallowed(found.candidates, found.scores.log_odds, found.chosen, found.views[0], least)
