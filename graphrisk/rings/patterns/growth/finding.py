"""What a pattern of growth abuse declares and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import lgamma

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

from algorithms.tails import binomial_tail
from graphrisk.rings.patterns.growth.acts import Acts
from graphrisk.rings.settings import PatternRules

LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

MEMBER = "member"


@dataclass(frozen=True)
class Line:
    """One fact for (weight above 0) or against (below 0); of weight 0 it is context.

    Parameters
    ----------
    reason_code : str
    text : str
    weight : float
    lost : float
        Nats that the ring would lose if the fact were not known, where that is not the weight: other facts may weigh
        differently then.
    """

    reason_code: str
    text: str
    weight: float
    lost: float = float("nan")

    @property
    def loss(self) -> float:
        """Nats that the ring would lose without the fact."""
        return self.weight if np.isnan(self.lost) else self.lost


@dataclass(frozen=True, eq=False)
class Ties:
    """Which members are joined, and by how much.

    Parameters
    ----------
    sources, targets : array of int64, shape (n,)
        Node ids.
    first, last : array of int64, shape (n,)
        Seconds.
    counts : array of int64, shape (n,)
        Acts that join them, at least 1.
    n_accounts : int or None
        How many have a tie to the target in all, where that is what members share.
    """

    sources: LongArray
    targets: LongArray
    first: LongArray
    last: LongArray
    counts: LongArray
    n_accounts: int | None = None


@dataclass(frozen=True, eq=False)
class Finding:
    """One place where a pattern was found.

    Parameters
    ----------
    members : array of int64
        Actor indices, ascending.
    nats : float
        ``-ln`` of the chance of what is found, by the pattern's null model.
    lines : tuple of Line
        Evidence for and against.
    first, last : int
        Seconds.
    ties : Ties
    roles : tuple of str
        Part of each member; all are members where it is empty.
    value : float
        What is at stake, NaN where that is not known.
    own : array of float64
        Part of the ring's score that each member has, in [0, 1].
    """

    members: LongArray
    nats: float
    lines: tuple[Line, ...]
    first: int
    last: int
    ties: Ties
    roles: tuple[str, ...] = ()
    value: float = float("nan")
    own: FloatArray = field(default_factory=lambda: np.ones(0))


@dataclass(frozen=True)
class Found:
    """Findings of one pattern.

    Parameters
    ----------
    findings : list of Finding
    n_tested : int
        How many places were looked at, at least as many as there are findings.
    n_crowded : int
        Acts or places left out because too many take part for it to say anything.
    """

    findings: list[Finding]
    n_tested: int
    n_crowded: int = 0


@dataclass(frozen=True)
class GrowthPattern:
    """A manner of acting together, declared by one file.

    Parameters
    ----------
    typology : str
        Also the reason code of its first line of evidence.
    link_type : str
        What joins its members.
    null : str
        The null model, as the end of "would be expected with ...".
    find : callable
        From acts and rules to what was found.
    in_money : bool
        Whether its values are sums of transfers; else they are bonuses.
    why : str
        What a tie says of two members, where the link type is the pattern's own.
    """

    typology: str
    link_type: str
    null: str
    find: Callable[[Acts, PatternRules], Found]
    in_money: bool = False
    why: str = ""


def shape_weight(nats: float, n_tested: int) -> float:
    """Weight of a surprise beyond what the best of all places tested would show: on the scale of all patterns."""
    return float(np.log1p(max(nats - np.log(max(n_tested, 1)), 0.0)))


def share_nats(n_with: float, n: float, n_with_others: float, n_others: float) -> float:
    """Nats of so many with a trait among n, given how many of the others have it; 0 where there is none to compare."""
    if n <= 0 or n_others <= 0 or n_with <= 0:
        return 0.0
    rate = (n_with_others + 0.5) / (n_others + 1)
    return float(binomial_tail(n_with, n, rate))


def joint_nats(parts: Iterable[float]) -> float:
    """Join the nats of independent tests (Fisher 1932, Statistical Methods for Research Workers, section 21.1)."""
    given = list(parts)
    total, n = sum(given), len(given)
    if total <= 0:
        return 0.0
    # the tail of a chi-squared distribution with 2n degrees of freedom, which has this form (Erlang)
    terms = np.array([j * np.log(total) - lgamma(j + 1) for j in range(n)])
    return float(max(total - logsumexp(terms), 0.0))
