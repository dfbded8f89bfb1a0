"""Bipartite: several accounts pay the same several strangers (Altman et al. 2023, section 3, figure 2).

Built of rectangles, two that pay the same two within the window; rectangles that share a transfer are one block.
"""

from collections.abc import Iterator
from itertools import combinations
from math import log

import numpy as np

from graphrisk.rings.patterns.match import Match, Pattern, days, joined, total
from graphrisk.rings.patterns.pool import Pool

MOST_PAIRS = 60
"""Transfers of one account within reach that are paired up; what is later is left out and counted as cut."""


def _find(pool: Pool, window: int) -> Iterator[Match]:
    pairs: dict[tuple[int, int], list[tuple[int, int]]] = {}
    counts = np.bincount(pool.sources, minlength=pool.n_actors)
    for actor in np.flatnonzero(counts >= 2).tolist():
        rows = pool.paid_by(actor)
        for i, a in enumerate(rows.tolist()):
            end = int(np.searchsorted(pool.seconds[rows], pool.seconds[a] + window, "right"))
            pool.n_cut[0] += end - i > MOST_PAIRS
            for b in rows[i + 1 : min(end, i + MOST_PAIRS)].tolist():
                x, y = (a, b) if pool.targets[a] < pool.targets[b] else (b, a)
                pairs.setdefault((int(pool.targets[x]), int(pool.targets[y])), []).append((x, y))
    groups = []
    for found in pairs.values():
        for one, other in combinations(found[:MOST_PAIRS], 2):
            four = (*one, *other)
            when = pool.seconds[list(four)]
            if when.max() - when.min() <= window and pool.sources[one[0]] != pool.sources[other[0]]:
                groups.append(four)
    for block in joined(groups):
        inside = list(block)
        sides = len(np.unique(pool.sources[inside])), len(np.unique(pool.targets[inside]))
        # each transfer that a tree of the same accounts could do without is a meeting that chance makes once in n
        spare = len(block) - sum(sides) + 1
        fill = len(block) / (sides[0] * sides[1])
        yield Match(block, spare * fill * log(pool.n_actors))


def _sentence(pool: Pool, match: Match) -> str:
    rows = list(match.rows)
    payers, payees = len(np.unique(pool.sources[rows])), len(np.unique(pool.targets[rows]))
    pairs = f"{len(rows)} of the {payers * payees} possible pairs"
    return (
        f"{payers} accounts paid the same {payees} strangers, {pairs}, within {days(pool, match)}{total(pool, rows)}."
    )


PATTERN = Pattern("bipartite", _find, _sentence, everywhere=True)
