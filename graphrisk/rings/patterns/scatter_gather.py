"""Scatter-gather: money goes from one account over several middle ones to one other (Altman et al. 2023, section 3)."""

from collections.abc import Iterator
from math import log

import numpy as np

from graphrisk.rings.patterns.match import Match, Pattern, days, joined, total
from graphrisk.rings.patterns.pool import Pool

MOST_PAIRS = 60


def _find(pool: Pool, window: int) -> Iterator[Match]:
    ways: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for middle in np.intersect1d(pool.sources, pool.targets).tolist():
        gets, pays = pool.paid_to(middle), pool.paid_by(middle)
        for first in gets.tolist():
            start = int(np.searchsorted(pool.seconds[pays], pool.seconds[first]))
            end = int(np.searchsorted(pool.seconds[pays], pool.seconds[first] + window, "right"))
            pool.n_cut[0] += end - start > MOST_PAIRS
            for second in pays[start : min(end, start + MOST_PAIRS)].tolist():
                if pool.sources[first] != pool.targets[second]:
                    key = int(pool.sources[first]), int(pool.targets[second])
                    ways.setdefault(key, []).append((first, second))
    groups = []
    for found in ways.values():
        rows = sorted({row for way in found for row in way})
        middles = {int(pool.targets[first]) for first, _ in found}
        if len(middles) >= 2 and pool.seconds[rows[-1]] - pool.seconds[rows[0]] <= window:
            groups.append(tuple(rows))
    for block in joined(groups):
        members = np.unique(np.concatenate([pool.sources[list(block)], pool.targets[list(block)]]))
        yield Match(block, (len(block) - len(members) + 1) * log(pool.n_actors))


def _sentence(pool: Pool, match: Match) -> str:
    rows = list(match.rows)
    middles = np.intersect1d(pool.sources[rows], pool.targets[rows])
    firsts = [row for row in rows if pool.sources[row] not in middles]
    text = f"Money went over {len(middles)} middle accounts, all strangers, and came together again"
    return f"{text} within {days(pool, match)}{total(pool, firsts)}."


PATTERN = Pattern("scatter_gather", _find, _sentence, everywhere=True)
