"""Tainted money by three methods, against slow twins that move single coins and exact fractions."""

from collections import deque
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms import MISSING_TIME, TAINT_METHODS, Transfers, trace_taint

NONE = int(MISSING_TIME)
N = 6


def stream(*rows):
    """Rows are (source, target, seconds, amount)."""
    return Transfers(*(np.array(column) for column in zip(*rows, strict=True)))


def carried(rows, method, **options):
    return trace_taint(stream(*rows), method=method, **options).carried.tolist()


# ---- slow twins ----------------------------------------------------------------------------------------------------


def in_order(rows):
    return sorted(range(len(rows)), key=lambda k: (rows[k][2], k))


def coins_of_fifo(rows, nodes, marked, opening, stops):
    """Every unit is a coin of its own, tainted or not."""
    purses = [deque([False] * amount) for amount in opening]
    out = [0] * len(rows)
    for k in in_order(rows):
        payer, payee, _, amount = rows[k]
        if payer == payee:
            continue
        coins = []
        for _ in range(amount):
            mine = False if payer in nodes | stops or not purses[payer] else purses[payer].popleft()
            coins.append(mine or payer in nodes or k in marked)
        out[k] = sum(coins)
        if payee not in nodes:
            purses[payee].extend(coins)
    return out, [sum(purse) for purse in purses], [len(purse) for purse in purses]


def fractions_of_haircut(rows, nodes, marked, opening, stops):
    held, bad = [Fraction(amount) for amount in opening], [Fraction(0)] * N
    out = [Fraction(0)] * len(rows)
    for k in in_order(rows):
        payer, payee, _, amount = rows[k]
        if payer == payee or amount <= 0:
            continue
        if payer in nodes:
            part = Fraction(amount)
        elif payer in stops:
            part = Fraction(0)
        else:
            part = bad[payer] * min(Fraction(1), Fraction(amount) / held[payer]) if held[payer] else Fraction(0)
            bad[payer] -= part
            held[payer] = max(Fraction(0), held[payer] - amount)
        out[k] = Fraction(amount) if k in marked else part
        if payee not in nodes:
            held[payee] += amount
            bad[payee] += out[k]
    return [float(x) for x in out], [float(x) for x in bad], [float(x) for x in held]


def reached_by_poison(rows, nodes, marked, stops):
    """A transfer is tainted if a chain of transfers, each after the one before, leads to it from a source."""
    place = {k: at for at, k in enumerate(in_order(rows))}
    moving = [k for k in range(len(rows)) if rows[k][0] != rows[k][1] and rows[k][3] > 0]
    tainted = {k for k in moving if rows[k][0] in nodes or k in marked}
    grown = True
    while grown:
        more = {
            k
            for k in moving
            for j in tainted
            if rows[j][1] == rows[k][0] and rows[k][0] not in stops and place[j] < place[k] and k not in tainted
        }
        grown = bool(more)
        tainted |= more
    return tainted


rows_of = st.lists(
    st.tuples(st.integers(0, N - 1), st.integers(0, N - 1), st.integers(0, 8), st.integers(0, 9)),
    min_size=1,
    max_size=25,
)


@st.composite
def cases(draw):
    rows = draw(rows_of)
    nodes = draw(st.sets(st.integers(0, N - 1), max_size=2))
    movers = [k for k, row in enumerate(rows) if row[0] != row[1] and row[3] > 0]
    marked = draw(st.sets(st.sampled_from(movers), max_size=2)) if movers else set()
    if not nodes and not marked:
        nodes = {0}
    opening = [0 if k in nodes else n for k, n in enumerate(draw(st.lists(st.integers(0, 9), min_size=N, max_size=N)))]
    return rows, nodes, marked, opening, draw(st.sets(st.integers(0, N - 1), max_size=1)) - nodes


def trace(case, method, **options):
    rows, nodes, marked, opening, stops = case
    sources = {"source_nodes": sorted(nodes), "source_transfers": sorted(marked), "stops": sorted(stops)}
    return trace_taint(stream(*rows), method=method, opening=opening, n_nodes=N, **sources, **options)


