"""How near candidates come to true rings, beside communities of the Leiden algorithm at five densities."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import scipy.sparse

from algorithms import Graph, find_communities
from graphrisk.config import ScanConfig
from graphrisk.hubs import find_hubs
from graphrisk.models.worlds import plan_worlds, simulated_configs
from graphrisk.pipeline import comparable
from graphrisk.rings.affinity import find_affinity
from graphrisk.rings.candidates import Candidates, find_candidates, find_views
from graphrisk.rings.history import find_history
from graphrisk.rings.settings import RingSettings
from graphrisk.rings.sharing import find_sharing
from loaders import load

DENSITIES = (0.2, 0.1, 0.05, 0.02, 0.01)
N_WORLDS, LARGEST_WORLD = 12, 40_000


@dataclass(frozen=True, eq=False)
class Known:
    """The graphs that candidates are sought in, and the true rings by actor."""

    views: list[Graph]
    settings: RingSettings
    truth: scipy.sparse.csr_matrix
    sizes: np.ndarray


def known(config: ScanConfig, truth: pd.DataFrame | None = None) -> Known:
    """Load a set; its rings are `ring` of each `entity_id`, else those that its labels name."""
    loaded = load(config.load_config(), as_of=config.scan.as_of)
    sharing = find_sharing(loaded.graph, with_wallets="wallet" in config.rings.member_types)
    history = find_history(loaded.graph, sharing, config.rings)
    policy = find_hubs(loaded.graph, sharing, comparable(config), loaded.labels)
    views = find_views(find_affinity(sharing, policy, config.rings), history, sharing.n_actors)
    if truth is None:
        truth = loaded.labels.to_pandas().rename(columns={"ring_id": "ring"}).dropna(subset="ring")
    truth = truth[truth.groupby("ring").entity_id.transform("size") >= 2]
    names = pd.Index(loaded.graph.names.take(pa.array(sharing.actors)).to_pylist())
    actor = pd.Series(np.arange(len(names)), index=names).groupby(level=0).first()
    ring, ids = pd.factorize(truth.ring)
    at = actor.reindex(truth.entity_id).to_numpy(dtype=float)
    there = ~np.isnan(at)
    matrix = scipy.sparse.csr_matrix(
        (np.ones(there.sum()), (at[there].astype(int), ring[there])), (len(names), len(ids))
    )
    return Known(views, config.rings, matrix, np.bincount(ring))


def simulated_sets() -> Iterator[Known]:
    """Give the first worlds that the shipped model learns from, of up to 40,000 accounts."""
    plans = [plan for plan in plan_worlds(60, 0) if plan.settings.n_accounts <= LARGEST_WORLD][:N_WORLDS]
    for config in simulated_configs(plans):
        yield known(config)


def leiden(views: list[Graph], settings: RingSettings) -> tuple[np.ndarray, np.ndarray]:
    """Communities of every view at every density, each set once."""
    found: dict[bytes, np.ndarray] = {}
    for graph in views:
        for density in DENSITIES:
            labels = find_communities(graph, resolution=density).labels
            sizes, order = np.bincount(labels), np.argsort(labels, kind="stable").astype(np.int32)
            ends = np.cumsum(sizes)
            for c in np.flatnonzero((sizes >= settings.min_size) & (sizes <= settings.max_size)):
                members = order[ends[c] - sizes[c] : ends[c]]
                found.setdefault(members.tobytes(), members)
    sets = list(found.values())
    return np.cumsum([0, *map(len, sets)]), np.concatenate([*sets, np.empty(0, np.int32)])


def nearness(one: Known, starts: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Best Jaccard similarity of any candidate with each ring."""
    sets = scipy.sparse.csr_matrix((np.ones(len(members)), members, starts), (len(starts) - 1, one.truth.shape[0]))
    shared = (sets @ one.truth).tocoo()
    similarity = shared.data / (np.diff(starts)[shared.row] + one.sizes[shared.col] - shared.data)
    best = np.zeros(len(one.sizes))
    np.maximum.at(best, shared.col, similarity)
    return best


def searched(one: Known, **settings: float) -> tuple[np.ndarray, np.ndarray]:
    """Candidates of a scan with other settings."""
    found: Candidates = find_candidates(one.views, one.settings.model_copy(update=settings))
    return found.starts, found.members


METHODS: dict[str, Callable[[Known], tuple[np.ndarray, np.ndarray]]] = {
    "ours": searched,
    "without_triangles": lambda one: searched(one, triads=0.0),
    "leiden": lambda one: leiden(one.views, one.settings),
}


def figures(sets: Iterable[Known]) -> dict[str, Any]:
    """Compare the ways to seek candidates over some sets."""
    best: dict[str, list[np.ndarray]] = {name: [] for name in METHODS}
    counts, seconds = dict.fromkeys(METHODS, 0), dict.fromkeys(METHODS, 0.0)
    for one in sets:
        for name, method in METHODS.items():
            began = time.perf_counter()
            starts, members = method(one)
            seconds[name] += time.perf_counter() - began
            counts[name] += len(starts) - 1
            best[name].append(nearness(one, starts, members))
    out: dict[str, Any] = {"rings": int(sum(map(len, best["ours"])))}
    for name, parts in best.items():
        near = np.concatenate(parts)
        out[name] = {
            "within_reach": int((near >= 0.5).sum()),
            "near": int((near >= 0.75).sum()),
            "exact": int((near > 0.999).sum()),
            "mean_similarity": round(float(near.mean()), 4),
            "candidates": counts[name],
            "seconds": round(seconds[name], 1),
        }
    return out
