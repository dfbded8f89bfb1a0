import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorithms.runs import number_both, number_runs

some_rows = st.lists(st.tuples(st.integers(0, 4), st.integers(-2, 3)), max_size=40)
acts = some_rows.map(lambda rows: sorted(rows, key=lambda row: row[0]))


@given(acts, st.integers(2, 5))
def test_equal_runs_of_one_owner_have_equal_numbers_in_their_order(rows, length):
    owners, what = [row[0] for row in rows], [row[1] for row in rows]
    runs, begins = number_runs(owners, what, length)
    windows = {
        k: tuple(what[k : k + length]) for k in range(len(rows) - length + 1) if len(set(owners[k : k + length])) == 1
    }
    assert begins.tolist() == list(windows)
    distinct = sorted(set(windows.values()))
    assert runs.tolist() == [distinct.index(window) for window in windows.values()]


def test_pairs_are_numbered_in_their_order():
    assert number_both([7, -1, 7, 7], [2, 5, 1, 2]).tolist() == [2, 0, 1, 2]


def test_a_run_has_two_acts_or_more():
    with pytest.raises(ValueError, match="`length` must be at least 2, got 1"):
        number_runs(np.zeros(3), np.zeros(3), 1)
