import dataclasses
import json
from itertools import product

import numpy as np
import pytest
from typer.testing import CliRunner

torch = pytest.importorskip("torch", reason="networks need `pip install graphrisk[torch]`")

from gnn.actor_sets import ActorSets  # noqa: E402
from gnn.blended_trees import BlendedTrees  # noqa: E402
from gnn.network_graph import NetworkGraph  # noqa: E402
from gnn.ranking import average_precision  # noqa: E402
from gnn.ring_features import FEATURE_NAMES, RingFeatures  # noqa: E402
from gnn.ring_trees import LEARNED, PARAMETERS, RingTrees  # noqa: E402
from gnn.typed_edges import TypedEdges  # noqa: E402
from graphrisk.cli.app import app  # noqa: E402
from graphrisk.models import network_training  # noqa: E402
from graphrisk.models.card import card_text  # noqa: E402
from graphrisk.models.choice import model_key  # noqa: E402
from graphrisk.models.errors import TrainingError  # noqa: E402
from graphrisk.models.files import CARD, NETWORK, ModelError, load_model, read_card, save_model  # noqa: E402
from graphrisk.models.labelled import LabelledCandidates  # noqa: E402
from graphrisk.models.network_training import _sides, _train  # noqa: E402
from graphrisk.models.scoring import population_log_odds  # noqa: E402
from graphrisk.models.training import train_model  # noqa: E402
from graphrisk.rings.candidates import Candidates  # noqa: E402
from graphrisk.rings.network_view import NetworkView  # noqa: E402
from loaders.simulate import WorldSettings, simulate  # noqa: E402

N, SIZE, N_RINGS = 60, 4, 15
TOLD = {"command": "test", "code_version": "test", "limits": []}


def population(seed, told_by_graph, told_by_features):
    """Groups of four accounts, the rings first: all on one device, or with features of their own, or both."""
    rng = np.random.default_rng(seed)
    n = N * SIZE
    is_ring = np.arange(N) < N_RINGS
    devices = np.arange(n)
    if told_by_graph:
        devices[: N_RINGS * SIZE] = np.repeat(np.arange(N_RINGS), SIZE) * SIZE
    users = np.bincount(devices, minlength=n)
    features = {
        "account": rng.normal(size=(n, 2)).astype(np.float32),
        "device": np.log(np.maximum(users, 1))[:, None].astype(np.float32),
    }
    edges = {
        ("account", "uses", "device"): TypedEdges.from_pairs(n, n, np.arange(n), devices),
        ("device", "used_by", "account"): TypedEdges.from_pairs(n, n, devices, np.arange(n)),
    }
    rows = rng.normal(size=(N, len(LEARNED)))
    rows[is_ring, :3] += 4.0 if told_by_features else 0.5
    starts, members = np.arange(0, n + 1, SIZE), np.arange(n, dtype=np.int32)
    candidates = Candidates(starts, members)
    view = NetworkView(NetworkGraph(features, edges), ActorSets(starts, members))
    nearest = np.where(is_ring, np.arange(N), -1)
    return LabelledCandidates(
        f"world-{seed}", candidates, rows, is_ring.astype(float), nearest, np.zeros(N), N_RINGS, {}, view
    )


def populations(**told):
    return [population(seed, **told) for seed in range(4)]


@pytest.fixture(autouse=True, scope="module")
def small():
    """Few trees and a small network are enough for populations as plain as these."""
    config = dataclasses.replace(
        network_training.CONFIG, width=8, n_epochs=15, learning_rate=0.04, dropout=0.0, device="cpu"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PARAMETERS, "num_iterations", 20)
        patch.setitem(PARAMETERS, "min_data_in_leaf", 5)
        patch.setattr(network_training, "CONFIG", config)
        yield


@pytest.fixture(scope="module")
def helped(small):
    return train_model(populations(told_by_graph=True, told_by_features=False), "m", network=True)


@pytest.fixture(scope="module")
def features():
    rows = population(50, told_by_graph=True, told_by_features=False)
    values = np.full((N, len(FEATURE_NAMES)), np.nan)
    values[:, [FEATURE_NAMES.index(name) for name in LEARNED]] = rows.features
    return rows, values


def test_a_network_that_sees_what_trees_do_not_is_kept_and_ranks_what_it_has_not_seen(helped):
    model, card = helped
    assert isinstance(model, BlendedTrees)
    told = card["network"]
    assert told["helps"]
    assert told["blend"]["second"]["low"] > 0
    aps = {row["scored by"]: row["ap"] for row in told["rows"]}
    assert aps["blend"] > aps["trees"] + 0.1
    unseen = population(9, told_by_graph=True, told_by_features=False)
    log_odds = population_log_odds(model, unseen)
    assert average_precision(log_odds, unseen.is_ring) > 0.95
    alone = np.asarray(model.booster.predict(unseen.features, raw_score=True))
    assert average_precision(alone, unseen.is_ring) < 0.9
    # calibrated: as many rings as it says, of groups of which a quarter are
    assert (1 / (1 + np.exp(-log_odds))).sum() == pytest.approx(N_RINGS, abs=3)


