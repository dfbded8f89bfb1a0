"""Features of groups of accounts: counted by hand, by a slow twin, and indifferent to order."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorithms import Transfers, account_transfer_features, ring_transfer_features, transfer_features
from algorithms.ring_transfer_features import POOLED, pool_members

DAY = 86400


def test_a_ring_that_gathers_and_passes_on_is_told_by_what_stays_comes_and_goes():
    # 0 and 1 are paid by strangers, bring it to 2, and 2 pays it out; 5 and 6 deal with each other
    t = Transfers(
        [7, 8, 0, 1, 2, 5, 6],
        [0, 1, 2, 2, 9, 6, 5],
        np.array([0, 1, 2, 2, 4, 0, 1]) * DAY,
        [100.0, 100.0, 95.0, 95.0, 190.0, 3.0, 3.04],
    )
    found = ring_transfer_features(t, [0, 3, 5], [0, 1, 2, 5, 6], rows=transfer_features(t, window_seconds=7 * DAY))
    assert found["n_inside"].tolist() == [2, 2]
    assert found["n_out"].tolist() == [1, 0]
    assert found["n_in"].tolist() == [2, 0]
    assert found["amount_inside"].tolist() == pytest.approx([190, 6.04])
    assert found["share_inside"].tolist() == pytest.approx([0.5, 1])
    assert found["passed_on"][0] == pytest.approx(0.95)
    assert np.isnan(found["passed_on"][1])
    assert found["strangers_in"][0] == 1
    assert found["reciprocity"].tolist() == [0, 1]
    assert found["density_inside"].tolist() == pytest.approx([2 / 6, 1])
    # 95 twice and 190 once; 3 and 3.04 are alike to two digits
    assert found["amount_entropy"].tolist() == pytest.approx(
        [-(2 / 3) * math.log(2 / 3) - math.log(1 / 3) / 3, 0], abs=1e-6
    )
    assert found["days"].tolist() == [4, 1]
    assert found["busiest_day"].tolist() == pytest.approx([2 / 5, 1 / 2])
    assert found["cycles_inside"].tolist() == [0, 1]
    assert found["chain_inside"].tolist() == [2, 2]


accounts = st.integers(0, 7)
payments = st.lists(
    st.tuples(accounts, accounts, st.integers(0, 5 * DAY), st.sampled_from([1.0, 1.04, 20.0, 21.0, np.nan])),
    max_size=25,
)
groups = st.lists(st.sets(accounts, max_size=5), max_size=4)


def slowly(paid, ring):
    """The same by loops."""
    apart = [row for row in paid if row[0] != row[1]]
    inside = [row for row in apart if row[0] in ring and row[1] in ring]
    out = [row for row in apart if row[0] in ring and row[1] not in ring]
    comes = [row for row in apart if row[0] not in ring and row[1] in ring]
    found = {"n_inside": len(inside), "n_out": len(out), "n_in": len(comes)}
    money = lambda some: sum(row[3] for row in some if not math.isnan(row[3]))  # noqa: E731
    found |= {f"amount_{k}": money(some) for k, some in (("inside", inside), ("out", out), ("in", comes))}
    whole = money(inside) + money(out)
    found["share_inside"] = money(inside) / whole if whole else math.nan
    found["passed_on"] = money(out) / money(comes) if money(comes) else math.nan
    together = lambda row: sum({*other[:2]} == {*row[:2]} for other in apart)  # noqa: E731
    for side, some in (("out", out), ("in", comes)):
        found[f"strangers_{side}"] = sum(together(row) == 1 for row in some) / len(some) if some else math.nan
    pairs = {row[:2] for row in inside}
    found["pairs_inside"] = len(pairs)
    found["density_inside"] = len(pairs) / (len(ring) * (len(ring) - 1)) if len(ring) > 1 else math.nan
    found["reciprocity"] = sum((b, a) in pairs for a, b in pairs) / len(pairs) if pairs else math.nan
    coarse = [
        f"{math.floor(row[3] * 10 + 1e-9) / 10:.1e}" if row[3] < 10 else f"{row[3]:.1e}"
        for row in inside + out
        if row[3] > 0
    ]
    shares = [coarse.count(amount) / len(coarse) for amount in set(coarse)]
    found["amount_entropy"] = -sum(p * math.log(p) for p in shares) if coarse else math.nan
    times = sorted(row[2] for row in inside + out + comes)
    found["days"] = (times[-1] - times[0]) / DAY if times else math.nan
    most = max((sum(0 <= other - at < DAY for other in times) for at in times), default=0)
    found["busiest_day"] = most / len(times) if times else math.nan
    middle = (times[0] + times[-1]) / 2 if times else 0
    found["growth"] = sum((t > middle) - (t < middle) for t in times) / len(times) if times else math.nan
    return found


@given(payments, groups)
def test_they_are_what_loops_over_transfers_count(paid, rings):
    columns = list(zip(*paid, strict=True)) or [[], [], [], []]
    t = Transfers(*(np.array(column) for column in columns))
    found = ring_transfer_features(t, np.cumsum([0, *map(len, rings)]), list(itertools.chain(*rings)))
    for k, ring in enumerate(rings):
        for name, value in slowly(paid, ring).items():
            assert found[name][k] == pytest.approx(value, nan_ok=True, abs=1e-5), name


@given(st.lists(st.one_of(st.just(np.nan), st.floats(-1e6, 1e6)), min_size=8, max_size=8), groups)
def test_members_are_pooled_as_numpy_would(values, rings):
    found = pool_members(values, np.cumsum([0, *map(len, rings)]), list(itertools.chain(*rings)))
    for row, ring in zip(found, rings, strict=True):
        known = np.array([values[k] for k in ring if not np.isnan(values[k])])
        if len(known) == 0:
            assert np.isnan(row).all()
            continue
        expected = [known.mean(), known.std(), *np.quantile(known, [0, 0.25, 0.5, 0.75, 1]), (known > 0).mean()]
        np.testing.assert_allclose(row, expected, rtol=1e-9, atol=1e-6)


def test_columns_of_accounts_are_pooled_by_name():
    t = Transfers([0, 0, 1], [1, 2, 2], np.array([0, 1, 2]) * DAY, [1.0, 2.0, 3.0])
    found = ring_transfer_features(t, [0, 2], [0, 1], accounts=account_transfer_features(t, 3))
    assert found["all_out_count_mean"][0] == 1.5
    assert found["all_out_count_greatest"][0] == 2
    assert found["all_in_count_share_above"][0] == 0.5
    n_columns = len(account_transfer_features(t, 3).names)
    assert sum(name.startswith("all_out_count_") for name in found.names) == len(POOLED)
    assert len(found.names) > len(POOLED) * n_columns


def test_what_does_not_fit_is_told():
    t = Transfers([0], [1], [0], [1.0])
    with pytest.raises(ValueError, match="must rise from 0"):
        ring_transfer_features(t, [0, 3], [0, 1])
    with pytest.raises(ValueError, match="each member once"):
        ring_transfer_features(t, [0, 2], [0, 0])
    with pytest.raises(ValueError, match="as many as"):
        ring_transfer_features(t, [0, 1], [0], rows=transfer_features(Transfers([0, 0], [1, 1], [0, 1], [1.0, 1.0])))


def test_without_times_and_amounts_their_features_are_absent():
    found = ring_transfer_features(Transfers([0, 1], [1, 0]), [0, 2], [0, 1])
    assert found["reciprocity"].tolist() == [1]
    assert not {"days", "amount_inside", "amount_entropy"} & set(found.names)
