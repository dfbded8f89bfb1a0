"""Figures of a model on populations that were held out, and probabilities that are right for them."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from gnn.calibration import Calibration, fit_calibration, longest_list, reliability
from gnn.ring_trees import LEVELS
from gnn.scoring import logit, sigmoid
from graphrisk.models.figures import list_candidates, list_figures
from graphrisk.models.groups import group_rows
from graphrisk.models.labelled import LabelledCandidates

FloatArray = npt.NDArray[np.float64]
LongArray = npt.NDArray[np.int64]

N_FOLDS = 5
SIZE_BONUS = 1.0
"""As many rings are recovered at 0 to 3; the more, the more hangers-on are listed with them."""
LEAST_CALIBRATED = 0.05
"""Score down to which candidates are listed to calibrate on: half of the least that is shown. One straight line cannot
be right far below it too, and where it is not shown it need not be."""
LEAST_OF_ALL = 1e-9  # lists down to here hold everything
N_DRAWS = 2000
Shares = list[FloatArray] | None
"""How much of each candidate of each population counts as a ring; None where the labels say it."""


def _listed(
    populations: list[LabelledCandidates], outputs: list[FloatArray], least: float, shares: Shares = None
) -> tuple[FloatArray, FloatArray, LongArray]:
    """Output, truth and population of the candidates that lists down to a score would hold.

    The truth is 1 or 0, or by `shares` between where nobody knows.
    """
    raw, truth, of = [], [], []
    for number, (population, output) in enumerate(zip(populations, outputs, strict=True)):
        chosen, is_match = list_candidates(population, output, least, SIZE_BONUS)
        raw.append(output[chosen])
        known = is_match.astype(np.float64)
        # a second match of one ring counts as wrong, whatever the candidate itself is
        unknown = population.nearest[chosen] < 0
        truth.append(known if shares is None else np.where(unknown, shares[number][chosen], known))
        of.append(np.full(len(chosen), number))
    return np.concatenate(raw), np.concatenate(truth), np.concatenate(of)


def calibrate(populations: list[LabelledCandidates], outputs: list[FloatArray], shares: Shares = None) -> Calibration:
    """Fit probabilities to what was said of populations that were held out.

    Where the top of the lists tells rings from others no better than its end, as with few of them confirmed, the line
    is so flat that groups from below would be shown: then it is fitted to longer lists, until none would.
    """
    least = LEAST_CALIBRATED
    while True:
        line = fit_calibration(*_listed(populations, outputs, least, shares))
        below = line.slope * logit(least) + line.intercept
        if below < logit(LEVELS.least) or least < LEAST_OF_ALL:
            return line
        least /= 10


def held_out_figures(
    populations: list[LabelledCandidates], outputs: list[FloatArray], calibration: Calibration, shares: Shares = None
) -> dict[str, Any]:
    """Figures of lists of populations that were held out, and of the probabilities in them."""
    log_odds = [calibration.log_odds(raw) for raw in outputs]
    nats, truth, of = _listed(populations, log_odds, LEVELS.least, shares)
    lists = [list_figures(population, truth[of == number] == 1) for number, population in enumerate(populations)]
    crossed = _crossed(populations, outputs, shares)
    high = truth[sigmoid(nats) >= LEVELS.high]
    bins = reliability(sigmoid(crossed[0]), crossed[1])
    recovered, reachable = sum(f.recovered for f in lists), sum(round(p.reachable * p.n_true) for p in populations)
    return {
        "listed": len(nats),
        "precision": rounded(float(truth.mean())),
        "recovered": recovered,
        "recovered_of_reachable": rounded(recovered / max(reachable, 1)),
        "precision_high": rounded(float(high.mean()) if len(high) else math.nan),
        "calibration_error": rounded(bins.error),
        "reliability": [
            {"said": rounded(said), "true": rounded(true), "n": int(n)}
            for said, true, n in zip(bins.said, bins.true, bins.counts, strict=True)
        ],
        "false_discovery": [_false_discovery(*crossed[:2], rate) for rate in (0.05, 0.1, 0.2)],
        "interval_coverage": rounded(_coverage(*crossed, calibration.spread)),
        "groups": group_rows(populations, log_odds, LEVELS.least, SIZE_BONUS),
        "by_population": [
            {"name": p.name, **{key: rounded(value) for key, value in asdict(figures).items()}}
            for p, figures in zip(populations, lists, strict=True)
        ],
    }


def _crossed(
    populations: list[LabelledCandidates], outputs: list[FloatArray], shares: Shares
) -> tuple[FloatArray, FloatArray, LongArray]:
    """Log-odds of listed candidates by calibrations that saw other populations only; their truth and population."""
    nats, truth, of = [], [], []
    for k in range(min(N_FOLDS, len(populations))):
        mine = [n for n in range(len(populations)) if n % N_FOLDS == k]
        rest = [n for n in range(len(populations)) if n % N_FOLDS != k]
        of_rest = None if shares is None else [shares[n] for n in rest]
        line = calibrate([populations[n] for n in rest], [outputs[n] for n in rest], of_rest)
        for number in mine:
            log_odds = line.log_odds(outputs[number])
            mine_alone = None if shares is None else [shares[number]]
            own, is_match, _ = _listed([populations[number]], [log_odds], LEVELS.least, mine_alone)
            nats.append(own)
            truth.append(is_match)
            of.append(np.full(len(own), number))
    return np.concatenate(nats), np.concatenate(truth), np.concatenate(of)


def _false_discovery(nats: FloatArray, truth: FloatArray, rate: float) -> dict[str, Any]:
    """What share of a list that bounds it was wrong."""
    order = np.argsort(-nats, kind="stable")
    n = longest_list(sigmoid(nats[order]), rate)
    return {"bound": rate, "listed": n, "wrong": rounded(1 - float(truth[order][:n].mean()) if n else 0.0)}


def _coverage(nats: FloatArray, truth: FloatArray, of: LongArray, spread: float) -> float:
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


def rounded(value: float) -> float | int | None:
    """Shorten a figure for a card; None where there is none."""
    if isinstance(value, int):
        return value
    return None if math.isnan(value) else round(float(value), 4)
