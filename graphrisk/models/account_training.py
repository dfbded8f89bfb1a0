"""Training of a model of accounts: rings stay on one side of every split, with the row without the graph beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from gnn.account_trees import (
    CHOICES,
    AccountTrees,
    Choice,
    Kind,
    raw_scores,
    stack,
    train_account_trees,
    tree_parameters,
)
from gnn.calibration import fit_calibration, reliability
from gnn.ranking import average_precision
from gnn.scoring import sigmoid
from graphrisk.models.accounts import OWN, AccountData
from graphrisk.models.errors import TrainingError

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
LongArray = npt.NDArray[np.int64]

N_FOLDS = 5
FEWEST_ACCOUNTS = 20
"""Bad accounts, and good ones, that training needs."""
MOST_IN_ONE_GROUP = 0.5
"""Share of the bad accounts in one group of rings that share accounts from which rings cannot be kept apart."""
GRAPH_FREE = "boosting without the graph"
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, eq=False)
class Split:
    """Folds of the labelled accounts.

    Parameters
    ----------
    fold : array of int64, shape (n_labelled,)
    rings_apart : bool
        Whether whole rings are on one side of every split.
    """

    fold: LongArray
    rings_apart: bool


def split_accounts(data: AccountData, seed: int) -> Split:
    """Deal groups of accounts out to folds, the largest first, each to the fold with the fewest of its side so far.

    Where rings share so many accounts that one group holds half of the bad ones, single accounts are dealt out.

    Parameters
    ----------
    data : AccountData
    seed : int

    Returns
    -------
    Split
    """
    _, group = np.unique(data.groups, return_inverse=True)
    bad_of = np.bincount(group, data.is_bad)
    apart = bool(bad_of.max(initial=0) <= MOST_IN_ONE_GROUP * max(data.is_bad.sum(), 1))
    if not apart:
        group = np.arange(len(group))
        bad_of = data.is_bad.astype(np.float64)
    sizes = np.bincount(group)
    order = np.random.default_rng([seed, 0xAC]).permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    filled = np.zeros((2, N_FOLDS))
    fold_of = np.empty(len(sizes), np.int64)
    for g in order.tolist():
        side = int(bad_of[g] > 0)
        fold_of[g] = int(np.argmin(filled[side]))
        filled[side, fold_of[g]] += sizes[g]
    return Split(fold_of[group], apart)


def auc(scores: FloatArray, is_bad: BoolArray) -> float:
    """Chance that a bad account is scored above a good one, ties counted by half; NaN where one side is empty."""
    n_bad, n_good = int(is_bad.sum()), int((~is_bad).sum())
    if not n_bad or not n_good:
        return float("nan")
    return float((rankdata(scores)[is_bad].sum() - n_bad * (n_bad + 1) / 2) / (n_bad * n_good))


def train_accounts(
    data: AccountData, name: str, *, kind: Choice | None = None, seed: int = 0, progress: Progress | None = None
) -> tuple[AccountTrees, dict[str, Any]]:
    """Train on all labelled accounts, with probabilities and figures from folds that were held out.

    Parameters
    ----------
    data : AccountData
    name : str
    kind : {"boosting", "forest", "mean"}, optional
        By default the one with the greatest average precision on what was held out.
    seed : int
    progress : callable, optional

    Returns
    -------
    model : AccountTrees
    card : dict

    Raises
    ------
    TrainingError
        If fewer than 20 accounts are labelled bad, or good.
    """
    n_bad = int(data.is_bad.sum())
    if min(n_bad, len(data.is_bad) - n_bad) < FEWEST_ACCOUNTS:
        raise TrainingError(
            f"training needs at least {FEWEST_ACCOUNTS} accounts labelled bad and as many labelled good, "
            f"got {n_bad} and {len(data.is_bad) - n_bad}"
        )
    values = stack(data.columns, len(data.ids))[data.labelled]
    names = tuple(data.columns)
    own = np.array([column.startswith(OWN) for column in names])
    split = split_accounts(data, seed)
    alone: dict[str, FloatArray] = {}
    for number, (row, row_kind, use) in enumerate(_rows(own)):
        if progress is not None:
            progress("account folds", number, 3)
        used = tuple(column for column, keep in zip(names, use, strict=True) if keep)
        alone[row] = _held_out(values[:, use], data.is_bad, used, split, row_kind, seed)
    outputs = _with_mean(alone)
    precision = {choice: average_precision(outputs[choice], data.is_bad) for choice in CHOICES}
    chosen = max(precision, key=lambda choice: precision[choice]) if kind is None else kind
    calibration = fit_calibration(outputs[chosen], data.is_bad, split.fold)
    boosters = {
        trees: train_account_trees(values, data.is_bad, names, kind=trees, seed=seed) for trees in CHOICES[chosen]
    }
    said = sigmoid(_crossed(outputs[chosen], data.is_bad, split.fold))
    bins = reliability(said, data.is_bad)
    card = {
        "kind": f"{' and '.join(CHOICES[chosen])} over account features",
        "of": "accounts",
        "seed": seed,
        "parameters": {trees: tree_parameters(trees, n_bad) for trees in CHOICES[chosen]},
        "data": {
            "name": data.name,
            "accounts": len(data.ids),
            "labelled": len(data.is_bad),
            "bad": n_bad,
            "groups_of_bad": len(np.unique(data.groups[data.is_bad])),
            "features": len(names),
            "sha256": hashlib.sha256(values.tobytes() + data.is_bad.tobytes()).hexdigest(),
        },
        "held_out": {
            "folds": N_FOLDS,
            "rings_apart": split.rings_apart,
            "rows": [_figures(row, output, data.is_bad) for row, output in outputs.items()],
            "calibration_error": round(bins.error, 4),
            "reliability": [
                {"said": round(float(s), 4), "true": round(float(t), 4), "n": int(n)}
                for s, t, n in zip(bins.said, bins.true, bins.counts, strict=True)
            ],
        },
    }
    return AccountTrees(name, boosters, calibration), card


def later_figures(before: AccountData, after: AccountData, until: datetime, seed: int = 0) -> dict[str, Any]:
    """Measure trees trained as of a moment on accounts whose first label became known then or later.

    Parameters
    ----------
    before : AccountData
        As of `until`: features and labels known before it. Half of the good accounts whose label has no time are kept
        for the test.
    after : AccountData
        The same data as of the end; an account that had a label before `until`, or shares a ring with a bad one that
        had, is passed over.
    until : datetime
    seed : int

    Returns
    -------
    dict

    Raises
    ------
    TrainingError
        If too few accounts are labelled on either side.
    """
    names = tuple(name for name in before.columns if name in after.columns)
    untimed = _dealt(after, seed)
    seen = set(before.labelled_ids) - untimed
    old_rings = {
        int(group)
        for group, name, bad in zip(after.groups, after.labelled_ids, after.is_bad, strict=True)
        if bad and name in seen
    }
    new = np.array(
        [
            name not in seen and int(group) not in old_rings
            for name, group in zip(after.labelled_ids, after.groups, strict=True)
        ],
        dtype=bool,
    )
    old = np.array([name in seen for name in before.labelled_ids], dtype=bool)
    for data, rows in ((before, old), (after, new)):
        n_bad = int(data.is_bad[rows].sum())
        if min(n_bad, int(rows.sum()) - n_bad) < FEWEST_ACCOUNTS:
            raise TrainingError(
                f"both sides of {until.isoformat()} need {FEWEST_ACCOUNTS} accounts labelled bad and as many good, "
                f"got {n_bad} and {int(rows.sum()) - n_bad} on one"
            )
    train = stack({name: before.columns[name] for name in names}, len(before.ids))[before.labelled[old]]
    test = stack({name: after.columns[name] for name in names}, len(after.ids))[after.labelled[new]]
    alone = {}
    for row, kind, use in _rows(np.array([name.startswith(OWN) for name in names])):
        if not use.any():
            continue
        used = tuple(name for name, keep in zip(names, use, strict=True) if keep)
        booster = train_account_trees(train[:, use], before.is_bad[old], used, kind=kind, seed=seed)
        alone[row] = raw_scores(booster, test[:, use], kind)
    return {
        "until": until.isoformat(),
        "trained": int(old.sum()),
        "trained_bad": int(before.is_bad[old].sum()),
        "tested": int(new.sum()),
        "tested_bad": int(after.is_bad[new].sum()),
        "rows": [_figures(row, output, after.is_bad[new]) for row, output in _with_mean(alone).items()],
    }


def _dealt(data: AccountData, seed: int) -> set[str]:
    """Half of the good accounts whose label has no time."""
    rng = np.random.default_rng([seed, 0xAD])
    return {
        name
        for name, bad, at, kept in zip(
            data.labelled_ids, data.is_bad, data.known_at, rng.random(len(data.is_bad)) < 0.5, strict=True
        )
        if not bad and at is None and kept
    }


def _rows(own: BoolArray) -> list[tuple[str, Kind, BoolArray]]:
    every = np.ones(len(own), dtype=bool)
    return [("boosting", "boosting", every), ("forest", "forest", every), (GRAPH_FREE, "boosting", own)]


def _with_mean(alone: dict[str, FloatArray]) -> dict[str, FloatArray]:
    """Outputs of each of `_rows`, with the mean of boosting and forest after these two."""
    mean = np.mean([alone[kind] for kind in CHOICES["mean"]], axis=0)
    rest = {row: output for row, output in alone.items() if row not in CHOICES["mean"]}
    return {**{kind: alone[kind] for kind in CHOICES["mean"]}, "mean": mean, **rest}


def _held_out(
    values: npt.NDArray[np.float32], is_bad: BoolArray, names: tuple[str, ...], split: Split, kind: Kind, seed: int
) -> FloatArray:
    """Output for every labelled account by trees trained on the other folds."""
    out = np.zeros(len(is_bad))
    for k in range(N_FOLDS):
        test = split.fold == k
        booster = train_account_trees(values[~test], is_bad[~test], names, kind=kind, seed=seed)
        out[test] = raw_scores(booster, values[test], kind)
    return out


def _crossed(output: FloatArray, is_bad: BoolArray, fold: LongArray) -> FloatArray:
    """Log-odds by calibrations that saw the other folds only."""
    out = np.zeros(len(output))
    for k in range(N_FOLDS):
        rest = fold != k
        out[~rest] = fit_calibration(output[rest], is_bad[rest], fold[rest]).log_odds(output[~rest])
    return out


def _figures(row: str, output: FloatArray, is_bad: BoolArray) -> dict[str, Any]:
    ap = average_precision(output, is_bad)
    return {"scored by": row, "auc": round(auc(output, is_bad), 4), "ap": round(ap, 4)}
