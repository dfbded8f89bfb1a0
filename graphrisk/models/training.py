"""Training of a model of rings: whole populations are held out, and what it says of them is calibrated."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from gnn.blended_trees import BlendedTrees
from gnn.calibration import fit_calibration
from gnn.ring_trees import FOREST, LEARNED, LEVELS, PARAMETERS, PARTS, RingTrees, train_trees
from gnn.scoring import sigmoid
from gnn.unlabelled import Unlabelled, ring_shares
from graphrisk.config import ScanConfig
from graphrisk.models.errors import TrainingError
from graphrisk.models.figures import list_candidates
from graphrisk.models.held_out import N_FOLDS, SIZE_BONUS, calibrate, held_out_figures, rounded
from graphrisk.models.labelled import LabelledCandidates, labelled_search
from graphrisk.models.network_training import learn_network
from graphrisk.models.settings import TRANSPARENT, ModelSettings
from graphrisk.pipeline import find_rings
from graphrisk.rings.network_reader import network_graph
from graphrisk.rings.network_view import NetworkView
from graphrisk.stages import StageLog
from loaders import load

if TYPE_CHECKING:
    from lightgbm import Booster

FloatArray = npt.NDArray[np.float64]
LongArray = npt.NDArray[np.int64]

N_PARTS = 10
"""Into which one population alone is parted."""
FEWEST_RINGS = 30
LEAST_COUNTED = 0.002
"""Probability of having been confirmed down to which groups are counted to estimate the share that was."""
HIDDEN_SHARE = 0.5
"""Of the parts that a second copy of each population does not show, so that no score leans on one of them alone."""
ALWAYS_KNOWN = ("links", "burst", "openness", "cover", "size")
Progress = Callable[[str, int, int | None], None]
Trees = Literal["boosting", "forest"]


KINDS: dict[Trees, str] = {
    "boosting": "gradient-boosted trees over ring features",
    "forest": "a random forest over ring features",
}


def label_scans(
    configs: Iterable[ScanConfig],
    total: int,
    progress: Progress | None,
    by: Sequence[str] = (),
    network: bool = False,
) -> Iterator[LabelledCandidates]:
    """Search every configuration's data and label what was found.

    Parameters
    ----------
    configs : iterable of ScanConfig
        Each with a `labels` source that names rings; labels that mean innocent name no ring.
    total : int
    progress : callable, optional
    by : sequence of str
        Attributes of accounts that figures are told by.
    network : bool
        Whether a network shall see them too, as of the time of each scan.

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
            labelled = labelled_search(found, loaded.graph, bad, config.scan.name, by)
            if network:
                graph = network_graph(loaded.graph, loaded.as_of)
                view = NetworkView.of(graph, found.candidates, found.sharing, loaded.graph.n_accounts)
                labelled = replace(labelled, view=view)
            yield labelled


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


def find_unlabelled(populations: list[LabelledCandidates], seed: int, trees: Trees) -> Unlabelled:
    """Estimate how much of each candidate counts as a ring, from the rings among them that were confirmed.

    What shares members with a confirmed ring, but is not like it enough, is none.

    Parameters
    ----------
    populations : list of LabelledCandidates
    seed : int
    trees : {"boosting", "forest"}

    Returns
    -------
    Unlabelled
        Over the candidates of all populations, one after the other.
    """
    outputs = predict_held_out(populations, seed, trees=trees)
    raw = np.concatenate(outputs)
    is_confirmed = np.concatenate([population.is_ring for population in populations])
    is_open = np.concatenate([population.nearest < 0 for population in populations])
    of = np.repeat(np.arange(len(populations)), [len(population.candidates) for population in populations])
    line = fit_calibration(raw, is_confirmed, of)
    counted = np.concatenate(
        [_distinct(p, line.log_odds(output)) for p, output in zip(populations, outputs, strict=True)]
    )
    return ring_shares(
        sigmoid(line.log_odds(raw)), is_confirmed, is_open, counted if is_confirmed[counted].any() else None
    )


def _distinct(population: LabelledCandidates, log_odds: FloatArray) -> npt.NDArray[np.bool_]:
    """Candidates of a list, which hardly overlap: the first like each confirmed ring, and what may be a ring."""
    chosen, is_match = list_candidates(population, log_odds, LEAST_COUNTED, SIZE_BONUS)
    out = np.zeros(len(log_odds), dtype=bool)
    out[chosen[is_match | (population.nearest[chosen] < 0)]] = True
    return out


