"""How good a model is by size, by typology, and by whatever the accounts are known by."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gnn.scoring import sigmoid
from graphrisk.intervals import wilson
from graphrisk.models.figures import list_candidates
from graphrisk.models.labelled import LabelledCandidates

FloatArray = npt.NDArray[np.float64]


def group_rows(
    populations: list[LabelledCandidates], outputs: list[FloatArray], least: float, size_bonus: float
) -> list[dict[str, Any]]:
    """Measure lists by what the groups in them are like.

    Parameters
    ----------
    populations : list of LabelledCandidates
        With the same traits.
    outputs : list of array of float64
        Log-odds of the candidates of each.
    least : float
        Score down to which candidates are listed.
    size_bonus : float

    Returns
    -------
    list of dict
        Per trait and value: ``listed``, the share that were ``right`` with its 95 % interval, the mean score ``said``,
        ``reachable`` rings, each counted by the candidate most like it, and the share of them ``recovered``.
    """
    cells: dict[tuple[str, str], dict[str, Any]] = {}

    def cell(by: str, value: str) -> dict[str, Any]:
        return cells.setdefault((by, value), {"listed": 0, "right": 0, "said": 0.0, "reachable": 0, "recovered": 0})

    for population, log_odds in zip(populations, outputs, strict=True):
        chosen, is_match = list_candidates(population, log_odds, least, size_bonus)
        recovered = set(population.nearest[chosen[is_match]].tolist())
        near = np.flatnonzero(population.is_ring)
        best = near[np.lexsort((-population.similarity[near], population.nearest[near]))]
        best = best[np.unique(population.nearest[best], return_index=True)[1]]
        for by, values in population.traits.items():
            for c, right in zip(chosen.tolist(), is_match.tolist(), strict=True):
                row = cell(by, values[c])
                row["listed"] += 1
                row["right"] += right
                row["said"] += float(sigmoid(log_odds[c : c + 1])[0])
            for c in best.tolist():
                row = cell(by, values[c])
                row["reachable"] += 1
                row["recovered"] += int(population.nearest[c]) in recovered
    rows = []
    for (by, value), row in sorted(cells.items(), key=lambda item: (item[0][0], _in_order(item[0][1]))):
        low, high = wilson(row["right"], row["listed"])
        n, reachable = row["listed"], row["reachable"]
        rows.append(
            {
                "by": by,
                "group": value,
                "listed": n,
                "right": round(row["right"] / n, 4) if n else None,
                "low": round(low, 4),
                "high": round(high, 4),
                "said": round(row["said"] / n, 4) if n else None,
                "reachable": reachable,
                "recovered": round(row["recovered"] / reachable, 4) if reachable else None,
            }
        )
    return rows


def _in_order(value: str) -> tuple[int, str]:
    """Classes of size by their least size, words by the alphabet."""
    first = value.split(" ", 1)[0]
    return (int(first), value) if first.isdecimal() else (0, value)
