"""Scan a set and print its figures as one line of JSON: ``python tests/real/report.py airdrop``.

Sets of real data are read from the folder in GRAPHRISK_DATA, by default ../shared/data beside the checkout. `ident` and
`worlds` are made by the generators that lie beside the data; `simulated` is made by graphrisk itself.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boosting
import candidate_search
import careful
import figures
import incremental
import laundering_transfers
import numpy as np
import pandas as pd
import ring_networks
import tolokers
import tree_reports
from seeds import over_seeds
from shapes import shapes

from algorithms import Transfers
from graphrisk.config import ScanConfig, read_config
from graphrisk.models.account_training import later_figures, train_accounts
from graphrisk.models.accounts import load_accounts
from graphrisk.models.figures import list_candidates, list_figures
from graphrisk.models.files import save_model
from graphrisk.models.labelled import LabelledCandidates
from graphrisk.models.settings import ModelSettings
from graphrisk.models.training import label_scans, train_model
from graphrisk.pipeline import run_scan
from graphrisk.result import ScanResult
from graphrisk.rings.wallets.settings import LinkName, WalletSettings
from graphrisk.store import ResultStore
from loaders import SourceConfig, load
from loaders.simulate import WorldSettings, simulate

HERE = Path(__file__).parent
DATA = Path(os.environ.get("GRAPHRISK_DATA", HERE.parents[2] / "shared" / "data"))
GENERATORS = DATA.parent / "yardsticks"
UNTIMED_LINKS: tuple[LinkName, ...] = ("deposit_address", "first_funder", "last_sweep")
AMLSIM = ("20K_cycle200", "20K_fanin200", "20K_fanin200cycle200")


class Absent(Exception):
    """The data that a report needs are not on this machine."""


def need(path: Path) -> Path:
    """Return the path, if it is there."""
    if not path.exists():
        raise Absent(f"{path} is not there; set GRAPHRISK_DATA")
    return path


def scan(
    config: Path, folder: Path, links: tuple[LinkName, ...] = (), **variables: Path
) -> tuple[ScanResult, dict[str, Any]]:
    """Scan by a configuration, publish to a store in the folder, and say how long it took."""
    os.environ.update({name: str(value) for name, value in variables.items()})
    settings = read_config(config)
    if links:
        settings = settings.model_copy(update={"wallets": WalletSettings(links=list(links))})
    began = time.perf_counter()
    result = run_scan(settings)
    seconds = time.perf_counter() - began
    ResultStore(folder / "store").publish(result.scan_id, result.tables, result.manifest)
    facts = result.tables["scan"].to_pylist()[0]
    stages = {stage["name"]: [round(stage["seconds"], 1), round(stage["peak_mb"])] for stage in facts["stages"]}
    return result, {"seconds": round(seconds, 1), "stages": stages, "alerts": len(result.alerts)}


def _listed(result: ScanResult) -> tuple[pd.DataFrame, pd.DataFrame]:
    return result.rings, result.members


def airdrop(folder: Path, links: tuple[LinkName, ...] = ()) -> dict[str, Any]:
    """Wallets that farmed an airdrop, by other people's judgement; with links between wallets if any are named."""
    labels = pd.read_parquet(need(DATA / "airdrop" / "labels.parquet")).rename(columns={"node": "entity_id"})
    labels["entity_id"] = labels.entity_id.astype(str)
    result, facts = scan(HERE / "airdrop" / "scan.toml", folder, links, GRAPHRISK_DATA=DATA)
    metric = result.tables["metric"].to_pandas()
    counts = metric[metric.name.str.startswith("wallets.")].set_index("name").value.astype(int).to_dict()
    rings, members = _listed(result)
    out = figures.ring_figures(rings, members, labels[labels.ring >= 0][["entity_id", "ring"]])
    scores = figures.score_figures(result.features, labels.set_index("entity_id").is_sybil.astype(bool))
    return facts | out | scores | counts


def laundering_10k(folder: Path) -> dict[str, Any]:
    """Rings of a bank simulator."""
    data = need(DATA / "laundering_10k")
    truth = pd.read_parquet(data / "rings.parquet").rename(
        columns={"modelID": "ring", "accountID": "entity_id", "type": "kind"}
    )
    truth["entity_id"] = truth.entity_id.astype(str)
    accounts = pd.read_parquet(data / "accounts.parquet").ACCOUNT_ID.astype(str)
    result, facts = scan(HERE / "laundering_10k" / "scan.toml", folder, GRAPHRISK_DATA=DATA)
    out = figures.ring_figures(*_listed(result), truth[["entity_id", "ring", "kind"]].drop_duplicates())
    labels = pd.Series(accounts.isin(truth.entity_id).to_numpy(), index=accounts)
    return facts | out | figures.score_figures(result.features, labels)


