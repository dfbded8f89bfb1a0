"""Rapid pass-through: an account passes on about what a stranger paid it, to another stranger (FATF typologies)."""

from collections.abc import Iterator

from graphrisk.rings.patterns._flows import find_passes, kept_of, nats_of
from graphrisk.rings.patterns.match import Match, Pattern, days, hub_of, total
from graphrisk.rings.patterns.pool import Pool


def _find(pool: Pool, window: int) -> Iterator[Match]:
    for one in find_passes(pool, window):
        if len(one.rows) > 2 and min(len(one.gets), len(one.pays)) == 1:
            yield Match(tuple(sorted(one.rows)), nats_of([one]), kept_of([one]))


def _sentence(pool: Pool, match: Match) -> str:
    rows = list(match.rows)
    mule = hub_of(pool, match)
    gets = [row for row in rows if pool.targets[row] == mule]
    text = f"One account passed on {100 * match.kept:.0f} % of what {len(gets)} strangers paid it{total(pool, gets)}"
    return f"{text} to {len(rows) - len(gets)} others within {days(pool, match)}."


PATTERN = Pattern("pass_through", _find, _sentence, by_amounts=True)
