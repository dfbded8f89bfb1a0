"""A ring that a pattern drew, whatever the pattern: what the result tables need to know of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graphrisk.rings.evidence import Evidence
from graphrisk.rings.patterns.evidence import pattern_evidence
from graphrisk.rings.patterns.growth.finding import Ties
from graphrisk.rings.patterns.growth.search import GrowthSearch
from graphrisk.rings.patterns.match import roles
from graphrisk.rings.patterns.search import PatternRing, PatternSearch
from graphrisk.rings.sharing import Sharing

LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DrawnRing:
    """One ring.

    Parameters
    ----------
    typology : str
    members : array of int64, shape (n_members,)
        Actor indices, ascending.
    roles : tuple of str
    member_scores : array of float64, shape (n_members,)
    score, low, high, q_value : float
    value : float
        At stake, NaN where that is not known.
    currency : str or None
        Of the value.
    first, last : int
        Seconds.
    evidence : list of Evidence
    link_type : str
        What joins members.
    ties : Ties
    tie_weight : float
        Nats that all ties hold together.
    """

    typology: str
    members: LongArray
    roles: tuple[str, ...]
    member_scores: FloatArray
    score: float
    low: float
    high: float
    q_value: float
    value: float
    currency: str | None
    first: int
    last: int
    evidence: list[Evidence]
    link_type: str
    ties: Ties
    tie_weight: float


def drawn_by_transfers(found: PatternSearch, q_limit: float, sharing: Sharing, currency: str | None) -> list[DrawnRing]:
    """Rings that patterns of transfers drew, best first."""
    out = []
    for ring, q in zip(found.rings, found.q_values.tolist(), strict=True):
        rows = list(ring.match.rows)
        seconds = ring.pool.seconds[rows]
        out.append(
            DrawnRing(
                typology=ring.pattern.typology,
                members=ring.members,
                roles=tuple(roles(ring.pool, ring.match).values()),
                member_scores=ring.member_scores,
                score=ring.score,
                low=ring.low,
                high=ring.high,
                q_value=q,
                value=float(ring.pool.amounts[rows].sum()),
                currency=currency,
                first=int(seconds.min()),
                last=int(seconds.max()),
                evidence=pattern_evidence(ring, q, q_limit, found.least(ring), sharing),
                link_type="transfer",
                ties=_ties_of(ring, sharing),
                tie_weight=ring.shape,
            )
        )
    return out


def drawn_by_growth(found: GrowthSearch, q_limit: float, sharing: Sharing, currency: str | None) -> list[DrawnRing]:
    """Rings that patterns of growth abuse drew, best first; bonuses carry no currency in the data."""
    return [
        DrawnRing(
            typology=ring.pattern.typology,
            members=ring.found.members,
            roles=ring.roles,
            member_scores=ring.member_scores,
            score=ring.score,
            low=ring.low,
            high=ring.high,
            q_value=ring.q_value,
            value=ring.found.value,
            currency=currency if ring.pattern.in_money else None,
            first=ring.found.first,
            last=ring.found.last,
            evidence=ring.evidence(q_limit, sharing),
            link_type=ring.pattern.link_type,
            ties=ring.found.ties,
            tie_weight=ring.shape,
        )
        for ring in found.rings
    ]


def _ties_of(ring: PatternRing, sharing: Sharing) -> Ties:
    """One tie per pair that deals with each other in a match."""
    rows = list(ring.match.rows)
    both = np.stack([ring.pool.sources[rows], ring.pool.targets[rows]], axis=1)
    distinct, inverse, n = np.unique(both, axis=0, return_inverse=True, return_counts=True)
    when, inverse = ring.pool.seconds[rows], inverse.ravel()
    first, last = np.full(len(distinct), when.max()), np.full(len(distinct), when.min())
    np.minimum.at(first, inverse, when)
    np.maximum.at(last, inverse, when)
    ends = sharing.actors[distinct].astype(np.int64)
    return Ties(ends[:, 0], ends[:, 1], first, last, n)
