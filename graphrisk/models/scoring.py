"""Scores of labelled populations by models of either make."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gnn.blended_trees import BlendedTrees
from gnn.ring_trees import RingTrees
from graphrisk.models.labelled import LabelledCandidates

FloatArray = npt.NDArray[np.float64]


def needs_view(model: RingTrees | BlendedTrees) -> bool:
    """Whether a model scores what a network sees too."""
    return isinstance(model, BlendedTrees)


def population_log_odds(model: RingTrees | BlendedTrees, population: LabelledCandidates) -> FloatArray:
    """Log-odds of the candidates of a population, shape (n,).

    Raises
    ------
    ValueError
        If the model needs a view that the population lacks.
    """
    if not isinstance(model, BlendedTrees):
        return model.log_odds(population.features)
    if population.view is None:
        raise ValueError(f"{population.name}: model {model.name!r} needs the graph of each population, got none")
    return model.log_odds(population.features, population.view.outputs(model.network))
