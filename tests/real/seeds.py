"""Figures over several seeds: the mean of each and its standard deviation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np


def over_seeds(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Put figures of the same names side by side as mean and standard deviation between seeds.

    A figure that is not a number in every run (a precision at a recall that is never reached) has no mean; how many
    runs have it is told instead. One run alone is handed on as it is.
    """
    if len(runs) == 1:
        return runs[0]
    out: dict[str, Any] = {"seeds": len(runs)}
    for name, first in runs[0].items():
        values = [run[name] for run in runs]
        if isinstance(first, list):
            out[name] = [over_seeds([value[k] for value in values]) for k in range(len(first))]
        elif isinstance(first, str | bool) or all(value == first for value in values):
            out[name] = first if all(value == first for value in values) else sorted(set(map(str, values)))
        elif all(value is not None for value in values):
            out[name] = _summary(values)
        else:
            out[name] = {"reached": sum(value is not None for value in values)}
    return out


def _summary(values: Iterable[float]) -> dict[str, float]:
    numbers = np.array(list(values), dtype=float)
    return {"mean": round(float(numbers.mean()), 4), "spread": round(float(numbers.std(ddof=1)), 4)}
