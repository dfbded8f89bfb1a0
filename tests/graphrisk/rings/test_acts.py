"""Single acts of rings, beside a search through every row."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorithms.times import MISSING_TIME
from graphrisk.rings.acts import ACT_KINDS, MOST_ACTS, find_acts
from graphrisk.rings.history import find_history
from graphrisk.rings.settings import RingSettings
from graphrisk.rings.sharing import actor_of_nodes, find_sharing
from graphrisk.tables import COLUMNS

SETTINGS = RingSettings()
PEOPLE = 6
WALLETS = ["w0", "w1", "w2", "w3"]
account = st.integers(0, PEOPLE - 1)
second = st.integers(1, 9)
party = st.sampled_from([*(f"a{k:03d}" for k in range(PEOPLE)), *WALLETS])


def acts_of(graph, rings, most=MOST_ACTS):
    sharing = find_sharing(graph)
    found = find_acts(graph, sharing, find_history(graph, sharing, SETTINGS), SETTINGS, rings, most=most)
    rows = zip(
        found.rings.tolist(),
        [ACT_KINDS[kind] for kind in found.kinds],
        found.seconds.tolist(),
        found.sources.tolist(),
        found.targets.tolist(),
        found.n_acts.tolist(),
        strict=True,
    )
    return sharing, list(rows)


def one_by_one(graph, sharing, rings):
    """The same by looking at every row of the data for every ring."""
    _, acts_for = actor_of_nodes(graph, True)
    out = []
    for k, members in enumerate(rings):
        members, rows = set(members.tolist()), []
        rows += [("sign_up", int(graph.created_at[m]), m, -1) for m in members if m < graph.n_accounts]
        events = graph.events
        for who, kind, at, other in zip(events.accounts, events.types, events.seconds, events.targets, strict=True):
            name = events.type_names[kind]
            if who in members and name == "claim":
                rows.append(("bonus", int(at), int(who), -1))
            if who in members and name == "referral" and who != other:
                rows.append(("referral", int(at), int(other), int(who)))
        for source, target, at in zip(
            graph.transfers.sources, graph.transfers.targets, graph.transfers.seconds, strict=True
        ):
            payer, payee = acts_for[source], acts_for[target]
            if payer in members and payee in members and payer != payee:
                rows.append(("transfer", int(at), int(sharing.actors[payer]), int(sharing.actors[payee])))
        rows = [row for row in rows if row[1] != MISSING_TIME]
        n = {kind: sum(row[0] == kind for row in rows) for kind in ACT_KINDS}
        out += [(k, *row, n[row[0]]) for row in rows]
    return sorted(out, key=lambda row: (row[0], row[2], ACT_KINDS.index(row[1]), *row[3:]))


@given(
    created=st.lists(st.one_of(st.just(MISSING_TIME), second), min_size=PEOPLE, max_size=PEOPLE),
    referrals=st.lists(st.tuples(account, account, second), max_size=6),
    claims=st.lists(st.tuples(account, second), max_size=6),
    transfers=st.lists(st.tuples(party, party, second), min_size=1, max_size=12),
    owners=st.lists(st.tuples(account, st.just("wallet"), st.sampled_from(WALLETS)), max_size=4),
    rings=st.lists(st.sets(st.integers(0, 7), min_size=1), max_size=3),
)
def test_the_acts_of_rings_are_those_that_a_look_at_every_row_finds(
    make_graph, created, referrals, claims, transfers, owners, rings
):
    graph = make_graph(
        PEOPLE, owners, created=created, referrals=referrals, claims=claims, transfers=transfers, wallets=WALLETS
    )
    n_actors = find_sharing(graph).n_actors
    groups = [np.array(sorted(k for k in ring if k < n_actors), dtype=np.int32) for ring in rings]
    sharing, found = acts_of(graph, groups)
    assert found == one_by_one(graph, sharing, groups)


def test_of_too_many_acts_some_are_kept_evenly_and_all_are_counted(make_graph):
    payments = [("a000", "a001", k) for k in range(1, 1001)] + [("a001", "a000", 500)]
    graph = make_graph(2, created=[1, 2], transfers=payments)
    _, found = acts_of(graph, [np.array([0, 1])], most=11)
    moments = [row[2] for row in found if row[1] == "transfer"]
    assert (len(moments), moments[0], moments[-1]) == (11, 1, 1000)
    assert np.diff(moments).tolist() == pytest.approx([100] * 10, abs=2)
    assert {row[5] for row in found if row[1] == "transfer"} == {1001}
    assert [row[5] for row in found if row[1] == "sign_up"] == [2, 2]


def test_rows_in_another_order_give_the_same_acts(make_graph):
    payments = [("a000", "a001", 5), ("a001", "a000", 5), ("a000", "a002", 5), ("a002", "a001", 4)]
    both = [
        acts_of(make_graph(3, created=[1, 1, 1], transfers=rows), [np.array([0, 1, 2])])[1]
        for rows in (payments, payments[::-1])
    ]
    assert both[0] == both[1]
    assert len(both[0]) == 7


def test_no_ring_has_no_act(make_graph):
    assert acts_of(make_graph(2, created=[1, 2], transfers=[("a000", "a001", None)]), [])[1] == []


def test_the_data_dictionary_tells_how_many_are_kept():
    (meaning,) = [text for name, _, text in COLUMNS["ring_act"] if name == "n_acts"]
    assert f"up to {MOST_ACTS} of them" in meaning
