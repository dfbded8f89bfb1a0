import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorithms import MISSING_TIME, UsePenalties, weigh_pairs
from algorithms.pair_evidence import weigh_pairs_without

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


def incidence(draw, n_actors=4, n_signals=6):
    """Signals that each actor uses, ascending, with times."""
    rows = [sorted(draw(st.sets(st.integers(0, n_signals - 1)))) for _ in range(n_actors)]
    spans = [draw(TIMES) for row in rows for _ in row]
    first = np.array([min(span) for span in spans], np.int64)
    last = np.array([max(span) for span in spans], np.int64)
    starts = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    return rows, starts, np.array([s for row in rows for s in row], np.int32), first, last


@given(st.data())
def test_what_is_left_without_one_signal_is_the_evidence_of_the_others(data):
    rows, starts, signals, first, last = incidence(data.draw)
    nats = np.array(data.draw(st.lists(st.sampled_from([0.0, 1.0, 2.5, 6.0]), min_size=6, max_size=6)))
    penalties = UsePenalties(long_seconds=10, long_nats=2.0, apart_nats=1.5)
    asked = [(a, b, s) for a in range(4) for b in range(4) if a != b for s in rows[a]]
    sources, targets, left_out = (
        (np.array(column, np.int32) for column in zip(*asked, strict=True)) if asked else 3 * (np.empty(0, np.int32),)
    )
    got = weigh_pairs_without(sources, targets, left_out, starts, signals, first, last, nats, penalties)
    for (a, b, s), value in zip(asked, got.tolist(), strict=True):
        both = set(rows[a]) & set(rows[b])
        others = np.array(sorted(k for k in both - {s} if nats[k] > 0), np.int32)
        if s not in both:
            assert value == -1
        elif not len(others):
            assert np.isnan(value)
        else:
            pair = np.array([a], np.int32), np.array([b], np.int32), np.array([0, len(others)])
            assert value == weigh_pairs(*pair, others, starts, signals, first, last, nats, penalties)[0]
