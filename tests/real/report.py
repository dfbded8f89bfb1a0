"""Scan a set and print its figures as one line of JSON: ``python tests/real/report.py airdrop``.

Sets of real data are read from the folder in GRAPHRISK_DATA, by default ../shared/data beside the checkout. `ident` and
`worlds` are made by the generators that lie beside the data; `simulated` is made by graphrisk itself.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import figures
import pandas as pd

from graphrisk.config import read_config
from graphrisk.pipeline import run_scan
from graphrisk.result import ScanResult
from graphrisk.store import ResultStore

HERE = Path(__file__).parent
DATA = Path(os.environ.get("GRAPHRISK_DATA", HERE.parents[2] / "shared" / "data"))
GENERATORS = DATA.parent / "yardsticks"
AMLSIM = ("20K_cycle200", "20K_fanin200", "20K_fanin200cycle200")


class Absent(Exception):
    """The data that a report needs are not on this machine."""


def need(path: Path) -> Path:
    """Return the path, if it is there."""
    if not path.exists():
        raise Absent(f"{path} is not there; set GRAPHRISK_DATA")
    return path


def scan(config: Path, store: Path | None, **variables: Path) -> tuple[ScanResult, dict[str, Any]]:
    """Scan by a configuration, publish if there is a store, and say how long it took."""
    os.environ.update({name: str(value) for name, value in variables.items()})
    settings = read_config(config)
    began = time.perf_counter()
    result = run_scan(settings)
    seconds = time.perf_counter() - began
    if store is not None:
        ResultStore(store).publish(result.scan_id, result.tables, result.manifest)
    facts = result.tables["scan"].to_pylist()[0]
    stages = {stage["name"]: [round(stage["seconds"], 1), round(stage["peak_mb"])] for stage in facts["stages"]}
    return result, {"seconds": round(seconds, 1), "stages": stages, "alerts": len(result.alerts)}


def _listed(result: ScanResult) -> tuple[pd.DataFrame, pd.DataFrame]:
    return result.rings, result.members


def airdrop(store: Path | None) -> dict[str, Any]:
    """Wallets that farmed an airdrop, by other people's judgement."""
    labels = pd.read_parquet(need(DATA / "airdrop" / "labels.parquet")).rename(columns={"node": "entity_id"})
    labels["entity_id"] = labels.entity_id.astype(str)
    result, facts = scan(HERE / "airdrop" / "scan.toml", store, GRAPHRISK_DATA=DATA)
    rings, members = _listed(result)
    out = figures.ring_figures(rings, members, labels[labels.ring >= 0][["entity_id", "ring"]])
    return facts | out | figures.score_figures(result.features, labels.set_index("entity_id").is_sybil.astype(bool))


def laundering_10k(store: Path | None) -> dict[str, Any]:
    """Rings of a bank simulator."""
    folder = need(DATA / "laundering_10k")
    truth = pd.read_parquet(folder / "rings.parquet").rename(columns={"modelID": "ring", "accountID": "entity_id"})
    truth["entity_id"] = truth.entity_id.astype(str)
    accounts = pd.read_parquet(folder / "accounts.parquet").ACCOUNT_ID.astype(str)
    result, facts = scan(HERE / "laundering_10k" / "scan.toml", store, GRAPHRISK_DATA=DATA)
    out = figures.ring_figures(*_listed(result), truth[["entity_id", "ring"]].drop_duplicates())
    labels = pd.Series(accounts.isin(truth.entity_id).to_numpy(), index=accounts)
    return facts | out | figures.score_figures(result.features, labels)


def amlsim(name: str, store: Path | None) -> dict[str, Any]:
    """Cycles and fan-ins of AMLSim; no ring ids are known."""
    labels = pd.read_parquet(need(DATA / "amlsim" / name / "labels.parquet"))
    labels = labels.assign(nodeid=labels.nodeid.astype(str)).set_index("nodeid").isFraud.astype(bool)
    result, facts = scan(HERE / f"amlsim_{name}" / "scan.toml", store, GRAPHRISK_DATA=DATA)
    return facts | {"rings_listed": len(result.rings)} | figures.score_figures(result.features, labels)


