import dataclasses
import json

import duckdb
import numpy as np
import pytest
from typer.testing import CliRunner

from gnn.ranking import average_precision
from gnn.ring_trees import LEARNED, PARAMETERS
from graphrisk.cli.app import app
from graphrisk.models.card import card_text
from graphrisk.models.errors import TrainingError
from graphrisk.models.labelled import LabelledCandidates
from graphrisk.models.training import find_unlabelled, rows_with_shares, train_model
from graphrisk.rings.candidates import Candidates


def population(seed, confirmed, n=400, n_rings=80):
    """Groups of four that nobody shares; rings differ by three of 44 features. Labels name some of the rings."""
    rng = np.random.default_rng(seed)
    features = np.zeros((n, len(LEARNED)))  # all have the rest in common but for their size
    features[:, :44] = rng.normal(size=(n, 44))
    features[:, LEARNED.index("size")] = rng.normal(size=n)
    features[:n_rings, :3] += 1.6
    known = (np.arange(n) < n_rings) & (rng.random(n) < confirmed)
    nearest = np.where(known, np.cumsum(known) - 1, -1)
    candidates = Candidates(np.arange(0, 4 * n + 1, 4), np.arange(4 * n, dtype=np.int32))
    return LabelledCandidates(
        f"world-{seed}", candidates, features, known.astype(float), nearest, np.zeros(n), int(known.sum())
    )


@pytest.fixture(autouse=True, scope="module")
def few_trees():
    """Enough for features as plain as these."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PARAMETERS, "num_iterations", 60)
        yield


@pytest.fixture(scope="module")
def models(few_trees):
    some = [population(seed, 0.25) for seed in range(4)]
    return {unlabelled: train_model(some, "m", unlabelled=unlabelled) for unlabelled in (False, True)}, some


def test_rings_that_nobody_confirmed_are_no_longer_held_against_the_others(models):
    trained, some = models
    test = population(99, 1.0)
    rings = np.arange(len(test.nearest)) < 80
    log_odds = {unlabelled: model.log_odds(test.features) for unlabelled, (model, _) in trained.items()}
    precision = {unlabelled: average_precision(nats, rings) for unlabelled, nats in log_odds.items()}
    assert precision[True] > precision[False] > 0.6
    # three rings in four were counted as innocent, and are no longer
    found = {unlabelled: (1 / (1 + np.exp(-nats[rings]))).sum() for unlabelled, nats in log_odds.items()}
    assert found[True] > 2 * found[False]
    assert 0.12 < find_unlabelled(some, 0, "boosting").confirmed < 0.4


def test_every_candidate_weighs_one_parted_between_ring_and_none():
    some = population(0, 0.25, n=5, n_rings=2)
    shares = np.array([1.0, 0.25, 0.0, 0.5, 0.0])
    features, targets, weights = rows_with_shares([some], shares, seed=0)
    assert len(features) == len(targets) == len(weights) == 2 * (5 + 2)
    # once as it is and once with parts hidden; what is always known tells the rows of one candidate
    size = LEARNED.index("size")
    for row, share in zip(some.features, shares, strict=True):
        mine = features[:, size] == row[size]
        assert weights[mine].sum() == pytest.approx(2)
        assert weights[mine & (targets == 1)].sum() == pytest.approx(2 * share)


def test_pieces_of_confirmed_rings_stay_no_rings(models):
    _, some = models
    pieces = dataclasses.replace(some[0], nearest=np.where(some[0].is_ring, some[0].nearest, 0))
    guess = find_unlabelled([pieces, *some[1:]], 0, "boosting")
    assert set(np.unique(guess.share[: len(pieces.nearest)])) == {0.0, 1.0}


def test_the_card_says_what_was_assumed(models):
    trained, _ = models
    cards = {
        unlabelled: card | {"name": "m", "command": "c", "code_version": "1", "trees_sha256": "0", "limits": []}
        for unlabelled, (_, card) in trained.items()
    }
    for unlabelled, (model, _) in trained.items():
        cards[unlabelled] |= {
            "calibration": dataclasses.asdict(model.calibration),
            "levels": dataclasses.asdict(model.levels),
        }
    assert "labels name an estimated" in card_text(cards[True])
    assert "labels name an estimated" not in card_text(cards[False])


def test_two_populations_are_too_few_to_tell_who_is_unlabelled(models):
    _, some = models
    with pytest.raises(TrainingError, match=r"at least 3 populations with 30 rings"):
        train_model(some[:2], "m", unlabelled=True)


@pytest.mark.slow
def test_a_model_is_trained_from_some_confirmed_rings(tmp_path):
    from loaders.simulate import WorldSettings, simulate

    simulate(tmp_path / "world", WorldSettings(n_accounts=60_000, seed=4))
    truth = tmp_path / "world" / "truth_members.parquet"
    some = tmp_path / "confirmed.parquet"
    duckdb.sql(
        f"COPY (SELECT entity_type, entity_id, ring_id, 'ring' AS label FROM '{truth}' "
        f"WHERE hash(ring_id) % 10 < 7) TO '{some}' (FORMAT parquet)"
    )
    config = tmp_path / "world" / "some.toml"
    plain = (tmp_path / "world" / "scan.toml").read_text(encoding="utf-8")
    config.write_text(plain + f'\n[[source]]\npath = "{some}"\ntable = "labels"\n', encoding="utf-8")
    run, store = CliRunner(), str(tmp_path / "store")
    made = run.invoke(
        app, ["model", "train", str(config), "--unlabelled", "--name", "ours", "--store", store, "--json"]
    )
    assert made.exit_code == 0, made.output
    told = json.loads(made.stdout)
    assert "--unlabelled" in told["command"]
    assert 0.2 < told["unlabelled"]["confirmed_share"] <= 1


def test_simulated_worlds_and_accounts_have_no_unlabelled_rings():
    for other in (["--simulated", "2"], ["x.toml", "--accounts"]):
        refused = CliRunner().invoke(app, ["model", "train", "--unlabelled", *other])
        assert "`--unlabelled` is for rings of your own data" in str(refused.exception)
