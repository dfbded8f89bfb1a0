import dataclasses
import json

import numpy as np
import pytest
from _entities import AS_OF, DAY, graph_of, rows_of

torch = pytest.importorskip("torch", reason="networks need `pip install graphrisk[torch]`")

from gnn.actor_sets import ActorSets  # noqa: E402
from gnn.entity_network import entity_network  # noqa: E402
from gnn.hetero_network import Schema  # noqa: E402
from gnn.network_config import NetworkConfig  # noqa: E402
from gnn.network_graph import NetworkGraph  # noqa: E402
from gnn.network_store import CARD, WEIGHTS, NetworkError, load_network, save_network  # noqa: E402
from gnn.network_training import Population, make_network, predict_sets, train_network  # noqa: E402
from gnn.pretraining import pretrain  # noqa: E402
from gnn.ranking import average_precision  # noqa: E402
from gnn.typed_edges import TypedEdges  # noqa: E402

CONFIG = NetworkConfig(width=16, n_epochs=30, learning_rate=0.01, dropout=0.0, device="cpu")


def ring_population(seed):
    """Rings, and as many sets of as many accounts that have nothing in common."""
    rows, ring = rows_of(seed=seed)
    rng = np.random.default_rng(seed)
    others = rng.permutation(np.flatnonzero(ring < 0))
    lists = [np.flatnonzero(ring == k) for k in range(10)] + [others[6 * k : 6 * k + 6] for k in range(10)]
    sets = ActorSets(np.arange(0, 121, 6), np.concatenate(lists))
    return entity_network(graph_of(rows), AS_OF), sets, np.repeat([1.0, 0.0], 10), rows


def populations():
    """Two exchanges: one to learn from, one to stop by."""
    out = []
    for seed in (0, 1):
        graph, sets, targets, _ = ring_population(seed)
        out.append(Population(graph, sets, targets, np.full(20, seed == 0), np.full(20, seed == 1)))
    return out


def train(config=CONFIG, **options):
    data = populations()
    network = make_network(Schema.of(*(p.graph for p in data)), config, **options)
    return train_network(network, data, config)


@pytest.fixture(scope="module")
def trained():
    return train()


@pytest.fixture(scope="module")
def unseen():
    return ring_population(2)


def test_rings_of_an_exchange_never_seen_are_told_from_other_sets(trained, unseen):
    graph, sets, targets, _ = unseen
    assert trained.validation > 0.9
    assert average_precision(predict_sets(trained.network, graph, sets, CONFIG), targets) > 0.9


def test_the_same_seed_gives_the_same_weights_and_another_gives_others(trained, unseen):
    graph, sets, _, _ = unseen
    torch.manual_seed(99)  # what was drawn before does not matter
    again, other = (train(dataclasses.replace(CONFIG, n_epochs=2, seed=seed)) for seed in (0, 1))
    once_more = train(dataclasses.replace(CONFIG, n_epochs=2))
    one, two, three = (predict_sets(t.network, graph, sets, CONFIG) for t in (again, once_more, other))
    np.testing.assert_array_equal(one, two)
    assert (one != three).any()


def test_scores_do_not_see_what_comes_later(trained, unseen):
    graph, sets, _, rows = unseen
    later = rows["links"] + [(int(a), "device", 1, AS_OF + DAY) for a in sets.members[60:]]
    grown = entity_network(graph_of(rows | {"links": later}), AS_OF)
    one, two = (predict_sets(trained.network, g, sets, CONFIG) for g in (graph, grown))
    np.testing.assert_array_equal(one, two)


def test_other_sets_in_the_same_call_change_no_score(trained, unseen):
    graph, sets, _, _ = unseen
    some = np.array([3, 0, 17])
    whole = predict_sets(trained.network, graph, sets, CONFIG)[some]
    np.testing.assert_allclose(predict_sets(trained.network, graph, sets.take(some), CONFIG), whole, atol=1e-5)
    assert len(predict_sets(trained.network, graph, sets.take(some[:0]), CONFIG)) == 0


def test_samples_with_room_for_all_neighbours_give_what_the_whole_graph_gives(trained, unseen):
    graph, sets, _, _ = unseen
    sampled = dataclasses.replace(CONFIG, most_edges=0, batch_size=7, n_neighbours=(999, 999))
    whole, parts = (predict_sets(trained.network, graph, sets, config) for config in (CONFIG, sampled))
    np.testing.assert_allclose(whole, parts, atol=1e-4)


@pytest.fixture(scope="module")
def with_wallets():
    """Accounts and wallets that pay each other, sets of both, and a network that has learned nothing."""
    rng = np.random.default_rng(0)
    n, n_wallets = 12, 9
    payers, payees = rng.integers(n_wallets, size=30), rng.integers(n, size=30)
    features = {
        "account": rng.normal(size=(n, 3)).astype(np.float32),
        "device": np.ones((2, 1), np.float32),
        "wallet": rng.normal(size=(n_wallets, 2)).astype(np.float32),
    }
    edges = {
        ("wallet", "paid", "account"): TypedEdges.from_pairs(n_wallets, n, payers, payees),
        ("account", "paid_by", "wallet"): TypedEdges.from_pairs(n, n_wallets, payees, payers),
    }
    graph = NetworkGraph(features, edges)
    sets = ActorSets(np.array([0, 3, 5, 7, 8]), np.array([0, 4, n + 2, n + 8, n, 3, 11, n + 5]))
    return graph, sets, make_network(Schema.of(graph), CONFIG).eval()