def amlworld_sample(store: Path | None) -> dict[str, Any]:
    """AMLworld in its own columns: a check of the mapping, not a benchmark."""
    need(DATA / "amlworld_sample")
    result, facts = scan(HERE / "amlworld_sample" / "scan.toml", store, GRAPHRISK_DATA=DATA)
    row = result.tables["scan"].to_pylist()[0]
    return facts | {name: row[name] for name in ("n_accounts", "n_transfers", "n_rejected", "n_rings")}


def identity_50k(store: Path | None) -> dict[str, Any]:
    """Records of people with errors."""
    file = need(DATA / "identity_50k" / "historical_figures_with_errors_50k.parquet")
    truth = pd.read_parquet(file).rename(columns={"unique_id": "entity_id", "cluster": "ring"})[["entity_id", "ring"]]
    result, facts = scan(HERE / "identity_50k" / "scan.toml", store, GRAPHRISK_DATA=DATA)
    rings, members = _listed(result)
    return facts | figures.ring_figures(rings, members, truth) | figures.pair_figures(members, truth)


def ident(store: Path | None) -> dict[str, Any]:
    """2,000 planted rings among half a million accounts."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "ident"
        _generate("graphs.py", "ident-tables", str(made))
        truth = pd.read_parquet(made / "rings.parquet").rename(columns={"account_id": "entity_id"})
        result, facts = scan(HERE / "ident" / "scan.toml", store, GRAPHRISK_WORLDS=Path(folder))
    return facts | figures.ring_figures(*_listed(result), truth)


def worlds(seed: int, store: Path | None) -> dict[str, Any]:
    """Rings among innocent look-alikes, in a world that somebody else's generator made."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "worlds"
        _generate("worlds.py", str(made), "--seed", str(seed))
        result, facts = scan(HERE / "worlds" / "scan.toml", store, GRAPHRISK_WORLDS=Path(folder))
        return facts | _world_figures(result, made)


def simulated(store: Path | None, n_accounts: int = 1_000_000, seed: int = 1) -> dict[str, Any]:
    """Our own world."""
    from loaders.simulate import WorldSettings, simulate

    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "world"
        began = time.perf_counter()
        simulate(made, WorldSettings(n_accounts=n_accounts, seed=seed))
        seconds = round(time.perf_counter() - began, 1)
        result, facts = scan(made / "scan.toml", store)
        return {"accounts": n_accounts, "simulation_seconds": seconds} | facts | _world_figures(result, made)


def _world_figures(result: ScanResult, made: Path) -> dict[str, Any]:
    truth = pd.read_parquet(made / "truth.parquet")
    rings, members = _listed(result)
    in_rings = truth[truth.ring >= 0]
    out = figures.ring_figures(rings, members, in_rings[["entity_id", "ring", "kind"]])
    out |= figures.score_figures(result.features, truth.groupby("entity_id").label.max().astype(bool))
    out["bands"] = figures.band_figures(rings, members, in_rings)
    lookalikes = pd.read_parquet(made / "lookalikes.parquet")
    return out | {"innocent": figures.innocent_figures(rings, members, lookalikes)}


def _generate(script: str, *args: str) -> None:
    subprocess.run([sys.executable, str(need(GENERATORS / script)), *args], check=True, stdout=subprocess.DEVNULL)


REPORTS: dict[str, Callable[[Path | None], dict[str, Any]]] = {
    "airdrop": airdrop,
    "laundering_10k": laundering_10k,
    **{f"amlsim_{name}": lambda store, name=name: amlsim(name, store) for name in AMLSIM},
    "identity_50k": identity_50k,
    "amlworld_sample": amlworld_sample,
    "ident": ident,
    **{f"worlds_{seed}": lambda store, seed=seed: worlds(seed, store) for seed in (1, 2, 3)},
    "simulated": simulated,
}


def main() -> None:
    """Print the figures of the sets that were named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", choices=[*REPORTS, "all"])
    parser.add_argument("--store", type=Path, help="publish the scans to stores in this folder")
    args = parser.parse_args()
    for name in REPORTS if "all" in args.sets else args.sets:
        try:
            print(json.dumps({"set": name} | REPORTS[name](args.store / name if args.store else None)), flush=True)
        except Absent as reason:
            print(json.dumps({"set": name, "skipped": str(reason)}), flush=True)


if __name__ == "__main__":
    main()
