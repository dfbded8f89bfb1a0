"""What is worth keeping of each stage; all else is made from it in no time, the same as before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms.entity_graph import EntityGraph, Events, Links
from algorithms.transfers import Transfers
from gnn.ring_features import RingFeatures
from gnn.scoring import RingModel, RingScores
from graphrisk.checkpoints.folder import Checkpoints
from graphrisk.hubs import HubPolicy
from graphrisk.rings.affinity import Affinity, signal_nats
from graphrisk.rings.candidates import Candidates, find_views
from graphrisk.rings.history import History
from graphrisk.rings.network_reader import NetworkReader
from graphrisk.rings.search import NullDraw, Search, search, surroundings
from graphrisk.rings.settings import RingSettings
from graphrisk.rings.sharing import Sharing
from graphrisk.rings.what_if import CapChange
from loaders import LoadResult


@dataclass(frozen=True, eq=False)
class SearchParts:
    """The parts of a search that take long: pairs, candidates, features and scores."""

    affinity: Affinity
    candidates: Candidates
    scores: RingScores
    chosen: npt.NDArray[np.int64]
    features: RingFeatures

    @classmethod
    def of(cls, found: Search) -> SearchParts:
        """Take them from a search."""
        return cls(found.affinity, found.candidates, found.scores, found.chosen, found.features)

    def whole(
        self,
        sharing: Sharing,
        policy: HubPolicy,
        history: History,
        settings: RingSettings,
        model: RingModel,
        reader: NetworkReader | None = None,
    ) -> Search:
        """Make the search again from them and from what it was made in."""
        views = find_views(self.affinity, history, sharing.n_actors)
        nats = signal_nats(sharing, policy, settings)
        return Search(
            sharing=sharing,
            policy=policy,
            history=history,
            affinity=self.affinity,
            views=views,
            nats=nats,
            around=surroundings(sharing, history, self.affinity, views[0], nats),
            candidates=self.candidates,
            model=model,
            scores=self.scores,
            chosen=self.chosen,
            features=self.features,
            reader=reader,
        )


LOAD = (LoadResult, EntityGraph, Links, Transfers, Events)
SEARCH = (SearchParts, Affinity, Candidates, RingFeatures, RingScores)
NULL = (NullDraw,)
CHANGE = (CapChange,)


def keep_search(
    kept: Checkpoints,
    sharing: Sharing,
    policy: HubPolicy,
    history: History,
    settings: RingSettings,
    model: RingModel,
    reader: NetworkReader | None = None,
) -> Search:
    """Search for rings, or make the search of a killed scan whole again.

    Parameters
    ----------
    kept : Checkpoints
    sharing, policy, history, settings, model, reader
        As `search` takes them.

    Returns
    -------
    Search
    """
    fresh: list[Search] = []

    def make() -> SearchParts:
        fresh.append(search(sharing, policy, history, settings, model, reader=reader))
        return SearchParts.of(fresh[0])

    parts = kept.keep("rings", SEARCH, make)
    return fresh[0] if fresh else parts.whole(sharing, policy, history, settings, model, reader)
