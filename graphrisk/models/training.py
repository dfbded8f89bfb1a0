"""Training of a model of rings: whole populations are held out, and what it says of them is calibrated."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from gnn.calibration import Calibration, fit_calibration, longest_list, reliability
from gnn.ring_trees import FOREST, LEARNED, LEVELS, PARAMETERS, PARTS, RingTrees, train_trees
from gnn.scoring import sigmoid
from graphrisk.config import ScanConfig
from graphrisk.models.figures import list_candidates, list_figures
from graphrisk.models.labelled import LabelledCandidates, labelled_search
from graphrisk.models.settings import TRANSPARENT, ModelSettings
from graphrisk.pipeline import find_rings
from graphrisk.stages import StageLog
from loaders import load

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
LongArray = npt.NDArray[np.int64]

N_FOLDS = 5
N_PARTS = 10
"""Into which one population alone is parted."""
SIZE_BONUS = 3.0
"""As many rings are recovered at 0 to 3; the more, the less a ring loses and wins its newcomers from night to night."""
LEAST_CALIBRATED = 0.01
"""Score down to which candidates are listed to calibrate on."""
FEWEST_RINGS = 30
N_DRAWS = 2000
HIDDEN_SHARE = 0.5
"""Of the parts that a second copy of each population does not show, so that no score leans on one of them alone."""
ALWAYS_KNOWN = ("links", "burst", "openness", "cover", "size")
Progress = Callable[[str, int, int | None], None]
Trees = Literal["boosting", "forest"]


KINDS: dict[Trees, str] = {
    "boosting": "gradient-boosted trees over ring features",
    "forest": "a random forest over ring features",
}


class TrainingError(ValueError):
    """The data cannot be learned from."""


def label_scans(configs: Iterable[ScanConfig], total: int, progress: Progress | None) -> Iterator[LabelledCandidates]:
    """Search every configuration's data and label what was found.

    Parameters
    ----------
    configs : iterable of ScanConfig
        Each with a `labels` source that names rings; labels that mean innocent name no ring.
    total : int
    progress : callable, optional

    Yields
    ------
    LabelledCandidates
        Only of data in which the starts of accounts say anything.
    """
    for number, config in enumerate(configs):
        if progress is not None:
            progress("populations", number, total)
        config = config.model_copy(update={"model": ModelSettings(name=TRANSPARENT)})
        loaded = load(config.load_config(), as_of=config.scan.as_of, transactions=config.wallets.needs_transactions)
        found, _, _ = find_rings(config, loaded, StageLog(None))
        if found.history.timed:
            innocent = pc.is_in(loaded.labels["label"], pa.array(config.metrics.good_labels, pa.string()))
            bad = loaded.labels.filter(pc.invert(innocent))
            yield labelled_search(found, loaded.graph, bad, config.scan.name)


def with_hidden_parts(features: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Copy features with some parts of them unknown, as where a population does not record them.

    Parameters
    ----------
    features : array of float64, shape (n, n_learned)
    rng : Generator

    Returns
    -------
    array of float64, shape (n, n_learned)
    """
    out = features.copy()
    for part, names in PARTS.items():
        if part not in ALWAYS_KNOWN and rng.random() < HIDDEN_SHARE:
            out[:, [LEARNED.index(name) for name in names]] = np.nan
    return out


def _rows(populations: list[LabelledCandidates], seed: int) -> tuple[FloatArray, FloatArray]:
    """Features and targets: every population as it is, and once more with parts hidden."""
    rng = np.random.default_rng([seed, 0x41])
    features = [population.features for population in populations]
    hidden = [with_hidden_parts(population.features, rng) for population in populations]
    targets = np.concatenate([population.is_ring for population in populations]).astype(np.float64)
    return np.concatenate(features + hidden), np.concatenate([targets, targets])


def _parameters(trees: Trees) -> dict[str, Any] | None:
    return FOREST if trees == "forest" else None


def held_out(
    populations: list[LabelledCandidates], seed: int, progress: Progress | None = None, trees: Trees = "boosting"
) -> list[FloatArray]:
    """Outputs for the candidates of each population by trees trained on four fifths of the others."""
    fold = np.arange(len(populations)) % N_FOLDS
    raw: list[FloatArray] = [np.empty(0)] * len(populations)
    n_folds = min(N_FOLDS, len(populations))
    for k in range(n_folds):
        if progress is not None:
            progress("folds", k, n_folds)
        rows = _rows([p for p, f in zip(populations, fold, strict=True) if f != k], seed)
        booster = train_trees(*rows, seed=seed, parameters=_parameters(trees))
        for number in np.flatnonzero(fold == k).tolist():
            raw[number] = np.asarray(booster.predict(populations[number].features, raw_score=True))
    return raw


def _listed(
    populations: list[LabelledCandidates], outputs: list[FloatArray], least: float
) -> tuple[FloatArray, BoolArray, LongArray]:
    """Output, truth and population of the candidates that lists down to a score would hold."""
    raw, truth, of = [], [], []
    for number, (population, output) in enumerate(zip(populations, outputs, strict=True)):
        chosen, is_match = list_candidates(population, output, least, SIZE_BONUS)
        raw.append(output[chosen])
        truth.append(is_match)
        of.append(np.full(len(chosen), number))
    return np.concatenate(raw), np.concatenate(truth), np.concatenate(of)


def calibrate(populations: list[LabelledCandidates], outputs: list[FloatArray]) -> Calibration:
    """Fit probabilities to what was said of populations that were held out."""
    return fit_calibration(*_listed(populations, outputs, LEAST_CALIBRATED))


