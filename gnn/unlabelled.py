"""Learning from some confirmed rings when most rings are not known: what is not confirmed counts as a ring in part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


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


def ring_shares(probability: FloatArray, is_confirmed: BoolArray, is_open: BoolArray) -> Unlabelled:
    """Estimate which of the candidates that nobody confirmed are rings all the same.

    If whichever rings were confirmed are like those that were not, ``P(confirmed | x) = c P(ring | x)`` with one
    constant c, which is the mean of ``P(confirmed | x)`` over rings.

    Parameters
    ----------
    probability : array of float64, shape (n,)
        Of having been confirmed, by a model that did not learn from the candidate itself.
    is_confirmed : array of bool, shape (n,)
    is_open : array of bool, shape (n,)
        Candidates that may be rings although nobody confirmed them.

    Returns
    -------
    Unlabelled

    Raises
    ------
    ValueError
        If nothing is confirmed.

    References
    ----------
    Elkan and Noto (2008), Learning classifiers from only positive and unlabeled data, section 2 (estimator e1) and
    section 3 (weights of unlabelled examples).
    """
    if not is_confirmed.any():
        raise ValueError(f"`is_confirmed` must hold at least one True, got none of {len(is_confirmed)}")
    confirmed = float(np.clip(probability[is_confirmed].mean(), 1e-6, 1.0))
    known = np.minimum(probability, 1 - 1e-12)
    odds = (1 - confirmed) / confirmed * known / (1 - known)
    share = np.where(is_confirmed, 1.0, np.where(is_open, np.clip(odds, 0.0, 1.0), 0.0))
    return Unlabelled(share, confirmed)
