from dataclasses import replace

import numpy as np
import pytest

from gnn.ring_features import ring_features
from gnn.transparent import Transparent
from graphrisk.config import read_config
from graphrisk.pipeline import find_rings
from graphrisk.rings import removal
from graphrisk.rings.affinity import direct_nats, find_affinity, signal_nats
from graphrisk.rings.candidates import find_views
from graphrisk.rings.links import find_ring_links
from graphrisk.rings.reliance import reliance
from graphrisk.rings.removal import Removals, removals
from graphrisk.rings.search import search, surroundings
from graphrisk.rings.wallets.settings import WalletSettings
from graphrisk.stages import StageLog
from loaders import load


@pytest.fixture(scope="module")
def searched(world):
    config = read_config(world / "scan.toml")
    found, _, choice = find_rings(config, load(config.load_config(), as_of=config.scan.as_of), StageLog(None))
    assert choice.model.name != "transparent"
    return found, config.rings


def with_hub(found, settings, ring, signal):
    """Score one ring with a signal declared a hub, over the whole population: the slow twin."""
    return found.model.score(features_with_hub(found, settings, ring, signal)).log_odds[0]


def features_with_hub(found, settings, ring, signal):
    is_hub = found.policy.is_hub.copy()
    is_hub[signal] = True
    policy = replace(found.policy, is_hub=is_hub)
    affinity = find_affinity(found.sharing, policy, settings)
    view = find_views(affinity, found.history, found.sharing.n_actors)[0]
    nats = signal_nats(found.sharing, policy, settings)
    around = surroundings(found.sharing, found.history, affinity, view, nats)
    members = found.candidates[int(found.chosen[ring])]
    return ring_features(np.array([0, len(members)]), members, around)


def by_slow_twin(found, settings, told, every):
    """Some of the rows, and what the slow twin says of them."""
    rows = np.arange(0, len(told), every)
    return rows, [with_hub(found, settings, told.rings[row], told.signals[row]) for row in rows]


def test_agrees_with_a_scan_in_which_the_signal_is_a_hub(searched):
    found, settings = searched
    links = find_ring_links(found, settings)
    told = removals(found, links, settings)
    assert len(told) > 20
    rows, expected = by_slow_twin(found, settings, told, every=7)
    assert told.log_odds[rows] == pytest.approx(expected, abs=1e-9)
    n_moved = (np.abs(told.log_odds - found.scores.log_odds[found.chosen[told.rings]]) > 0.01).sum()
    assert n_moved > 0.2 * len(told)
    for row in range(len(told)):
        uses = (links.rings == told.rings[row]) & (links.signals == told.signals[row])
        assert uses.sum() == told.n_members[row] >= 2
        assert (links.weights[uses] > 0).all()


def test_every_feature_is_that_of_such_a_scan(searched):
    found, settings = searched
    told = removals(found, find_ring_links(found, settings), settings)
    world = removal._World(found, direct_nats(found.sharing, found.policy, settings))
    rows = np.arange(0, len(told), 9)
    features = world.without(told.rings[rows], told.signals[rows])
    for k, row in enumerate(rows):
        twin = features_with_hub(found, settings, told.rings[row], told.signals[row])
        assert features.values[k] == pytest.approx(twin.values[0], nan_ok=True, abs=1e-9)


def test_agrees_where_starts_say_nothing(searched):
    found, settings = searched
    history = replace(found.history, timed=False)
    plain = search(found.sharing, found.policy, history, settings, Transparent(False, history.claim_rate))
    told = removals(plain, find_ring_links(plain, settings), settings)
    assert len(told) > 20
    rows, expected = by_slow_twin(plain, settings, told, every=11)
    assert told.log_odds[rows] == pytest.approx(expected, abs=1e-9)


