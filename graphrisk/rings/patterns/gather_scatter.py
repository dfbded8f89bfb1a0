"""Gather-scatter: one account collects from several strangers, then pays several others (Altman et al. 2023)."""

from collections.abc import Iterator

from graphrisk.rings.patterns._flows import find_passes, kept_of, nats_of
from graphrisk.rings.patterns.match import Match, Pattern, days, hub_of, total
from graphrisk.rings.patterns.pool import Pool


def _find(pool: Pool, window: int) -> Iterator[Match]:
    for one in find_passes(pool, window):
        if min(len(one.gets), len(one.pays)) >= 2:
            yield Match(tuple(sorted(one.rows)), nats_of([one]), kept_of([one]))


def _sentence(pool: Pool, match: Match) -> str:
    rows = list(match.rows)
    hub = hub_of(pool, match)
    gets = [row for row in rows if pool.targets[row] == hub]
    text = f"One account collected from {len(gets)} strangers{total(pool, gets)} and then paid"
    return f"{text} {100 * match.kept:.0f} % of it to {len(rows) - len(gets)} others within {days(pool, match)}."


PATTERN = Pattern("gather_scatter", _find, _sentence, by_amounts=True)
