"""The finer features of candidates beside slow twins that read the graph as a person would."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorithms.cuts import minimum_cut
from algorithms.times import MISSING_TIME
from gnn.member_pools import STATISTICS
from gnn.ring_features import FEATURE_NAMES, ring_features
from gnn.transparent import Transparent
from graphrisk.hubs import find_hubs
from graphrisk.rings.history import find_history
from graphrisk.rings.search import measure, search, surroundings
from graphrisk.rings.settings import HubSettings, RingSettings
from graphrisk.rings.sharing import find_sharing

DAY = 86400
KINDS = ("device", "instrument", "ip", "address")


def find(graph, **settings):
    rings = RingSettings(min_size=2, **settings)
    sharing = find_sharing(graph)
    history = find_history(graph, sharing, rings)
    policy = find_hubs(graph, sharing, HubSettings(), None)
    return search(sharing, policy, history, rings, Transparent(history.timed, history.claim_rate))


def candidate_of(found, members):
    """Index of the candidate with just these members."""
    (at,) = [c for c in range(len(found.candidates)) if found.candidates[c].tolist() == list(members)]
    return at


def uses_of(found, member):
    rows = slice(found.sharing.row_starts[member], found.sharing.row_starts[member + 1])
    return zip(
        found.sharing.row_signals[rows].tolist(),
        found.sharing.first_seen[rows].tolist(),
        found.sharing.last_seen[rows].tolist(),
        strict=True,
    )


def shared_among(found, members):
    """Signals that at least two of the members use, with who does and when."""
    users = {}
    for member in members:
        for signal, first, last in uses_of(found, member):
            users.setdefault(signal, []).append((member, first, last))
    return {s: rows for s, rows in users.items() if len(rows) >= 2 and found.nats[s] > 0}


def is_place(found, signal):
    return found.sharing.signal_types[found.sharing.kinds[signal]] in ("ip", "address")


@given(
    st.sets(st.tuples(st.integers(0, 11), st.sampled_from(KINDS), st.sampled_from("pqr")), min_size=4, max_size=50),
    st.integers(0, 9),
)
def test_what_is_shared_is_counted_as_a_person_would(make_graph, triples, seed):
    rng = np.random.default_rng(seed)
    links = [(account, kind, f"{kind}-{name}") for account, kind, name in triples]
    uses = {}
    for account, _, signal in links:
        first = int(rng.integers(0, 300) * DAY)
        uses[account, signal] = (first, first + int(rng.integers(0, 90) * DAY))
    found = find(make_graph(12, links, created=rng.integers(0, 300 * DAY, 12).tolist(), uses=uses))
    features = measure(found)
    for c in range(len(found.candidates)):
        members = found.candidates[c].tolist()
        shared = shared_among(found, members)
        own = [s for s in shared if not is_place(found, s)]
        places = [s for s in shared if is_place(found, s)]
        row = dict(zip(FEATURE_NAMES, features.values[c], strict=True))
        k = len(members)
        assert row["widest_identity"] == pytest.approx(max((len(shared[s]) for s in own), default=0) / k)
        assert row["widest_place"] == pytest.approx(max((len(shared[s]) for s in places), default=0) / k)
        assert row["on_identity"] == pytest.approx(len({m for s in own for m, *_ in shared[s]}) / k)
        assert row["on_place"] == pytest.approx(len({m for s in places for m, *_ in shared[s]}) / k)
        reach = sum(found.sharing.degrees[s] for s in places)
        inside = sum(len(shared[s]) for s in places)
        assert row["place_outside"] == pytest.approx((reach - inside) / reach if reach else 0)
        assert row["kinds_shared"] == len({found.sharing.kinds[s] for s in shared})
        assert row["identity_per_member"] == pytest.approx(len(own) / k)
        assert row["use_overlap"] == pytest.approx(overlap_of(shared), nan_ok=True)


def overlap_of(shared):
    met = steps = 0
    for rows in shared.values():
        spans = sorted((first, last) for _, first, last in rows if MISSING_TIME not in (first, last))
        for k in range(1, len(spans)):
            steps += 1
            met += spans[k][0] <= max(last for _, last in spans[:k])
    return met / steps if steps else np.nan


def test_invitations_name_the_inviter_and_whose_invitees_the_members_are(make_graph):
    links = [(k, "device", f"d{k % 2}") for k in range(6)]
    referrals = [(k, 0, 100 + k) for k in range(1, 6)] + [(k, 0, 200 + k) for k in range(8, 13)]
    found = find(make_graph(14, links, created=[k * DAY for k in range(14)], referrals=referrals))
    c = candidate_of(found, (0, 2, 4))
    assert measure(found)["invited"][c] == pytest.approx(2 / 3)
    assert measure(found)["same_inviter"][c] == pytest.approx(2 / 3)
    assert measure(found)["inviter_inside"][c] == 1
    assert measure(found)["inviter_share"][c] == pytest.approx(2 / 10)


def test_bursts_compare_with_everybody(make_graph):
    links = [(k, "device", "d") for k in range(5)]
    created = [1000 * DAY + k for k in range(5)] + [k * DAY for k in range(95)]
    claims = [(k, created[k] + 60) for k in range(5)] + [(k, created[k] + k * 3600) for k in range(5, 100)]
    found = find(make_graph(100, links, created=created, claims=claims))
    c = candidate_of(found, range(5))
    assert measure(found)["long_burst"][c] == pytest.approx(-np.log(1 / 100))
    assert measure(found)["start_days"][c] == pytest.approx(4 / DAY)
    assert measure(found)["claim_burst"][c] == pytest.approx(-np.log(1 / 100))
    assert measure(found)["delay_spread"][c] == pytest.approx(0, abs=1e-9)


def test_ties_are_even_in_a_clique_and_uneven_in_a_star(make_graph):
    clique = find(make_graph(6, [(k, "device", "d") for k in range(4)]))
    assert measure(clique)["tie_spread"][0] == pytest.approx(0, abs=1e-9)
    assert measure(clique)["least_tied"][0] == pytest.approx(1)
    c = candidate_of(clique, range(4))
    assert measure(clique)["pairs_evident"][c] == 1
    star = [(k, "device", f"d{k}") for k in range(1, 5)] + [(0, "device", f"d{k}") for k in range(1, 5)]
    found = find(make_graph(6, star))
    c = candidate_of(found, range(5))
    assert measure(found)["pairs_evident"][c] == pytest.approx(4 / 10)
    assert measure(found)["tie_spread"][c] > 0.5


@given(
    st.sets(st.tuples(st.integers(0, 9), st.just("device"), st.sampled_from("pqrs")), min_size=6, max_size=30),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 50)), max_size=20),
    st.integers(0, 9),
)
def test_cohesion_and_pools_agree_with_the_graph_and_with_numpy(make_graph, triples, paid, seed):
    rng = np.random.default_rng(seed)
    links = [(account, kind, f"{kind}-{name}") for account, kind, name in triples]
    transfers = [(f"a{a:03d}", f"a{b:03d}", day * DAY) for a, b, day in paid]
    claims = [(k, int(rng.integers(300, 400)) * DAY) for k in range(0, 10, 2)]
    found = find(
        make_graph(10, links, created=(rng.integers(0, 300, 10) * DAY).tolist(), claims=claims, transfers=transfers)
    )
    view, apart = found.views[0], [row for row in paid if row[0] != row[1]]
    some = found.affinity.evidence > 0
    evidence = nx.Graph(zip(found.affinity.sources[some].tolist(), found.affinity.targets[some].tolist(), strict=True))
    evidence.add_nodes_from(range(10))
    n_paid = np.array([sum(a == k for a, _, _ in apart) for k in range(10)])
    for c in range(len(found.candidates)):
        members = found.candidates[c]
        inside = view.subgraph(members)
        strength = inside.weights.sum() / len(members)
        cut = minimum_cut(inside).weight / strength if strength else 0
        assert measure(found)["minimum_cut"][c] == pytest.approx(cut, abs=1e-9)
        core = max(nx.core_number(evidence.subgraph(members.tolist())).values())
        assert measure(found)["core"][c] == pytest.approx(core / (len(members) - 1))
        ranks = np.array([(n_paid < n_paid[m]).mean() for m in members])
        pooled = [ranks.mean(), ranks.std(), ranks.min(), np.quantile(ranks, 0.75), ranks.max(), (ranks > 0.9).mean()]
        told = [measure(found)[f"paid_place_{name}"][c] for name in STATISTICS]
        assert told == pytest.approx(pooled if paid else [np.nan] * 6, nan_ok=True, abs=1e-9)
        total = [view.weights[view.indptr[m] : view.indptr[m + 1]].sum() for m in members]
        within = [inside.weights[inside.indptr[k] : inside.indptr[k + 1]].sum() for k in range(len(members))]
        shares = [1 - part / whole for part, whole in zip(within, total, strict=True) if whole]
        expected = np.max(shares) if shares else np.nan
        assert measure(found)["tie_openness_greatest"][c] == pytest.approx(expected, nan_ok=True, abs=1e-9)


def test_shuffled_histories_move_payments_and_stakes(make_graph):
    links = [(k, "device", "d") for k in range(5)]
    claims = [(k, 400 * DAY) for k in range(5)]
    transfers = [("a000", "a001", 300 * DAY), ("a001", "a000", 301 * DAY)]
    found = find(make_graph(60, links, created=[k * DAY for k in range(60)], claims=claims, transfers=transfers))
    c = candidate_of(found, range(5))
    history = found.history.shuffled(1)
    around = surroundings(found.sharing, history, found.affinity, found.views[0], found.nats)
    null = ring_features(found.candidates.starts, found.candidates.members, around)
    assert measure(found)["reciprocity"][c] == 1
    holders = np.flatnonzero(history.order < 2)
    assert not set(holders.tolist()) <= set(range(5))
    assert null["reciprocity"][c] != 1
    # whoever has the histories of the two has their payments, with each other
    dealt = found.sharing.payments.dealt(history.order)
    for side in (dealt.paid, dealt.got):
        assert np.flatnonzero(side.counts).tolist() == holders.tolist()
        assert sorted(side.others.tolist()) == holders.tolist()
    assert measure(found)["stake"][c] == pytest.approx(np.log(5))
    assert null["stake"][c] != measure(found)["stake"][c]


@pytest.mark.parametrize("timed", [True, False])
def test_scores_rest_on_nothing_that_the_model_does_not_read(make_graph, timed):
    links = [(k, "device", f"d{k // 6}") for k in range(30)] + [(k, "ip", f"i{k // 4}") for k in range(30)]
    found = find(make_graph(60, links, created=[k * DAY for k in range(60)] if timed else None))
    assert found.history.timed == timed
    some = ring_features(found.candidates.starts, found.candidates.members, found.around, reads=found.model.reads)
    assert set(some.names) == found.model.reads < set(FEATURE_NAMES)
    every = measure(found)
    assert every.names == FEATURE_NAMES
    for features in (some, every):
        assert np.array_equal(found.model.score(features).log_odds, found.scores.log_odds)
    for name in found.model.reads:
        assert np.array_equal(some[name], every[name], equal_nan=True)


def test_instruments_are_own_ones_if_nobody_else_uses_them(make_graph):
    links = [(k, "device", "d") for k in range(4)]
    # of four members one has an instrument of its own, two share one, one has none
    links += [(0, "instrument", "i0"), (1, "instrument", "i1"), (2, "instrument", "i1")]
    found = find(make_graph(60, links, created=[k * DAY for k in range(60)]))
    assert measure(found)["own_instrument"][candidate_of(found, range(4))] == 0.25
    none = find(make_graph(60, links[:4], created=[k * DAY for k in range(60)]))
    assert np.isnan(measure(none)["own_instrument"][candidate_of(none, range(4))])