@settings(max_examples=300, deadline=None)
@given(cases())
def test_fifo_moves_the_coins_that_the_slow_twin_moves(case):
    taint = trace(case, "fifo")
    out, tainted, held = coins_of_fifo(*case)
    assert (taint.carried.tolist(), taint.held.tolist(), taint.balances.tolist()) == (out, tainted, held)


@settings(max_examples=300, deadline=None)
@given(cases())
def test_haircut_is_what_exact_fractions_give(case):
    taint = trace(case, "haircut")
    out, tainted, held = fractions_of_haircut(*case)
    assert taint.carried == pytest.approx(out, abs=1e-9)
    assert taint.held == pytest.approx(tainted, abs=1e-9)
    assert taint.balances == pytest.approx(held, abs=1e-9)
    assert taint.is_tainted.tolist() == [x > 0 for x in out]


@settings(max_examples=300, deadline=None)
@given(cases())
def test_poison_reaches_what_a_chain_in_time_reaches(case):
    rows, nodes, marked, _, stops = case
    taint = trace(case, "poison")
    assert set(np.flatnonzero(taint.is_tainted)) == reached_by_poison(rows, nodes, marked, stops)
    assert taint.carried.tolist() == [float(row[3]) * bad for row, bad in zip(rows, taint.is_tainted, strict=True)]
    assert taint.balances.tolist() == trace(case, "fifo").balances.tolist()


# ---- laws ----------------------------------------------------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(cases(), st.sampled_from(["haircut", "fifo"]), st.sampled_from([2, 10_000]))
def test_tainted_money_is_neither_made_nor_lost(case, method, most_lots):
    taint = trace(case, method, most_lots=most_lots)
    assert taint.issued - taint.absorbed == pytest.approx(taint.held.sum(), abs=1e-9)
    assert (taint.held <= taint.balances + 1e-9).all()
    assert (taint.carried <= [row[3] for row in case[0]]).all()


@settings(max_examples=200, deadline=None)
@given(cases(), st.sampled_from([2, 10_000]))
def test_fifo_taints_within_haircut_and_haircut_within_poison(case, most_lots):
    poison, haircut, fifo = (trace(case, m, most_lots=most_lots) for m in TAINT_METHODS)
    assert not (fifo.is_tainted & ~haircut.is_tainted).any()
    assert not (haircut.is_tainted & ~poison.is_tainted).any()
    assert not (haircut.accounts & ~poison.accounts).any()
    assert (haircut.carried <= poison.carried + 1e-9).all()


@settings(max_examples=100, deadline=None)
@given(cases(), st.sampled_from(TAINT_METHODS), st.permutations(range(N)))
def test_renaming_accounts_renames_the_result(case, method, names):
    rows, nodes, marked, opening, stops = case
    renamed = [(names[a], names[b], when, amount) for a, b, when, amount in rows]
    moved = [opening[names.index(k)] for k in range(N)]
    other = trace((renamed, {names[k] for k in nodes}, marked, moved, {names[k] for k in stops}), method)
    assert other.carried.tolist() == trace(case, method).carried.tolist()
    assert other.held[list(names)].tolist() == trace(case, method).held.tolist()


@settings(max_examples=100, deadline=None)
@given(cases(), st.sampled_from(TAINT_METHODS))
def test_later_transfers_change_nothing_before_them(case, method):
    later = [*case[0], (0, 1, 99, 5), (1, 2, 99, 5)]
    assert trace((later, *case[1:]), method).carried.tolist()[:-2] == trace(case, method).carried.tolist()


# ---- hand-made -----------------------------------------------------------------------------------------------------

# 0 is the thief; 1 has 100 of its own, gets 100 stolen, and pays 50 and then 100 on
PAID = [(9, 1, 1, 100.0), (0, 1, 2, 100.0), (1, 2, 3, 50.0), (1, 3, 4, 100.0)]


@pytest.mark.parametrize(
    ("method", "parts"),
    [("poison", [0, 100, 50, 100]), ("haircut", [0, 100, 25, 50]), ("fifo", [0, 100, 0, 50])],
)
def test_the_three_methods_on_one_payer_with_own_and_stolen_money(method, parts):
    assert carried(PAID, method, source_nodes=[0]) == parts
    assert carried(PAID, method, source_transfers=[1]) == parts


