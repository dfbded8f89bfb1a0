"""The search for patterns of laundering: pools, a null model beside them, scores, and the resolved list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from algorithms.entity_graph import EntityGraph
from algorithms.significance import decoy_q_values
from algorithms.transfers import Transfers
from gnn.scoring import logit, probability
from gnn.transparent import THRESHOLD
from graphrisk.hubs import HubPolicy
from graphrisk.rings.patterns import PATTERNS
from graphrisk.rings.patterns.match import Match, Pattern
from graphrisk.rings.patterns.pool import DAY, Pool, make_pools
from graphrisk.rings.settings import PatternRules
from graphrisk.rings.sharing import Sharing, actor_of_nodes

FloatArray = npt.NDArray[np.float64]
LongArray = npt.NDArray[np.int64]

LEAST_DRAWS, MOST_DRAWS, FINEST_RATE = 3, 20, 0.05
MOST_TRANSFERS = 200_000
"""Transfers in which the whole pool is searched; a larger pool is cut to its deeper cores."""
SHAPE_WEIGHT, STRANGERS_WEIGHT, EVERYDAY_WEIGHT = 1.0, 0.35, -0.7


@dataclass(frozen=True, eq=False)
class PatternRing:
    """A match that is listed, or a decoy.

    Parameters
    ----------
    pattern : Pattern
    match : Match
    pool : Pool
        Of which the match has rows.
    members : array of int64
        Actor indices, ascending.
    shape, strangers, everyday : float
        Parts of the score in nats: how surprising the shape is, how surprisingly many strangers the members deal
        with, and, against, how much of what they do is with partners of old.
    everyday_share : float
        Share of the members' transfers that are not between strangers.
    """

    pattern: Pattern
    match: Match
    pool: Pool
    members: LongArray
    shape: float
    strangers: float
    everyday: float
    everyday_share: float

    @property
    def nats(self) -> float:
        """Log-odds of the score: the sum of the parts, less what every ring has to show."""
        return self.shape + self.strangers + self.everyday - THRESHOLD

    @property
    def score(self) -> float:
        """Score in [0, 1] on the scale of all rings."""
        return probability(self.nats)

    @property
    def low(self) -> float:
        """Score without the strongest part for."""
        return probability(self.nats - max(self.shape, self.strangers))

    @property
    def high(self) -> float:
        """Score without what speaks against."""
        return probability(self.nats - self.everyday)

    @property
    def member_scores(self) -> FloatArray:
        """Score of each member: the ring's, down to 0.7 of it for who deals with fewer strangers than most here."""
        own = self.pool.surprise[self.members]
        return self.score * (0.7 + 0.3 * np.minimum(own / max(float(np.median(own)), 1e-9), 1.0))


@dataclass(frozen=True, eq=False)
class PatternSearch:
    """What the search found.

    Parameters
    ----------
    rings : list of PatternRing
        Best first.
    q_values : array of float64, shape (n_rings,)
    n_decoys : float
        Rings that the null model gives, per draw.
    n_draws : int
    n_cut : int
        How often a search was cut at its bound.
    n_hubs : int
        Actors that deal with too many strangers to be searched.
    searched : bool
        False where the data have nothing to search, or nothing was asked for.
    least_score, deep_least_score : float
        Scores from which rings are listed, the latter in a deeper core.
    """

    rings: list[PatternRing]
    q_values: FloatArray
    n_decoys: float = 0.0
    n_draws: int = 0
    n_cut: int = 0
    n_hubs: int = 0
    searched: bool = False
    least_score: float = 0.0
    deep_least_score: float = 0.0

    def least(self, ring: PatternRing) -> float:
        """Score from which rings like this one are listed."""
        return self.deep_least_score if ring.pool.is_deep else self.least_score


def actor_transfers(graph: EntityGraph, sharing: Sharing, policy: HubPolicy) -> Transfers:
    """Transfers between actors, known hubs left out.

    Parameters
    ----------
    graph : EntityGraph
    sharing : Sharing
    policy : HubPolicy

    Returns
    -------
    Transfers
        With actor indices for node ids.
    """
    transfers = graph.transfers
    _, acts_for = actor_of_nodes(graph, sharing.n_actors > graph.n_accounts)
    sources, targets = (acts_for[ends].astype(np.int32) for ends in (transfers.sources, transfers.targets))
    use = (sources >= 0) & (targets >= 0)
    use[use] &= ~(policy.known_actors[sources[use]] | policy.known_actors[targets[use]])
    assert transfers.seconds is not None
    amounts = transfers.amounts if transfers.amounts_usd is None else transfers.amounts_usd
    return Transfers(
        sources[use], targets[use], transfers.seconds[use], None if amounts is None else amounts[use]
    )  # fmt: skip


