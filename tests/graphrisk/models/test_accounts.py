import dataclasses
import json
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from gnn import account_trees
from gnn.calibration import Calibration
from graphrisk.cli.app import app
from graphrisk.config import read_config
from graphrisk.models.account_training import GRAPH_FREE, auc, later_figures, split_accounts, train_accounts
from graphrisk.models.accounts import AccountData, account_columns, load_accounts
from graphrisk.models.errors import TrainingError
from graphrisk.models.files import ModelError, load_account_model, load_model, save_account_model
from graphrisk.models.settings import TRANSPARENT, ModelSettings
from graphrisk.pipeline import find_rings
from graphrisk.rings.member_scores import best_candidates
from graphrisk.rings.search import measure
from graphrisk.stages import StageLog
from loaders import SourceConfig, load

UNTIL = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def few_trees(monkeypatch):
    """Fewer trees, so that the tests are quick."""
    quick = {kind: given | {"num_iterations": 30} for kind, given in account_trees.PARAMETERS.items()}
    monkeypatch.setattr(account_trees, "PARAMETERS", quick)


def toy(n=600, seed=0):
    """Rings of six, told by one column of the graph."""
    rng = np.random.default_rng(seed)
    groups = np.r_[np.repeat(np.arange(20), 6), 20 + np.arange(n - 120)]
    is_bad = groups < 20
    columns = {"own_age": rng.random(n), "tie_partners": is_bad * 2 + rng.normal(size=n)}
    known = [None] * n
    return AccountData("toy", [f"a{i:04d}" for i in range(n)], columns, np.arange(n), is_bad, groups, known)


def test_whole_rings_are_on_one_side_and_folds_are_even():
    data = toy()
    split = split_accounts(data, seed=1)
    assert split.rings_apart
    assert all(len(set(split.fold[data.groups == ring])) == 1 for ring in range(20))
    assert np.bincount(split.fold[data.is_bad]).tolist() == [24] * 5
    assert np.bincount(split.fold[~data.is_bad]).tolist() == [96] * 5


def test_where_rings_share_their_members_accounts_are_dealt_out_and_the_card_says_so():
    data = toy()
    joined = dataclasses.replace(data, groups=np.where(data.is_bad, 0, data.groups))
    split = split_accounts(joined, seed=1)
    assert not split.rings_apart
    assert np.bincount(split.fold[data.is_bad]).tolist() == [24] * 5
    assert train_accounts(joined, "x")[1]["held_out"]["rings_apart"] is False


def test_auc_counts_pairs():
    rng = np.random.default_rng(0)
    scores, is_bad = rng.integers(5, size=40).astype(float), rng.random(40) < 0.4
    pairs = [(a > b) + 0.5 * (a == b) for a in scores[is_bad] for b in scores[~is_bad]]
    assert auc(scores, is_bad) == pytest.approx(np.mean(pairs))


def test_the_row_without_the_graph_stands_beside_both_kinds_of_trees_and_their_mean():
    model, card = train_accounts(toy(), "x")
    rows = {row["scored by"]: row["auc"] for row in card["held_out"]["rows"]}
    assert list(rows) == ["boosting", "forest", "mean", GRAPH_FREE]
    assert min(rows["boosting"], rows["forest"], rows["mean"]) > 0.8 > 0.65 > rows[GRAPH_FREE]
    best = max(card["held_out"]["rows"][:3], key=lambda row: row["ap"])["scored by"]
    assert card["kind"] == f"{' and '.join(account_trees.CHOICES[best])} over account features"
    assert tuple(model.boosters) == account_trees.CHOICES[best]
    data = toy(seed=5)
    assert auc(model.score(data.columns, len(data.ids)), data.is_bad) > 0.85


