"""Figures of trees, networks and their blends over several seeds in one row."""

from __future__ import annotations

from typing import Any

import numpy as np


def summary(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Mean and spread of every figure over seeds; how often the network was shown to help; the mean gain of each part.

    Parameters
    ----------
    parts : list of dict
        A row for each seed: figures, ``blend`` from `Blend.to_dict`, and ``epoch`` of the network.

    Returns
    -------
    dict
    """
    out: dict[str, Any] = {"runs": len(parts)}
    for name in parts[0]:
        values = [part[name] for part in parts]
        if isinstance(values[0], float):
            out[name] = [round(float(f(values)), 4) for f in (np.mean, np.std)]
        elif isinstance(values[0], int):
            out[name] = values if len(set(values)) > 1 else values[0]
    blends = [part["blend"] for part in parts]
    out["weight_of_network"] = round(float(np.mean([blend["weight"] for blend in blends])), 2)
    out["network_helps_in"] = sum(blend["helps"] for blend in blends)
    for name, part in (("trees", "first"), ("network", "second")):
        ends = [[blend[part][end] for blend in blends] for end in ("mean", "low", "high")]
        out[f"gain_of_{name}"] = [round(float(np.mean(values)), 4) for values in ends]
    return out
