"""Every report prints its figures, reaches the bars that hold for it, and agrees with an independent computation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
DATA = Path(os.environ.get("GRAPHRISK_DATA", HERE.parents[2] / "shared" / "data"))
JUDGE = DATA.parent / "yardsticks" / "quality.py"
AMLSIM = ("20K_cycle200", "20K_fanin200", "20K_fanin200cycle200")

pytestmark = pytest.mark.real


def report(name: str, folder: Path) -> dict[str, Any]:
    command = [sys.executable, str(HERE / "report.py"), name, "--keep", str(folder)]
    environment = {**os.environ, "GRAPHRISK_DATA": str(DATA)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    print(done.stdout)
    figures: dict[str, Any] = json.loads(done.stdout)
    if "skipped" in figures:
        pytest.skip(figures["skipped"])
    return figures


def agrees(figures: dict[str, Any], store: Path, truth: str, *also: str) -> None:
    """Compare the figures with those of a script that reads the store's files and shares no code with ours."""
    command = [sys.executable, str(JUDGE), str(store), "--truth", truth, *also]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "GRAPHRISK_DATA": str(DATA)})
    assert done.returncode == 0, done.stderr
    judged = json.loads(done.stdout)
    names = {"rings_true", "recovered", "false_per_true", "ari", "entities", "positive", "auc", "ap"}
    compared = names & set(judged) & set(figures)
    assert compared
    for name in compared:
        assert judged[name] == pytest.approx(figures[name], abs=2e-4 if name != "false_per_true" else 0.011), name
    if "without_score" in judged:
        assert judged["without_score"] == 0


def test_airdrop(tmp_path):
    figures = report("airdrop", tmp_path)
    assert figures["recovered"] > 0.45
    assert figures["auc"] > 0.8
    assert 0 < figures["nmi"] < 1
    agrees(figures, tmp_path / "airdrop" / "store", "airdrop")


def test_airdrop_with_links_between_wallets(tmp_path):
    figures = report("airdrop_wallets", tmp_path)
    assert figures["recovered"] > 0.45
    assert figures["auc"] > 0.8
    assert 0 < figures["wallets.first_funder.links"] < figures["wallets.first_funder.links_without_exclusions"]


def test_laundering_10k(tmp_path):
    figures = report("laundering_10k", tmp_path)
    assert figures["auc"] > 0.9
    assert figures["recovered"] >= 0.75
    assert figures["recovered_in_top_200"] >= 0.35
    agrees(figures, tmp_path / "laundering_10k" / "store", "laundering_10k")


def test_boosting_on_laundering_10k(tmp_path):
    figures = report("laundering_10k_features", tmp_path)
    assert figures["auc"] >= 0.97
    assert figures["ap"] >= 0.82


def test_a_model_of_accounts_of_laundering_10k(tmp_path):
    figures = report("laundering_10k_accounts", tmp_path)
    rows = {row["scored by"]: row for row in figures["rows"]}
    assert rows["boosting"]["auc"] >= 0.98
    assert rows["boosting"]["ap"] >= 0.85
    assert rows["mean"]["ap"] >= 0.85
    assert rows["boosting without the graph"]["ap"] < 0.2
    assert figures["calibration_error"] <= 0.02


def test_a_model_of_accounts_of_airdrop(tmp_path):
    figures = report("airdrop_accounts", tmp_path)
    assert figures["rings_apart"]
    assert max(row["auc"] for row in figures["rows"]) >= 0.968
    assert max(row["ap"] for row in figures["rows"]) >= 0.932
    assert figures["calibration_error"] <= 0.02


def test_reviewed_rings_of_the_airdrop_are_learned_from_other_rings(tmp_path):
    figures = report("airdrop_rings", tmp_path)
    assert figures["candidates_that_are_rings"] > 50
    assert figures["groups_apart"] > 50
    assert max(figures["boosting_ap"], figures["forest_ap"]) > figures["transparent_ap"]


