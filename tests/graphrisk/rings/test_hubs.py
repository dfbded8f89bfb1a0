import numpy as np
import pyarrow as pa

from graphrisk.hubs import find_hubs, hub_columns, known_hubs, pairs_by_cap
from graphrisk.rings.settings import HubSettings
from graphrisk.rings.sharing import find_sharing


def star(make_graph, n, kind="device"):
    return make_graph(n, [(k, kind, "s1") for k in range(n)])


def test_a_signal_over_its_cap_is_a_hub_and_at_its_cap_is_not(make_graph):
    for n, hub in ((5, False), (6, True)):
        graph = star(make_graph, n)
        policy = find_hubs(graph, find_sharing(graph), HubSettings(caps={"device": 5}))
        assert policy.is_hub.tolist() == [hub]
        assert policy.n_pairs_removed == (15 if hub else 0)


def test_a_known_hub_joins_nobody_however_few_share_it(make_graph):
    graph = star(make_graph, 2, "ip")
    policy = find_hubs(graph, find_sharing(graph), HubSettings(known={"ip": ["s1", "not there"]}))
    assert policy.is_hub.tolist() == [True]


def test_labels_name_known_hubs(make_graph):
    graph = make_graph(2, transfers=[("w1", "a000", 5)], wallets=["w1", "w2"])
    labels = pa.table({"entity_type": ["wallet", "wallet"], "entity_id": ["w1", "w2"], "label": ["exchange", "person"]})
    assert known_hubs(graph, HubSettings(), labels).tolist() == [2]


def test_every_hub_has_a_row_with_what_it_changed(make_graph):
    graph = star(make_graph, 6)
    sharing = find_sharing(graph)
    policy = find_hubs(graph, sharing, HubSettings(caps={"device": 4}))
    rows = hub_columns(policy, sharing, np.array([0, 3]), np.array([0, 1, 2], np.int32))
    assert rows["rule"] == ["cap"]
    assert (rows["n_pairs_removed"], rows["n_pairs_double_cap"], rows["n_rings_touched"]) == ([15], [15], [1])


def test_a_signal_that_half_the_cap_would_remove_is_shown_where_a_ring_uses_it(make_graph):
    graph = star(make_graph, 4)
    sharing = find_sharing(graph)
    policy = find_hubs(graph, sharing, HubSettings(caps={"device": 6}))
    rows = hub_columns(policy, sharing, np.array([0, 2]), np.array([0, 1], np.int32))
    assert (rows["rule"], rows["n_pairs_removed"], rows["n_pairs_half_cap"]) == (["below_cap"], [0], [6])


def test_pairs_are_counted_at_half_and_double_the_cap(make_graph):
    links = [(k, "device", "d1") for k in range(3)] + [(k, "device", "d2") for k in range(7)]
    graph = make_graph(7, links)
    sharing = find_sharing(graph)
    policy = find_hubs(graph, sharing, HubSettings(caps={"device": 4}))
    assert pairs_by_cap(policy, sharing) == [("device", 1, 0, 3, 24)]


def test_scaling_multiplies_every_cap():
    scaled = HubSettings(caps={"ip": 10}).scaled(0.5, ("ip", "device"))
    assert (scaled.cap_of("ip"), scaled.cap_of("device")) == (5, 20)
