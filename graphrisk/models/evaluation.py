"""A model beside the transparent score, on data that neither was made for."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gnn.blended_trees import BlendedTrees
from gnn.calibration import reliability
from gnn.ranking import average_precision
from gnn.ring_trees import RingTrees
from gnn.scoring import RingModel, sigmoid
from gnn.transparent import Transparent
from graphrisk.models.figures import list_candidates, list_figures
from graphrisk.models.groups import group_rows
from graphrisk.models.labelled import LabelledCandidates
from graphrisk.models.scoring import population_log_odds

FloatArray = npt.NDArray[np.float64]


def evaluate_model(model: RingTrees | BlendedTrees, populations: list[LabelledCandidates]) -> dict[str, Any]:
    """Measure what a model lists of each population.

    Parameters
    ----------
    model : RingTrees or BlendedTrees
    populations : list of LabelledCandidates
        Searched with the transparent score, with views if the model has a network.

    Returns
    -------
    dict
        ``rows``: one per population and score; ``calibration_error`` over all that the model lists; ``groups``: what
        it lists by size, typology and given attributes.
    """
    rows, said, true, outputs = [], [], [], []
    transparent = Transparent(timed=True, claim_rate=0.0)
    for population in populations:
        log_odds = population_log_odds(model, population)
        outputs.append(log_odds)
        chosen, is_match = list_candidates(population, log_odds, model.levels.least, model.size_bonus)
        said.append(sigmoid(log_odds[chosen]))
        true.append(is_match)
        rows.append(_row(population, model, log_odds))
        rows.append(_row(population, transparent, population.log_odds))
    bins = reliability(np.concatenate(said), np.concatenate(true))
    return {
        "rows": rows,
        "calibration_error": bins.error,
        "said": bins.said.tolist(),
        "true": bins.true.tolist(),
        "groups": group_rows(populations, outputs, model.levels.least, model.size_bonus),
    }


def _row(population: LabelledCandidates, model: RingModel, log_odds: FloatArray) -> dict[str, Any]:
    chosen, is_match = list_candidates(population, log_odds, model.levels.least, model.size_bonus)
    figures = list_figures(population, is_match)
    return {
        "population": population.name,
        "scored by": model.name,
        "true": figures.true,
        "listed": figures.listed,
        "recovered": figures.recovered / max(figures.true, 1),
        "false per true": figures.false_per_true,
        "ring AP": average_precision(log_odds, population.is_ring),
        "precision at 80 %": figures.precision_at_80,
        "said": float(sigmoid(log_odds[chosen]).mean()) if len(chosen) else float("nan"),
        "rings": figures.recovered / max(figures.listed, 1),
    }
