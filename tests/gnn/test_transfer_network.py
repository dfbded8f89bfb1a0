import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms import MISSING_TIME, Transfers
from gnn.transfer_graph import TRANSFER_FEATURES, transfer_graph

DAY = 86_400
ROWS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 20)), max_size=25)


def graph_of(rows, as_of=100, n_nodes=6):
    sources, targets, days = np.array(rows, np.int64).reshape(-1, 3).T
    return transfer_graph(Transfers(sources, targets, days * DAY, 10.0 + sources), n_nodes, as_of * DAY)


def column(graph, name):
    return graph.features[:, TRANSFER_FEATURES.index(name)]


def test_ports_count_partners_in_the_order_in_which_they_came():
    graph = graph_of([(0, 5, 1), (1, 5, 2), (0, 5, 3), (2, 5, 4), (0, 4, 5)])
    np.testing.assert_allclose(np.expm1(column(graph, "log_port_in")), [0, 1, 0, 2, 0], atol=1e-6)
    np.testing.assert_allclose(np.expm1(column(graph, "log_port_out")), [0, 0, 0, 0, 1], atol=1e-6)
    np.testing.assert_allclose(np.expm1(column(graph, "log_days_since_last_out")), [0, 0, 2, 0, 2], atol=1e-6)
    np.testing.assert_allclose(np.expm1(column(graph, "log_days_since_last_in")), [0, 1, 1, 1, 0], atol=1e-6)


@given(ROWS, ROWS)
def test_later_transfers_change_nothing_and_stay_out(rows, later):
    grown = graph_of(rows + [(a, b, 30 + t) for a, b, t in later], as_of=30)
    alone = graph_of(rows, as_of=30)
    np.testing.assert_array_equal(grown.features, alone.features)
    assert set(grown.rows.tolist()) == set(range(len(rows)))


@given(ROWS)
def test_features_are_made_of_the_past_only(rows):
    for moment in (5, 15):
        past = sorted(row for row in rows if row[2] < moment)
        whole, part = graph_of(rows), graph_of(past)
        known = len(part)
        np.testing.assert_array_equal(whole.features[:known], part.features)


def test_transfers_without_time_or_amount_are_kept_and_marked():
    graph = transfer_graph(Transfers([0, 1], [1, 0], [MISSING_TIME, DAY]), 2, 3 * DAY)
    assert column(graph, "time_known").tolist() == [0, 1]
    assert column(graph, "amount_known").tolist() == [0, 0]
    assert np.isfinite(graph.features).all()


@given(ROWS.filter(len), st.integers(0, 3))
def test_a_sample_with_room_for_all_holds_all_transfers_at_its_ego_nodes(rows, seed):
    graph = graph_of(rows)
    part, places = graph.around(np.array([0]), n_neighbours=(99,), seed=seed)
    ends = {int(graph.sources[0]), int(graph.targets[0])}
    want = [k for k in range(len(graph)) if {int(graph.sources[k]), int(graph.targets[k])} & ends]
    assert part.rows.tolist() == graph.rows[want].tolist()
    assert part.rows[places].tolist() == [graph.rows[0]]
    assert part.ego.sum() == len(ends)
    np.testing.assert_array_equal(part.features, graph.features[want])


torch = pytest.importorskip("torch", reason="networks need `pip install graphrisk[torch]`")

from gnn.network_config import NetworkConfig  # noqa: E402
from gnn.ranking import average_precision  # noqa: E402
from gnn.transfer_network import TransferNetwork, TransferTensors  # noqa: E402
from gnn.transfer_training import (  # noqa: E402
    make_transfer_network,
    places_in,
    predict_transfers,
    train_transfer_network,
)

CONFIG = NetworkConfig(width=16, n_epochs=24, look_every=4, learning_rate=0.01, dropout=0.0, device="cpu")


def outputs(graph, **options):
    torch.manual_seed(0)
    network = TransferNetwork(width=8, **options).eval()
    with torch.no_grad():
        return network(TransferTensors.of(graph), torch.arange(len(graph))).numpy()


@settings(max_examples=25)
@given(ROWS.filter(len), st.permutations(range(6)))
def test_outputs_do_not_depend_on_the_numbers_of_accounts(rows, order):
    turned = [(order[a], order[b], t) for a, b, t in rows]
    one, two = graph_of(rows), graph_of(turned)
    # transfers of one moment stand in the order of the accounts' numbers, and so do their ports
    if len({t for _, _, t in rows}) == len(rows):
        amounts = one.features.copy()
        two = dataclasses.replace(two, features=amounts)
        np.testing.assert_allclose(outputs(one), outputs(two), atol=1e-5)


def test_a_message_is_averaged_among_parallel_transfers_and_then_among_partners():
    graph = graph_of([(0, 2, 1), (0, 2, 2), (0, 2, 3), (1, 2, 4)])
    tensors = TransferTensors.of(graph)
    layer = TransferNetwork(width=8).eval().layers[0]
    nodes, transfers = torch.randn(6, 8), torch.randn(4, 8)
    heard = []
    layer.mix.register_forward_pre_hook(lambda _, given: heard.append(given[0]))
    with torch.no_grad():
        layer(nodes, transfers, tensors)
        sent = torch.nn.functional.gelu(layer.from_ends[0](nodes)[tensors.sources] + layer.from_transfers[0](transfers))
    want = (sent[:3].mean(dim=0) + sent[3]) / 2
    torch.testing.assert_close(heard[0][2, 8:16], want)
    torch.testing.assert_close(heard[0][2, 16:24], want * np.log(3))


