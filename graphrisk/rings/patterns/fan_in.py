"""Fan-in: many strangers pay one account within a window (Altman et al. 2023, section 3, figure 2)."""

from collections.abc import Iterator

from graphrisk.rings.patterns._fans import find_fans
from graphrisk.rings.patterns.match import Match, Pattern, days, total
from graphrisk.rings.patterns.pool import Pool


def _sentence(pool: Pool, match: Match) -> str:
    return f"{len(match.rows)} strangers paid one account within {days(pool, match)}{total(pool, match.rows)}."


def _find(pool: Pool, window: int) -> Iterator[Match]:
    return find_fans(pool, window, out=False)


PATTERN = Pattern("fan_in", _find, _sentence, everywhere=True, alone=0.5)
