"""The simulated worlds that the shipped model learns from: of many sizes and habits, with much that is not recorded."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from graphrisk.config import ScanConfig, read_config
from loaders import SourceConfig
from loaders.simulate import WorldSettings, simulate

ALL_RECORDED = 0.6
"""Share of the worlds of which every table is there."""
WITH_TWINS = 0.5
"""Share of the worlds with innocent groups that act together in time."""
TWIN_SHARES = (0.02, 0.2)
MISSING = ("events", "links", "transfers")


@dataclass(frozen=True)
class WorldPlan:
    """One world to learn from.

    Parameters
    ----------
    settings : WorldSettings
    missing : tuple of str
        Tables that the scan does not see.
    """

    settings: WorldSettings
    missing: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """For the card of a model."""
        return asdict(self)


def plan_worlds(n_worlds: int, seed: int) -> list[WorldPlan]:
    """Draw worlds that differ in all that a simulation can vary.

    Parameters
    ----------
    n_worlds, seed : int

    Returns
    -------
    list of WorldPlan
        The first n of a longer list are the same list.
    """
    rng = np.random.default_rng([seed, 0xD0])
    return [_plan(rng, int(rng.integers(2**31))) for _ in range(n_worlds)]


def _plan(rng: np.random.Generator, seed: int) -> WorldPlan:
    settings = WorldSettings(
        n_accounts=int(rng.choice([10_000, 20_000, 40_000, 60_000])),
        seed=seed,
        days=int(rng.choice([180, 365, 540])),
        ring_share=float(rng.uniform(0.005, 0.05)),
        ring_size_median=float(rng.uniform(7, 20)),
        camouflage=float(rng.uniform(0.0, 0.7)),
        lookalike_share=float(rng.uniform(0.05, 0.3)),
    )
    # drawn apart, so that whatever else is drawn stays what it was without them
    apart = np.random.default_rng([seed, 0x2E])
    twins = float(apart.uniform(*TWIN_SHARES)) if apart.random() < WITH_TWINS else 0.0
    settings = replace(settings, twin_share=twins)
    missing = () if rng.random() < ALL_RECORDED else (str(rng.choice(MISSING)),)
    return WorldPlan(settings, missing)


def simulated_configs(plans: list[WorldPlan]) -> Iterator[ScanConfig]:
    """Make one world after the other and give the configuration of a scan that knows its rings as labels.

    Parameters
    ----------
    plans : list of WorldPlan

    Yields
    ------
    ScanConfig
        Its world is gone when the next one is asked for.
    """
    for number, plan in enumerate(plans):
        with tempfile.TemporaryDirectory(prefix="graphrisk-world-") as folder:
            out = Path(folder) / f"world-{number:03d}"
            simulate(out, plan.settings)
            config = read_config(out / "scan.toml")
            truth = SourceConfig.model_validate(
                {"path": "truth_members.parquet", "table": "labels", "label": {"value": "ring"}}
            )
            sources = [source for source in config.source if source.table not in plan.missing]
            named = config.scan.model_copy(update={"name": out.name})
            yield config.model_copy(update={"scan": named, "source": [*sources, truth]})
