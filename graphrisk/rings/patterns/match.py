"""What a pattern declares and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graphrisk.rings.patterns.pool import DAY, Pool

LongArray = npt.NDArray[np.int64]

ORIGINATOR, MULE, COLLECTOR = "originator", "mule", "collector"


@dataclass(frozen=True)
class Match:
    """One place where a pattern was found.

    Parameters
    ----------
    rows : tuple of int
        Transfers of the pool, ascending.
    nats : float
        How surprising the pattern is among strangers who meet by chance.
    kept : float
        Share of what mules received that they passed on; NaN where the pattern does not say.
    """

    rows: tuple[int, ...]
    nats: float
    kept: float = float("nan")

    def members(self, pool: Pool) -> LongArray:
        """Actors that take part, ascending."""
        rows = list(self.rows)
        return np.unique(np.concatenate([pool.sources[rows], pool.targets[rows]]))


@dataclass(frozen=True)
class Pattern:
    """A shape of transfers in time, declared by one file.

    Parameters
    ----------
    typology : str
        Also the reason code of its evidence.
    find : callable
        From a pool and a window in seconds to matches.
    sentence : callable
        From a pool and a match to the evidence in one sentence.
    everywhere : bool
        Sought among all strangers; else only among those in the deeper cores, because chance makes too many.
    by_amounts : bool
        Amounts must fit, so that it is sought one core less deep.
    alone : float
        Weight of the shape outside the deeper cores: shops and payrolls have fans as well.
    """

    typology: str
    find: Callable[[Pool, int], Iterable[Match]]
    sentence: Callable[[Pool, Match], str]
    everywhere: bool = False
    by_amounts: bool = False
    alone: float = 1.0


def roles(pool: Pool, match: Match) -> dict[int, str]:
    """Part of each member: who only pays is an originator, who only receives a collector, who does both a mule."""
    rows = list(match.rows)
    pays, gets = set(pool.sources[rows].tolist()), set(pool.targets[rows].tolist())
    return {
        actor: MULE if actor in pays and actor in gets else ORIGINATOR if actor in pays else COLLECTOR
        for actor in sorted(pays | gets)
    }


def days(pool: Pool, match: Match) -> str:
    """Say how long a match took."""
    rows = list(match.rows)
    width = (pool.seconds[rows].max() - pool.seconds[rows].min()) / DAY
    return f"{width:.3g} days" if width >= 2 else f"{24 * width:.3g} hours"


def total(pool: Pool, rows: Iterable[int]) -> str:
    """Say what some transfers add up to, or nothing where an amount is absent."""
    amount = float(pool.amounts[list(rows)].sum())
    return f" ({amount:,.2f} in all)" if np.isfinite(amount) else ""


def joined(groups: Iterable[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Join groups of transfers that have one in common, until none have."""
    parent: dict[int, int] = {}

    def root(x: int) -> int:
        parent.setdefault(x, x)
        while parent[x] != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    for group in groups:
        first = root(group[0])
        for other in group[1:]:
            a, first = root(other), root(first)
            parent[max(a, first)] = min(a, first)
            first = min(a, first)
    out: dict[int, list[int]] = {}
    for x in parent:
        out.setdefault(root(x), []).append(x)
    return sorted(tuple(sorted(group)) for group in out.values())


def hub_of(pool: Pool, match: Match) -> int:
    """Return the account that takes part in every transfer of a match."""
    common = set.intersection(*({int(pool.sources[row]), int(pool.targets[row])} for row in match.rows))
    return min(common)