def search_patterns(
    graph: EntityGraph, sharing: Sharing, policy: HubPolicy, rules: PatternRules, seed: int, least_score: float
) -> PatternSearch:
    """Find rings that transfers between strangers draw.

    Shapes that chance hardly makes are sought among all strangers; the others among accounts in a deeper core of the
    graph of strangers than the null model has, one step less deep for those that amounts confirm.

    Parameters
    ----------
    graph : EntityGraph
    sharing : Sharing
    policy : HubPolicy
    rules : PatternRules
    seed : int
    least_score : float
        Rings below are not listed, unless they are in a deeper core.

    Returns
    -------
    PatternSearch
        Empty where no transfer between actors has a time. O(transfers log transfers), and bounded work per transfer.
    """
    nothing = PatternSearch([], np.empty(0))
    if graph.transfers.seconds is None or not set(rules.search) & {pattern.typology for pattern in PATTERNS}:
        return nothing
    once, few = make_pools(actor_transfers(graph, sharing, policy), sharing.n_actors, rules.most_meetings)
    if len(once) == 0:
        return nothing
    hubs = once.degrees > rules.most_strangers
    once, few = (_without(pool, hubs) for pool in (once, few))
    nulls = [once.by_chance(seed + draw) for draw in range(LEAST_DRAWS)]
    depth = max(int(null.cores.max(initial=0)) for null in nulls)
    rings = _resolved(_scored(once, few, depth, rules), rules, least_score)
    # the fewer rings, the more draws it takes to show that chance has fewer
    n_draws = int(np.clip(np.ceil(1 / (FINEST_RATE * max(len(rings), 1))), LEAST_DRAWS, MOST_DRAWS))
    nulls += [once.by_chance(seed + draw) for draw in range(LEAST_DRAWS, n_draws if rings else LEAST_DRAWS)]
    decoys = [ring for null in nulls for ring in _resolved(_scored(null, null, depth, rules), rules, least_score)]
    q_values = decoy_q_values(
        np.array([ring.nats for ring in rings]), np.array([ring.nats for ring in decoys]), n_decoy_runs=len(nulls)
    )
    likely = q_values <= rules.max_q_value
    rings = [ring for ring, fits in zip(rings, likely, strict=True) if fits]
    q_values = q_values[likely]
    n_cut = once.n_cut[0] + few.n_cut[0]
    return PatternSearch(
        rings,
        q_values,
        len(decoys) / len(nulls),
        len(nulls),
        n_cut,
        int(hubs.sum()),
        True,
        least_score,
        rules.deep_min_score,
    )


def _without(pool: Pool, hubs: npt.NDArray[np.bool_]) -> Pool:
    """Leave hubs out, of what chance draws from too."""
    rest = pool.only(~(hubs[pool.sources] | hubs[pool.targets]))
    return replace(rest, payers=pool.payers[~hubs[pool.payers]], payees=pool.payees[~hubs[pool.payees]])


def _scored(once: Pool, few: Pool, depth: int, rules: PatternRules) -> Iterator[PatternRing]:
    """Run every pattern over its pools and windows."""
    wide, cores, at = once, once.cores, 2
    while len(wide) > MOST_TRANSFERS:
        at += 1
        wide = replace(once.deeper(at), is_deep=False)
    flows, inner, rare = wide.deeper(depth), wide.deeper(depth + 1), few.deeper(depth + 2, cores)
    for pattern in PATTERNS:
        if pattern.typology not in rules.search:
            continue
        pools = [wide, inner, rare] if pattern.everywhere else [inner, rare]
        pools += [flows] if pattern.by_amounts else []
        for pool in pools:
            for window in rules.windows_days:
                for match in pattern.find(pool, int(window * DAY)):
                    if match.nats > _allowance(pool):
                        yield _score(pattern, match, pool)


def _allowance(pool: Pool) -> float:
    """Nats that a shape must have beyond, for every account could have shown it; nothing in a deeper core."""
    return 0.0 if pool.is_deep else float(np.log(pool.n_actors))


def _score(pattern: Pattern, match: Match, pool: Pool) -> PatternRing:
    members = match.members(pool)
    weight = SHAPE_WEIGHT * (1.0 if pool.is_deep else pattern.alone)
    everyday = 1 - float(pool.degrees[members].sum() / max(pool.activity[members].sum(), 1))
    return PatternRing(
        pattern=pattern,
        match=match,
        pool=pool,
        members=members,
        shape=weight * float(np.log1p(match.nats - _allowance(pool))),
        strangers=STRANGERS_WEIGHT * float(np.log1p(pool.surprise[members].mean())),
        everyday=EVERYDAY_WEIGHT * max(everyday, 0.0),
        everyday_share=max(everyday, 0.0),
    )


def _resolved(found: Iterator[PatternRing], rules: PatternRules, least_score: float) -> list[PatternRing]:
    """Best first, leaving out who is too alike a better one; members may overlap."""
    best: dict[bytes, PatternRing] = {}
    for ring in found:
        key = ring.members.tobytes()
        least = rules.deep_min_score if ring.pool.is_deep else least_score
        fits = rules.min_size <= len(ring.members) <= rules.max_size and ring.nats >= logit(least)
        if fits and (key not in best or ring.nats > best[key].nats):
            best[key] = ring
    chosen: list[PatternRing] = []
    rings_of: dict[int, list[int]] = {}
    for ring in sorted(best.values(), key=lambda ring: (-ring.nats, ring.members.tobytes())):
        shared: dict[int, int] = {}
        for member in ring.members.tolist():
            for other in rings_of.get(member, ()):
                shared[other] = shared.get(other, 0) + 1
        sizes = {other: len(ring.members) + len(chosen[other].members) - n for other, n in shared.items()}
        if any(n >= rules.overlap * sizes[other] for other, n in shared.items()):
            continue
        for member in ring.members.tolist():
            rings_of.setdefault(member, []).append(len(chosen))
        chosen.append(ring)
    return chosen