def amlsim(name: str, folder: Path) -> dict[str, Any]:
    """Cycles and fan-ins of AMLSim; no ring ids are known."""
    labels = pd.read_parquet(need(DATA / "amlsim" / name / "labels.parquet"))
    labels = labels.assign(nodeid=labels.nodeid.astype(str)).set_index("nodeid").isFraud.astype(bool)
    result, facts = scan(HERE / f"amlsim_{name}" / "scan.toml", folder, GRAPHRISK_DATA=DATA)
    return facts | {"rings_listed": len(result.rings)} | figures.score_figures(result.features, labels)


ACCOUNT_LABELS = {
    "airdrop": "SELECT node AS entity_id, CASE WHEN is_sybil THEN 'sybil' ELSE 'innocent' END AS label, "
    "CASE WHEN ring >= 0 THEN ring END AS ring_id FROM '{data}/airdrop/labels.parquet'",
    "laundering_10k": "SELECT a.ACCOUNT_ID AS entity_id, r.modelID AS ring_id, "
    "CASE WHEN r.accountID IS NULL THEN 'innocent' ELSE 'laundering' END AS label "
    "FROM '{data}/laundering_10k/accounts.parquet' a "
    "LEFT JOIN (SELECT DISTINCT accountID, modelID FROM '{data}/laundering_10k/rings.parquet') r "
    "ON r.accountID = a.ACCOUNT_ID",
}


def labelled_config(name: str) -> ScanConfig:
    """Give the configuration of a set together with the labels of its accounts."""
    need(DATA / name)
    os.environ["GRAPHRISK_DATA"] = str(DATA)
    config = read_config(HERE / name / "scan.toml")
    query = ACCOUNT_LABELS[name].format(data=DATA)
    truth = SourceConfig.model_validate({"name": "truth", "query": query, "table": "labels"})
    return config.model_copy(update={"source": [*config.source, truth]})


def account_model(name: str, folder: Path, seeds: int = 1) -> dict[str, Any]:
    """Models of single accounts, five folds; whole rings on one side where rings can be kept apart."""
    data, runs = load_accounts(labelled_config(name)), []
    for seed in range(seeds):
        began = time.process_time()
        _, card = train_accounts(data, name, seed=seed)
        told = {key: card["data"][key] for key in ("labelled", "bad", "groups_of_bad", "features")}
        held_out = {key: value for key, value in card["held_out"].items() if key != "reliability"}
        runs.append(told | held_out | {"kind": card["kind"], "cpu_seconds": round(time.process_time() - began, 1)})
    return over_seeds(runs)


def airdrop_rings(folder: Path, seeds: int = 1) -> dict[str, Any]:
    """Reviewed rings of the airdrop among candidates, by trees that learned from other rings, and without learning."""
    config = labelled_config("airdrop")
    full = next(label_scans([config], 1, None))
    loaded = load(config.load_config())
    names = loaded.graph.names.slice(0, loaded.graph.n_accounts).to_pylist()
    judged = set(pd.read_parquet(DATA / "airdrop" / "labels.parquet").node.astype(str))
    # accounts are the first actors, in the order of the graph
    reviewed = np.zeros(int(full.candidates.members.max()) + 1, dtype=bool)
    reviewed[: len(names)] = [name in judged for name in names][: len(reviewed)]
    return over_seeds([tree_reports.reviewed_rings(full, reviewed, seed) for seed in range(seeds)])


def other_worlds(
    folder: Path, seeds: int = 1, n_accounts: int = 150_000, n_learned_from: int = 600_000
) -> dict[str, Any]:
    """Our own worlds: trained on one, tested on its held-out rings, on another like it, and on one unlike it."""
    runs = []
    for seed in range(seeds):
        made = [
            _simulated_labels(100 + 3 * seed + k, folder / f"world_{seed}_{k}", size, **other)
            for k, (size, other) in enumerate(((n_learned_from, {}), (n_accounts, {}), (n_accounts, OTHER_PARAMETERS)))
        ]
        runs.append(tree_reports.other_worlds(made[0], {"alike": made[1], "unlike": made[2]}, seed))
    return over_seeds(runs)


