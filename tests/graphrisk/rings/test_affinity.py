"""What two accounts have in common, weighed by type, popularity and overlap in time."""

import math

import pytest

from graphrisk.hubs import find_hubs
from graphrisk.rings.affinity import find_affinity
from graphrisk.rings.settings import HubSettings, RingSettings
from graphrisk.rings.sharing import find_sharing

DAY = 86_400


def pairs(graph, hubs=None, rings=None):
    """Nats of each pair of accounts that has any evidence."""
    sharing = find_sharing(graph)
    found = find_affinity(sharing, find_hubs(graph, sharing, hubs or HubSettings()), rings or RingSettings())
    names = [graph.name_of(sharing.actors[a]) for a in range(sharing.n_actors)]
    ends = zip(found.sources.tolist(), found.targets.tolist(), strict=True)
    return {(names[a], names[b]): nats for (a, b), nats in zip(ends, found.evidence.tolist(), strict=True)}


@pytest.mark.parametrize(("kind", "nats"), [("instrument", 4.0), ("device", 3.5), ("ip", 2.0), ("ip_subnet", 0.7)])
def test_a_signal_of_two_accounts_weighs_what_its_type_does(make_graph, kind, nats):
    graph = make_graph(3, [(0, kind, "s"), (1, kind, "s"), (2, kind, "other")])
    assert pairs(graph) == {("a000", "a001"): pytest.approx(nats)}
    assert pairs(graph, rings=RingSettings(evidence={kind: 1.25})) == {("a000", "a001"): pytest.approx(1.25)}


@pytest.mark.parametrize("n", [2, 5, 40])
def test_the_more_share_a_signal_the_less_it_says_and_a_hub_says_nothing(make_graph, n):
    graph = make_graph(n, [(k, "device", "s") for k in range(n)])
    found = pairs(graph)
    assert len(found) == n * (n - 1) // 2
    assert list(found.values()) == pytest.approx([3.5 - 0.3 * math.log(n / 2)] * len(found))
    assert pairs(graph, HubSettings(caps={"device": n})) == found
    if n > 2:
        assert pairs(graph, HubSettings(caps={"device": n - 1})) == {}
    assert pairs(graph, HubSettings(known={"device": ["s"]})) == {}


def test_all_that_two_accounts_share_adds_up_with_invitations_and_payments(make_graph):
    links = [(0, "device", "d"), (1, "device", "d"), (0, "instrument", "c"), (1, "instrument", "c")]
    graph = make_graph(3, links, referrals=[(1, 0, 5)], transfers=[("a001", "a002", 9)])
    assert pairs(graph) == {("a000", "a001"): pytest.approx(3.5 + 4.0 + 4.5), ("a001", "a002"): pytest.approx(3.0)}


@pytest.mark.parametrize(
    ("one", "other", "lost"),
    [
        ((0, 10), (5, 15), 0.0),  # together for some days
        ((0, 10), (40, 50), 1.5),  # handed on
        ((0, 300), (100, 400), 2.0),  # side by side for long, as at home
    ],
)
def test_when_a_signal_was_used_decides_what_it_says(make_graph, one, other, lost):
    uses = {(k, "s"): (first * DAY, last * DAY) for k, (first, last) in enumerate((one, other))}
    graph = make_graph(2, [(0, "device", "s"), (1, "device", "s")], uses=uses)
    assert pairs(graph) == {("a000", "a001"): pytest.approx(3.5 - lost)}
