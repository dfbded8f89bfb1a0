"""How much of a ring's score each member carries, and scores of accounts outside every ring."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from graphrisk.rings.search import Search

FloatArray = npt.NDArray[np.float64]

LEAST_SHARE = 0.7
OUTSIDE_SHARE = 0.5


def attachment(found: Search, candidate: int) -> FloatArray:
    """How firmly each member is tied to the others, from `LEAST_SHARE` to 1 for the median member and above."""
    members = found.candidates[candidate]
    strengths = found.views[0].subgraph(members).strengths()
    middle = float(np.median(strengths))
    tied = np.minimum(strengths / middle, 1.0) if middle > 0 else np.ones(len(members))
    return LEAST_SHARE + (1 - LEAST_SHARE) * np.asarray(tied)


def member_scores(found: Search, candidate: int) -> FloatArray:
    """Score of each member of a candidate: the candidate's, less for members on the fringe."""
    return float(found.scores.score[candidate]) * attachment(found, candidate)


def best_candidates(found: Search) -> npt.NDArray[np.int64]:
    """Best-scored candidate that holds each actor, listed or not; -1 where none does."""
    best = np.full(found.sharing.n_actors, -1, np.int64)
    order = np.argsort(found.scores.log_odds, kind="stable")
    sizes, starts = found.candidates.sizes, found.candidates.starts
    for candidate in order:
        best[found.candidates.members[starts[candidate] : starts[candidate] + sizes[candidate]]] = candidate
    return best