def test_a_victim_is_no_source_where_only_the_theft_is_one():
    rows = [(5, 0, 1, 80.0), (5, 6, 2, 30.0), (0, 7, 3, 80.0)]
    assert carried(rows, "fifo", source_transfers=[0]) == [80.0, 0.0, 80.0]
    assert carried(rows, "fifo", source_nodes=[5]) == [80.0, 30.0, 80.0]


@pytest.mark.parametrize("method", TAINT_METHODS)
def test_money_is_followed_into_an_exchange_and_not_out_of_it(method):
    rows = [(0, 1, 1, 5.0), (1, 2, 2, 5.0), (1, 1, 2, 5.0)]
    taint = trace_taint(stream(*rows), method=method, source_nodes=[0], stops=[1])
    assert taint.carried.tolist() == [5, 0, 0]
    assert (taint.held.tolist(), taint.balances.tolist()) == ([0, 5, 0], [0, 5, 5])
    assert trace_taint(stream(*rows), method=method, source_nodes=[0, 1], stops=[1]).carried.tolist() == [5, 5, 0]


def test_transfers_of_one_second_go_in_the_order_of_their_rows():
    assert carried([(0, 1, 5, 1.0), (1, 2, 5, 1.0)], "poison", source_nodes=[0]) == [1.0, 1.0]
    assert carried([(1, 2, 5, 1.0), (0, 1, 5, 1.0)], "poison", source_nodes=[0]) == [0.0, 1.0]


def test_rows_need_not_be_in_time_order():
    assert carried([(1, 2, 9, 1.0), (0, 1, 5, 1.0)], "haircut", source_nodes=[0]) == [1.0, 1.0]


@pytest.mark.parametrize("method", TAINT_METHODS)
def test_payments_to_oneself_and_of_nothing_or_less_taint_nobody(method):
    rows = [(0, 0, 1, 5.0), (0, 1, 2, 0.0), (0, 1, 3, -7.0), (1, 2, 4, 3.0)]
    taint = trace_taint(stream(*rows), method=method, source_nodes=[0])
    assert (taint.carried.tolist(), taint.accounts.tolist()) == ([0, 0, 0, 0], [True, False, False])
    assert taint.balances.tolist() == [0, 0, 3]


@pytest.mark.parametrize("method", ["haircut", "fifo"])
def test_a_wallet_that_was_emptied_hands_on_no_dust_of_rounding(method):
    rows = [(0, 1, 1, 0.1), (0, 1, 2, 0.2), (1, 2, 3, 0.3), (9, 1, 4, 5.0), (1, 3, 5, 5.0)]
    taint = trace_taint(stream(*rows), method=method, source_nodes=[0])
    assert taint.is_tainted.tolist() == [True, True, True, False, False]
    rows = [(9, 1, 1, 0.7), (0, 1, 2, 0.1), (1, 2, 3, 0.1 + 0.7), (9, 1, 4, 5.0), (1, 3, 5, 5.0)]
    assert not trace_taint(stream(*rows), method=method, source_nodes=[0]).is_tainted[-1]


def test_what_cannot_be_followed_is_counted():
    rows = [(0, 1, 1, 5.0), (1, 2, NONE, 5.0), (1, 3, 2, np.nan), (1, 4, 3, 5.0)]
    by = {m: trace_taint(stream(*rows), method=m, source_nodes=[0]) for m in TAINT_METHODS}
    assert [by[m].n_left_out for m in TAINT_METHODS] == [1, 2, 2]
    assert by["poison"].is_tainted.tolist() == [True, False, True, True]
    assert np.isnan(by["poison"].carried[2])
    assert by["fifo"].carried.tolist() == [5, 0, 0, 5]


def test_poison_needs_neither_times_nor_amounts():
    taint = trace_taint(Transfers([0, 1], [1, 2]), method="poison", source_nodes=[0])
    assert taint.is_tainted.tolist() == [True, True]
    assert taint.first_seconds.tolist() == [NONE] * 3


