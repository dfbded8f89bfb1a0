"""How good a list of rings is against what is true."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graphrisk.models.labelled import LabelledCandidates
from graphrisk.rings.resolve import resolve

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


def matches(chosen: LongArray, labelled: LabelledCandidates) -> LongArray:
    """Places in a list of the rings that recover a true ring which none above them did."""
    seen: set[int] = set()
    places = []
    for place, c in enumerate(chosen.tolist()):
        ring = int(labelled.nearest[c])
        if labelled.is_ring[c] and ring not in seen:
            seen.add(ring)
            places.append(place)
    return np.array(places, dtype=np.int64)


def choose(labelled: LabelledCandidates, log_odds: FloatArray, least: float, overlap: float, bonus: float) -> LongArray:
    """List candidates as a scan would."""
    return resolve(labelled.candidates, log_odds, least, overlap, bonus)


def list_figures(labelled: LabelledCandidates, chosen: LongArray) -> ListFigures:
    """Measure a list of candidates, best first."""
    places = matches(chosen, labelled)
    n = len(places)
    wanted = int(np.ceil(0.8 * labelled.reachable * labelled.n_true))
    return ListFigures(
        listed=len(chosen),
        true=labelled.n_true,
        recovered=n,
        false_per_true=float((places[-1] + 1 - n) / n) if n else float("nan"),
        precision_at_80=float(wanted / (places[wanted - 1] + 1)) if 0 < wanted <= n else float("nan"),
    )


def average_precision(scores: FloatArray, is_true: BoolArray) -> float:
    """Mean over true candidates of the precision down to them; equal scores count as one step.

    Parameters
    ----------
    scores : array of float64, shape (n,)
    is_true : array of bool, shape (n,)

    Returns
    -------
    float
        NaN if nothing is true.
    """
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.r_[np.diff(scores[order]) != 0, True]) if len(order) else np.empty(0, np.int64)
    hits = np.cumsum(is_true[order])[last]
    gained = np.diff(np.r_[0, hits])
    return float((gained * hits / (last + 1)).sum() / hits[-1]) if len(hits) and hits[-1] else float("nan")
