"""Stack: layer pays layer pays layer, of several accounts each (Altman et al. 2023, section 3, figure 2)."""

from collections.abc import Iterator

from graphrisk.rings.patterns._flows import find_flows, is_chain, kept_of, nats_of
from graphrisk.rings.patterns.match import Match, Pattern, days, total
from graphrisk.rings.patterns.pool import Pool


def _find(pool: Pool, window: int) -> Iterator[Match]:
    for rows, passes in find_flows(pool, window):
        paid = {int(pool.targets[row]) for one in passes for row in one.pays}
        if not is_chain(passes) and any(one.mule in paid for one in passes):
            yield Match(rows, nats_of(passes), kept_of(passes))


def _sentence(pool: Pool, match: Match) -> str:
    rows = list(match.rows)
    mules = set(pool.sources[rows].tolist()) & set(pool.targets[rows].tolist())
    firsts = [row for row in rows if pool.sources[row] not in mules]
    text = f"Money went through layers of {len(mules)} accounts between strangers, which passed on"
    return f"{text} {100 * match.kept:.0f} % on average, within {days(pool, match)}{total(pool, firsts)}."


PATTERN = Pattern("stack", _find, _sentence, by_amounts=True)
