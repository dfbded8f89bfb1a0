"""Cycle: money comes back to where it began, each transfer after the one before (Altman et al. 2023, section 3)."""

from collections.abc import Iterator
from math import log

from graphrisk.rings.patterns.match import Match, Pattern, days, total
from graphrisk.rings.patterns.pool import DAY, Pool

LONGEST = 10
BUDGET = 3000


def _find(pool: Pool, window: int) -> Iterator[Match]:
    for first in range(len(pool)):
        home, horizon = int(pool.sources[first]), pool.seconds[first] + window
        left = BUDGET
        walks: list[tuple[int, ...]] = [(first,)]
        while walks and left > 0:
            walk = walks.pop()
            at = int(pool.targets[walk[-1]])
            if at == home:
                if len(walk) >= 3:
                    yield Match(walk, _nats(pool, len(walk), window))
                continue
            if len(walk) == LONGEST or at in {int(pool.sources[row]) for row in walk}:
                continue
            for row in pool.paid_by(at)[::-1].tolist():
                if row <= walk[-1]:
                    break
                left -= 1
                if pool.seconds[row] <= horizon:
                    walks.append((*walk, row))
        pool.n_cut[0] += left <= 0


def _nats(pool: Pool, hops: int, window: int) -> float:
    """Chance has each walk come home once in n; walks multiply by what a stranger pays on within the window."""
    return max(log(pool.n_actors) - (hops - 1) * log(max(pool.rate * window / DAY, 1.0)), 0.0) + 2 * hops


def _sentence(pool: Pool, match: Match) -> str:
    text = f"Money went round {len(match.rows)} accounts that are strangers otherwise and came back to the first"
    return f"{text} within {days(pool, match)}{total(pool, match.rows[:1])}."


PATTERN = Pattern("cycle", _find, _sentence, everywhere=True)
