"""Features of accounts: counted by hand, bounded, and blind to what they must not see."""

import numpy as np
import pytest

from algorithms import MISSING_TIME, Transfers, account_transfer_features, one_off_pairs

DAY = 86400


def test_old_and_new_relationships_are_told_apart_in_either_direction():
    t = Transfers([0, 1, 0, 2, 3], [1, 0, 2, 3, 3], np.arange(5) * DAY, np.ones(5))
    assert one_off_pairs(t).tolist() == [False, False, True, True, False]
    found = account_transfer_features(t, 4)
    assert found["all_out_count"].tolist() == [2, 1, 1, 1]
    assert found["one_off_out_count"].tolist() == [1, 0, 1, 0]
    assert found["recurring_in_count"].tolist() == [1, 1, 0, 1]
    np.testing.assert_array_equal(found["one_off_share_out"], [0.5, 0, 1, 0])


def test_bursts_count_the_most_transfers_within_fewer_than_so_many_days():
    t = Transfers([0] * 6, range(1, 7), np.array([0, 1, 2, 9, 10, 40]) * DAY, np.ones(6))
    found = account_transfer_features(t, 7)
    assert [found[f"all_out_most_in_{d}d"][0] for d in (1, 3, 7, 14, 30)] == [1, 3, 3, 5, 5]


def test_amounts_and_times_are_summed_up():
    t = Transfers([0, 0, 0], [1, 2, 2], np.array([0, 2, 4]) * DAY, [1.0, np.nan, 5.0])
    found = account_transfer_features(t, 3)
    assert found["all_out_amount_mean"][0] == 3
    assert found["all_out_amount_spread"][0] == 2
    assert found["all_out_amount_greatest"][0] == 5
    assert found["all_out_day_mean"][0] == 2
    assert np.isnan(found["all_out_amount_mean"][1])


def test_partners_bring_their_means():
    t = Transfers([0, 0, 1, 1, 1], [1, 2, 3, 4, 5], np.arange(5) * DAY, np.ones(5))
    found = account_transfer_features(t, 6)
    assert found["paid_one_off_out_count"][0] == 1.5
    assert found["payers_one_off_out_count"][5] == 3
    assert found["partners_paid_one_off_out_count"][3] == 0
    assert found["partners_paid_one_off_out_count"][1] == pytest.approx(1.5 / 4)


def test_new_names_for_accounts_and_another_order_of_rows_move_the_rows_of_the_result():
    rng = np.random.default_rng(2)
    sources, targets, seconds = rng.integers(0, 20, 200), rng.integers(0, 20, 200), rng.permutation(200) * DAY // 4
    amounts, names, order = rng.random(200), rng.permutation(20), rng.permutation(200)
    plain = account_transfer_features(Transfers(sources, targets, seconds, amounts), 20)
    renamed = Transfers(names[sources[order]], names[targets[order]], seconds[order], amounts[order])
    moved = account_transfer_features(renamed, 20)
    np.testing.assert_allclose(moved.values[names], plain.values, rtol=1e-5)


def test_loops_are_closed_walks_whatever_their_times():
    t = Transfers([0, 1, 2, 3, 3, 0], [1, 2, 0, 4, 3, 2], np.arange(6)[::-1] * DAY, np.ones(6))
    found = account_transfer_features(t, 5)
    assert found["loops_3"].tolist() == [1, 1, 1, 0, 0]
    assert found["loops_2"].tolist() == [1, 0, 1, 0, 0]
    assert found["triangles"].tolist() == [1, 0, 0, 0, 0]
    assert found["paid_loops_3"].tolist() == [1, 1, 1, 0, 0]


@pytest.mark.parametrize("seed", range(10))
def test_loops_are_what_powers_of_the_matrix_give(seed):
    rng = np.random.default_rng(seed)
    sources, targets = rng.integers(0, 9, 25), rng.integers(0, 9, 25)
    found = account_transfer_features(Transfers(sources, targets, np.arange(25), np.ones(25)), 9)
    matrix = np.zeros((9, 9))
    matrix[sources, targets] = 1
    np.fill_diagonal(matrix, 0)
    for length in range(2, 7):
        np.testing.assert_array_equal(found[f"loops_{length}"], np.diag(np.linalg.matrix_power(matrix, length)))


def test_transfers_without_times_or_amounts_have_what_is_left():
    bare = account_transfer_features(Transfers([0, 1], [1, 2]), 3)
    assert "all_out_amount_mean" not in bare.names
    assert bare["one_off_out_count"].tolist() == [1, 1, 0]
    untimed = account_transfer_features(Transfers([0, 1], [1, 2], [MISSING_TIME] * 2, [1.0, 2.0]), 3)
    assert untimed["all_out_most_in_7d"].tolist() == [0, 0, 0]
    assert account_transfer_features(Transfers.empty(), 2).values.shape[0] == 2


def test_wrong_arguments_are_told():
    with pytest.raises(ValueError, match="ids must be from 0 to 1, got 0 to 2"):
        account_transfer_features(Transfers([0], [2], [0]), 2)


def test_means_over_all_partners_count_each_once_and_leave_out_who_lacks_the_column():
    # 0 pays 1 three times and 2 once, 3 pays 0; an account that paid nobody has no mean amount paid
    t = Transfers([0, 0, 0, 0, 3, 2], [1, 1, 1, 2, 0, 2], np.arange(6), np.array([4.0, 4, 4, 10, 7, 1]))
    found = account_transfer_features(t, 5)
    received = found["all_in_count"]
    assert found["around_all_in_count"][0] == pytest.approx((received[1] + received[2] + received[3]) / 3)
    assert found["around_all_out_amount_mean"][0] == pytest.approx((1 + 7) / 2)
    assert found["around_all_in_count"][2] == received[0]  # paying itself makes no partner
    assert np.isnan(found["around_all_in_count"][4])
    before = [name for name in found.names if not name.startswith("around_")]
    assert found.names[len(before) :] == tuple(f"around_{name}" for name in before)
