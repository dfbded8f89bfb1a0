"""Random: strangers who pay each other in no order, but far more than chance has it (Altman et al. 2023, section 3)."""

from collections.abc import Iterator
from math import log

import numpy as np

from algorithms.cuts import connected_components, k_cores
from algorithms.graph import Graph
from graphrisk.rings.patterns.match import Match, Pattern, days, total
from graphrisk.rings.patterns.pool import Pool

LARGEST = 60


def _find(pool: Pool, window: int) -> Iterator[Match]:
    if len(pool) == 0:
        return
    step = max(window // 2, 1)
    for begin in range(int(pool.seconds[0]), int(pool.seconds[-1]) + 1, step):
        first, last = np.searchsorted(pool.seconds, [begin, begin + window])
        rows = np.arange(first, last)
        cores = k_cores(Graph.from_edges(pool.n_actors, pool.sources[rows], pool.targets[rows]))
        rows = rows[(cores[pool.sources[rows]] >= 3) & (cores[pool.targets[rows]] >= 3)]
        labels = connected_components(Graph.from_edges(pool.n_actors, pool.sources[rows], pool.targets[rows]))
        for label in np.unique(labels[pool.sources[rows]]).tolist():
            inside = rows[labels[pool.sources[rows]] == label]
            n_members = int((labels == label).sum())
            if n_members <= LARGEST:
                yield Match(tuple(inside.tolist()), (len(inside) - n_members + 1) * log(pool.n_actors) / 2)


def _sentence(pool: Pool, match: Match) -> str:
    n = len(match.members(pool))
    text = f"{n} strangers made {len(match.rows)} transfers among themselves within {days(pool, match)}"
    return f"{text}{total(pool, match.rows)}; each deals with at least 3 of the others."


PATTERN = Pattern("random", _find, _sentence, everywhere=True)
