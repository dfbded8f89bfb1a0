"""Returned transfers: matches equal a slow twin's, whatever the order of rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms import MISSING_TIME, Transfers
from algorithms.returns import find_returns

ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 30), st.sampled_from([10.0, 10.1, 50.0, 0.0])),
    max_size=30,
)


def of(rows):
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    return Transfers(*(np.array(column) for column in columns))


def slow(rows, within, tolerance):
    """Pair by pair: each row takes the first later one that answers it."""
    out = {}
    for pair in {(min(a, b), max(a, b)) for a, b, _, _ in rows if a != b}:
        mine = sorted((t, a, x) for a, b, t, x in rows if (min(a, b), max(a, b)) == pair and a != b)
        used = set()
        for i, (t, a, x) in enumerate(mine):
            for j, (u, b, y) in enumerate(mine[i + 1 :], i + 1):
                if (
                    i not in used
                    and j not in used
                    and a != b
                    and x > 0
                    and u - t <= within
                    and abs(y - x) <= tolerance * x
                ):
                    used |= {i, j}
        out[pair] = (len(mine), len(used), sum(x for *_, x in mine))
    return out


@settings(max_examples=150, deadline=None)
@given(ROWS, st.integers(0, 10), st.sampled_from([0.0, 0.02, 1.0]), st.randoms(use_true_random=False))
def test_returns_equal_those_of_the_slow_twin(rows, within, tolerance, random):
    found = find_returns(of(random.sample(rows, len(rows))), within_seconds=within, tolerance=tolerance)
    twin = slow(rows, within, tolerance)
    assert list(zip(found.sources.tolist(), found.targets.tolist(), strict=True)) == sorted(twin)
    assert found.n_transfers.tolist() == [twin[pair][0] for pair in sorted(twin)]
    assert found.n_returned.tolist() == [twin[pair][1] for pair in sorted(twin)]
    assert found.volume == pytest.approx([twin[pair][2] for pair in sorted(twin)])
    assert (found.net <= found.volume + 1e-9).all()


def test_what_has_no_time_or_amount_is_no_return():
    rows = Transfers(
        np.array([0, 1, 0]), np.array([1, 0, 1]), np.array([5, MISSING_TIME, 7]), np.array([1.0, 1, np.nan])
    )
    found = find_returns(rows, within_seconds=10)
    assert (found.n_transfers.tolist(), found.n_returned.tolist()) == ([1], [0])
    assert len(find_returns(Transfers(np.array([0]), np.array([1])), within_seconds=1)) == 0


def test_wrong_limits_are_told():
    with pytest.raises(ValueError, match=r"must be at least 0, got -1 and 0\.02"):
        find_returns(Transfers.empty(), within_seconds=-1)