def rows_with_shares(
    populations: list[LabelledCandidates], shares: FloatArray, seed: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Rows with weights: whatever counts as a ring in part stands there as one and as none."""
    features, _ = _rows(populations, seed)
    shares = np.concatenate([shares, shares])
    part = np.flatnonzero((shares > 0) & (shares < 1))
    targets = (shares == 1).astype(np.float64)
    weights = np.ones(len(shares))
    weights[part] = 1 - shares[part]
    return (
        np.concatenate([features, features[part]]),
        np.concatenate([targets, np.ones(len(part))]),
        np.concatenate([weights, shares[part]]),
    )


def _train(populations: list[LabelledCandidates], seed: int, trees: Trees, unlabelled: bool) -> Booster:
    if unlabelled:
        rows: tuple[FloatArray, ...] = rows_with_shares(
            populations, find_unlabelled(populations, seed, trees).share, seed
        )
    else:
        rows = _rows(populations, seed)
    return train_trees(*rows, seed=seed, parameters=FOREST if trees == "forest" else None)


def predict_held_out(
    populations: list[LabelledCandidates],
    seed: int,
    progress: Progress | None = None,
    trees: Trees = "boosting",
    unlabelled: bool = False,
) -> list[FloatArray]:
    """Outputs for the candidates of each population by trees trained on four fifths of the others."""
    fold = np.arange(len(populations)) % N_FOLDS
    raw: list[FloatArray] = [np.empty(0)] * len(populations)
    n_folds = min(N_FOLDS, len(populations))
    for k in range(n_folds):
        if progress is not None:
            progress("folds", k, n_folds)
        rest = [p for p, f in zip(populations, fold, strict=True) if f != k]
        booster = _train(rest, seed, trees, unlabelled)
        for number in np.flatnonzero(fold == k).tolist():
            raw[number] = np.asarray(booster.predict(populations[number].features, raw_score=True))
    return raw


def train_model(
    populations: list[LabelledCandidates],
    name: str,
    *,
    seed: int = 0,
    progress: Progress | None = None,
    trees: Trees = "boosting",
    unlabelled: bool = False,
    network: bool = False,
) -> tuple[RingTrees | BlendedTrees, dict[str, Any]]:
    """Train on all populations, with probabilities and figures from those held out.

    Parameters
    ----------
    populations : list of LabelledCandidates
        At least two, three if `unlabelled`.
    name : str
    seed : int
    progress : callable, optional
    trees : {"boosting", "forest"}
        What is kept.
    unlabelled : bool
        Whether groups that no label names may be rings all the same, as where only some rings were confirmed.
    network : bool
        Whether a network over the graph learns beside the trees. It is kept if it is shown to help on what was held
        out; otherwise the model is that of the trees alone, and the card says so.

    Returns
    -------
    model : RingTrees or BlendedTrees
    card : dict
        Data, parameters and figures.

    Raises
    ------
    TrainingError
        If there are too few populations or rings.
    """
    n_rings = sum(len(np.unique(p.nearest[p.is_ring])) for p in populations)
    fewest = 3 if unlabelled else 2
    if len(populations) < fewest or n_rings < FEWEST_RINGS:
        raise TrainingError(
            f"training needs at least {fewest} populations with {FEWEST_RINGS} rings that candidates come near to, "
            f"got {len(populations)} with {n_rings}"
        )
    outputs = predict_held_out(populations, seed, progress, trees, unlabelled)
    guess = find_unlabelled(populations, seed, trees) if unlabelled else None
    ends = np.cumsum([len(population.candidates) for population in populations])[:-1]
    shares = None if guess is None else np.split(guess.share, ends)
    learned = learn_network(populations, outputs, seed, progress) if network else None
    if learned is not None and learned.blend.helps:
        outputs = learned.blended(outputs)
    calibration = calibrate(populations, outputs, shares)
    features, targets = _rows(populations, seed)
    booster = _train(populations, seed, trees, unlabelled)
    model: RingTrees | BlendedTrees = RingTrees(name, booster, calibration, LEVELS, SIZE_BONUS)
    if learned is not None and learned.network is not None:
        model = BlendedTrees(name, booster, learned.network, learned.blend, calibration, LEVELS, SIZE_BONUS)
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
        "held_out": held_out_figures(populations, outputs, calibration, shares),
    }
    if guess is not None:
        card["unlabelled"] = {"confirmed_share": rounded(guess.confirmed)}
    if learned is not None:
        card["network"] = learned.to_dict()
    return model, card
