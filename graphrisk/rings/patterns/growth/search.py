"""The search for patterns of growth abuse: every pattern asked for, scored, and the list without repetitions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from algorithms.significance import benjamini_hochberg
from gnn.scoring import logit, probability
from gnn.transparent import THRESHOLD
from graphrisk.rings.evidence import AGAINST, FOR, MOST_ENTITIES, Evidence, in_order, percent, prior_line
from graphrisk.rings.patterns.growth import GROWTH_PATTERNS
from graphrisk.rings.patterns.growth.acts import Acts
from graphrisk.rings.patterns.growth.finding import MEMBER, Finding, GrowthPattern
from graphrisk.rings.patterns.reliance import fact_reliance, pattern_reliance
from graphrisk.rings.settings import PatternRules
from graphrisk.rings.sharing import Sharing

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class GrowthRing:
    """A finding that is listed.

    Parameters
    ----------
    pattern : GrowthPattern
    found : Finding
    q_value : float
        Least false-discovery rate, among all places that the pattern looked at, at which it is listed.
    least_score : float
        Score from which rings are listed.
    n_others : int
        Other patterns of growth abuse that were sought.
    instead : GrowthRing, optional
        What would be listed in its place if its pattern were not sought.
    """

    pattern: GrowthPattern
    found: Finding
    q_value: float
    least_score: float
    n_others: int = 0
    instead: GrowthRing | None = None

    @property
    def nats(self) -> float:
        """Log-odds of the score: the sum of the evidence, less what every ring has to show."""
        return sum(line.weight for line in self.found.lines) - THRESHOLD

    @property
    def score(self) -> float:
        """Score in [0, 1] on the scale of all rings."""
        return probability(self.nats)

    @property
    def low(self) -> float:
        """Score without the strongest line for."""
        return probability(self.nats - max((line.weight for line in self.found.lines), default=0.0))

    @property
    def high(self) -> float:
        """Score without what speaks against."""
        return probability(self.nats - sum(min(line.weight, 0.0) for line in self.found.lines))

    @property
    def member_scores(self) -> FloatArray:
        """Score of each member."""
        return np.asarray(self.score * self.found.own, np.float64)

    @property
    def roles(self) -> tuple[str, ...]:
        """Part of each member."""
        return self.found.roles or (MEMBER,) * len(self.found.members)

    @property
    def shape(self) -> float:
        """Nats that speak for the ring."""
        return sum(max(line.weight, 0.0) for line in self.found.lines)

    def evidence(self, q_limit: float, sharing: Sharing) -> list[Evidence]:
        """Write the lines of the ring, evidence for before evidence against."""
        nodes = tuple(sharing.actors[self.found.members[:MOST_ENTITIES]].tolist())
        lines = [
            Evidence(
                line.reason_code,
                line.text,
                line.weight,
                nodes,
                self.found.first,
                self.found.last,
                direction=AGAINST if line.weight < 0 else FOR,
            )
            for line in self.found.lines
        ]
        text = f"Of the rings as unlikely, about {percent(self.q_value)} would be expected with {self.pattern.null}."
        fits = self.q_value <= q_limit
        code = "beyond_chance" if fits else "could_be_chance"
        lines.append(Evidence(code, text, 0.0, direction=FOR if fits else AGAINST))
        lines += self._reliance()
        return in_order([*lines, prior_line(-THRESHOLD)])

    def _reliance(self) -> list[Evidence]:
        """What the score, and the ring, would be without one fact, and without the pattern."""
        losses = {line.reason_code: line.loss for line in self.found.lines if line.weight > 0}
        instead = None
        if self.instead is not None:
            n_same = int(np.isin(self.found.members, self.instead.found.members).sum())
            instead = self.instead.pattern.typology, n_same, self.instead.score
        told = (
            fact_reliance(losses, self.nats, self.least_score),
            pattern_reliance(self.n_others, instead, len(self.found.members)),
        )
        return [line for line in told if line is not None]


@dataclass(frozen=True, eq=False)
class GrowthSearch:
    """What the search found.

    Parameters
    ----------
    rings : list of GrowthRing
        Best first.
    n_tested : int
        Places looked at.
    n_crowded : int
        Places left out because more take part than a ring could hold.
    searched : bool
        False where nothing was asked for.
    """

    rings: list[GrowthRing]
    n_tested: int = 0
    n_crowded: int = 0
    searched: bool = False


def search_growth(acts: Acts, rules: PatternRules, least_score: float) -> GrowthSearch:
    """Find rings that abuse bonuses, referrals, airdrops and trading volume by what they do in time.

    Parameters
    ----------
    acts : Acts
    rules : PatternRules
    least_score : float
        Rings below are not listed.

    Returns
    -------
    GrowthSearch
        O(n log n) for n acts, links and transfers, and the pairs of acts that are near each other.
    """
    rings: list[GrowthRing] = []
    n_tested = n_crowded = 0
    patterns = [pattern for pattern in GROWTH_PATTERNS if pattern.typology in rules.search]
    for pattern in patterns:
        found = pattern.find(acts, rules)
        n_tested, n_crowded = n_tested + found.n_tested, n_crowded + found.n_crowded
        chances = np.exp(-np.array([finding.nats for finding in found.findings]))
        q_values = benjamini_hochberg(chances, max(found.n_tested, len(chances)))
        rings += [
            GrowthRing(pattern, finding, float(q), least_score, len(patterns) - 1)
            for finding, q in zip(found.findings, q_values, strict=True)
        ]
    listed = [ring for ring in rings if ring.nats >= logit(least_score) and ring.q_value <= rules.max_q_value]
    chosen = _with_instead(_resolved(listed, rules.overlap), listed, rules.overlap)
    return GrowthSearch(chosen, n_tested, n_crowded, bool(patterns))


def _with_instead(chosen: list[GrowthRing], listed: list[GrowthRing], overlap: float) -> list[GrowthRing]:
    """Resolve the list again without each pattern, to tell what would stand in the place of its rings."""
    out = dict(enumerate(chosen))
    for pattern in {ring.pattern.typology: ring.pattern for ring in chosen}.values():
        rest = _resolved([ring for ring in listed if ring.pattern is not pattern], overlap)
        rings_of: dict[int, list[int]] = {}
        for k, ring in enumerate(rest):
            for member in ring.found.members.tolist():
                rings_of.setdefault(member, []).append(k)
        for k, ring in enumerate(chosen):
            if ring.pattern is pattern:
                shared = Counter(j for member in ring.found.members.tolist() for j in rings_of.get(member, ()))
                size = len(ring.found.members)
                like = [j for j, n in shared.items() if n >= overlap * min(size, len(rest[j].found.members))]
                # best first: the lowest index is the best score
                out[k] = replace(ring, instead=rest[min(like)] if like else None)
    return list(out.values())


def _resolved(rings: list[GrowthRing], overlap: float) -> list[GrowthRing]:
    """Best first, leaving out who shares too much of the smaller one with a better one."""
    chosen: list[GrowthRing] = []
    rings_of: dict[int, list[int]] = {}
    for ring in sorted(rings, key=lambda ring: (-ring.nats, ring.pattern.typology, ring.found.members.tobytes())):
        shared: dict[int, int] = {}
        members = ring.found.members.tolist()
        for member in members:
            for other in rings_of.get(member, ()):
                shared[other] = shared.get(other, 0) + 1
        if any(n >= overlap * min(len(members), len(chosen[k].found.members)) for k, n in shared.items()):
            continue
        for member in members:
            rings_of.setdefault(member, []).append(len(chosen))
        chosen.append(ring)
    return chosen
