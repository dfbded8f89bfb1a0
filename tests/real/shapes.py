"""Rings that launder in all shapes, beside usual rings and look-alikes: what the patterns of transfers make of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import figures
import pandas as pd

from graphrisk.config import read_config
from graphrisk.pipeline import run_scan
from graphrisk.rings.settings import PATTERN_NAMES
from loaders.simulate import WorldSettings, simulate

DEGREES = (0.0, 0.25, 0.5)


def shapes(folder: Path, n_accounts: int = 20_000, seed: int = 2) -> dict[str, Any]:
    """Worlds at three degrees of camouflage, searched without and with the patterns of laundering."""
    out: dict[str, Any] = {"accounts": n_accounts}
    for degree in DEGREES:
        made = folder / f"world_{round(100 * degree)}"
        settings = WorldSettings(n_accounts, seed, camouflage=degree, ring_share=0.06, laundering_share=0.1)
        simulate(made, settings)
        truth = pd.read_parquet(made / "truth.parquet").query("ring >= 0")
        config = read_config(made / "scan.toml")
        for name, search in (("without", []), ("with", list(PATTERN_NAMES))):
            rules = config.patterns.model_copy(update={"search": search})
            result = run_scan(config.model_copy(update={"patterns": rules}))
            found = figures.typology_figures(result.rings, result.members, truth)
            by_shape = {side: {k: v for k, v in found[side].items() if k in PATTERN_NAMES} for side in found}
            out[f"{name}_{round(100 * degree)}"] = by_shape
    return out