def test_a_model_of_rings_tested_on_other_worlds(tmp_path):
    figures = report("other_worlds", tmp_path)
    for name, least in (("held_out", 0.9), ("alike", 0.85), ("unlike", 0.7)):
        assert figures[f"{name}_reachable"] <= figures[f"{name}_rings"]
        assert figures[f"{name}_precision_at_80_of_reachable"] >= least
        plain = figures.get(f"{name}_transparent_precision_at_80_of_reachable")  # none where it never gets there
        assert figures[f"{name}_precision_at_80_of_reachable"] > (plain or 0.0)


def test_the_confirmed_share_is_near_the_truth_where_few_rings_are_confirmed(tmp_path):
    figures = report("few_confirmed", tmp_path)
    truth = figures["rings_confirmed"] / figures["rings"]
    assert truth / 2 < figures["confirmed_share"] < truth * 2
    assert figures["some_ap"] < figures["unlabelled_ap"] <= figures["all_ap"]


def test_a_model_of_accounts_tested_on_what_became_known_later(tmp_path):
    figures = report("laundering_10k_later", tmp_path)
    assert figures["trained_bad"] > 50
    assert figures["tested_bad"] > 20
    assert figures["rows"][0]["auc"] > 0.8


@pytest.mark.parametrize("name", AMLSIM)
def test_boosting_on_amlsim(tmp_path, name):
    figures = report(f"amlsim_{name}_features", tmp_path)
    assert figures["auc"] >= 0.96
    assert figures["ap"] >= 0.90


@pytest.mark.parametrize("name", AMLSIM)
def test_amlsim(tmp_path, name):
    figures = report(f"amlsim_{name}", tmp_path)
    assert figures["auc"] > 0.5
    agrees(figures, tmp_path / f"amlsim_{name}" / "store", f"amlsim/{name}")


