"""Multi-step flow: money flows from sources over middle accounts that keep little to sinks (Li et al. 2020, FlowScope,
section 3: dense flow over a multipartite graph, here of transfers between strangers).
"""

from collections.abc import Iterator

from graphrisk.rings.patterns._flows import find_flows, kept_of, nats_of
from graphrisk.rings.patterns.match import Match, Pattern, days, total
from graphrisk.rings.patterns.pool import Pool


def _find(pool: Pool, window: int) -> Iterator[Match]:
    for rows, passes in find_flows(pool, window):
        paid = {int(pool.targets[row]) for one in passes for row in one.pays}
        if len(passes) >= 2 and not any(one.mule in paid for one in passes):
            yield Match(rows, nats_of(passes), kept_of(passes))


def _sentence(pool: Pool, match: Match) -> str:
    rows = list(match.rows)
    mules = set(pool.sources[rows].tolist()) & set(pool.targets[rows].tolist())
    firsts = [row for row in rows if pool.targets[row] in mules]
    text = f"{len(mules)} accounts side by side passed on {100 * match.kept:.0f} % of what strangers paid them"
    return f"{text}{total(pool, firsts)} within {days(pool, match)}."


PATTERN = Pattern("multi_step_flow", _find, _sentence, by_amounts=True)
