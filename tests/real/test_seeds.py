"""Means over seeds; the reports that make them are run by hand."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def seeds() -> ModuleType:
    """The module beside the reports, which are scripts."""
    spec = importlib.util.spec_from_file_location("seeds", Path(__file__).with_name("seeds.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_figures_over_seeds_are_means_with_their_spread(seeds):
    runs = [
        {"auc": auc, "rows": [{"by": "x", "ap": 1 - auc}], "at": at, "n": 7} for auc, at in ((0.5, 1.0), (0.7, None))
    ]
    assert seeds.over_seeds(runs[:1]) == runs[0]
    assert seeds.over_seeds(runs) == {
        "seeds": 2,
        "auc": {"mean": 0.6, "spread": 0.1414},
        "rows": [{"seeds": 2, "by": "x", "ap": {"mean": 0.4, "spread": 0.1414}}],
        "at": {"reached": 1},
        "n": 7,
    }
