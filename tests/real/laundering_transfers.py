"""Transfers of the bank simulator by a network over them, beside boosting, split by time."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt
import pandas as pd
from boosting import SETTINGS

from algorithms import Transfers, transfer_features
from gnn.blend import choose_blend
from gnn.network_config import NetworkConfig
from gnn.ranking import average_precision
from gnn.transfer_graph import transfer_graph
from gnn.transfer_training import make_transfer_network, predict_transfers, train_transfer_network

DAY = 86_400
LEARNED, STOPPED = 60, 70
"""Days before which transfers are learned from, and before which they serve validation; the rest is for the test."""
CONFIG = NetworkConfig(width=32, dropout=0.1, learning_rate=5e-3, n_epochs=60, look_every=5, patience=4)


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


def report(data: Path) -> dict[str, Any]:
    """F1, at the threshold that was best on validation, and average precision on the last 30 days, by model.

    Boosting sees the past of each transfer only; the network sees all neighbours up to the end of its period.
    """
    import torch

    torch.set_num_threads(1)
    began = time.process_time()
    rows = pd.read_parquet(data / "transactions.parquet")
    labels = pd.read_parquet(data / "transaction_labels.parquet").set_index("transaction_id").isSAR
    truth = labels.loc[rows.transaction_id].to_numpy() == 1
    transfers = Transfers(rows.nameOrig, rows.nameDest, rows.step * DAY, rows.amount)
    n_accounts = len(pd.read_parquet(data / "accounts.parquet"))
    day = rows.step.to_numpy()
    train, validation, test = day < LEARNED, (day >= LEARNED) & (day < STOPPED), day >= STOPPED
    scores = {}
    raw = rows[["amount", "daysInBankOrig", "daysInBankDest", "phoneChangesOrig", "phoneChangesDest"]].to_numpy(float)
    own = transfer_features(transfers, window_seconds=DAY * 7).values
    for name, values in (("no_graph", raw), ("boosting", np.column_stack([raw, own]))):
        model = lightgbm.LGBMClassifier(**SETTINGS).fit(values[train], truth[train])
        scores[name] = log_odds(np.asarray(model.predict_proba(values))[:, 1])
    graphs = [transfer_graph(transfers, n_accounts, end * DAY) for end in (LEARNED, STOPPED, int(day.max()) + 1)]
    network = make_transfer_network(CONFIG)
    trained = train_transfer_network(network, graphs[0], graphs[1], truth, train, validation, CONFIG)
    scores["network"] = np.full(len(truth), np.nan)
    for graph, mask in ((graphs[1], validation), (graphs[2], test)):
        chosen = np.flatnonzero(mask[graph.rows])
        scores["network"][graph.rows[chosen]] = predict_transfers(trained.network, graph, chosen, CONFIG)
    blend = choose_blend(scores["boosting"][validation], scores["network"][validation], truth[validation])
    scores["blend"] = blend.score(scores["boosting"], scores["network"])
    out: dict[str, Any] = {"transfers": len(truth), "test": int(test.sum()), "positive": int(truth[test].sum())}
    for name, score in scores.items():
        threshold, _ = best_f1(score[validation], truth[validation])
        out[f"{name}_f1"] = round(f1_at(score[test], truth[test], threshold), 3)
        out[f"{name}_ap"] = round(average_precision(score[test], truth[test]), 3)
    out |= {"epoch": trained.epoch, "blend": blend.to_dict(), "processor_seconds": round(time.process_time() - began)}
    return out
