"""Learning from some confirmed rings when most rings are not known: what is not confirmed counts as a ring in part."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

SLACK, DOUBT = 0.05, 0.1
"""Share of the bound on sampling errors that counts, and the chance that the bound fails."""


@dataclass(frozen=True, eq=False)
class Unlabelled:
    """How much of each candidate counts as a ring.

    Parameters
    ----------
    share : array of float64, shape (n,)
        1 for confirmed rings, 0 for what is known to be none, between for the others.
    confirmed : float
        Estimated share of the rings among the candidates that were confirmed.
    """

    share: FloatArray
    confirmed: float


def confirmed_share(probability: FloatArray, is_confirmed: BoolArray) -> float:
    """Estimate which share of the rings was confirmed: that in the purest top of the ranking that is long enough.

    Where the top of a ranking holds nothing but rings, the share confirmed there is that of all rings; what else is in
    it makes the estimate too low, and a short top makes it a matter of chance. Of all tops, the one is taken for which
    ``(q_open + slack) / q_confirmed`` is least, where the q are the shares of either kind that it holds, and the slack
    is a twentieth of what bounds their sampling errors. The mean probability of the confirmed, which is too low
    wherever rings are not wholly told from others, is the least that is returned.

    Parameters
    ----------
    probability : array of float64, shape (n,)
        Of having been confirmed, by a model that did not learn from the group itself.
    is_confirmed : array of bool, shape (n,)

    Returns
    -------
    float
        In (0, 1]; O(n log n).

    Raises
    ------
    ValueError
        If nothing is confirmed.

    References
    ----------
    Elkan and Noto (2008), Learning classifiers from only positive and unlabeled data, section 2 (estimator e1, the
    least); Garg et al. (2021), Mixture proportion estimation and PU learning, section 3 and algorithm 1 (best bin
    estimation; there the slack is a hundredth of the bound, with which short tops were too often taken here).
    """
    n_confirmed = int(is_confirmed.sum())
    if not n_confirmed:
        raise ValueError(f"`is_confirmed` must hold at least one True, got none of {len(is_confirmed)}")
    n_open = len(is_confirmed) - n_confirmed
    order = np.argsort(-probability, kind="stable")
    # equal probabilities are in the top together
    ends = np.flatnonzero(np.diff(probability[order], append=-np.inf))
    found = np.cumsum(is_confirmed[order])[ends]
    ends, found = ends[found > 0], found[found > 0]
    q_confirmed, q_open = found / n_confirmed, (ends + 1 - found) / max(n_open, 1)
    slack = SLACK * sum(math.sqrt(math.log(4 / DOUBT) / (2 * max(n, 1))) for n in (n_confirmed, n_open))
    best = int(np.argmin((q_open + slack) / q_confirmed))
    least = float(probability[is_confirmed].mean())
    return float(np.clip(max(float(found[best] / (ends[best] + 1)), least), 1e-6, 1.0))


def ring_shares(
    probability: FloatArray, is_confirmed: BoolArray, is_open: BoolArray, counted: BoolArray | None = None
) -> Unlabelled:
    """Estimate which of the candidates that nobody confirmed are rings all the same.

    If whichever rings were confirmed are like those that were not, ``P(confirmed | x) = c P(ring | x)`` with one
    constant c, from `confirmed_share`.

    Parameters
    ----------
    probability : array of float64, shape (n,)
        Of having been confirmed, by a model that did not learn from the candidate itself.
    is_confirmed : array of bool, shape (n,)
    is_open : array of bool, shape (n,)
        Candidates that may be rings although nobody confirmed them.
    counted : array of bool, shape (n,), optional
        Candidates that do not overlap, some of them confirmed, for c to be counted on; by default all that are
        confirmed or open.

    Returns
    -------
    Unlabelled

    Raises
    ------
    ValueError
        If nothing is confirmed.

    References
    ----------
    Elkan and Noto (2008), Learning classifiers from only positive and unlabeled data, section 2 (the constant) and
    section 3 (weights of unlabelled examples).
    """
    use = is_confirmed | is_open if counted is None else counted
    confirmed = confirmed_share(probability[use], is_confirmed[use])
    known = np.minimum(probability, 1 - 1e-12)
    odds = (1 - confirmed) / confirmed * known / (1 - known)
    share = np.where(is_confirmed, 1.0, np.where(is_open, np.clip(odds, 0.0, 1.0), 0.0))
    return Unlabelled(share, confirmed)