def train_model(
    populations: list[LabelledCandidates],
    name: str,
    *,
    seed: int = 0,
    progress: Progress | None = None,
    trees: Trees = "boosting",
) -> tuple[RingTrees, dict[str, Any]]:
    """Train on all populations, with probabilities and figures from those held out.

    Parameters
    ----------
    populations : list of LabelledCandidates
        At least two.
    name : str
    seed : int
    progress : callable, optional
    trees : {"boosting", "forest"}
        What is kept.

    Returns
    -------
    model : RingTrees
    card : dict
        Data, parameters and figures.

    Raises
    ------
    TrainingError
        If there are too few populations or rings.
    """
    n_rings = sum(len(np.unique(p.nearest[p.is_ring])) for p in populations)
    if len(populations) < 2 or n_rings < FEWEST_RINGS:
        raise TrainingError(
            f"training needs at least 2 populations with {FEWEST_RINGS} rings that candidates come near to, "
            f"got {len(populations)} with {n_rings}"
        )
    outputs = held_out(populations, seed, progress, trees)
    calibration = calibrate(populations, outputs)
    features, targets = _rows(populations, seed)
    booster = train_trees(features, targets, seed=seed, parameters=_parameters(trees))
    model = RingTrees(name, booster, calibration, LEVELS, SIZE_BONUS)
    card = {
        "kind": KINDS[trees],
        "seed": seed,
        "parameters": FOREST if trees == "forest" else PARAMETERS,
        "features": list(LEARNED),
        "data": {
            "populations": len(populations),
            "candidates": int(sum(len(p.candidates) for p in populations)),
            "rings": int(sum(p.n_true for p in populations)),
            "rings_reachable": n_rings,
            "sha256": hashlib.sha256(features.tobytes() + targets.tobytes()).hexdigest(),
        },
        "held_out": held_out_figures(populations, outputs, calibration),
    }
    return model, card


def held_out_figures(
    populations: list[LabelledCandidates], outputs: list[FloatArray], calibration: Calibration
) -> dict[str, Any]:
    """Figures of lists of populations that were held out, and of the probabilities in them."""
    log_odds = [calibration.log_odds(raw) for raw in outputs]
    nats, truth, of = _listed(populations, log_odds, LEVELS.least)
    lists = [list_figures(population, truth[of == number]) for number, population in enumerate(populations)]
    crossed = _crossed(populations, outputs)
    bins = reliability(sigmoid(crossed[0]), crossed[1])
    recovered, reachable = sum(f.recovered for f in lists), sum(round(p.reachable * p.n_true) for p in populations)
    return {
        "listed": len(nats),
        "precision": _rounded(float(truth.mean())),
        "recovered": recovered,
        "recovered_of_reachable": _rounded(recovered / max(reachable, 1)),
        "precision_high": _rounded(float(truth[sigmoid(nats) >= LEVELS.high].mean())),
        "calibration_error": _rounded(bins.error),
        "reliability": [
            {"said": _rounded(said), "true": _rounded(true), "n": int(n)}
            for said, true, n in zip(bins.said, bins.true, bins.counts, strict=True)
        ],
        "false_discovery": [_false_discovery(*crossed[:2], rate) for rate in (0.05, 0.1, 0.2)],
        "interval_coverage": _rounded(_coverage(*crossed, calibration.spread)),
        "by_population": [
            {"name": p.name, **{key: _rounded(value) for key, value in asdict(figures).items()}}
            for p, figures in zip(populations, lists, strict=True)
        ],
    }


def _crossed(
    populations: list[LabelledCandidates], outputs: list[FloatArray]
) -> tuple[FloatArray, BoolArray, LongArray]:
    """Log-odds of listed candidates by calibrations that saw other populations only; their truth and population."""
    nats, truth, of = [], [], []
    for k in range(min(N_FOLDS, len(populations))):
        mine = [n for n in range(len(populations)) if n % N_FOLDS == k]
        rest = [n for n in range(len(populations)) if n % N_FOLDS != k]
        line = calibrate([populations[n] for n in rest], [outputs[n] for n in rest])
        for number in mine:
            log_odds = line.log_odds(outputs[number])
            own, is_match, _ = _listed([populations[number]], [log_odds], LEVELS.least)
            nats.append(own)
            truth.append(is_match)
            of.append(np.full(len(own), number))
    return np.concatenate(nats), np.concatenate(truth), np.concatenate(of)


def _false_discovery(nats: FloatArray, truth: BoolArray, rate: float) -> dict[str, Any]:
    """What share of a list that bounds it was wrong."""
    order = np.argsort(-nats, kind="stable")
    n = longest_list(sigmoid(nats[order]), rate)
    return {"bound": rate, "listed": n, "wrong": _rounded(1 - float(truth[order][:n].mean()) if n else 0.0)}


def _coverage(nats: FloatArray, truth: BoolArray, of: LongArray, spread: float) -> float:
    """Share of populations whose number of rings lies where nine in ten are expected.

    The expectation is drawn: the log-odds of a population move together by the spread, and each candidate is a ring
    or not by its probability.
    """
    rng = np.random.default_rng(0)
    inside = []
    for number in np.unique(of).tolist():
        mine = nats[of == number]
        moved = sigmoid(mine + spread * rng.standard_normal((N_DRAWS, 1)))
        low, high = np.quantile((rng.random(moved.shape) < moved).sum(axis=1), [0.05, 0.95])
        inside.append(low <= int(truth[of == number].sum()) <= high)
    return float(np.mean(inside))


def _rounded(value: float) -> float | int | None:
    if isinstance(value, int):
        return value
    return None if math.isnan(value) else round(float(value), 4)
