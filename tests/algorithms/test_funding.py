import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms import MISSING_TIME, Transfers, first_funders, funding_bursts, last_sweeps

NONE = int(MISSING_TIME)


def stream(*rows):
    """Rows are (source, target, seconds, amount)."""
    return Transfers(*(np.array(column) for column in zip(*rows, strict=True)))


def by_node(found):
    return dict(zip(found.nodes.tolist(), found.partners.tolist(), strict=True))


def test_the_first_payer_is_the_funder():
    assert by_node(first_funders(stream((0, 5, 30, 1.0), (1, 5, 20, 1.0), (0, 6, 10, 1.0)))) == {5: 1, 6: 0}


def test_where_the_first_payer_is_in_doubt_there_is_none():
    tied = stream((0, 5, 20, 1.0), (1, 5, 20, 1.0))
    untimed = stream((0, 5, 20, 1.0), (1, 5, NONE, 1.0))
    assert by_node(first_funders(tied)) == by_node(first_funders(untimed)) == {}


def test_a_single_payer_is_the_first_one_even_without_times():
    assert by_node(first_funders(Transfers([0, 0, 1], [5, 5, 6]))) == {5: 0, 6: 1}


def test_payments_to_oneself_fund_nobody():
    assert by_node(first_funders(stream((5, 5, 1, 1.0), (0, 5, 2, 1.0)))) == {5: 0}


def test_who_empties_into_a_wallet_is_swept_by_it():
    assert by_node(last_sweeps(stream((0, 5, 1, 10.0), (5, 7, 2, 2.0), (5, 8, 3, 7.9)))) == {0: 5, 5: 8}


@pytest.mark.parametrize(
    "rows",
    [
        [(0, 5, 1, 10.0), (5, 8, 3, 5.0)],  # half stays
        [(0, 5, 1, 10.0), (5, 8, 3, 10.0), (0, 5, 4, 1.0)],  # something came in afterwards
        [(0, 5, 1, 10.0), (5, 8, 3, 5.0), (5, 9, 3, 5.0)],  # two payments in the last second
    ],
)
def test_who_keeps_something_or_goes_on_is_not_swept(rows):
    assert 5 not in by_node(last_sweeps(stream(*rows)))


def test_a_sweep_takes_a_share_between_nothing_and_all():
    with pytest.raises(ValueError, match=r"`share` must be in \(0, 1\], got 0"):
        last_sweeps(Transfers([0], [1]), share=0)


def bursts_of(*rows, **options):
    """Bursts are sets of nodes in which all are paired."""
    transfers = stream(*rows)
    found = funding_bursts(first_funders(transfers), transfers.amounts, **options)
    mates = {}
    for a, b in zip(found.ones.tolist(), found.others.tolist(), strict=True):
        mates.setdefault(a, {a}).add(b)
        mates.setdefault(b, {b}).add(a)
    return sorted({tuple(sorted(group)) for group in mates.values()})


def test_like_amounts_one_after_the_other_are_a_burst():
    rows = [(0, 10 + k, 1000 + 300 * k, 5.0 + 0.1 * k) for k in range(6)]
    assert bursts_of(*rows) == [(10, 11, 12, 13, 14, 15)]


@pytest.mark.parametrize(
    "rows",
    [
        [(0, 10 + k, 1000 + 300 * k, 5.0 * 2**k) for k in range(6)],  # a payroll: amounts differ
        [(0, 10 + k, 1000 + 3000 * k, 5.0) for k in range(6)],  # too slow
        [(k, 10 + k, 1000 + 300 * k, 5.0) for k in range(6)],  # six funders
        [(0, 10 + k, 1000, 5.0) for k in range(3)],  # three only
        [(0, 10 + k, NONE, 5.0) for k in range(6)],  # when is not known
    ],
)
def test_what_is_spread_out_is_no_burst(rows):
    assert bursts_of(*rows) == []


def test_two_bursts_of_one_funder_stay_apart():
    rows = [(0, 10 + k, 1000 + 60 * k, 5.0) for k in range(4)] + [(0, 20 + k, 90_000 + 60 * k, 5.0) for k in range(4)]
    assert bursts_of(*rows) == [(10, 11, 12, 13), (20, 21, 22, 23)]


def test_a_burst_of_very_many_is_a_service_and_is_counted():
    transfers = stream(*[(0, 10 + k, 1000, 5.0) for k in range(41)])
    found = funding_bursts(first_funders(transfers), transfers.amounts)
    assert (len(found), found.n_too_wide) == (0, 1)


def test_the_same_number_of_another_currency_is_no_like_amount():
    transfers = stream(*[(0, 10 + k, 1000 + k, 5.0) for k in range(6)])
    first, currency = first_funders(transfers), np.array([0, 1, 0, 1, 0, 1])
    assert len(funding_bursts(first, transfers.amounts, currency, least=4)) == 0
    assert len(funding_bursts(first, transfers.amounts, currency, least=3)) == 6


rows = st.tuples(st.integers(0, 5), st.integers(0, 5), st.sampled_from([NONE, *range(8)]), st.integers(1, 4).map(float))


def slow_first(transfers):
    out = {}
    for node in set(transfers.targets.tolist()):
        received = [
            (int(when), int(a))
            for a, b, when in zip(transfers.sources, transfers.targets, transfers.seconds, strict=True)
            if b == node != a
        ]
        payers = {a for _, a in received}
        earliest = {a for when, a in received if when == min(w for w, _ in received)}
        if len(payers) == 1 or (payers and len(earliest) == 1 and NONE not in {when for when, _ in received}):
            out[node] = min(payers) if len(payers) == 1 else earliest.pop()
    return out


@settings(max_examples=200, deadline=None)
@given(st.lists(rows, min_size=1, max_size=14), st.randoms(use_true_random=False))
def test_first_funders_are_what_the_slow_twin_says_in_any_order_of_rows(found, random):
    assert by_node(first_funders(stream(*found))) == slow_first(stream(*found))
    mixed = found.copy()
    random.shuffle(mixed)
    assert by_node(first_funders(stream(*mixed))) == by_node(first_funders(stream(*found)))


@settings(max_examples=100, deadline=None)
@given(st.lists(rows, min_size=1, max_size=14))
def test_a_sweep_is_a_first_funding_in_reversed_time(found):
    reversed_time = [(b, a, when if when == NONE else -when, amount) for a, b, when, amount in found]
    without = [(a, b, when) for a, b, when, _ in found]
    source, target, seconds = (np.array(column) for column in zip(*without, strict=True))
    swept, funded = by_node(last_sweeps(Transfers(source, target, seconds))), slow_first(stream(*reversed_time))
    for node, sweeper in swept.items():
        assert funded[node] == sweeper
    for node in set(funded) - set(swept):
        last = max(when for a, b, when, _ in found if a == node != b)
        assert max(when for a, b, when, _ in found if b == node != a) > last
