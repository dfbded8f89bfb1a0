import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorithms import benjamini_hochberg, decoy_q_values, expected_share

SCORES = st.lists(st.integers(0, 8).map(float), max_size=30).map(np.array)


@given(st.lists(st.floats(0, 1), max_size=25))
def test_benjamini_hochberg_is_its_definition(p_values):
    got = benjamini_hochberg(np.array(p_values))
    n = len(p_values)
    for at, p in enumerate(p_values):
        want = min([1.0] + [q * n / sum(r <= q for r in p_values) for q in p_values if q >= p])
        assert got[at] == pytest.approx(want)


def test_the_least_of_many_p_values_have_the_q_values_that_they_have_among_all():
    p_values = np.random.default_rng(3).random(40)
    least = np.sort(p_values)[:5]
    among_all = np.minimum(least * 40 / np.arange(1, 6), 1)
    assert benjamini_hochberg(least, 40) == pytest.approx(np.minimum.accumulate(among_all[::-1])[::-1])
    with pytest.raises(ValueError, match="`n_tests` must be at least 5, got 4"):
        benjamini_hochberg(least, 4)


def test_p_values_outside_the_unit_interval_are_refused():
    with pytest.raises(ValueError, match=r"must all lie in \[0, 1\]"):
        benjamini_hochberg(np.array([0.1, 1.2]))


@given(SCORES, SCORES, st.integers(1, 4))
def test_decoy_q_values_are_their_definition(scores, decoys, draws):
    got = decoy_q_values(scores, decoys, draws)
    for at, score in enumerate(scores):
        rates = [min(1.0, (1 + (decoys >= t).sum()) / draws / (scores >= t).sum()) for t in scores if t <= score]
        assert got[at] == pytest.approx(min(rates))


@given(SCORES, SCORES)
def test_a_higher_score_never_has_a_higher_q_value(scores, decoys):
    q = decoy_q_values(scores, decoys)
    order = np.argsort(-scores, kind="stable")
    assert (np.diff(q[order]) >= 0).all()


def test_no_draw_of_the_null_model_is_refused():
    with pytest.raises(ValueError, match="`n_decoy_runs` must be at least 1, got 0"):
        decoy_q_values(np.ones(1), np.ones(1), 0)


def test_a_share_is_never_below_what_the_population_can_show():
    values = np.arange(100)
    shares = expected_share(values, np.array([0, 10, 200]), np.array([99, 19, 300]))
    assert shares.tolist() == [1.0, 0.1, 0.01]
