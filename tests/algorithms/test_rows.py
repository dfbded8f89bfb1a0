import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from algorithms.rows import entries_of


@given(st.lists(st.integers(0, 4), min_size=1, max_size=8), st.data())
def test_entries_are_those_of_one_row_after_the_other(lengths, data):
    starts = np.concatenate([[0], np.cumsum(lengths)])
    rows = data.draw(st.lists(st.integers(0, len(lengths) - 1), max_size=6))
    entries, begins = entries_of(starts, np.array(rows, np.int32))
    assert entries.tolist() == [e for r in rows for e in range(starts[r], starts[r + 1])]
    assert begins.tolist() == [0, *np.cumsum([lengths[r] for r in rows]).tolist()]
