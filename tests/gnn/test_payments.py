"""What candidates pay, beside the features of groups that are counted another way."""

import itertools

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorithms import Transfers, ring_transfer_features
from algorithms.times import MISSING_TIME
from gnn._payment_kernels import PAYMENT_FEATURES, measure_payments
from gnn.payments import Payments

DAY = 86400
N_ACTORS = 6  # parties 6 and 7 are none


def measured(payments, rings):
    """Features of some groups by name."""
    paid, got = payments.paid, payments.got
    values = measure_payments(
        np.cumsum([0, *map(len, rings)]), np.array(list(itertools.chain(*rings)), np.int32),
        paid.starts, paid.others, paid.amounts, paid.days, payments.kinds,
        got.starts, got.days, payments.n_got_timed, payments.got_totals,
    )  # fmt: skip
    return dict(zip(PAYMENT_FEATURES, values.T, strict=True))


parties = st.integers(0, 7)
rows = st.lists(
    st.tuples(parties, parties, st.integers(0, 5 * DAY), st.sampled_from([1.0, 1.04, 20.0, 21.0, np.nan])),
    min_size=1,
    max_size=30,
)
groups = st.lists(st.sets(st.integers(0, N_ACTORS - 1), min_size=1, max_size=5), min_size=1, max_size=4)


@given(rows, groups)
def test_they_are_what_features_of_groups_say(paid, rings):
    source, target, seconds, amounts = (np.array(column) for column in zip(*paid, strict=True))
    found = measured(Payments.of(source, target, amounts, seconds, N_ACTORS), rings)
    twin = ring_transfer_features(
        Transfers(source, target, seconds, amounts),
        np.cumsum([0, *map(len, rings)]),
        list(itertools.chain(*rings)),
    )
    some = (twin["n_inside"] + twin["n_out"] + twin["n_in"]) > 0
    assert found["kept_inside"] == pytest.approx(twin["share_inside"], nan_ok=True, abs=1e-5)
    assert found["reciprocity"] == pytest.approx(twin["reciprocity"], nan_ok=True, abs=1e-5)
    assert found["pairs_paid"] == pytest.approx(np.nan_to_num(twin["density_inside"]), abs=1e-5)
    assert found["amount_entropy"] == pytest.approx(twin["amount_entropy"], nan_ok=True, abs=1e-5)
    assert found["payment_growth"][some] == pytest.approx(twin["growth"][some], abs=1e-5)
    with np.errstate(invalid="ignore", divide="ignore"):
        crossing = twin["amount_out"] / (twin["amount_out"] + twin["amount_in"])
    assert found["outflow"] == pytest.approx(crossing, nan_ok=True, abs=1e-5)


@given(rows, groups)
def test_who_pays_whom_is_what_a_graph_library_says(paid, rings):
    source, target, _, _ = (np.array(column) for column in zip(*paid, strict=True))
    found = measured(Payments.of(source, target, None, None, N_ACTORS), rings)
    for k, ring in enumerate(rings):
        graph = nx.DiGraph([(a, b) for a, b in zip(source, target, strict=True) if a != b and {a, b} <= ring])
        graph.add_nodes_from(ring)
        others = max(len(ring) - 1, 1)
        assert found["paying_inside"][k] == pytest.approx(np.mean([graph.degree(m) > 0 for m in ring]))
        assert found["fan_in"][k] == pytest.approx(max(graph.in_degree(m) for m in ring) / others)
        assert found["fan_out"][k] == pytest.approx(max(graph.out_degree(m) for m in ring) / others)
        while idle := [m for m in graph if not graph.in_degree(m) or not graph.out_degree(m)]:
            graph.remove_nodes_from(idle)
        assert found["circulating"][k] == pytest.approx(len(graph) / len(ring))


def test_what_is_not_recorded_is_not_zero():
    unknown = Payments.of(np.array([0, 1]), np.array([1, 7]), None, None, N_ACTORS)
    found = measured(unknown, [{0, 1}])
    assert found["paying_inside"] == [1]
    for name in ("kept_inside", "outflow", "amount_entropy", "payment_growth"):
        assert np.isnan(found[name]).all()
    never = Payments.of(np.array([0]), np.array([1]), np.array([-3.0]), np.array([MISSING_TIME]), N_ACTORS)
    assert np.isnan(measured(never, [{0, 1}])["amount_entropy"]).all()
    assert np.isnan(measured(never, [{0, 1}])["payment_growth"]).all()


@pytest.mark.parametrize("seed", range(20))
def test_rounding_is_no_money_from_outside(seed):
    """Three who pay each other; from outside they got what nobody knows the amount of, or much."""
    rng = np.random.default_rng(seed)
    payers, shift = rng.integers(3, size=60), rng.integers(1, 3, size=60)
    payees, amounts = (payers + shift) % 3, rng.lognormal(0, 12, 60)
    for extra, outflow in ((np.nan, np.nan), (amounts.sum(), 0.0)):
        payments = Payments.of(
            np.append(payers, 6), np.append(payees, 0), np.append(amounts, extra), np.arange(61) * DAY, N_ACTORS
        )
        found = measured(payments, [{0, 1, 2}])
        assert found["kept_inside"] == [1]
        assert found["outflow"] == pytest.approx([outflow], nan_ok=True)


def test_each_side_holds_what_an_actor_paid_and_got():
    payments = Payments.of(np.array([0, 7, 0, 2]), np.array([7, 0, 0, 1]), np.array([5.0, 6, 7, 8]), None, N_ACTORS)
    assert payments.paid.counts.tolist() == [1, 0, 1, 0, 0, 0]
    assert payments.got.counts.tolist() == [1, 1, 0, 0, 0, 0]
    assert payments.paid.amounts.tolist() == [5, 8]
    assert payments.paid.others.tolist() == [7, 1]


@given(st.integers(1, 6), st.data())
def test_payments_dealt_anew_are_those_of_renamed_parties(n_actors, data):
    party = st.integers(0, n_actors + 1)
    rows = data.draw(st.lists(st.tuples(party, party, st.integers(1, 500), st.integers(0, 9)), max_size=12))
    payers, payees, amounts, days = (
        (np.array(column, np.int64) for column in zip(*rows, strict=True)) if rows else (np.empty(0, np.int64),) * 4
    )
    order = np.array(data.draw(st.permutations(range(n_actors))), np.int64)
    holder = np.concatenate([np.argsort(order), np.arange(n_actors, n_actors + 2)])
    dealt = Payments.of(payers, payees, amounts.astype(float), days * 86400, n_actors).dealt(order)
    renamed = Payments.of(holder[payers], holder[payees], amounts.astype(float), days * 86400, n_actors)
    for one, other in ((dealt.paid, renamed.paid), (dealt.got, renamed.got)):
        assert one.starts.tolist() == other.starts.tolist()
        assert one.others.tolist() == other.others.tolist()
        assert one.amounts.tolist() == other.amounts.tolist()
        assert np.array_equal(one.days, other.days, equal_nan=True)
    assert dealt.kinds.tolist() == renamed.kinds.tolist()