def test_wallets_are_members_as_accounts_are_in_samples_too(with_wallets):
    graph, sets, network = with_wallets
    whole = predict_sets(network, graph, sets, CONFIG)
    sampled = dataclasses.replace(CONFIG, most_edges=0, batch_size=3, n_neighbours=(99, 99))
    np.testing.assert_allclose(predict_sets(network, graph, sets, sampled), whole, atol=1e-5)


def test_a_wallet_tells_of_the_sets_that_hold_it_and_of_no_others(with_wallets):
    graph, sets, network = with_wallets
    changed = graph.features["wallet"].copy()
    changed[8] += 1
    apart = NetworkGraph(graph.features, {})  # without edges, nothing reaches other members
    other = NetworkGraph({**graph.features, "wallet": changed}, {})
    one, two = (predict_sets(network, g, sets, CONFIG) for g in (apart, other))
    assert (np.abs(one - two) > 1e-6).tolist() == [False, True, False, False]


def test_a_graph_too_large_to_be_taken_whole_is_learned_from_samples(unseen):
    config = dataclasses.replace(CONFIG, most_edges=0, batch_size=10, n_neighbours=(5, 5), n_epochs=15)
    graph, sets, targets, _ = unseen
    assert average_precision(predict_sets(train(config).network, graph, sets, config), targets) > 0.8


def test_bfloat16_learns_too(unseen):
    config = dataclasses.replace(CONFIG, precision="bfloat16", n_epochs=15)
    graph, sets, targets, _ = unseen
    assert average_precision(predict_sets(train(config).network, graph, sets, config), targets) > 0.8


def test_hidden_features_are_guessed_better_with_time_and_no_label_is_needed():
    graph = ring_population(0)[0]
    for most_edges in (10**6, 0):
        config = dataclasses.replace(CONFIG, most_edges=most_edges, batch_size=100)
        network = make_network(Schema.of(graph), config, head="account")
        losses = pretrain(network.body, [graph], config, n_epochs=8)
        assert losses[-1] < 0.8 * losses[0]
    with pytest.raises(ValueError, match="`graphs` must hold at least one graph, got none"):
        pretrain(network.body, [], CONFIG)


def test_a_network_comes_back_from_its_folder_as_it_was(trained, unseen, tmp_path):
    graph, sets, _, _ = unseen
    for _ in range(2):  # the second time, one stands there already
        save_network(trained.network, CONFIG, tmp_path / "net", data_hash=graph.data_hash(), metrics={"ap": 0.5})
    network, config, card = load_network(tmp_path / "net")
    assert config == CONFIG
    assert (card["metrics"], card["data_sha256"]) == ({"ap": 0.5}, graph.data_hash())
    assert sorted(path.name for path in tmp_path.rglob("*")) == [CARD, "net", WEIGHTS]
    one, two = (predict_sets(n, graph, sets, CONFIG) for n in (trained.network, network))
    np.testing.assert_array_equal(one, two)


def test_a_folder_that_is_not_whole_is_refused(trained, tmp_path):
    with pytest.raises(
        NetworkError, match=r"must hold the card.json and weights.safetensors of a network, got FileNot"
    ):
        load_network(tmp_path / "none")
    save_network(trained.network, CONFIG, tmp_path / "net", data_hash="", metrics={})
    weights = (tmp_path / "net" / WEIGHTS).read_bytes()
    (tmp_path / "net" / WEIGHTS).write_bytes(weights[:-1] + b"\x01")
    with pytest.raises(NetworkError, match="must be the file that its card names, got another"):
        load_network(tmp_path / "net")
    (tmp_path / "net" / WEIGHTS).write_bytes(weights)
    card = json.loads((tmp_path / "net" / CARD).read_text())
    (tmp_path / "net" / CARD).write_text(json.dumps(card | {"edges": []}))
    with pytest.raises(NetworkError, match="must hold a network of today's make"):
        load_network(tmp_path / "net")
    (tmp_path / "else").mkdir()
    with pytest.raises(NetworkError, match="must be free or hold a network"):
        save_network(trained.network, CONFIG, tmp_path / "else", data_hash="", metrics={})


def test_what_cannot_be_learned_from_is_refused():
    graph, sets, targets, _ = ring_population(0)
    rows, none = np.ones(20, bool), np.zeros(20, bool)
    network = make_network(Schema.of(graph), CONFIG)
    with pytest.raises(ValueError, match="`validation` must hold examples of both kinds, got 0 positive of 0"):
        train_network(network, [Population(graph, sets, targets, rows, none)], CONFIG)
    with pytest.raises(ValueError, match="`train` and `validation` must be apart, got 20 in both"):
        Population(graph, sets, targets, rows, rows)
    with pytest.raises(ValueError, match="`targets` must have 20 entries, got 19"):
        Population(graph, sets, targets[1:], rows, none)
    with pytest.raises(ValueError, match="`head` must be 'ring' or 'account', got 'tree'"):
        make_network(Schema.of(graph), CONFIG, head="tree")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"width": 0}, "`width` must be at least 1, got 0"),
        ({"dropout": 1.0}, r"`dropout` must be in \[0, 1\), got 1.0"),
        ({"learning_rate": 0.0}, "`learning_rate` must be positive, got 0.0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(options, words):
    with pytest.raises(ValueError, match=words):
        NetworkConfig(**options)
