import dataclasses
import json

import numpy as np
import pytest
from typer.testing import CliRunner

from gnn.ranking import average_precision
from gnn.ring_features import ring_features
from gnn.ring_trees import LEARNED, PARTS, learned
from graphrisk.cli.app import app
from graphrisk.config import read_config
from graphrisk.models.choice import SHIPPED_FOLDER
from graphrisk.models.errors import TrainingError
from graphrisk.models.files import load_model
from graphrisk.models.labelled import labelled_search
from graphrisk.models.training import ALWAYS_KNOWN, label_scans, train_model, with_hidden_parts
from graphrisk.models.worlds import plan_worlds, simulated_configs
from graphrisk.pipeline import find_rings
from graphrisk.rings.search import measure, surroundings
from graphrisk.stages import StageLog
from loaders import SourceConfig, load


@pytest.fixture(scope="module")
def searched(world):
    """A search of the world with its truth as labels."""
    config = read_config(world / "scan.toml")
    truth = SourceConfig.model_validate(
        {"path": "truth_members.parquet", "table": "labels", "label": {"value": "ring"}}
    )
    config = config.model_copy(update={"source": [*config.source, truth]})
    loaded = load(config.load_config(), as_of=config.scan.as_of)
    found, _, _ = find_rings(config, loaded, StageLog(None))
    return found, labelled_search(found, loaded.graph, loaded.labels, "world")


def test_labels_that_name_rings_change_no_feature(world, searched):
    config = read_config(world / "scan.toml")
    loaded = load(config.load_config(), as_of=config.scan.as_of)
    found, _, _ = find_rings(config, loaded, StageLog(None))
    assert np.array_equal(measure(found).values, measure(searched[0]).values, equal_nan=True)


def test_the_shipped_model_ranks_better_than_the_transparent_score(searched):
    found, labelled = searched
    from gnn.transparent import Transparent

    plain = Transparent(found.history.timed, found.history.claim_rate).score(measure(found)).log_odds
    model = load_model(SHIPPED_FOLDER)
    assert average_precision(model.log_odds(labelled.features), labelled.is_ring) > 0.6
    assert average_precision(plain, labelled.is_ring) < 0.6


def test_shuffled_times_take_the_model_its_skill(searched):
    """What the model knows, it knows from when things happened: a leak of the labels would survive the shuffle."""
    found, labelled = searched
    model = load_model(SHIPPED_FOLDER)
    around = surroundings(found.sharing, found.history.shuffled(1), found.affinity, found.views[0], found.nats)
    shuffled = learned(ring_features(found.candidates.starts, found.candidates.members, around))
    right = average_precision(model.log_odds(labelled.features), labelled.is_ring)
    wrong = average_precision(model.log_odds(shuffled), labelled.is_ring)
    assert wrong < 0.75 * right


def test_what_is_learned_from_is_searched_by_the_transparent_score(world, searched):
    from gnn.transparent import Transparent

    found, _ = searched
    config = read_config(world / "scan.toml")
    truth = SourceConfig.model_validate(
        {"path": "truth_members.parquet", "table": "labels", "label": {"value": "ring"}}
    )
    (labelled,) = label_scans([config.model_copy(update={"source": [*config.source, truth]})], 1, None)
    plain = Transparent(found.history.timed, found.history.claim_rate).score(measure(found)).log_odds
    assert np.array_equal(labelled.log_odds, plain)
    assert labelled.n_true == searched[1].n_true > 0


def test_the_first_worlds_of_a_longer_plan_are_the_same():
    assert plan_worlds(3, seed=4) == plan_worlds(9, seed=4)[:3]
    assert plan_worlds(3, seed=4) != plan_worlds(3, seed=5)


def test_half_of_the_worlds_have_innocents_who_act_together():
    twins = np.array([plan.settings.twin_share for plan in plan_worlds(60, seed=0)])
    assert 20 <= (twins > 0).sum() <= 40
    assert twins[twins > 0].min() >= 0.02
    assert twins.max() <= 0.2


def test_hidden_parts_are_hidden_whole_and_some_are_always_known():
    features = np.random.default_rng(0).random((5, len(LEARNED)))
    out = with_hidden_parts(features, np.random.default_rng(1))
    hidden = 0
    for part, names in PARTS.items():
        absent = np.isnan(out[:, [LEARNED.index(name) for name in names]])
        assert absent.all() or not absent.any()
        assert not (absent.any() and part in ALWAYS_KNOWN)
        hidden += absent.any()
    assert 0 < hidden < len(PARTS) - len(ALWAYS_KNOWN)


def test_too_few_rings_cannot_be_learned_from(searched):
    nothing = dataclasses.replace(searched[1], similarity=np.zeros(len(searched[1].candidates)))
    with pytest.raises(TrainingError, match=r"at least 2 populations with 30 rings"):
        train_model([nothing, nothing], "x")


@pytest.mark.slow
def test_a_model_is_trained_measured_told_of_and_used(tmp_path):
    run = CliRunner()
    store = str(tmp_path / "store")
    plans = [
        dataclasses.replace(p, settings=dataclasses.replace(p.settings, n_accounts=8000)) for p in plan_worlds(1, 3)
    ]
    (config,) = [c.model_copy() for c in simulated_configs(plans)]
    assert config.source[-1].table == "labels"
    made = run.invoke(app, ["model", "train", "--simulated", "3", "--seed", "2", "--name", "ours", "--store", store])
    assert made.exit_code == 0, made.output
    told = json.loads(run.invoke(app, ["model", "card", "ours", "--store", store, "--json"]).stdout)
    assert told["data"]["populations"] <= 3
    assert told["command"] == "graphrisk model train --simulated 3 --name ours --seed 2"
    out = run.invoke(app, ["model", "evaluate", "ours", "--simulated", "1", "--seed", "9", "--store", store, "--json"])
    figures = json.loads(out.stdout)
    assert {row["scored by"] for row in figures["rows"]} == {"ours", "transparent"}


def test_names_of_other_models_and_missing_labels_are_refused(world):
    run = CliRunner()
    taken = run.invoke(app, ["model", "train", "--simulated", "2", "--name", "auto"])
    assert "must be a name of your own" in str(taken.exception)
    outside = run.invoke(app, ["model", "train", "--simulated", "2", "--name", "../x"])
    assert "must be made of letters" in str(outside.exception)
    unlabelled = run.invoke(app, ["model", "evaluate", "simulated", str(world / "scan.toml")])
    assert "no label names a ring" in str(unlabelled.exception)
    nothing = run.invoke(app, ["model", "train"])
    assert "with a number of worlds" in str(nothing.exception)
