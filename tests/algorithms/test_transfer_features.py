"""Features of transfers against slow twins and laws of streams."""

from itertools import pairwise

import numpy as np
import pytest
from _streams import random_stream, slow_cycles, slow_motifs, slow_pairs, slow_windows
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms import MISSING_TIME, PatternSettings, Transfers, TransferState, feature_names, transfer_features

SMALL = PatternSettings(window_seconds=10, windows=(1, 2), longest_cycle=6, budget=100_000, thresholds=(100.0,))


def cut(t, a, b):
    return Transfers(t.sources[a:b], t.targets[a:b], t.seconds[a:b], t.amounts[a:b])


def assert_columns(found, expected):
    for name in expected[0]:
        values = np.array([line[name] for line in expected], np.float64)
        np.testing.assert_allclose(found[name], values, rtol=1e-5, atol=1e-4, err_msg=name)


@pytest.mark.parametrize("seed", range(40))
def test_windows_and_pairs_are_what_a_scan_of_the_past_gives(seed):
    t = random_stream(seed, n=60)
    found = transfer_features(t, settings=SMALL)
    assert_columns(found, slow_windows(t, {"10s": 10, "20s": 20}))
    assert_columns(found, slow_pairs(t))


def test_cycles_are_what_brute_force_finds_on_thousands_of_streams():
    n_cycles = 0
    for seed in range(2500):
        t = random_stream(seed, n=16, n_accounts=5, span=12)
        found, expected = transfer_features(t, settings=SMALL), slow_cycles(t, 10, 6)
        for hops in range(2, 7):
            np.testing.assert_array_equal(found[f"cycles_{hops}"], expected[:, hops], err_msg=f"{seed} {hops}")
        assert not found["cycle_truncated_at"].any()
        has = expected.any(axis=1)
        np.testing.assert_array_equal(found["shortest_cycle"], np.where(has, (expected > 0).argmax(axis=1), 0))
        n_cycles += expected.sum()
    assert n_cycles > 5000


@pytest.mark.parametrize("seed", range(100))
def test_a_search_that_was_cut_says_where_and_is_right_below(seed):
    t = random_stream(seed, n=60, n_accounts=6, span=12)
    found = transfer_features(t, settings=PatternSettings(window_seconds=10, longest_cycle=6, budget=12))
    expected, at = slow_cycles(t, 10, 6), found["cycle_truncated_at"]
    assert (at > 0).any()
    for hops in range(2, 7):
        counts, whole = found[f"cycles_{hops}"], (at == 0) | (hops < at)
        np.testing.assert_array_equal(counts[whole], expected[whole, hops])
        assert (counts <= expected[:, hops]).all()


@pytest.mark.parametrize("seed", range(100))
def test_fans_scatter_gather_and_bipartite_are_what_sets_give(seed):
    t = random_stream(seed, n=40, n_accounts=7, span=30)
    found = transfer_features(t, settings=SMALL)
    assert not found["motif_truncated"].any()
    assert_columns(found, slow_motifs(t, 10))


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), cuts=st.lists(st.integers(0, 80), max_size=5))
def test_how_a_stream_is_cut_into_batches_changes_nothing(seed, cuts):
    t, state = random_stream(seed, n=80, span=400), TransferState(SMALL)
    ends = [0, *sorted(cuts), 80]
    parts = [transfer_features(cut(t, a, b), state=state).values for a, b in pairwise(ends)]
    np.testing.assert_array_equal(np.concatenate(parts), transfer_features(t, settings=SMALL).values)


def test_a_saved_stream_goes_on_where_it_ended(tmp_path):
    t, path = random_stream(3, n=300, span=900), tmp_path / "state.npz"
    TransferState(SMALL).save(path)
    parts = []
    for a in range(0, 300, 50):
        state = TransferState.load(path)
        parts.append(transfer_features(cut(t, a, a + 50), state=state).values)
        state.save(path)
    np.testing.assert_array_equal(np.concatenate(parts), transfer_features(t, settings=SMALL).values)
    assert state.n_rows < 60, "what no window reaches is forgotten"
    assert [file.name for file in tmp_path.iterdir()] == ["state.npz"]