def test_a_network_that_does_not_help_is_told_of_and_the_model_is_that_of_the_trees(tmp_path):
    some = populations(told_by_graph=False, told_by_features=True)
    model, card = train_model(some, "m", network=True)
    plain, plain_card = train_model(some, "m")
    assert isinstance(model, RingTrees)
    assert model.booster.model_to_string() == plain.booster.model_to_string()
    assert model.calibration == plain.calibration
    told = card.pop("network")
    assert card == plain_card
    assert not told["helps"]
    assert [row["scored by"] for row in told["rows"]] == ["trees", "network", "blend"]
    save_model(model, card | TOLD | {"network": told}, tmp_path / "m")
    assert not (tmp_path / "m" / NETWORK).exists()
    assert "does not help beyond chance and was left out" in card_text(read_card(tmp_path / "m"))


def test_the_parts_of_a_blend_sum_to_its_log_odds_and_the_network_is_one_of_them(helped, features):
    model, _ = helped
    rows, values = features
    heard = rows.view.outputs(model.network)
    heard[3] = np.nan
    told = RingFeatures(values, network=heard)
    parts = model.parts(told)
    assert parts.sum(axis=1) == pytest.approx(model.score(told).log_odds, abs=1e-9)
    network = parts[:, model.part_names.index("network")]
    assert network[3] == 0
    mean = model.blend.means[1]
    other = np.arange(N) != 3
    assert np.array_equal(np.sign(network[other]), np.sign(heard[other] - mean))
    # the rest of the parts is what it would be, had the network said nothing
    silent = model.parts(RingFeatures(values, network=np.full(N, np.nan)))
    kept = [k for k, name in enumerate(model.part_names) if name != "network"]
    assert np.array_equal(parts[:, kept], silent[:, kept])
    assert np.array_equal(model.parts(told.take(np.arange(5))), parts[:5])
    with pytest.raises(ValueError, match="must hold what the network says"):
        model.score(RingFeatures(values))


def test_a_blend_is_the_same_once_it_is_saved_and_its_key_is_of_all_its_parts(helped, tmp_path):
    model, card = helped
    save_model(model, card | TOLD, tmp_path / "models" / "m")
    back = load_model(tmp_path / "models" / "m")
    unseen = population(7, told_by_graph=True, told_by_features=False)
    assert np.array_equal(population_log_odds(back, unseen), population_log_odds(model, unseen))
    assert back.blend == model.blend
    assert "the network is kept, " in card_text(read_card(tmp_path / "models" / "m"))
    keys = {model_key("m", tmp_path)}
    with torch.no_grad():
        next(back.network.network.parameters()).add_(0.5)
    save_model(back, card | TOLD, tmp_path / "models" / "m")
    keys.add(model_key("m", tmp_path))
    other = dataclasses.replace(back, blend=dataclasses.replace(back.blend, weight=0.15))
    save_model(other, card | TOLD, tmp_path / "models" / "m")
    keys.add(model_key("m", tmp_path))
    assert len(keys) == 3
    save_model(RingTrees("m", model.booster, model.calibration), card | TOLD, tmp_path / "models" / "m")
    assert model_key("m", tmp_path) not in keys


def test_a_network_that_its_card_does_not_name_is_refused(helped, tmp_path):
    model, card = helped
    save_model(model, card | TOLD, tmp_path / "m")
    told = read_card(tmp_path / "m")
    (tmp_path / "m" / CARD).write_text(json.dumps(told | {"network_sha256": "0" * 64}))
    with pytest.raises(ModelError, match="must be the network that its card names"):
        load_model(tmp_path / "m")
    (tmp_path / "m" / CARD).write_text(json.dumps(told))
    (tmp_path / "m" / NETWORK / "weights.safetensors").unlink()
    with pytest.raises(ModelError, match=r"must hold the card\.json and weights\.safetensors"):
        load_model(tmp_path / "m")


