"""Multi-step flow: money flows from sources over middle accounts that keep little to sinks (Li et al. 2020, FlowScope,
section 3: dense flow over a multipartite graph, here of transfers between strangers).
"""

from collections.abc import Iterator

import numpy as np

from graphrisk.rings.patterns._flows import Pass, find_passes, kept_of, nats_of
from graphrisk.rings.patterns.match import Match, Pattern, days, joined, total
from graphrisk.rings.patterns.pool import Pool


def _find(pool: Pool, window: int) -> Iterator[Match]:
    passes = find_passes(pool, window)
    between: dict[tuple[int, int], list[Pass]] = {}
    for one in passes:
        ends = {(int(pool.sources[a]), int(pool.targets[b])) for a in one.gets for b in one.pays}
        for key in sorted(ends):
            between.setdefault(key, []).append(one)
    groups = [tuple(row for one in side for row in one.rows) for side in between.values() if len(side) >= 2]
    for rows in joined(group for group in groups if _width(pool, group) <= window):
        inside = [one for one in passes if set(one.rows) <= set(rows)]
        yield Match(rows, nats_of(inside), kept_of(inside))


def _width(pool: Pool, rows: tuple[int, ...]) -> int:
    return int(np.ptp(pool.seconds[list(rows)]))


def _sentence(pool: Pool, match: Match) -> str:
    rows = list(match.rows)
    mules = set(pool.sources[rows].tolist()) & set(pool.targets[rows].tolist())
    firsts = [row for row in rows if pool.targets[row] in mules]
    text = f"{len(mules)} accounts side by side passed on {100 * match.kept:.0f} % of what strangers paid them"
    return f"{text}{total(pool, firsts)} within {days(pool, match)}."


PATTERN = Pattern("multi_step_flow", _find, _sentence, by_amounts=True)
