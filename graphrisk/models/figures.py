"""How good a list of rings is against what is true."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gnn.scoring import logit
from graphrisk.models.labelled import LabelledCandidates
from graphrisk.rings.resolve import resolve
from graphrisk.rings.settings import RingSettings

FloatArray = npt.NDArray[np.float64]
LongArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ListFigures:
    """Figures of one list.

    Parameters
    ----------
    listed, true, recovered : int
        Rings listed, rings there are, and those of them that a listed ring is like enough to.
    false_per_true : float
        Listed rings above the last match that are no match, per match; NaN without a match.
    precision_at_80 : float
        Share of matches in the list down to where 80 % of the reachable rings are recovered; NaN if they never are.
    """

    listed: int
    true: int
    recovered: int
    false_per_true: float
    precision_at_80: float


def list_candidates(
    labelled: LabelledCandidates, log_odds: FloatArray, least: float, size_bonus: float
) -> tuple[LongArray, BoolArray]:
    """List candidates as a scan would, and say which of them are right.

    Parameters
    ----------
    labelled : LabelledCandidates
    log_odds : array of float64, shape (n,)
    least : float
        Score down to which candidates are listed.
    size_bonus : float
        Of the model.

    Returns
    -------
    chosen : array of int64, shape (n_listed,)
        Best first.
    is_match : array of bool, shape (n_listed,)
        Whether each recovers a true ring that none above it did.
    """
    chosen = resolve(labelled.candidates, log_odds, logit(least), RingSettings().overlap, size_bonus)
    return chosen, matches(labelled, chosen)


def matches(labelled: LabelledCandidates, chosen: LongArray) -> BoolArray:
    """Which rings of a list recover a true ring that none above them did."""
    seen: set[int] = set()
    out = np.zeros(len(chosen), dtype=bool)
    for place, c in enumerate(chosen.tolist()):
        ring = int(labelled.nearest[c])
        if labelled.is_ring[c] and ring not in seen:
            seen.add(ring)
            out[place] = True
    return out


def list_figures(labelled: LabelledCandidates, is_match: BoolArray) -> ListFigures:
    """Measure a list of candidates, best first, by which of them are right."""
    places = np.flatnonzero(is_match)
    n = len(places)
    wanted = int(np.ceil(0.8 * labelled.reachable * labelled.n_true))
    return ListFigures(
        listed=len(is_match),
        true=labelled.n_true,
        recovered=n,
        false_per_true=float((places[-1] + 1 - n) / n) if n else float("nan"),
        precision_at_80=float(wanted / (places[wanted - 1] + 1)) if 0 < wanted <= n else float("nan"),
    )