def test_each_choice_can_be_asked_for_and_the_mean_lies_between_the_two():
    data, scores = toy(seed=5), {}
    for choice, kinds in account_trees.CHOICES.items():
        model, card = train_accounts(toy(), "x", kind=choice)
        assert tuple(model.boosters) == tuple(card["parameters"]) == kinds
        # without calibration, log-odds of the mean are the mean of log-odds
        plain = dataclasses.replace(model, calibration=Calibration(1.0, 0.0, 0.0))
        share = plain.score(data.columns, len(data.ids))
        scores[choice] = np.log(share / (1 - share))
    assert scores["mean"] == pytest.approx((scores["boosting"] + scores["forest"]) / 2, abs=1e-6)
    # a forest's share of 0 or 1 has log-odds too
    assert np.abs(scores["forest"]).max() <= np.log(1.03 / 0.03) + 1e-9


def test_leaves_grow_with_the_bad_accounts_and_never_shrink():
    few, many = (account_trees.tree_parameters("boosting", n) for n in (30, 6_000))
    assert (few["min_data_in_leaf"], few["lambda_l2"]) == (20, 5.0)
    assert (many["min_data_in_leaf"], many["lambda_l2"]) == (300, 60.0)
    assert account_trees.tree_parameters("forest", 6_000) == account_trees.PARAMETERS["forest"]


def test_twins_and_communities_are_told_of_every_account(tmp_path):
    from loaders.simulate import WorldSettings, simulate

    simulate(tmp_path, WorldSettings(n_accounts=1_000, seed=3, ring_share=0.1))
    data = load_accounts(read_config(tmp_path / "scan.toml"))
    near, far = data.columns["own_twins_within_1"], data.columns["own_twins_within_31"]
    assert np.isfinite(near).mean() > 0.9
    assert (near <= far)[np.isfinite(far)].all()
    assert np.nanmedian(near) < np.nanmedian(far)
    sizes = data.columns["community25_accounts"]
    assert sizes.min() >= 1
    assert 1 < sizes.max() < 1_000
    again = load_accounts(read_config(tmp_path / "scan.toml")).columns
    assert all(np.array_equal(again[name], data.columns[name], equal_nan=True) for name in again)


def test_features_of_a_group_are_those_of_the_best_candidate_that_holds_the_account(world):
    config = read_config(world / "scan.toml").model_copy(update={"model": ModelSettings(name=TRANSPARENT)})
    loaded = load(config.load_config(), as_of=config.scan.as_of)
    found, policy, _ = find_rings(config, loaded, StageLog(None))
    columns = account_columns(loaded, found, policy)
    best, every = best_candidates(found)[: loaded.graph.n_accounts], measure(found)
    inside = best >= 0
    assert 100 < inside.sum() < len(inside)
    for name in ("size", "density", "nats_place", "use_days"):
        values = columns[f"group_{name}"]
        assert np.array_equal(values[inside], every[name][best[inside]], equal_nan=True)
        assert np.isnan(values[~inside]).all()


def test_labels_dealt_anew_cannot_be_learned():
    data = toy()
    shuffled = dataclasses.replace(data, is_bad=np.random.default_rng(2).permutation(data.is_bad))
    rows = train_accounts(dataclasses.replace(shuffled, groups=np.arange(600)), "x")[1]["held_out"]["rows"]
    assert all(0.4 < row["auc"] < 0.6 for row in rows)


def test_too_few_labels_are_refused():
    data = toy()
    with pytest.raises(TrainingError, match="at least 20 accounts labelled bad"):
        train_accounts(dataclasses.replace(data, is_bad=data.groups < 2), "x")


def test_later_figures_pass_over_what_was_known_before():
    after = toy()
    old = np.flatnonzero((after.groups < 10) | ~after.is_bad)
    before = dataclasses.replace(
        after, labelled=old, is_bad=after.is_bad[old], groups=after.groups[old], known_at=[None] * len(old)
    )
    told = later_figures(before, after, UNTIL)
    assert told["trained_bad"] == told["tested_bad"] == 60
    assert told["trained"] + told["tested"] == 600
    assert told["rows"][0]["auc"] > 0.8
    # a ring that had one account known already is no test
    one = np.flatnonzero((after.groups < 10) | ~after.is_bad | (np.arange(600) == 60))
    before = dataclasses.replace(
        after, labelled=one, is_bad=after.is_bad[one], groups=after.groups[one], known_at=[None] * len(one)
    )
    assert later_figures(before, after, UNTIL)["tested_bad"] == 54


