import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnn.conformal import conformal_p_values, longest_conformal_list


@given(st.lists(st.integers(0, 9), min_size=1), st.lists(st.integers(0, 9)))
def test_p_values_count_the_innocent_at_least_as_high(innocent, scores):
    slow = [(1 + sum(i >= s for i in innocent)) / (1 + len(innocent)) for s in scores]
    assert conformal_p_values(np.array(scores, float), np.array(innocent, float)).tolist() == pytest.approx(slow)


@given(st.lists(st.floats(0, 1)), st.sampled_from([0.01, 0.05, 0.2, 0.7]))
def test_the_list_is_the_longest_that_steps_up(p_values, rate):
    ordered = sorted(p_values)
    slow = max([k for k in range(1, len(ordered) + 1) if ordered[k - 1] <= rate * k / len(ordered) + 1e-12], default=0)
    assert longest_conformal_list(np.array(p_values), rate) == slow


@pytest.mark.parametrize("rate", [0.05, 0.1, 0.2])
def test_the_bound_holds_whatever_the_scores_say(rate):
    """Innocent groups with scores that no calibration would forgive."""
    rng = np.random.default_rng(0)
    wrong = []
    for _ in range(400):
        innocent, others = 5 + rng.standard_t(5, size=300), 5 + rng.standard_t(5, size=60)
        rings = 11 + rng.standard_t(5, size=40)
        n = longest_conformal_list(conformal_p_values(np.r_[rings, others], innocent), rate)
        first = np.argsort(-np.r_[rings, others], kind="stable")[:n]
        wrong.append((first >= 40).mean() if n else 0.0)
    assert np.mean(wrong) <= rate
    assert np.mean(wrong) > 0.1 * rate


def test_innocent_groups_are_needed():
    with pytest.raises(ValueError, match="at least one score"):
        conformal_p_values(np.ones(2), np.empty(0))