def test_currencies_without_rates_are_held_apart_and_dollars_together():
    columns = ([0, 8, 1, 1], [1, 1, 2, 3], [1, 2, 3, 4], [10.0, 5.0, 5.0, 10.0])
    mixed = Transfers(*columns, currencies=[0, 1, 1, 0], currency_names=("BTC", "ETH"))
    taint = trace_taint(mixed, method="fifo", source_nodes=[0])
    assert taint.carried.tolist() == [10, 0, 0, 10]
    assert taint.issued == 10
    rated = Transfers(*columns, amounts_usd=[10.0, 5.0, 5.0, 10.0], currencies=[0, 1, 1, 0])
    assert trace_taint(rated, method="fifo", source_nodes=[0]).carried.tolist() == [10, 0, 5, 5]
    both = trace_taint(mixed, method="fifo", source_nodes=[0, 8])
    assert np.isnan([both.issued, both.received[1]]).all()


def test_first_times_are_of_the_first_tainted_receipt():
    assert trace_taint(stream(*PAID), method="haircut", source_nodes=[0]).first_seconds[:4].tolist() == [NONE, 2, 3, 4]


def test_long_queues_are_coarsened_and_counted_and_nothing_is_lost():
    rows = [(k % 2, 2, k, 1.0 + k) for k in range(40)] + [(2, 3, 50, 300.0)]
    exact = trace_taint(stream(*rows), method="fifo", source_nodes=[0])
    coarse = trace_taint(stream(*rows), method="fifo", source_nodes=[0], most_lots=8)
    assert (exact.n_coarsened, coarse.n_coarsened) == (0, 1)
    assert coarse.held.sum() == pytest.approx(exact.held.sum())
    assert coarse.balances.tolist() == pytest.approx(exact.balances.tolist())
    assert coarse.carried[-1] == pytest.approx(exact.carried[-1], rel=0.1)


@pytest.mark.parametrize("method", TAINT_METHODS)
def test_no_transfers_taint_nothing(method):
    taint = trace_taint(Transfers.empty(), method=method, source_nodes=[1], n_nodes=3)
    assert taint.accounts.tolist() == [False, True, False]
    assert (taint.issued, len(taint.carried)) == (0, 0)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "`source_nodes` or `source_transfers` must name a source"),
        ({"source_nodes": [10]}, "`source_nodes` must be from 0 to 9, got 10 to 10"),
        ({"source_transfers": [-1]}, "`source_transfers` must be from 0 to 3, got -1 to -1"),
        ({"source_nodes": [0], "method": "lifo"}, "`method` must be one of poison, haircut, fifo, got 'lifo'"),
        ({"source_nodes": [0], "most_lots": 1}, "`most_lots` must be at least 2, got 1"),
        ({"source_nodes": [0], "stops": [10]}, "`stops` must be from 0 to 9, got 10 to 10"),
        ({"source_nodes": [0], "n_nodes": 5}, "`n_nodes` must be at least 10"),
        ({"source_nodes": [0], "opening": [-1.0] * 10}, "`opening` must be 10 finite amounts of 0 or more"),
    ],
)
def test_what_does_not_fit_is_refused(options, words):
    with pytest.raises(ValueError, match=words):
        trace_taint(stream(*PAID), **{"method": "fifo"} | options)


@pytest.mark.parametrize(
    ("transfers", "options", "words"),
    [
        (Transfers([0], [1]), {"source_nodes": [0]}, "haircut and fifo need amounts"),
        (stream((0, 0, 1, 5.0)), {"source_transfers": [0]}, "must move money from one to another, got row 0"),
        (stream((0, 1, 1, 5.0), (0, 1, NONE, 5.0)), {"source_transfers": [1]}, "must have a time.* got row 1"),
        (stream((0, 1, 1, np.inf)), {"source_nodes": [0]}, "amounts must be finite, got inf in row 0"),
        (
            Transfers([0, 0], [1, 1], amounts=[1.0, 2.0], currencies=[0, 1], currency_names=("BTC", "ETH")),
            {"source_nodes": [0], "opening": [0.0, 1.0]},
            "`opening` needs amounts in one currency or in dollars, got 2 currencies",
        ),
    ],
)
def test_transfers_that_the_method_cannot_follow_are_refused(transfers, options, words):
    with pytest.raises(ValueError, match=words):
        trace_taint(transfers, method="fifo", **options)
