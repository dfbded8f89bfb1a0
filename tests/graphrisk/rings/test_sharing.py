import numpy as np

from algorithms.times import MISSING_TIME
from graphrisk.rings.sharing import REFERRER, find_sharing


def rows_of(sharing, actor):
    span = slice(sharing.row_starts[actor], sharing.row_starts[actor + 1])
    return {(sharing.signal_types[sharing.kinds[s]], int(sharing.signals[s])) for s in sharing.row_signals[span]}


def test_links_become_rows_of_their_accounts(make_graph):
    graph = make_graph(3, [(0, "device", "d1"), (1, "device", "d1"), (1, "ip", "9.9.9.9")])
    sharing = find_sharing(graph)
    assert rows_of(sharing, 1) == {("device", 3), ("ip", 4)}
    assert sharing.degrees.tolist() == [2, 1]


def test_invitees_of_one_inviter_share_it(make_graph):
    sharing = find_sharing(make_graph(3, referrals=[(1, 0, 50), (2, 0, 60)]))
    assert rows_of(sharing, 1) == rows_of(sharing, 2) == {(REFERRER, 0)}
    assert sharing.inviters.tolist() == [-1, 0, 0]


def test_the_first_of_two_inviters_counts(make_graph):
    sharing = find_sharing(make_graph(3, referrals=[(2, 0, 90), (2, 1, 10)]))
    assert sharing.inviters[2] == 1


def test_a_wallet_of_one_account_acts_for_it(make_graph):
    graph = make_graph(2, [(0, "wallet", "w1")], transfers=[("w1", "a001", 5)])
    sharing = find_sharing(graph)
    assert sharing.n_actors == 2
    assert (sharing.direct.sources.tolist(), sharing.direct.targets.tolist()) == ([0], [1])


def test_a_wallet_of_nobody_is_an_actor_and_a_funder(make_graph):
    graph = make_graph(2, transfers=[("w1", "a000", 5), ("w1", "a001", 6)], wallets=["w1"])
    sharing = find_sharing(graph)
    assert sharing.actors.tolist() == [0, 1, 2]
    assert rows_of(sharing, 0) == rows_of(sharing, 1) == {("funder", 2)}


def test_transfers_of_a_pair_are_merged_with_first_and_last_time(make_graph):
    graph = make_graph(2, transfers=[("a001", "a000", 70), ("a000", "a001", 30), ("a001", "a000", None)])
    direct = find_sharing(graph).direct
    assert len(direct) == 1
    assert (direct.sources[0], direct.first_seen[0], direct.last_seen[0], direct.n_events[0]) == (0, 30, 70, 3)


def test_transfers_without_any_time_have_none(make_graph):
    direct = find_sharing(make_graph(2, transfers=[("a001", "a000", None)])).direct
    assert direct.first_seen[0] == direct.last_seen[0] == MISSING_TIME
    assert direct.sources[0] == 1


def test_pairs_within_members_leave_out_pairs_to_others(make_graph):
    direct = find_sharing(make_graph(4, referrals=[(1, 0, 5), (2, 0, 6), (3, 2, 7)])).direct
    rows = direct.rows_within(np.array([0, 1, 3], np.int32))
    assert [(int(direct.sources[r]), int(direct.targets[r])) for r in rows] == [(0, 1)]