def test_the_same_seed_makes_the_same_network_and_another_seed_another():
    some = populations(told_by_graph=True, told_by_features=False)
    sides = np.array([True, True, False, False]), np.array([False, False, True, False])
    one, again, other = (_train(some, *sides, seed)[0] for seed in (0, 0, 1))
    assert one.data_hash == again.data_hash
    weights = [torch.cat([w.flatten() for w in n.network.parameters()]) for n in (one, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    for network in (one, other):
        told = some[2].view.outputs(network)
        assert told.mean() == pytest.approx(0, abs=1e-4)
        assert told.std() == pytest.approx(1, abs=1e-4)


def test_wallets_say_nothing_to_a_network_that_has_seen_none_and_groups_keep_their_places(helped):
    view = population(3, told_by_graph=True, told_by_features=False).view
    outputs, n = view.outputs(helped[0].network), N * SIZE
    wider = NetworkGraph({**view.graph.features, "wallet": np.ones((2, 4), np.float32)}, view.graph.edges)
    # first two wallets alone, then the groups as they were, the last of them with a wallet
    starts = np.concatenate([[0], 2 + view.sets.indptr])
    starts[-1] += 1
    with_wallets = NetworkView(wider, ActorSets(starts, np.concatenate([[n, n + 1], view.sets.members, [n]])))
    told = with_wallets.outputs(helped[0].network)
    assert np.isnan(told[0])
    assert told[1:] == pytest.approx(outputs, abs=1e-5)
    some = np.array([7, 0, N])
    taken = with_wallets.take(some).outputs(helped[0].network)
    assert taken == pytest.approx(told[some], abs=1e-5, nan_ok=True)


def test_types_that_a_network_has_not_learned_from_say_nothing(helped):
    view = population(3, told_by_graph=True, told_by_features=False).view
    n = N * SIZE
    features = {**view.graph.features, "email": np.ones((2, 1), np.float32)}
    more = {("email", "used_by", "account"): TypedEdges.from_pairs(2, n, np.zeros(n, int), np.arange(n))}
    wider = NetworkGraph(features, {**view.graph.edges, **more})
    network = helped[0].network
    assert network.unknown(view.graph) == []
    assert network.unknown(wider) == ["email", "email-used_by-account"]
    same = NetworkView(wider, view.sets).outputs(network)
    assert np.array_equal(same, view.outputs(network))


@pytest.mark.parametrize(("k", "first_has_rings"), list(product([-1, 0, 2], [True, False])))
def test_what_is_held_out_is_on_neither_side_and_both_sides_have_both_kinds(k, first_has_rings):
    some = populations(told_by_graph=False, told_by_features=True)
    if not first_has_rings:
        some[0] = dataclasses.replace(some[0], similarity=np.zeros(N))
    fold = np.arange(4)
    learn, stop = _sides(some, fold, k)
    assert not (learn & stop).any()
    assert not (learn | stop)[fold == k].any()
    assert (learn | stop).sum() == (4 if k < 0 else 3)
    assert any(p.is_ring.any() for p, use in zip(some, stop, strict=True) if use)


def test_too_little_to_learn_from_is_refused():
    some = populations(told_by_graph=True, told_by_features=False)
    with pytest.raises(TrainingError, match="a network needs at least 3 populations, got 2"):
        train_model(some[:2], "m", network=True)
    with pytest.raises(TrainingError, match="needs the graph of each population"):
        train_model([dataclasses.replace(p, view=None) for p in some], "m", network=True)
    none = dataclasses.replace(some[0], similarity=np.zeros(N))
    with pytest.raises(TrainingError, match="rings and other groups both to learn from and to stop by"):
        train_model([some[0], some[1], none], "m", network=True)


def test_options_that_do_not_go_with_a_network_and_a_missing_extra_are_refused(monkeypatch):
    run = CliRunner()
    for beside in ("--accounts", "--unlabelled"):
        refused = run.invoke(app, ["model", "train", "scan.toml", "--network", beside])
        assert "`--network` learns rings that are all labelled" in str(refused.exception)
    monkeypatch.setattr("graphrisk.models.choice.can_load_networks", lambda: False)
    missing = run.invoke(app, ["model", "train", "scan.toml", "--network"])
    assert str(missing.exception) == "`--network` needs PyTorch; install it with `pip install graphrisk[torch]`"


@pytest.mark.slow
def test_a_network_is_trained_told_of_and_used_from_the_command_line(tmp_path, monkeypatch):
    """On the worlds of a simulation, whether or not it helps there: what is saved is what the card says."""
    monkeypatch.setattr(network_training, "CONFIG", dataclasses.replace(network_training.CONFIG, n_epochs=9))
    run, folder, store = CliRunner(), tmp_path / "world", str(tmp_path / "store")
    simulate(folder, WorldSettings(n_accounts=10_000, seed=7, ring_share=0.08))
    config = folder / "labelled.toml"
    truth = 'path = "truth_members.parquet"\ntable = "labels"\nlabel = { value = "ring" }\n'
    config.write_text((folder / "scan.toml").read_text() + "\n[[source]]\n" + truth)
    train = ["model", "train", str(config), "--network", "--name", "ours", "--store", store]
    made = run.invoke(app, train)
    assert made.exit_code == 0, made.output
    assert "gain of the network in the blend" in made.stdout
    told = json.loads(run.invoke(app, ["model", "card", "ours", "--store", store, "--json"]).stdout)
    assert told["command"] == f"graphrisk model train {config} --network --name ours --seed 0"
    assert (tmp_path / "store" / "models" / "ours" / NETWORK).exists() == told["network"]["helps"]
    assert ("network_sha256" in told) == told["network"]["helps"]
    assert [row["scored by"] for row in told["network"]["rows"]] == ["trees", "network", "blend"]
    out = run.invoke(app, ["model", "evaluate", "ours", str(config), "--store", store, "--json"])
    assert {row["scored by"] for row in json.loads(out.stdout)["rows"]} == {"ours", "transparent"}
