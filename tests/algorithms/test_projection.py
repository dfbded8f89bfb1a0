from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorithms import count_pairs, project, projection

INCIDENCES = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 7)), max_size=60)


@given(INCIDENCES, st.lists(st.integers(0, 8), min_size=8, max_size=8))
def test_the_projection_is_all_pairs_of_every_signal_within_its_cap(rows, caps):
    weights = np.arange(1, 9) / 4
    actors, signals = (np.array([row[k] for row in rows], np.int64) for k in (0, 1))
    got = project(12, actors, signals, weights, np.array(caps))
    want: dict[tuple[int, int], list[int]] = {}
    for signal in range(8):
        members = sorted({a for a, s in rows if s == signal})
        if 2 <= len(members) <= caps[signal]:
            for pair in combinations(members, 2):
                want.setdefault(pair, []).append(signal)
    pairs = list(zip(got.sources.tolist(), got.targets.tolist(), strict=True))
    assert pairs == sorted(want)
    for at, pair in enumerate(pairs):
        shared = got.evidence_signals[got.evidence_indptr[at] : got.evidence_indptr[at + 1]].tolist()
        assert shared == want[pair]
        assert got.n_shared[at] == len(shared)
        assert got.weights[at] == pytest.approx(weights[shared].sum())


@given(INCIDENCES, st.randoms())
def test_the_order_of_rows_changes_nothing(rows, random):
    mixed = list(rows)
    random.shuffle(mixed)
    one, two = (
        project(12, [a for a, _ in r], [s for _, s in r], np.ones(8), np.full(8, 9)) if r else None
        for r in (rows, mixed)
    )
    if one is not None and two is not None:
        assert np.array_equal(one.evidence_signals, two.evidence_signals)
        assert np.array_equal(one.targets, two.targets)


def test_popular_signals_with_repeated_rows_join_every_pair_once():
    rng = np.random.default_rng(0)
    members = np.sort(rng.choice(500, 90, replace=False))
    actors = rng.permutation(np.repeat(members, 3))
    got = project(500, np.tile(actors, 2), np.repeat([1, 0], len(actors)), np.array([0.5, 2.0]), np.array([90, 90]))
    assert list(zip(got.sources, got.targets, strict=True)) == list(combinations(members, 2))
    assert (got.weights == 2.5).all()
    assert got.evidence_signals.tolist() == [0, 1] * len(got)


def test_too_many_pairs_are_refused_before_any_is_made():
    with pytest.raises(ValueError, match=r"the caps let through 499,500 pairs, more than `max_pairs` \(1,000\)"):
        project(1000, np.arange(1000), np.zeros(1000, int), np.ones(1), np.array([1000]), max_pairs=1000)


def test_pairs_are_counted_within_caps_only():
    assert count_pairs(np.array([1, 2, 5, 10]), np.array([9, 9, 9, 9])) == 1 + 10


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((2, [0, 2], [0, 0], np.ones(1), np.array([5])), "`actors` must lie in 0 .. 1"),
        ((2, [0, 1], [0, 1], np.ones(1), np.array([5])), "`signals` must lie in 0 .. 0"),
        ((2, [0, 1], [0], np.ones(1), np.array([5])), "must have one length"),
        ((2, [0, 1], [0, 0], np.ones(1), np.array([5, 5])), "`caps` must have one entry per signal"),
    ],
)
def test_what_does_not_fit_together_is_refused(args, words):
    with pytest.raises(ValueError, match=words):
        project(*args)


@given(INCIDENCES)
def test_blocks_of_actors_give_what_one_gives(rows):
    args = 12, [a for a, _ in rows], [s for _, s in rows], np.arange(1, 9) / 4, np.full(8, 9)
    alone = project(*args)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(projection, "PARALLEL_ROWS", -1)
        together = project(*args)
    for field in ("sources", "targets", "weights", "n_shared", "evidence_indptr", "evidence_signals"):
        assert np.array_equal(getattr(alone, field), getattr(together, field))


def test_pairs_that_memory_does_not_hold_are_refused_before_any_is_made():
    with pytest.raises(ValueError, match=r"499,500 pairs may need 0.0 GB, of 0.0 GB that there are; lower the cap"):
        project(1000, np.arange(1000), np.zeros(1000, int), np.ones(1), np.array([1000]), max_bytes=1_000_000)