OTHER_PARAMETERS: dict[str, Any] = {
    "days": 180,
    "ring_share": 0.03,
    "ring_size_median": 9.0,
    "camouflage": 0.45,
    "lookalike_share": 0.2,
}
"""Of a world that lasts half as long, with smaller rings that hide better among twice as many look-alikes."""


def laundering_10k_later(folder: Path) -> dict[str, Any]:
    """Models trained on the first 60 days and the rings that were over by then, tested on the rest of the 100 days."""
    config, until = labelled_config("laundering_10k"), datetime(2024, 3, 1, tzinfo=UTC)
    labels = f"'{DATA}/laundering_10k/transaction_labels.parquet'"
    query = f"""
    SELECT DISTINCT accountID AS entity_id, modelID AS ring_id, 'laundering' AS label, m.known_at
    FROM '{DATA}/laundering_10k/rings.parquet' r JOIN (
        SELECT l.patternID - (SELECT min(patternID) FROM {labels} WHERE isSAR) AS ring,
            strftime(TIMESTAMP '2024-01-02' + INTERVAL 1 DAY * max(t.step), '%Y-%m-%dT%H:%M:%SZ') AS known_at
        FROM {labels} l
        JOIN '{DATA}/laundering_10k/transactions.parquet' t USING (transaction_id) WHERE l.isSAR GROUP BY 1
    ) m ON m.ring = r.modelID
    UNION ALL SELECT ACCOUNT_ID, NULL, 'innocent', NULL FROM '{DATA}/laundering_10k/accounts.parquet'
    WHERE ACCOUNT_ID NOT IN (SELECT accountID FROM '{DATA}/laundering_10k/rings.parquet')"""
    truth = SourceConfig.model_validate({"name": "truth", "query": query, "table": "labels"})
    config = config.model_copy(update={"source": [*config.source[:-1], truth]})
    # rings share members, so that they cannot be kept apart: accounts are
    before, after = (
        replace(data, groups=np.arange(len(data.groups)))
        for data in (load_accounts(config, until), load_accounts(config))
    )
    return later_figures(before, after, until)


def laundering_10k_features(folder: Path) -> dict[str, Any]:
    """Accounts of the bank simulator by boosting on features of their transfers, five folds over accounts."""
    data = need(DATA / "laundering_10k")
    rows = pd.read_parquet(data / "transactions.parquet")
    transfers = Transfers(rows.nameOrig, rows.nameDest, rows.step * 86_400, rows.amount)
    accounts = pd.read_parquet(data / "accounts.parquet").ACCOUNT_ID
    labels = accounts.isin(pd.read_parquet(data / "rings.parquet").accountID).to_numpy()
    return boosting.cross_validate(transfers, labels)


def laundering_10k_network(folder: Path) -> dict[str, Any]:
    """Transfers of the bank simulator by a network over them and by boosting, split by time."""
    return laundering_transfers.report(need(DATA / "laundering_10k"))


def laundering_10k_network_in_time(folder: Path) -> dict[str, Any]:
    """The same, but the network too sees no transfer of a later day than the one it scores."""
    return laundering_transfers.report(need(DATA / "laundering_10k"), in_time=True)


def simulated_network(folder: Path) -> dict[str, Any]:
    """Candidate rings of simulated worlds by trees, by a network, and by their blend."""
    return ring_networks.report()


def tolokers_network(folder: Path) -> dict[str, Any]:
    """Banned workers of a crowd-sourcing platform by a forest, a network and their blend, on ten official splits."""
    return tolokers.report(need(DATA / "tolokers" / "tolokers.npz"))


def amlsim_features(name: str, folder: Path) -> dict[str, Any]:
    """Accounts of AMLSim, the same."""
    data = need(DATA / "amlsim" / name)
    rows = pd.read_parquet(data / "transactions.parquet")
    transfers = Transfers(rows.sourceNodeId, rows.targetNodeId, rows.time * 86_400, rows.value)
    labels = pd.read_parquet(data / "labels.parquet").sort_values("nodeid")
    return boosting.cross_validate(transfers, labels.isFraud.astype(bool).to_numpy())


def amlworld_sample(folder: Path) -> dict[str, Any]:
    """AMLworld in its own columns: a check of the mapping, not a benchmark."""
    need(DATA / "amlworld_sample")
    result, facts = scan(HERE / "amlworld_sample" / "scan.toml", folder, GRAPHRISK_DATA=DATA)
    row = result.tables["scan"].to_pylist()[0]
    return facts | {name: row[name] for name in ("n_accounts", "n_transfers", "n_rejected", "n_rings")}


