"""Kernels that sort and search, and work that threads share, beside what Python does."""

import threading
from bisect import bisect_left, bisect_right

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorithms._sorting_kernels import count_below, count_up_to, sort
from algorithms._threads import side_by_side, stretches

numbers = st.one_of(
    st.lists(st.integers(-(2**62), 2**62), max_size=80).map(lambda xs: np.array(xs, np.int64)),
    st.lists(st.floats(allow_nan=False), max_size=80).map(lambda xs: np.array(xs, np.float64)),
    st.lists(st.integers(0, 3), max_size=80).map(lambda xs: np.array(xs, np.int64)),
)


@given(numbers, st.data())
def test_the_first_values_are_sorted_and_the_others_left(values, data):
    n = data.draw(st.integers(0, len(values)))
    out = values.copy()
    sort(out, n)
    assert out.tolist() == sorted(values[:n].tolist()) + values[n:].tolist()


@given(st.lists(st.integers(-5, 5), max_size=40), st.integers(-6, 6), st.data())
def test_places_are_those_of_bisection(values, wanted, data):
    low = data.draw(st.integers(0, len(values)))
    high = data.draw(st.integers(low, len(values)))
    ascending = sorted(values)
    array = np.array(ascending, np.int64)
    assert count_below(array, low, high, wanted) == bisect_left(ascending, wanted, low, high)
    assert count_up_to(array, low, high, wanted) == bisect_right(ascending, wanted, low, high)


def test_shares_are_done_at_once_and_come_back_in_order():
    meeting = threading.Barrier(3, timeout=10)  # breaks unless all three are there together

    def share(name):
        meeting.wait()
        return name

    assert side_by_side(share, [("a",), ("b",), ("c",)]) == ["a", "b", "c"]
    assert stretches(np.array([0, 2, 2, 5])) == [(0, 2), (2, 2), (2, 5)]


@pytest.mark.parametrize("bad", [0, 1])
def test_what_goes_wrong_in_a_thread_is_raised(bad):
    def share(number):
        if number == bad:
            raise ValueError(f"share {number}")

    with pytest.raises(ValueError, match=f"share {bad}"):
        side_by_side(share, [(0,), (1,)])