def test_who_pays_and_who_is_paid_are_told_apart():
    one, two = graph_of([(0, 1, 1), (1, 2, 2)]), graph_of([(0, 1, 1), (2, 1, 2)])
    two = dataclasses.replace(two, features=one.features)
    assert not np.allclose(outputs(one), outputs(two))


def fans(seed, n=150, n_transfers=700, n_fans=20):
    """Chance transfers, and accounts that six others pay within half a day and never else."""
    rng = np.random.default_rng(seed)
    rows = [(*rng.choice(n, 2, replace=False), rng.integers(0, 60 * 24), False) for _ in range(n_transfers)]
    for k in range(n_fans):
        begin = rng.integers(0, 59 * 24)
        rows += [(payer, n + k, begin + 2 * i, True) for i, payer in enumerate(rng.choice(n, 6, replace=False))]
    sources, targets, hours, truth = (np.array(column) for column in zip(*rows, strict=True))
    return Transfers(sources, targets, hours * 3600, rng.lognormal(3, 1, len(rows))), n + n_fans, truth


@pytest.fixture(scope="module")
def exchange():
    transfers, n_nodes, truth = fans(0)
    graphs = [transfer_graph(transfers, n_nodes, day * DAY) for day in (35, 45, 60)]
    days = transfers.seconds // DAY
    return graphs, truth, days < 35, (days >= 35) & (days < 45), np.flatnonzero(days[graphs[2].rows] >= 45)


def scores_of(exchange, config):
    """Scores of the last days by a network that learned from the first."""
    (past, later, last), truth, train, validation, test = exchange
    trained = train_transfer_network(make_transfer_network(config), past, later, truth, train, validation, config)
    return predict_transfers(trained.network, last, test, config), truth[last.rows[test]]


@pytest.mark.parametrize("most_edges", [10**6, 0], ids=["whole", "sampled"])
def test_fans_are_told_from_chance_in_the_days_after(exchange, most_edges):
    config = dataclasses.replace(CONFIG, most_edges=most_edges, batch_size=200, n_neighbours=(8, 8))
    scores, truth = scores_of(exchange, config if most_edges else dataclasses.replace(config, n_epochs=12))
    assert truth.mean() < 0.25
    assert average_precision(scores, truth) > 0.8


def test_the_same_seed_gives_the_same_scores_and_another_gives_others(exchange):
    runs = [scores_of(exchange, dataclasses.replace(CONFIG, n_epochs=2, seed=seed))[0] for seed in (0, 0, 1)]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert (runs[0] != runs[2]).any()


def test_transfers_that_are_not_in_the_graph_are_refused():
    transfers, n_nodes, truth = fans(1)
    graph, every = transfer_graph(transfers, n_nodes, 30 * DAY), np.ones(len(truth), bool)
    with pytest.raises(ValueError, match=r"`train` must be transfers of its graph, got \d+ that are not in it"):
        train_transfer_network(make_transfer_network(CONFIG), graph, graph, truth, every, every, CONFIG)


@settings(max_examples=20, deadline=None)
@given(ROWS.filter(len), st.integers(0, 19))
def test_of_graphs_a_day_apart_each_transfer_sees_none_of_a_later_day(rows, day):
    """What is said of transfers up to a day is the same whether or not there are later ones."""
    rows = sorted(rows, key=lambda row: row[2])
    early = [row for row in rows if row[2] <= day]

    def said(some):
        out, graphs = np.full(len(some), np.nan), [graph_of(some, as_of=end) for end in range(1, 22)]
        for graph, places in zip(graphs, places_in(graphs, np.ones(len(some), bool)), strict=True):
            out[graph.rows[places]] = outputs(graph)[places] if len(places) else []
        return out

    whole, part = said(rows), said(early)
    assert not np.isnan(whole).any()
    np.testing.assert_allclose(whole[: len(early)], part, atol=1e-6)


def test_a_network_learns_from_graphs_as_of_growing_times_as_from_one(exchange):
    (_, _, last), truth, train, validation, test = exchange
    transfers, n_nodes, _ = fans(0)
    past = [transfer_graph(transfers, n_nodes, day * DAY) for day in range(5, 36, 5)]
    later = [transfer_graph(transfers, n_nodes, day * DAY) for day in (40, 45)]
    places = places_in(past, train)
    assert sum(len(some) for some in places) == train.sum()
    for k, (graph, some) in enumerate(zip(past, places, strict=True)):
        assert (transfers.seconds[graph.rows[some]] >= 5 * DAY * k).all()
    config = dataclasses.replace(CONFIG, n_epochs=6, look_every=2)
    trained = train_transfer_network(make_transfer_network(config), past, later, truth, train, validation, config)
    scores = predict_transfers(trained.network, last, test, config)
    assert average_precision(scores, truth[last.rows[test]]) > 0.8
