import numpy as np
import pyarrow as pa
import pytest
from _entities import AS_OF, DAY, graph_of, rows_of

from algorithms import MISSING_TIME, EntityGraph, Events, Links, Transfers
from gnn._known import log_days
from gnn.entity_network import entity_network
from gnn.entity_node_features import ACCOUNT_FEATURES, OTHER_FEATURES


def column(network, name):
    return network.features["account"][:, ACCOUNT_FEATURES.index(name)]


def same(one, two):
    assert one.features.keys() == two.features.keys()
    assert one.edges.keys() == two.edges.keys()
    return one.data_hash() == two.data_hash()


@pytest.fixture(scope="module")
def rows():
    return rows_of()[0]


def test_a_hand_made_exchange_has_the_edges_and_features_on_paper():
    links = Links([0, 1, 1], [2, 2, 3], [DAY, 3 * DAY, MISSING_TIME], [DAY, 5 * DAY, MISSING_TIME], [1, 4, 1])
    events = Events([1, 1], [0, 1], [2 * DAY, 6 * DAY], [0, -1], [np.nan, 9.0], ("referral", "bonus"))
    transfers = Transfers([0, 0], [1, 1], [DAY, 4 * DAY], [10.0, 20.0])
    graph = EntityGraph.from_nodes(
        ("account", "device", "ip"),
        [["a", "b"], ["d"], ["i"]],
        created_at=[0, 2 * DAY],
        links=links,
        events=events,
        transfers=transfers,
    )
    network = entity_network(graph, 10 * DAY)
    assert sorted(network.edges) == sorted(
        [
            *(("account", "uses", kind) for kind in ("device", "ip")),
            *((kind, "used_by", "account") for kind in ("device", "ip")),
            *(("account", name, "account") for name in ("invited", "invited_by", "paid", "paid_by")),
        ]
    )
    uses = network.edges["account", "uses", "device"]
    want = np.log1p([[9, 9, 0, 1, 1], [7, 5, 2, 4, 1]])  # since first, since last, of use, events, from start
    np.testing.assert_allclose(uses.features, want, rtol=1e-6)
    paid = network.edges["account", "paid", "account"]
    assert (paid.sources.tolist(), paid.targets.tolist()) == ([0], [1])
    np.testing.assert_allclose(paid.features, np.log1p([[9, 6, 3, 2, 30]]), rtol=1e-6)
    invited = network.edges["account", "invited", "account"]
    assert (invited.sources.tolist(), invited.targets.tolist()) == ([0], [1])
    np.testing.assert_allclose(column(network, "log_days_start_to_value"), [0, np.log1p(4)], rtol=1e-6)
    np.testing.assert_allclose(column(network, "log_devices"), np.log1p([1, 1]), rtol=1e-6)
    assert column(network, "was_invited").tolist() == [0, 1]
    assert network.features["device"].shape == (1, len(OTHER_FEATURES))


def test_edges_run_both_ways(rows):
    network = entity_network(graph_of(rows), AS_OF)
    for one, two in (("uses", "used_by"), ("invited", "invited_by"), ("paid", "paid_by")):
        for (source, name, target), edges in network.edges.items():
            if name == one:
                back = network.edges[target, two, source]
                there = sorted(zip(edges.sources.tolist(), edges.targets.tolist(), strict=True))
                assert there == sorted(zip(back.targets.tolist(), back.sources.tolist(), strict=True))


def test_what_comes_later_changes_nothing(rows):
    later = {name: list(rows[name]) for name in ("links", "transfers", "events")}
    later["links"] += [(3, "device", 1, AS_OF), (4, "ip", 2, AS_OF + DAY)]
    later["transfers"] += [(1, 2, AS_OF, 1e6)]
    later["events"] += [(5, "claim", AS_OF, -1, 1e6), (6, "referral", AS_OF + 1, 7, np.nan)]
    assert same(entity_network(graph_of(rows), AS_OF), entity_network(graph_of(rows | later), AS_OF))


def test_a_link_that_was_seen_later_too_is_refused(rows):
    seen = max(link[3] for link in rows["links"])
    with pytest.raises(ValueError, match="links must be loaded as of `as_of` or earlier, got 1"):
        entity_network(graph_of(rows), seen + 1)


def test_attributes_and_labels_change_nothing(rows):
    graph = graph_of(rows)
    marked = pa.table({"is_fraud": np.arange(rows["n"]) % 2, "label": ["sybil"] * rows["n"]})
    parts = {name: getattr(graph, name) for name in ("types", "type_starts", "names", "created_at", "links")}
    told = EntityGraph(**parts, transfers=graph.transfers, events=graph.events, attributes=marked)
    assert same(entity_network(graph, AS_OF), entity_network(told, AS_OF))


def test_the_order_of_rows_does_not_matter(rows):
    rng = np.random.default_rng(1)
    shuffled = {name: [rows[name][k] for k in rng.permutation(len(rows[name]))] for name in ("links", "events")}
    assert same(entity_network(graph_of(rows), AS_OF), entity_network(graph_of(rows | shuffled), AS_OF))


def test_features_of_accounts_follow_when_accounts_are_numbered_anew(rows):
    order = np.random.default_rng(2).permutation(rows["n"])
    one, two = (entity_network(graph_of(rows, o), AS_OF).features["account"] for o in (None, order))
    np.testing.assert_array_equal(one, two[order])


def test_an_empty_exchange_has_nodes_without_edges():
    network = entity_network(EntityGraph.from_nodes(("account",), [["a"]]), 0)
    assert network.n_edges == 0
    np.testing.assert_array_equal(network.features["account"], np.zeros((1, len(ACCOUNT_FEATURES))))


def test_absent_times_are_no_days():
    moments = np.array([MISSING_TIME, 0, 5 * DAY])
    np.testing.assert_allclose(log_days(moments, 2 * DAY), [0, np.log(3), 0])
