"""Gradient boosting over features of accounts, five folds over accounts; AUC and AP are of all accounts together."""

from __future__ import annotations

import time
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold

from algorithms import Transfers, account_transfer_features

SETTINGS = {
    "n_estimators": 300,
    "learning_rate": 0.03,
    "num_leaves": 15,
    "min_child_samples": 20,
    "subsample": 0.8,
    "subsample_freq": 1,
    "colsample_bytree": 0.3,
    "reg_lambda": 5.0,
    "random_state": 0,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
    "n_jobs": 2,
}


def cross_validate(transfers: Transfers, labels: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Score every account by a model that was fitted without it; no feature sees a label."""
    began = time.perf_counter()
    features = account_transfer_features(transfers, len(labels))
    seconds = time.perf_counter() - began
    scores = np.zeros(len(labels))
    for train, test in StratifiedKFold(5, shuffle=True, random_state=0).split(features.values, labels):
        model = lightgbm.LGBMClassifier(**SETTINGS)
        model.fit(features.values[train], labels[train])
        scores[test] = model.predict_proba(features.values[test])[:, 1]
    return {
        "entities": len(labels),
        "positive": int(labels.sum()),
        "features": len(features.names),
        "feature_seconds": round(seconds, 1),
        "auc": round(float(roc_auc_score(labels, scores)), 4),
        "ap": round(float(average_precision_score(labels, scores)), 4),
    }
