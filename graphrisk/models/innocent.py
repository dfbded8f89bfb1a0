"""Scores of innocent groups beside a model, for conformal p-values: a small file that another command makes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gnn.blended_trees import BlendedTrees
from gnn.conformal import conformal_p_values, longest_conformal_list
from gnn.ring_trees import RingTrees
from graphrisk.models.figures import list_candidates
from graphrisk.models.files import ModelError, read_card
from graphrisk.models.labelled import LabelledCandidates
from graphrisk.models.scoring import population_log_odds

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
FILE = "innocent.json"
RATES = (0.05, 0.1, 0.2)


def innocent_scores(model: RingTrees | BlendedTrees, populations: list[LabelledCandidates]) -> dict[str, Any]:
    """Score what a model lists of populations that it has not seen, and check the lists that p-values give.

    A listed group that recovers no ring which none above it did counts as innocent. The check takes the innocent groups
    of all other populations for each one, and gives the mean share of innocent groups in its lists.

    Parameters
    ----------
    model : RingTrees or BlendedTrees
    populations : list of LabelledCandidates
        At least two.

    Returns
    -------
    dict
        ``innocent``: log-odds, ascending; ``checked``: a row per bound.

    Raises
    ------
    ValueError
        If there are fewer than two populations, or nothing innocent was listed outside one of them.
    """
    if len(populations) < 2:
        raise ValueError(f"`populations` must be at least 2, got {len(populations)}")
    listed: list[tuple[FloatArray, BoolArray]] = []
    for population in populations:
        log_odds = population_log_odds(model, population)
        chosen, is_match = list_candidates(population, log_odds, model.levels.least, model.size_bonus)
        listed.append((log_odds[chosen], is_match))
    innocent = np.sort(np.concatenate([nats[~is_match] for nats, is_match in listed]))
    return {
        "least": model.levels.least,
        "populations": len(populations),
        "listed": int(sum(len(nats) for nats, _ in listed)),
        "innocent": [round(float(nats), 3) for nats in innocent],
        "checked": [check_lists(listed, rate) for rate in RATES],
    }


def check_lists(listed: list[tuple[FloatArray, BoolArray]], rate: float) -> dict[str, Any]:
    """Mean over populations of the share of innocent groups in the list with a bound; empty lists have none wrong."""
    wrong, lengths = [], []
    for number, (nats, is_match) in enumerate(listed):
        others = np.concatenate([n[~m] for k, (n, m) in enumerate(listed) if k != number])
        n = longest_conformal_list(conformal_p_values(nats, others), rate)
        first = np.argsort(-nats, kind="stable")[:n]
        wrong.append(float(1 - is_match[first].mean()) if n else 0.0)
        lengths.append(n)
    error = float(np.std(wrong, ddof=1) / np.sqrt(len(wrong)))
    rings = sum(int(is_match.sum()) for _, is_match in listed)
    return {
        "bound": rate,
        "wrong": round(float(np.mean(wrong)), 4),
        "standard_error": round(error, 4),
        "listed": int(sum(lengths)),
        "rings_listed_in_all": rings,
    }


def save_innocent(told: dict[str, Any], folder: Path) -> None:
    """Write the scores beside the model that gave them, in place whole."""
    told = _made_of(read_card(folder)) | told
    aside = folder / f".{FILE}.new"
    aside.write_text(json.dumps(told) + "\n", encoding="utf-8")
    aside.replace(folder / FILE)


def _made_of(told: dict[str, Any]) -> dict[str, Any]:
    """Hashes of the trees of a model and, where it has one, of its network."""
    return {name: told[name] for name in ("trees_sha256", "network_sha256") if name in told}


def read_innocent(folder: Path) -> FloatArray:
    """Read the log-odds of innocent groups.

    Raises
    ------
    ModelError
        If there are none, or they are of other trees.
    """
    try:
        told = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{folder} must hold {FILE}, which `graphrisk model innocent` makes, got {type(error).__name__}"
        ) from error
    if _made_of(told) != _made_of(read_card(folder)):
        raise ModelError(f"{folder / FILE} must be of the trees beside it, got it of others; make it anew")
    return np.asarray(told["innocent"], dtype=np.float64)