def test_agrees_where_wallets_are_linked(world):
    config = read_config(world / "scan.toml")
    config = config.model_copy(update={"wallets": WalletSettings(links=["first_funder", "last_sweep", "funder_burst"])})
    found, _, _ = find_rings(config, load(config.load_config(), as_of=config.scan.as_of), StageLog(None))
    told = removals(found, find_ring_links(found, config.rings), config.rings)
    assert len(told) > 20
    rows, expected = by_slow_twin(found, config.rings, told, every=9)
    assert told.log_odds[rows] == pytest.approx(expected, abs=1e-9)
    kinds = found.sharing.kinds[told.signals]
    assert (kinds == found.sharing.signal_types.index("first_funder")).any()


def test_portions_change_nothing_and_wide_rings_keep_their_strongest_signal(searched, monkeypatch):
    found, settings = searched
    links = find_ring_links(found, settings)
    whole = removals(found, links, settings)
    monkeypatch.setattr(removal, "TIES_AT_ONCE", 500)
    assert np.array_equal(removals(found, links, settings).log_odds, whole.log_odds)
    monkeypatch.setattr(removal, "MOST_TIES", 1)
    one = removals(found, links, settings)
    firsts = np.unique(whole.rings, return_index=True)[1]
    assert one.signals.tolist() == whole.signals[firsts].tolist()
    assert one.n_shared.tolist() == whole.n_shared.tolist()


def test_a_scan_without_rings_has_nothing_to_leave_out(searched):
    found, settings = searched
    none = replace(found, chosen=np.empty(0, np.int64))
    assert len(removals(none, find_ring_links(none, settings), settings)) == 0


def test_the_table_of_links_has_the_score_without_each_signal(scanned):
    links, rings = scanned.tables["ring_link"].to_pylist(), scanned.tables["ring"].to_pylist()
    score = {row["ring_id"]: row["score"] for row in rings}
    tried = [row for row in links if row["score_without"] is not None]
    assert tried
    for row in links:
        weightless = row["weight"] <= 0 or row["n_accounts"] is None
        assert (row["score_without"] is None) >= weightless
    assert all(0 <= row["score_without"] <= 1 for row in tried)
    assert any(row["score_without"] < score[row["ring_id"]] - 0.1 for row in tried)
    of_one = {}
    for row in tried:
        of_one.setdefault((row["ring_id"], row["target_type"], row["target_id"], row["link_type"]), set()).add(
            row["score_without"]
        )
    assert all(len(values) == 1 for values in of_one.values())
    lines = [row for row in scanned.tables["ring_evidence"].to_pylist() if row["reason_code"].startswith("rests_on")]
    assert {row["ring_id"] for row in lines} == {row["ring_id"] for row in tried}
    for line in lines:
        (entity,) = line["entities"]
        of_ring = [row for row in tried if row["ring_id"] == line["ring_id"]]
        lowest = min(row["score_without"] for row in of_ring)
        assert f"the score would be {lowest:.2f} instead of {score[line['ring_id']]:.2f}" in line["text"]
        assert entity["entity_id"] in {row["target_id"] for row in of_ring if row["score_without"] == lowest}


def hand_made(*nats, n_shared):
    n = len(nats)
    zeros = np.zeros(n, np.int64)
    return Removals(zeros, np.arange(n) + 5, np.full(n, 3), np.array(nats, float), np.array([n_shared, 0]))


def test_a_ring_that_one_signal_carries_says_so():
    code, text, signal = reliance(hand_made(2.0, -4.0, n_shared=2), 0, ["IP", "device"], 0.9, 0.1)
    assert (code, signal) == ("rests_on_one_signal", 6)
    assert text == (
        "If the device that 3 members share counted for nothing, the score would be 0.02 instead of 0.90; "
        "without any other of the 2 signals, 0.88 or more."
    )


def test_a_ring_that_no_signal_carries_says_so_and_how_many_were_tried():
    code, text, _ = reliance(hand_made(2.0, 1.0, n_shared=9), 0, ["IP", "device"], 0.9, 0.1)
    assert code == "rests_on_many_signals"
    assert "without any other of the 2 strongest of 9 signals, 0.88 or more" in text
    assert reliance(hand_made(2.0, n_shared=1), 0, ["IP"], 0.9, 0.1)[1].endswith("0.88 instead of 0.90.")
    assert reliance(hand_made(2.0, n_shared=1), 1, ["IP"], 0.9, 0.1) is None
