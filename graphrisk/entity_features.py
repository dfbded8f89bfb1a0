"""Scores and graph features of every account and wallet."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from algorithms.entity_graph import EntityGraph
from algorithms.times import MISSING_TIME
from graphrisk.rings.member_scores import OUTSIDE_SHARE, best_candidates, member_scores
from graphrisk.rings.search import Search
from graphrisk.rings.settings import RingSettings

LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

ALONE = 0.01
"""Most that the score of an actor in no candidate can be."""


def entity_columns(graph: EntityGraph, found: Search, settings: RingSettings, as_of: int) -> dict[str, Any]:
    """Columns of the `entity_feature` table, with node ids and ring positions instead of names.

    A member of listed rings has its best member score. Anybody else has half the score of the best candidate that
    holds it, so that nobody outside a ring outranks the middle of the scale; in no candidate at all, a trace of a
    score that grows with affinity.

    Parameters
    ----------
    graph : EntityGraph
    found : Search
    settings : RingSettings
    as_of : int
        Seconds.

    Returns
    -------
    dict of str to array
        `node`, `ring` (position in the list of rings, -1 for none) and the columns of the table.
    """
    wallets = graph.nodes_of("wallet")
    nodes = np.concatenate([np.arange(graph.n_accounts), np.arange(wallets.start, wallets.stop)])
    actor_of = np.full(graph.n_nodes, -1, np.int64)
    actor_of[found.sharing.actors] = np.arange(found.sharing.n_actors)
    actors = actor_of[nodes]
    scored = _scores(found)
    strength = found.views[0].strengths()
    degree = np.diff(found.views[0].indptr)
    columns: dict[str, Any] = {"node": nodes}
    for name, values in scored.items():
        absent = -1 if name == "ring" else 0
        columns[name] = np.where(actors >= 0, values[actors], absent)
    _score_wallets_by_owner(graph, columns, actors)
    columns["has_ring"] = columns["n_rings"] > 0
    columns["affinity_degree"] = np.where(actors >= 0, degree[actors], 0)
    columns["affinity_weight"] = np.where(actors >= 0, strength[actors], 0.0)
    columns |= _counts(graph, found, nodes, actors)
    started = found.history.started[actors]
    known = (actors >= 0) & (started != MISSING_TIME)
    age = np.where(known, (as_of - np.where(known, started, 0)) / 86400, np.nan)
    columns["account_age_days"] = pa.array(age, pa.float64(), mask=~known)
    columns["ring_size"] = pa.array(columns["ring_size"], pa.int64(), mask=columns["ring"] < 0)
    return columns


def _scores(found: Search) -> dict[str, npt.NDArray[Any]]:
    """Score every actor and name its best listed ring."""
    n = found.sharing.n_actors
    best = best_candidates(found)
    has = best >= 0
    alone = ALONE * (1 - np.exp(-found.views[0].strengths()))
    out: dict[str, npt.NDArray[Any]] = {}
    for name, values in (
        ("score", found.scores.score),
        ("score_low", found.scores.low),
        ("score_high", found.scores.high),
    ):
        out[name] = np.where(has, OUTSIDE_SHARE * values[best], alone) if len(values) else alone.copy()
    out["n_rings"], out["ring"], out["ring_size"] = np.zeros(n, np.int64), np.full(n, -1), np.zeros(n, np.int64)
    member_best = np.zeros(n)
    for ring, candidate in enumerate(found.chosen):
        members = found.candidates[int(candidate)]
        scores = member_scores(found, int(candidate))
        out["n_rings"][members] += 1
        better = scores > member_best[members]
        who = members[better]
        member_best[who] = scores[better]
        out["ring"][who], out["ring_size"][who] = ring, len(members)
        share = scores[better] / max(float(found.scores.score[candidate]), 1e-300)
        out["score"][who] = scores[better]
        out["score_low"][who] = share * found.scores.low[candidate]
        out["score_high"][who] = share * found.scores.high[candidate]
    return out


def _score_wallets_by_owner(graph: EntityGraph, columns: dict[str, Any], actors: LongArray) -> None:
    """Give a wallet that does not act for itself the score of the worst account that uses it."""
    wallets = graph.nodes_of("wallet")
    if len(wallets) == 0:
        return
    owned = (graph.links.signals >= wallets.start) & (graph.links.signals < wallets.stop)
    account, wallet = graph.links.accounts[owned], graph.links.signals[owned] - wallets.start + graph.n_accounts
    quiet = actors[wallet] < 0
    account, wallet = account[quiet], wallet[quiet]
    order = np.argsort(columns["score"][account], kind="stable")
    for name in ("score", "score_low", "score_high"):
        columns[name][wallet[order]] = columns[name][account[order]]


def _counts(graph: EntityGraph, found: Search, nodes: LongArray, actors: LongArray) -> dict[str, Any]:
    """Count links, signals, transfers and events of every entity."""
    links, n = graph.links, graph.n_nodes
    out: dict[str, Any] = {}
    for kind in ("device", "ip", "instrument", "wallet"):
        of_type = graph.nodes_of(kind)
        use = (links.signals >= of_type.start) & (links.signals < of_type.stop)
        out[f"n_{kind}s"] = np.bincount(links.accounts[use], minlength=n)[nodes]
    both = np.bincount(links.accounts, minlength=n) + np.bincount(links.signals, minlength=n)
    out["n_links"] = both[nodes]
    degrees = np.bincount(links.signals, minlength=n)
    shared = degrees[links.signals] > 1
    out["n_shared_signals"] = np.bincount(links.accounts[shared], minlength=n)[nodes]
    widest = np.zeros(n, np.int64)
    np.maximum.at(widest, links.accounts, degrees[links.signals])
    out["max_shared_accounts"] = widest[nodes]
    out["n_transfers_in"] = np.bincount(graph.transfers.targets, minlength=n)[nodes]
    out["n_transfers_out"] = np.bincount(graph.transfers.sources, minlength=n)[nodes]
    out["n_events"] = np.bincount(graph.events.accounts, minlength=n)[nodes]
    return out
