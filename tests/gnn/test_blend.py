import numpy as np
import pytest

from gnn.blend import choose_blend
from gnn.ranking import average_precision


def two_models(strength, n=1500, seed=0):
    """Scores of a good model and of one that sees something of its own, more or less of it."""
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < 0.2
    return truth + rng.normal(size=n), strength * truth + rng.normal(size=n), truth


def test_a_model_that_sees_what_the_other_does_not_is_taken_in_and_helps_on_new_data():
    first, second, truth = two_models(1.0)
    blend = choose_blend(first, second, truth, n_draws=200)
    assert blend.helps
    assert 0.3 <= blend.weight <= 0.7
    assert blend.second.low < blend.second.mean < blend.second.high
    new = two_models(1.0, seed=1)
    gain = average_precision(blend.score(*new[:2]), new[2]) - average_precision(new[0], new[2])
    assert gain > 0.05
    assert blend.second.low < gain < blend.second.high


@pytest.mark.parametrize("seed", range(5))
def test_a_model_of_chance_is_left_out(seed):
    first, second, truth = two_models(0.0, seed=seed)
    blend = choose_blend(first, second, truth, n_draws=200)
    assert not blend.helps
    assert blend.first.low > 0
    order = np.argsort(first)
    assert np.array_equal(np.argsort(blend.score(first, second)), order)


def test_the_same_model_twice_adds_nothing():
    first, _, truth = two_models(1.0)
    blend = choose_blend(first, 2 * first + 1, truth)
    assert blend.second.mean == pytest.approx(0, abs=1e-9)
    assert not blend.helps


def test_examples_that_repeat_in_a_group_make_the_interval_no_narrower():
    first, second, truth = two_models(1.0, n=300)
    rows = np.repeat(np.arange(300), 10)
    alone = choose_blend(first, second, truth, n_draws=200)
    grouped = choose_blend(first[rows], second[rows], truth[rows], groups=rows, n_draws=200)
    blind = choose_blend(first[rows], second[rows], truth[rows], n_draws=200)
    width, narrow = (b.second.high - b.second.low for b in (alone, blind))
    assert grouped.second.high - grouped.second.low > 0.7 * width
    assert narrow < 0.6 * width


def test_the_same_seed_gives_the_same_blend():
    models = two_models(0.5)
    assert choose_blend(*models, n_draws=50).to_dict() == choose_blend(*models, n_draws=50).to_dict()


@pytest.mark.parametrize(
    ("truth", "words"),
    [
        ([True] * 4, "`truth` must hold other examples in at least 2 groups, got 0 of 4"),
        ([True, False, False], r"all arrays must be of one length, got 4, 4, 3 and 3"),
    ],
)
def test_what_cannot_be_blended_is_refused(truth, words):
    with pytest.raises(ValueError, match=words):
        choose_blend(np.zeros(4), np.zeros(4), np.array(truth))
