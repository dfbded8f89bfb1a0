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
SEEDS = (2, 3)
"""The world of seed 1 was looked at when the patterns were written; these were not."""


def careful(folder: Path, n_accounts: int = 20_000, seeds: tuple[int, ...] = SEEDS) -> dict[str, Any]:
    """Worlds with careful rings and benign twins at three degrees of camouflage, with and without growth patterns."""
    out: dict[str, Any] = {"accounts": n_accounts, "seeds": list(seeds)}
    for degree in DEGREES:
        worlds: dict[str, list[tuple[pd.DataFrame, ...]]] = {"without": [], "with": []}
        for seed in seeds:
            made = folder / f"world_{round(100 * degree)}_{seed}"
            simulate(made, WorldSettings(n_accounts, seed, camouflage=degree, careful_share=0.1, twin_share=0.2))
            config = read_config(made / "scan.toml", {"store": str((folder / "store").absolute())})
            truth = pd.read_parquet(made / "truth.parquet").query("ring >= 0")
            twins = pd.read_parquet(made / "lookalikes.parquet")
            for name, search in (("without", []), ("with", list(GROWTH_NAMES))):
                rules = config.patterns.model_copy(update={"search": search})
                result = run_scan(config.model_copy(update={"patterns": rules}))
                if search:
                    ResultStore(folder / "store").publish(result.scan_id, result.tables, result.manifest)
                frames = (result.rings, result.members, truth, twins)
                worlds[name].append(tuple(_of_seed(frame, seed) for frame in frames))
        for name, some in worlds.items():
            pooled = (pd.concat(frames, ignore_index=True) for frames in zip(*some, strict=True))
            out[f"{name}_{round(100 * degree)}"] = _figures(*pooled)
    return out


def _of_seed(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Keep the ids of two worlds apart."""
    ids = [column for column in ("ring_id", "ring", "group", "entity_id") if column in frame]
    return frame.assign(**{column: f"{seed}/" + frame[column].astype(str) for column in ids})


def _figures(rings: pd.DataFrame, members: pd.DataFrame, truth: pd.DataFrame, twins: pd.DataFrame) -> dict[str, Any]:
    found = figures.typology_figures(rings, members, truth)
    by_pattern = rings[rings.typology.isin(GROWTH_NAMES)]
    inside = members[members.ring_id.isin(by_pattern.ring_id)]
    together = twins[twins.kind.isin(TWIN_SHARES)]
    return {
        "true": {kind: found["true"][kind] for kind in CAREFUL},
        "others": {kind: figure for kind, figure in found["true"].items() if kind not in CAREFUL},
        "listed": {kind: figure for kind, figure in found["listed"].items() if kind in GROWTH_NAMES},
        "bands": figures.band_figures(by_pattern, inside, truth),
        "twins": together.groupby("kind").group.nunique().to_dict(),
        "innocent": figures.innocent_figures(rings, members, twins),
        "innocent_by_pattern": figures.innocent_figures(by_pattern, inside, twins),
    }
