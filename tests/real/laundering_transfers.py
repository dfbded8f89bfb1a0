"""Transfers of the bank simulator by a network over them, beside boosting, split by time."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt
import pandas as pd
from blends import summary
from boosting import SETTINGS

from algorithms import Transfers, transfer_features
from gnn.blend import choose_blend
from gnn.network_config import NetworkConfig
from gnn.ranking import average_precision
from gnn.transfer_graph import transfer_graph
from gnn.transfer_training import make_transfer_network, places_in, predict_transfers, train_transfer_network

DAY = 86_400
LEARNED, STOPPED = 60, 70
"""Days before which transfers are learned from, and before which they serve validation; the rest is for the test."""
CONFIG = NetworkConfig(width=32, dropout=0.1, learning_rate=5e-3, n_epochs=200, look_every=5, patience=4)

LEARNED_APART, SCORED_APART = 5, 1
"""Days between the graphs that are learned from, and between those that are scored in, where none may look ahead."""
IN_TIME = replace(CONFIG, n_epochs=40, look_every=4, patience=4)
"""An epoch has as many steps as there are graphs to learn from."""


def best_f1(score: npt.NDArray[np.float64], truth: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Threshold with the greatest F1, and that F1."""
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(truth[order])
    f1 = 2 * hits / (np.arange(1, len(score) + 1) + truth.sum())
    return float(score[order][np.argmax(f1)]), float(f1.max())


def f1_at(score: npt.NDArray[np.float64], truth: npt.NDArray[np.bool_], threshold: float) -> float:
    """F1 of those scored at least as high as a threshold."""
    listed = score >= threshold
    return float(2 * (listed & truth).sum() / max(listed.sum() + truth.sum(), 1))


def log_odds(share: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Log-odds of probabilities, kept finite."""
    return np.log((share + 1e-6) / (1 - share + 1e-6))


def read(data: Path) -> tuple[Transfers, int, Any, npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """Transfers, number of accounts, their days, which of them launder, and their own columns."""
    rows = pd.read_parquet(data / "transactions.parquet")
    labels = pd.read_parquet(data / "transaction_labels.parquet").set_index("transaction_id").isSAR
    truth = labels.loc[rows.transaction_id].to_numpy() == 1
    transfers = Transfers(rows.nameOrig, rows.nameDest, rows.step * DAY, rows.amount)
    raw = rows[["amount", "daysInBankOrig", "daysInBankDest", "phoneChangesOrig", "phoneChangesDest"]].to_numpy(float)
    return transfers, len(pd.read_parquet(data / "accounts.parquet")), rows.step.to_numpy(), truth, raw


def report(data: Path, seeds: Sequence[int] = range(5), in_time: bool = False) -> dict[str, Any]:
    """F1, at the threshold that was best on validation, and average precision on the last 30 days, by model.

    Boosting sees the past of each transfer only. The network sees all neighbours up to the end of its part of the data,
    or, if `in_time`, none of a later day than the transfer that it scores.
    """
    import torch

    torch.set_num_threads(1)
    began = time.process_time()
    transfers, n_accounts, day, truth, raw = read(data)
    train, validation, test = day < LEARNED, (day >= LEARNED) & (day < STOPPED), day >= STOPPED
    own = transfer_features(transfers, window_seconds=DAY * 7).values
    last = int(day.max()) + 1
    ends = [[end] for end in (LEARNED, STOPPED, last)]
    if in_time:
        periods = ((0, LEARNED, LEARNED_APART), (LEARNED, STOPPED, SCORED_APART), (STOPPED, last, SCORED_APART))
        ends = [[*range(low + apart, high, apart), high] for low, high, apart in periods]
    graphs = [[transfer_graph(transfers, n_accounts, end * DAY) for end in some] for some in ends]
    parts = []
    for seed in seeds:
        config, scores = replace(IN_TIME if in_time else CONFIG, seed=seed), {}
        for name, values in (("no_graph", raw), ("boosting", np.column_stack([raw, own]))):
            model = lightgbm.LGBMClassifier(**{**SETTINGS, "random_state": seed}).fit(values[train], truth[train])
            scores[name] = log_odds(np.asarray(model.predict_proba(values))[:, 1])
        network = make_transfer_network(config)
        trained = train_transfer_network(network, graphs[0], graphs[1], truth, train, validation, config)
        scores["network"] = np.full(len(truth), np.nan)
        for some, mask in ((graphs[1], validation), (graphs[2], test)):
            for graph, chosen in zip(some, places_in(some, mask), strict=True):
                scores["network"][graph.rows[chosen]] = predict_transfers(trained.network, graph, chosen, config)
        blend = choose_blend(
            scores["boosting"][validation], scores["network"][validation], truth[validation], seed=seed
        )
        scores["blend"] = blend.score(scores["boosting"], scores["network"])
        row: dict[str, Any] = {"transfers": len(truth), "test": int(test.sum()), "positive": int(truth[test].sum())}
        for name, score in scores.items():
            threshold, _ = best_f1(score[validation], truth[validation])
            row[f"{name}_f1"] = f1_at(score[test], truth[test], threshold)
            row[f"{name}_ap"] = average_precision(score[test], truth[test])
        parts.append(row | {"epoch": trained.epoch, "blend": blend.to_dict()})
        print(json.dumps(parts[-1]), file=sys.stderr, flush=True)  # a seed takes a minute or two
    return summary(parts) | {"processor_seconds": round(time.process_time() - began)}


if __name__ == "__main__":
    print(json.dumps(report(Path(sys.argv[1]), [int(k) for k in sys.argv[2:]] or range(5), in_time=True)))
