"""Peel chain: money goes from hand to hand, each peeling off a little (Meiklejohn et al. 2013, section 5)."""

from collections.abc import Iterator

from graphrisk.rings.patterns._flows import find_flows, is_chain, kept_of, nats_of
from graphrisk.rings.patterns.match import Match, Pattern, days, total
from graphrisk.rings.patterns.pool import Pool


def _find(pool: Pool, window: int) -> Iterator[Match]:
    for rows, passes in find_flows(pool, window):
        if len(passes) >= 2 and is_chain(passes):
            yield Match(rows, nats_of(passes), kept_of(passes))


def _sentence(pool: Pool, match: Match) -> str:
    mules = set(pool.sources[list(match.rows)].tolist()) & set(pool.targets[list(match.rows)].tolist())
    text = f"Money went through {len(mules)} accounts in a row, each of which passed on to strangers"
    return f"{text} {100 * match.kept:.0f} % on average, within {days(pool, match)}{total(pool, match.rows[:1])}."


PATTERN = Pattern("peel_chain", _find, _sentence, by_amounts=True)