def identity_50k(folder: Path) -> dict[str, Any]:
    """Records of people with errors."""
    file = need(DATA / "identity_50k" / "historical_figures_with_errors_50k.parquet")
    truth = pd.read_parquet(file).rename(columns={"unique_id": "entity_id", "cluster": "ring"})[["entity_id", "ring"]]
    result, facts = scan(HERE / "identity_50k" / "scan.toml", folder, GRAPHRISK_DATA=DATA)
    rings, members = _listed(result)
    return facts | figures.ring_figures(rings, members, truth) | figures.pair_figures(members, truth)


def ident(folder: Path) -> dict[str, Any]:
    """2,000 planted rings among half a million accounts."""
    made = folder / "ident"
    _generate("graphs.py", "ident-tables", str(made))
    truth = pd.read_parquet(made / "rings.parquet").rename(columns={"account_id": "entity_id"})
    truth.to_parquet(folder / "truth.parquet")
    result, facts = scan(HERE / "ident" / "scan.toml", folder, GRAPHRISK_WORLDS=folder)
    return facts | figures.ring_figures(*_listed(result), truth)


def incremental_ident(folder: Path) -> dict[str, Any]:
    """The same accounts with one link in a hundred new: a scan from the scan before, beside a full one."""
    _generate("graphs.py", "ident-tables", str(folder / "ident"))
    return incremental.report(folder / "ident", folder)


def candidates(folder: Path) -> dict[str, Any]:
    """How near candidates come to true rings, before any is scored, beside communities at five densities."""
    _generate("graphs.py", "ident-tables", str(folder / "ident"))
    _generate("worlds.py", str(folder / "worlds"), "--seed", "1")
    os.environ.update(GRAPHRISK_WORLDS=str(folder), GRAPHRISK_DATA=str(DATA))
    people = need(DATA / "identity_50k" / "historical_figures_with_errors_50k.parquet")
    wallets = pd.read_parquet(need(DATA / "airdrop" / "labels.parquet")).rename(columns={"node": "entity_id"})
    truths = {
        "ident": pd.read_parquet(folder / "ident" / "rings.parquet").rename(columns={"account_id": "entity_id"}),
        "worlds": pd.read_parquet(folder / "worlds" / "truth.parquet").query("ring >= 0"),
        "airdrop": wallets.assign(entity_id=wallets.entity_id.astype(str)).query("ring >= 0"),
        "identity_50k": pd.read_parquet(people).rename(columns={"unique_id": "entity_id", "cluster": "ring"}),
    }
    out = {"simulated": candidate_search.figures(candidate_search.simulated_sets())}
    for name, truth in truths.items():
        config = read_config(HERE / name / "scan.toml")
        out[name] = candidate_search.figures([candidate_search.known(config, truth)])
    return out


def worlds(seed: int, folder: Path) -> dict[str, Any]:
    """Rings among innocent look-alikes, in a world that somebody else's generator made."""
    made = folder / "worlds"
    _generate("worlds.py", str(made), "--seed", str(seed))
    result, facts = scan(HERE / "worlds" / "scan.toml", folder, GRAPHRISK_WORLDS=folder)
    return facts | _world_figures(result, made)


def worlds_trained(folder: Path, seeds: int = 1) -> dict[str, Any]:
    """World 1, scored by a model that learned from worlds 2 to 4 and their labels."""
    populations = [_labelled_world(seed, folder / f"world_{seed}") for seed in (2, 3, 4)]
    test = _labelled_world(1, folder / "world_1")
    settings = read_config(HERE / "worlds" / "scan.toml", {"store": str((folder / "store").absolute())})
    runs = []
    for seed in range(seeds):
        name = f"trained{seed or ''}"
        model, card = train_model(populations, name, seed=seed)
        _, is_match = list_candidates(test, model.log_odds(test.features), model.levels.least, model.size_bonus)
        save_model(model, card, folder / "store" / "models" / name)
        result = run_scan(settings.model_copy(update={"model": ModelSettings(name=name)}))
        if not seed:
            ResultStore(folder / "store").publish(result.scan_id, result.tables, result.manifest)
        at_80 = round(list_figures(test, is_match).precision_at_80, 3)
        out = {"rings": sum(p.n_true for p in populations), "precision_at_80": None if math.isnan(at_80) else at_80}
        out["precision_at_80_of_all"] = tree_reports.precision_at(0.8, test.n_true, is_match)
        out["reachable"] = round(test.reachable, 3)
        found = _world_figures(result, folder / "world_1" / "worlds")
        runs.append(out | {key: found[key] for key in found if seeds == 1 or not isinstance(found[key], dict)})
    return over_seeds(runs)


