"""Rings that share nothing and innocents who act together in time: what the patterns of growth abuse make of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import figures
import pandas as pd

from graphrisk.config import read_config
from graphrisk.pipeline import run_scan
from graphrisk.rings.settings import GROWTH_NAMES
from graphrisk.store import ResultStore
from loaders.simulate import WorldSettings, simulate
from loaders.simulate.plan import CAREFUL, TWIN_SHARES

DEGREES = (0.0, 0.25, 0.5)


def careful(folder: Path, n_accounts: int = 20_000, seed: int = 1) -> dict[str, Any]:
    """Worlds with careful rings and benign twins at three degrees of camouflage, with and without growth patterns."""
    out: dict[str, Any] = {"accounts": n_accounts, "seed": seed}
    for degree in DEGREES:
        made = folder / f"world_{round(100 * degree)}"
        settings = WorldSettings(n_accounts, seed, camouflage=degree, careful_share=0.1, twin_share=0.2)
        simulate(made, settings)
        config = read_config(made / "scan.toml", {"store": str((folder / "store").absolute())})
        truth, twins = pd.read_parquet(made / "truth.parquet"), pd.read_parquet(made / "lookalikes.parquet")
        for name, search in (("without", []), ("with", list(GROWTH_NAMES))):
            rules = config.patterns.model_copy(update={"search": search})
            result = run_scan(config.model_copy(update={"patterns": rules}))
            if search:
                ResultStore(folder / "store").publish(result.scan_id, result.tables, result.manifest)
            out[f"{name}_{round(100 * degree)}"] = _figures(result.rings, result.members, truth, twins)
    return out


def _figures(rings: pd.DataFrame, members: pd.DataFrame, truth: pd.DataFrame, twins: pd.DataFrame) -> dict[str, Any]:
    found = figures.typology_figures(rings, members, truth[truth.ring >= 0])
    by_pattern = rings[rings.typology.isin(GROWTH_NAMES)]
    inside = members[members.ring_id.isin(by_pattern.ring_id)]
    together = twins[twins.kind.isin(TWIN_SHARES)]
    return {
        "true": {kind: found["true"][kind] for kind in CAREFUL},
        "others": {kind: figure for kind, figure in found["true"].items() if kind not in CAREFUL},
        "listed": {kind: figure for kind, figure in found["listed"].items() if kind in GROWTH_NAMES},
        "bands": figures.band_figures(by_pattern, inside, truth[truth.ring >= 0]),
        "twins": together.groupby("kind").group.nunique().to_dict(),
        "innocent": figures.innocent_figures(rings, members, twins),
        "innocent_by_pattern": figures.innocent_figures(by_pattern, inside, twins),
    }