@settings(max_examples=30)
@given(seed=st.integers(0, 10**6), at=st.integers(1, 59))
def test_what_comes_later_changes_nothing(seed, at):
    t = random_stream(seed, n=60)
    whole, part = transfer_features(t, settings=SMALL), transfer_features(cut(t, 0, at), settings=SMALL)
    np.testing.assert_array_equal(whole.values[:at], part.values)


def test_order_of_rows_of_different_times_does_not_matter():
    t = random_stream(5, n=40)
    t = Transfers(t.sources, t.targets, np.arange(40) * 3, t.amounts)
    order = np.random.default_rng(0).permutation(40)
    mixed = Transfers(t.sources[order], t.targets[order], t.seconds[order], t.amounts[order])
    np.testing.assert_array_equal(
        transfer_features(mixed, settings=SMALL).values, transfer_features(t, settings=SMALL).values[order]
    )


def test_new_names_for_accounts_change_nothing():
    t = random_stream(6, n=60)
    names = np.array([11, 3, 8, 0, 5])
    other = Transfers(names[t.sources], names[t.targets], t.seconds, t.amounts)
    np.testing.assert_array_equal(
        transfer_features(t, settings=SMALL).values, transfer_features(other, settings=SMALL).values
    )


def test_a_chain_that_keeps_its_amount_is_told_from_one_that_does_not():
    t = Transfers([0, 1, 2, 3], [1, 2, 3, 4], [0, 60, 120, 180], [1000.0, 950.0, 930.0, 100.0])
    found = transfer_features(t)
    assert found["chain"].tolist() == [1, 2, 3, 4]
    assert found["conserved_chain"].tolist() == [1, 2, 3, 1]
    np.testing.assert_array_equal(found["pass_through_delay"], [np.nan, 60, 60, np.nan])


def test_amounts_just_under_a_threshold_are_counted():
    t = Transfers([0] * 5, range(1, 6), np.arange(5) * 60, [9500.0, 9900.0, 10000.0, 8000.0, 9999.0])
    found = transfer_features(t, settings=PatternSettings(thresholds=(10000.0,)))
    assert found["under_10000"].tolist() == [1, 1, 0, 0, 1]
    assert found["source_n_under_10000_7d"].tolist() == [0, 1, 2, 2, 2]


def test_round_amounts_are_told_by_their_zeros():
    t = Transfers([0] * 5, [1] * 5, range(5), [100.0, 2500.0, 7.0, 7.5, np.nan])
    assert transfer_features(t)["round_digits"].tolist() == [2, 2, 0, -1, -1]


def test_rows_without_a_time_are_empty_and_seen_by_nobody():
    t = Transfers([0, 0, 0], [1, 1, 1], [0, MISSING_TIME, 9], [1.0, 2.0, 3.0])
    found = transfer_features(t)
    assert np.isnan(found.values[1]).all()
    assert found.n_untimed == 1
    assert found["pair_count"][2] == 1


def test_a_row_that_comes_too_late_counts_at_the_end_of_the_batch_before():
    state = TransferState()
    transfer_features(Transfers([0], [1], [1000], [1.0]), state=state)
    late = transfer_features(Transfers([0, 0], [1, 1], [400, 1010], [1.0, 1.0]), state=state)
    assert late.n_late == 1
    assert late["late_seconds"].tolist() == [600, 0]
    assert late["pair_since_last"].tolist() == [0, 10]


@pytest.mark.parametrize("amount", [np.nan, 0.0, -5.0, np.inf])
def test_an_amount_that_is_none_counts_as_a_transfer_and_adds_nothing(amount):
    found = transfer_features(Transfers([0, 0], [1, 2], [0, 5], [amount, 8.0]))
    assert found["source_out_count_1d"][1] == 1
    assert found["source_out_sum_1d"][1] == 0
    assert np.isnan(found["source_out_mean_1d"][1])