def _labelled_world(seed: int, folder: Path) -> LabelledCandidates:
    """Search one world with its truth as labels."""
    _generate("worlds.py", str(folder / "worlds"), "--seed", str(seed))
    os.environ["GRAPHRISK_WORLDS"] = str(folder)
    config = read_config(HERE / "worlds" / "scan.toml")
    query = f"SELECT entity_id, ring AS ring_id FROM '{folder / 'worlds' / 'truth.parquet'}' WHERE ring >= 0"
    truth = SourceConfig.model_validate({"name": "truth", "query": query, "table": "labels"})
    return next(label_scans([config.model_copy(update={"source": [*config.source, truth]})], 1, None))


def few_confirmed(folder: Path, share: float = 0.3, n_accounts: int = 150_000) -> dict[str, Any]:
    """A world of which three rings in ten are confirmed, learned from in three ways; measured on another one."""
    from graphrisk.models.evaluation import evaluate_model
    from graphrisk.models.parting import split_population

    full, test = (_simulated_labels(seed, folder / f"world_{seed}", n_accounts) for seed in (11, 12))
    is_known = np.random.default_rng(0).random(full.n_true) < share
    known = is_known[full.nearest] & (full.nearest >= 0)
    some = replace(full, similarity=np.where(known, full.similarity, 0.0), nearest=np.where(known, full.nearest, -1))
    rows = {"rings_confirmed": int(is_known.sum()), "rings": full.n_true}
    for name, learned_from, unlabelled in (("all", full, False), ("some", some, False), ("unlabelled", some, True)):
        model, card = train_model(split_population(learned_from, 10, 0), name, unlabelled=unlabelled)
        row = evaluate_model(model, [test])["rows"][0]
        rows[f"{name}_ap"] = round(row["ring AP"], 3)
        rows[f"{name}_recovered"] = round(row["recovered"], 3)
        rows[f"{name}_right"] = round(row["rings"], 3)
        rows[f"{name}_said"] = round(row["said"], 3)
        if unlabelled:
            rows["confirmed_share"] = card["unlabelled"]["confirmed_share"]
    return rows


def _simulated_labels(seed: int, folder: Path, n_accounts: int, **other: Any) -> LabelledCandidates:
    """Search a world of ours with its truth as labels."""
    simulate(folder, WorldSettings(n_accounts=n_accounts, seed=seed, **other))
    truth = SourceConfig.model_validate(
        {"path": str(folder / "truth_members.parquet"), "table": "labels", "label": {"value": "ring"}}
    )
    config = read_config(folder / "scan.toml")
    return next(label_scans([config.model_copy(update={"source": [*config.source, truth]})], 1, None))


def simulated(folder: Path, n_accounts: int = 1_000_000, seed: int = 1) -> dict[str, Any]:
    """Our own world."""
    made = folder / "world"
    began = time.perf_counter()
    simulate(made, WorldSettings(n_accounts=n_accounts, seed=seed))
    seconds = round(time.perf_counter() - began, 1)
    result, facts = scan(made / "scan.toml", folder)
    return {"accounts": n_accounts, "simulation_seconds": seconds} | facts | _world_figures(result, made)


def camouflage(folder: Path, n_accounts: int = 20_000, seed: int = 1) -> dict[str, Any]:
    """Our own world with all patterns on, at three degrees of camouflage: recall and precision by typology."""
    from graphrisk.rings.settings import GROWTH_NAMES, PATTERN_NAMES

    out: dict[str, Any] = {"accounts": n_accounts}
    for degree in (0.0, 0.25, 0.5):
        made = folder / f"world_{round(100 * degree)}"
        simulate(made, WorldSettings(n_accounts=n_accounts, seed=seed, camouflage=degree, ring_share=0.06))
        truth = pd.read_parquet(made / "truth.parquet")
        settings = read_config(made / "scan.toml", {"store": str((folder / "store").absolute())})
        rules = settings.patterns.model_copy(update={"search": [*GROWTH_NAMES, *PATTERN_NAMES]})
        result = run_scan(settings.model_copy(update={"patterns": rules}))
        ResultStore(folder / "store").publish(result.scan_id, result.tables, result.manifest)
        rings, members = _listed(result)
        for name, chosen in (("all", rings), ("without_laundering", rings[~rings.typology.isin(PATTERN_NAMES)])):
            inside = members[members.ring_id.isin(chosen.ring_id)]
            figures_of = figures.typology_figures(chosen, inside, truth[truth.ring >= 0])
            innocent = figures.innocent_figures(chosen, inside, pd.read_parquet(made / "lookalikes.parquet"))
            out[f"{name}_{round(100 * degree)}"] = figures_of | {"innocent": innocent}
    return out


