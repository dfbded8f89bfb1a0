import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorithms import MISSING_TIME, UsePenalties, weigh_pairs

TIMES = st.one_of(st.just((MISSING_TIME, MISSING_TIME)), st.tuples(st.integers(0, 50), st.integers(0, 50)))


@given(st.lists(st.tuples(TIMES, TIMES, st.floats(0, 5)), max_size=6))
def test_every_shared_signal_counts_by_its_times(signals):
    """Two actors share every signal; the twin adds them up one by one."""
    penalties = UsePenalties(long_seconds=10, long_nats=2.0, apart_nats=1.5)
    n = len(signals)
    spans = [
        [(first, first + length if first != MISSING_TIME else first) for first, length in pair[:2]] for pair in signals
    ]
    first, last = (np.array([s[actor][k] for actor in (0, 1) for s in spans], np.int64) for k in (0, 1))
    got = weigh_pairs(
        np.array([0], np.int32),
        np.array([1], np.int32),
        np.array([0, n]),
        np.arange(n, dtype=np.int32),
        np.array([0, n, 2 * n]),
        np.tile(np.arange(n, dtype=np.int32), 2),
        first,
        last,
        np.array([nats for *_, nats in signals]),
        penalties,
    )
    want = 0.0
    for (one, two), (*_, nats) in zip(spans, signals, strict=True):
        loss = 0.0
        if MISSING_TIME not in (*one, *two):
            overlap = min(one[1], two[1]) - max(one[0], two[0])
            loss = 2.0 if overlap > 10 else 1.5 if overlap < 0 else 0.0
        want += max(nats - loss, 0.0)
    assert got[0] == pytest.approx(want)
