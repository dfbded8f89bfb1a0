import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms import (
    MISSING_TIME,
    Transfers,
    change_outputs,
    common_inputs,
    find_coinjoins,
    group_transactions,
)

# a transaction is (seconds, inputs with what they spend, outputs with what they get)
PAYMENT = (100, {0: 5.0, 1: 3.0}, {2: 7.0, 3: 1.0})
MIX = (100, {0: 5.0, 1: 5.5, 2: 5.2}, {3: 5.0, 4: 5.0, 5: 5.0, 6: 0.5, 7: 0.2})
WHIRLPOOL = (100, dict.fromkeys(range(5), 1.0), {5 + k: 1.0 for k in range(5)})


def transfers_of(*transactions, singles=()):
    """Every input pays every output its share, as rows of tables of UTXO chains do."""
    rows = []
    for number, (seconds, inputs, outputs) in enumerate(transactions):
        total = sum(inputs.values())
        rows += [(a, b, seconds, v * x / total, number) for a, x in inputs.items() for b, v in outputs.items()]
    rows += [(a, b, seconds, 1.0, -1) for a, b, seconds in singles]
    source, target, seconds, amount, number = (np.array(column) for column in zip(*rows, strict=True))
    return Transfers(source, target, seconds, amount, transactions=number)


def pairs_of(pairs):
    return sorted(tuple(sorted(pair)) for pair in zip(pairs.ones.tolist(), pairs.others.tolist(), strict=True))


def test_a_transaction_knows_what_each_wallet_spends_and_gets():
    found = group_transactions(transfers_of(PAYMENT, singles=[(8, 9, 5)]))
    assert found.inputs.tolist() == [0, 1]
    assert found.outputs.tolist() == [2, 3]
    assert found.values == pytest.approx([7.0, 1.0])
    assert found.spent == pytest.approx([5.0, 3.0])
    assert found.seconds.tolist() == [100]


def test_wallets_that_sign_together_are_paired_and_their_payees_are_not():
    found = group_transactions(transfers_of(PAYMENT, (200, {0: 1.0, 4: 1.0, 5: 1.0}, {2: 2.9})))
    pairs = common_inputs(found, find_coinjoins(found))
    assert pairs_of(pairs) == [(0, 1), (0, 4), (0, 5), (4, 5)]
    assert pairs.seconds.tolist() == [100, 200, 200, 200]


@pytest.mark.parametrize("mix", [MIX, WHIRLPOOL], ids=["with change", "without change"])
def test_a_coinjoin_joins_nobody(mix):
    found = group_transactions(transfers_of(mix))
    assert find_coinjoins(found).tolist() == [1]
    assert len(common_inputs(found, find_coinjoins(found))) == 0


def test_equal_values_paid_by_one_wallet_are_a_payroll_and_no_coinjoin():
    found = group_transactions(transfers_of((100, {0: 9.0}, {1: 3.0, 2: 3.0, 3: 3.0})))
    assert find_coinjoins(found).tolist() == [0]


def test_without_amounts_only_transactions_with_one_output_count():
    rows = transfers_of(PAYMENT, (200, {4: 1.0, 5: 1.0}, {2: 1.9}))
    found = group_transactions(Transfers(rows.sources, rows.targets, rows.seconds, transactions=rows.transactions))
    assert find_coinjoins(found).tolist() == [-1, 0]
    assert pairs_of(common_inputs(found, find_coinjoins(found))) == [(4, 5)]


def test_a_consolidation_of_many_inputs_is_left_out_and_counted():
    found = group_transactions(transfers_of((5, dict.fromkeys(range(30), 1.0), {40: 29.0})))
    pairs = common_inputs(found, find_coinjoins(found), most_inputs=25)
    assert (len(pairs), pairs.n_too_wide) == (0, 1)
    assert len(common_inputs(found, find_coinjoins(found), most_inputs=30)) == 435


def test_a_transaction_with_a_row_that_may_not_be_used_is_left_out():
    rows = transfers_of(PAYMENT, (200, {4: 1.0, 5: 1.0}, {2: 1.9}))
    assert group_transactions(rows, rows.sources != 0).numbers.tolist() == [1]


def change_of(*transactions, singles=()):
    rows = transfers_of(*transactions, singles=singles)
    found = group_transactions(rows)
    return pairs_of(change_outputs(rows, found, find_coinjoins(found)))


SEEN = [(9, 2, 50)]


def test_a_new_wallet_beside_a_known_payee_takes_the_change():
    assert change_of(PAYMENT, singles=SEEN) == [(0, 3), (1, 3)]


@pytest.mark.parametrize(
    ("transaction", "singles"),
    [
        (PAYMENT, []),  # both outputs are new: either may be the payee
        (PAYMENT, [*SEEN, (9, 3, 60)]),  # no output is new
        (PAYMENT, [*SEEN, (9, 3, 300)]),  # it is paid again: change is used once
        (PAYMENT, [*SEEN, (3, 9, 60)]),  # it paid before
        (PAYMENT, [*SEEN, (3, 9, 100)]),  # it pays in the same second: which came first is not known
        ((100, {0: 5.0, 1: 3.0}, {2: 4.0, 3: 4.0}), SEEN),  # may be a CoinJoin
        ((100, {0: 5.0, 1: 3.0}, {2: 3.5, 3: 4.5}), SEEN),  # input 1 would not have been needed
        ((100, {0: 5.0, 1: 3.0}, {0: 1.0, 3: 2.0}), [(9, 0, 50)]),  # the change goes back to an input
        ((MISSING_TIME, {0: 5.0, 1: 3.0}, {2: 7.0, 3: 1.0}), SEEN),
        (PAYMENT, [(9, 2, MISSING_TIME)]),  # when the payee was seen is not known
    ],
)
def test_where_the_change_is_in_doubt_nobody_takes_it(transaction, singles):
    assert change_of(transaction, singles=singles) == []


def slow_coinjoin(inputs, outputs):
    """The rule in words: k equal payments, at least half of the outputs, no more than the inputs."""
    values = [round(v, 6) for v in outputs.values()]
    k = max(values.count(v) for v in values)
    return len(inputs) >= 2 and k >= 2 and 2 * k >= len(values) and k <= len(inputs)


sides = st.dictionaries(st.integers(0, 12), st.integers(1, 3).map(float), min_size=1, max_size=5)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), sides, sides), min_size=1, max_size=6))
def test_common_inputs_are_what_the_slow_twin_says(transactions):
    found = group_transactions(transfers_of(*transactions))
    joins = find_coinjoins(found)
    assert joins.tolist() == [int(slow_coinjoin(inputs, outputs)) for _, inputs, outputs in transactions]
    expected = sorted(
        pair
        for _, inputs, outputs in transactions
        if not slow_coinjoin(inputs, outputs)
        for pair in ((a, b) for a in inputs for b in inputs if a < b)
    )
    assert pairs_of(common_inputs(found, joins)) == expected


def test_transfers_without_transactions_have_none():
    found = group_transactions(Transfers([0, 1], [2, 2]))
    assert len(found) == len(common_inputs(found, find_coinjoins(found))) == 0