def hangers_on(folder: Path) -> dict[str, Any]:
    """Members of rings scored at least 0.5 that are members of no true one, over three simulated worlds."""
    rings, members, false = 0, 0, 0
    for seed, (n_accounts, hidden) in enumerate(((60_000, 0.2), (60_000, 0.5), (20_000, 0.3)), start=1):
        made = folder / f"world_{seed}"
        simulate(made, WorldSettings(n_accounts=n_accounts, seed=seed, camouflage=hidden))
        result = run_scan(read_config(made / "scan.toml"))
        listed = result.rings[result.rings.score >= 0.5].ring_id
        theirs = result.members[result.members.ring_id.isin(listed)]
        true = pd.read_parquet(made / "truth_members.parquet").entity_id
        rings, members = rings + len(listed), members + len(theirs)
        false += int((~theirs.entity_id.isin(set(true))).sum())
    return {"rings": rings, "members": members, "in_no_true_ring": round(false / members, 4)}


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


REPORTS: dict[str, Callable[..., dict[str, Any]]] = {
    "airdrop": airdrop,
    **{f"airdrop_{name}": lambda folder, name=name: airdrop(folder, (name,)) for name in UNTIMED_LINKS},
    "airdrop_wallets": lambda folder: airdrop(folder, UNTIMED_LINKS),
    "laundering_10k": laundering_10k,
    **{f"amlsim_{name}": lambda folder, name=name: amlsim(name, folder) for name in AMLSIM},
    **{
        f"{name}_accounts": lambda folder, seeds=1, name=name: account_model(name, folder, seeds)
        for name in ACCOUNT_LABELS
    },
    "airdrop_rings": airdrop_rings,
    "laundering_10k_later": laundering_10k_later,
    "laundering_10k_features": laundering_10k_features,
    **{f"amlsim_{name}_features": lambda folder, name=name: amlsim_features(name, folder) for name in AMLSIM},
    "laundering_10k_network": laundering_10k_network,
    "laundering_10k_network_in_time": laundering_10k_network_in_time,
    "tolokers": tolokers_network,
    "identity_50k": identity_50k,
    "amlworld_sample": amlworld_sample,
    "ident": ident,
    "candidates": candidates,
    "incremental": incremental_ident,
    **{f"worlds_{seed}": lambda folder, seed=seed: worlds(seed, folder) for seed in (1, 2, 3)},
    "worlds_trained": worlds_trained,
    "few_confirmed": few_confirmed,
    "other_worlds": other_worlds,
    "simulated": simulated,
    "simulated_network": simulated_network,
    "camouflage": camouflage,
    "hangers_on": hangers_on,
    "careful": careful.careful,
    "shapes": shapes,
}
SEEDED = ("airdrop_accounts", "airdrop_rings", "laundering_10k_accounts", "other_worlds", "worlds_trained")
"""Sets of which the folds, the trees or the worlds can be dealt anew by a seed."""


def main() -> None:
    """Print the figures of the sets that were named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", choices=[*REPORTS, "all"])
    parser.add_argument("--keep", type=Path, help="keep the stores, and the worlds that were made, in this folder")
    parser.add_argument("--seeds", type=int, default=1, help="mean and spread over so many seeds, from 0 up")
    args = parser.parse_args()
    if args.seeds < 1:
        parser.error(f"--seeds must be at least 1, got {args.seeds}")
    if args.seeds > 1 and (other := [name for name in args.sets if name not in SEEDED]):
        parser.error(f"--seeds goes with {', '.join(SEEDED)}, got {', '.join(other)}")
    for name in REPORTS if "all" in args.sets else args.sets:
        with tempfile.TemporaryDirectory() as passing:
            folder = (args.keep or Path(passing)).absolute() / name
            folder.mkdir(parents=True, exist_ok=True)
            try:
                figures_of_set = REPORTS[name](folder, seeds=args.seeds) if name in SEEDED else REPORTS[name](folder)
            except Absent as reason:
                figures_of_set = {"skipped": str(reason)}
        print(json.dumps({"set": name} | figures_of_set), flush=True)


if __name__ == "__main__":
    main()