def test_a_model_is_saved_and_read_and_is_none_of_rings(tmp_path):
    data = toy()
    for choice, kinds in account_trees.CHOICES.items():
        model, card = train_accounts(data, "x", kind=choice)
        save_account_model(model, card, tmp_path / "x")
        again = load_account_model(tmp_path / "x")
        assert np.array_equal(again.score(data.columns, 600), model.score(data.columns, 600))
        files = sorted(file.name for file in (tmp_path / "x").iterdir())
        assert files == sorted(["card.json", *(f"{kind}.txt" for kind in kinds)])
    with pytest.raises(ModelError, match="must hold a model of rings, got one of accounts"):
        load_model(tmp_path / "x")
    (tmp_path / "x" / "forest.txt").write_text("another")
    with pytest.raises(ModelError, match=r"forest\.txt must be the file that its card names"):
        load_account_model(tmp_path / "x")


def labelled(world, folder):
    """A configuration of the world with its truth as labels of accounts, known at two times."""
    config = read_config(world / "scan.toml")
    truth = pq.read_table(world / "truth.parquet").to_pandas()
    truth = truth[truth.entity_type == "account"].drop_duplicates("entity_id")
    bad = truth.ring >= 0
    rows = {
        "entity_type": ["account"] * len(truth),
        "entity_id": truth.entity_id.tolist(),
        "label": np.where(bad, "confirmed", "false_positive").tolist(),
        "ring_id": [str(ring) if ring >= 0 else None for ring in truth.ring],
    }
    pq.write_table(pa.table(rows), folder / "labels.parquet")
    source = SourceConfig.model_validate({"path": str(folder / "labels.parquet"), "table": "labels"})
    return config.model_copy(update={"source": [*config.source, source]})


def test_no_label_reaches_a_feature_of_an_account(world, tmp_path):
    plain = load_accounts(read_config(world / "scan.toml"))
    told = load_accounts(labelled(world, tmp_path))
    assert len(plain.labelled) == 0 < told.is_bad.sum() < len(told.labelled)
    for name, values in plain.columns.items():
        assert np.array_equal(values, told.columns[name], equal_nan=True), name


@pytest.mark.slow
def test_accounts_of_a_world_are_learned_by_command_and_scored(world, tmp_path):
    config = labelled(world, tmp_path)
    text = (world / "scan.toml").read_text()
    text += f'\n[[source]]\npath = "{tmp_path / "labels.parquet"}"\ntable = "labels"\n'
    assert config.source[-1].table == "labels"
    file = world / "accounts-scan.toml"
    file.write_text(text)
    run, store = CliRunner(), str(tmp_path / "store")
    made = run.invoke(app, ["model", "train", str(file), "--accounts", "--name", "acc", "--store", store])
    assert made.exit_code == 0, made.output
    assert GRAPH_FREE in made.output
    told = json.loads(run.invoke(app, ["model", "card", "acc", "--store", store, "--json"]).stdout)
    rows = {row["scored by"]: row["ap"] for row in told["held_out"]["rows"]}
    assert max(rows["boosting"], rows["forest"]) > rows[GRAPH_FREE]
    out = tmp_path / "scores.parquet"
    scored = run.invoke(app, ["model", "score", "acc", str(file), "--out", str(out), "--store", store])
    file.unlink()
    assert scored.exit_code == 0, scored.output
    table = pq.read_table(out)
    assert table.column_names == ["account_id", "score", "model"]
    assert 0 <= min(table["score"].to_pylist()) <= max(table["score"].to_pylist()) <= 1