def networks(script: str, *args: str) -> dict[str, Any]:
    """Figures of one run of a report that has several: a split, or a seed."""
    pytest.importorskip("torch", reason="networks need `pip install graphrisk[torch]`")
    done = subprocess.run([sys.executable, str(HERE / script), *args], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    print(done.stdout)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def test_networks_on_one_split_of_tolokers():
    file = DATA / "tolokers" / "tolokers.npz"
    if not file.exists():
        pytest.skip(f"{file} is not there; set GRAPHRISK_DATA")
    figures = networks("tolokers.py", str(file), "1")
    assert figures["splits"] == 1
    assert figures["trees_auroc"][0] > 85
    assert figures["network_auroc"][0] > 81
    assert figures["network_ap"][0] > figures["no_graph_ap"][0] + 10
    assert figures["blend_ap"][0] > 59


def test_a_network_on_the_transfers_of_laundering_10k_that_sees_no_later_ones():
    if not (DATA / "laundering_10k").exists():
        pytest.skip(f"{DATA / 'laundering_10k'} is not there; set GRAPHRISK_DATA")
    figures = networks("laundering_transfers.py", str(DATA / "laundering_10k"), "0")
    assert figures["runs"] == 1
    assert figures["no_graph_ap"][0] < 0.1
    assert figures["boosting_ap"][0] > 0.35
    assert figures["network_ap"][0] > 0.4
    assert figures["network_f1"][0] > 0.15
    assert figures["blend_ap"][0] > 0.48


def test_a_network_on_candidate_rings_of_simulated_worlds():
    figures = networks("ring_networks.py", "0")
    assert figures["runs"] == 1
    assert figures["trees_ap"][0] > 0.75
    assert figures["network_ap"][0] > 0.5
    assert figures["blend_ap"][0] > 0.75


def test_identity_50k(tmp_path):
    figures = report("identity_50k", tmp_path)
    assert figures["pair_precision"] > 0.6
    assert figures["pair_recall"] > 0.7
    agrees(figures, tmp_path / "identity_50k" / "store", "identity_50k")


def test_amlworld_sample(tmp_path):
    figures = report("amlworld_sample", tmp_path)
    assert figures["n_transfers"] == 28_374
    assert figures["n_rejected"] == 0


def test_ident(tmp_path):
    figures = report("ident", tmp_path)
    assert figures["recovered"] >= 0.95
    assert figures["false_per_true"] <= 0.2
    agrees(figures, tmp_path / "ident" / "store", str(tmp_path / "ident" / "truth.parquet"))


def test_candidates_come_nearer_to_true_rings_than_communities_at_five_densities(tmp_path):
    figures = report("candidates", tmp_path)
    for name in ("simulated", "ident", "worlds", "airdrop", "identity_50k"):
        ours, leiden = figures[name]["ours"], figures[name]["leiden"]
        assert ours["within_reach"] >= leiden["within_reach"]
        assert ours["mean_similarity"] > leiden["mean_similarity"]
    assert figures["ident"]["ours"]["exact"] >= 1_900


def test_an_incremental_scan_is_equal_to_a_full_one(tmp_path):
    figures = report("incremental", tmp_path)
    assert figures["new_files"] == 1
    assert figures["rings"] > 2_000
    assert figures["other_tables"] == []
    assert figures["share_of_cpu"] < 0.9


def test_rings_that_share_nothing(tmp_path):
    figures = report("careful", tmp_path)
    for kind, least in (("lockstep", 0.85), ("same_sequence", 0.9), ("wash_trade", 0.85), ("airdrop_farm", 0.8)):
        found, without = figures["with_0"]["true"][kind], figures["without_0"]["true"][kind]
        assert found["recall"] >= max(least, min(without["recall"] + 0.3, 1.0))
        assert figures["with_0"]["listed"][kind]["precision"] >= 0.85
    for degree in (0, 25, 50):
        assert figures[f"with_{degree}"]["innocent_by_pattern"]["high"] == {}
        listed = figures[f"with_{degree}"]["innocent_by_pattern"]
        assert sum(n for band in listed.values() for n in band.values()) <= 8


def test_rings_that_launder_in_all_shapes(tmp_path):
    figures = report("shapes", tmp_path)
    for degree in (0, 25, 50):
        found, without = (figures[f"{side}_{degree}"]["true"] for side in ("with", "without"))
        assert all(found[shape]["recall"] >= without[shape]["recall"] for shape in found)
        assert found["scatter_gather"]["recall"] >= without["scatter_gather"]["recall"] + 0.15
        for shape, least in (("bipartite", 0.6), ("random", 0.75), ("scatter_gather", 0.65), ("stack", 0.6)):
            assert found[shape]["recall"] >= least


def test_camouflage(tmp_path):
    figures = report("camouflage", tmp_path)
    for degree, least in (("0", 0.9), ("25", 0.8), ("50", 0.5)):
        true, listed = (figures[f"all_{degree}"][side] for side in ("true", "listed"))
        for typology in ("bonus_farm", "multi_account", "referral_farm"):
            assert true[typology]["recall"] >= least
            assert listed[typology]["precision"] >= least - 0.1
        assert figures[f"without_laundering_{degree}"]["innocent"]["high"] == {}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_worlds_of_somebody_else(tmp_path, seed):
    figures = report(f"worlds_{seed}", tmp_path)
    assert figures["recovered"] >= 0.75
    assert figures["false_per_true"] <= 1
    assert figures["ap"] >= 0.65
    assert figures["bands"]["high"]["precision"] >= 0.9
    made = tmp_path / f"worlds_{seed}" / "worlds"
    agrees(
        figures,
        tmp_path / f"worlds_{seed}" / "store",
        str(made / "truth.parquet"),
        "--lookalikes",
        str(made / "lookalikes.parquet"),
    )


def test_a_world_by_a_model_trained_on_others(tmp_path):
    figures = report("worlds_trained", tmp_path)
    assert figures["recovered"] >= 0.83
    assert figures["precision_at_80_of_all"] >= 0.75
    assert figures["ap"] >= 0.85


def test_our_own_world_of_a_million_accounts(tmp_path):
    figures = report("simulated", tmp_path)
    assert figures["accounts"] == 1_000_000
    assert figures["simulation_seconds"] < 120
    assert figures["recovered"] > 0.65
    assert figures["bands"]["high"]["precision"] > 0.9
    assert set(figures["innocent"]) == {"high", "medium", "low"}
    made = tmp_path / "simulated" / "world"
    if JUDGE.exists():
        agrees(figures, tmp_path / "simulated" / "store", str(made / "truth.parquet"))
