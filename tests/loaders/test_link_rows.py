"""Merging rows of one pair, against a slow and obvious twin."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorithms.entity_graph import Links
from algorithms.times import MISSING_TIME
from loaders.link_rows import MAX_EVENTS, merge_pairs

Row = tuple[int, int, int, int, int]
times = st.sampled_from([MISSING_TIME, -5, 0, 7, 10**9])
rows_of_links = st.lists(
    st.tuples(st.integers(0, 3), st.integers(4, 6), times, times, st.sampled_from([1, 2, MAX_EVENTS])), max_size=30
)


def slow_merge(rows: list[Row]) -> list[Row]:
    merged: dict[tuple[int, int], list[Row]] = {}
    for row in rows:
        merged.setdefault(row[:2], []).append(row)
    out = []
    for (account, signal), group in sorted(merged.items()):
        first = min((row[2] for row in group if row[2] != MISSING_TIME), default=MISSING_TIME)
        last = max(row[3] for row in group)
        out.append((account, signal, first, last, min(sum(row[4] for row in group), MAX_EVENTS)))
    return out


@pytest.mark.parametrize("batch_rows", [1, 2, 7, 1000])
@given(rows=rows_of_links)
def test_merging_agrees_with_its_twin_for_any_batch(batch_rows: int, rows: list[Row]) -> None:
    rows = sorted(rows)
    columns = np.array(rows, dtype=np.int64).reshape(-1, 5).T
    links = Links(*(column.copy() for column in columns))  # type: ignore[arg-type]
    merged = merge_pairs(links, batch_rows)
    arrays = (merged.accounts, merged.signals, merged.first_seen, merged.last_seen, merged.n_events)
    assert [tuple(int(value) for value in row) for row in zip(*arrays, strict=True)] == slow_merge(rows)