def test_transfers_without_any_amount_still_have_features():
    found = transfer_features(Transfers([0, 1], [1, 0], [0, 5]))
    assert found["cycles_2"].tolist() == [0, 1]
    assert np.isnan(found["amount"]).all()


def test_a_self_transfer_is_counted_and_in_no_pattern():
    found = transfer_features(Transfers([0, 0, 0], [0, 0, 1], [0, 1, 2], [1.0, 1.0, 1.0]))
    assert found["source_out_count_1d"].tolist() == [0, 1, 2]
    assert found["shortest_cycle"].tolist() == [0, 0, 0]
    assert found["gathered"].tolist() == [0, 0, 0]


def test_a_hundred_thousand_parallel_edges_and_a_hub_of_half_of_all_are_bounded_and_marked():
    n = 100_000
    rng = np.random.default_rng(1)
    hub = rng.random(n) < 0.5
    others = rng.integers(3, 500, (2, n))
    sources = np.concatenate([np.arange(n) % 2, np.where(hub, 2, others[0])])
    targets = np.concatenate([1 - np.arange(n) % 2, others[1]])
    found = transfer_features(Transfers(sources, targets, np.arange(2 * n) // 10, np.ones(2 * n)))
    assert found["pair_count"][n - 1] == n / 2 - 1
    assert found["cycle_truncated_at"][n - 1] == 2
    assert found["motif_truncated"][n - 1] == 1
    assert np.isfinite(found["cycles_2"]).all()


def test_several_currencies_without_a_rate_are_refused():
    mixed = Transfers([0, 1], [1, 0], [0, 1], [1.0, 2.0], None, [0, 1], ("EUR", "JPY"))
    with pytest.raises(ValueError, match="`amounts` must be of one currency or `amounts_usd` given, got EUR, JPY"):
        transfer_features(mixed)
    rated = Transfers([0, 1], [1, 0], [0, 1], [1.0, 2.0], [1.1, 0.01], [0, 1], ("EUR", "JPY"))
    assert transfer_features(rated)["amount"].tolist() == [np.float32(1.1), np.float32(0.01)]


def test_a_stream_keeps_its_currency():
    state = TransferState()
    transfer_features(Transfers([0], [1], [0], [1.0], None, [0], ("EUR",)), state=state)
    with pytest.raises(ValueError, match="`amounts` must be in EUR as in the stream so far, got JPY"):
        transfer_features(Transfers([0], [1], [1], [1.0], None, [0], ("JPY",)), state=state)


def test_wrong_arguments_are_told():
    with pytest.raises(ValueError, match="`sources` and `targets` must be node ids from 0"):
        transfer_features(Transfers([-1], [0], [0]))
    with pytest.raises(ValueError, match="`transfers` must have `seconds`"):
        transfer_features(Transfers([0], [1]))
    with pytest.raises(ValueError, match="`settings` must be those of `state`"):
        transfer_features(Transfers.empty(), settings=SMALL, state=TransferState())
    with pytest.raises(ValueError, match="`windows` must be positive and rising"):
        PatternSettings(windows=(7, 1))


@pytest.mark.parametrize("spans", [(1,), (1, 7, 30), (1, 2, 3, 4)])
def test_every_column_has_one_name(spans):
    chosen = PatternSettings(windows=spans, thresholds=(1.0, 2.0))
    names = feature_names(chosen)
    assert len(set(names)) == len(names)
    one = transfer_features(Transfers([0], [1], [0], [1.0]), settings=chosen)
    assert one.values.shape == (1, len(names))
    assert one["cycle_truncated_at"][0] == 0


def test_no_transfers_give_no_rows():
    assert transfer_features(Transfers.empty()).values.shape == (0, len(feature_names(PatternSettings())))
