import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnn.unlabelled import confirmed_share, ring_shares


def test_the_share_confirmed_and_the_rings_that_nobody_confirmed_are_found_again():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(2, 1, 4_000), rng.normal(-2, 1, 16_000)])
    is_ring = np.arange(len(x)) < 4_000
    is_confirmed = is_ring & (rng.random(len(x)) < 0.3)
    probability = 0.3 / (1 + 4 * np.exp(-4 * x))  # what is true of these two bells
    found = ring_shares(probability, is_confirmed, ~is_confirmed)
    assert found.confirmed == pytest.approx(0.3, abs=0.02)
    assert found.share[is_ring & ~is_confirmed].mean() > 0.85
    assert found.share[~is_ring].mean() < 0.02
    assert found.share.sum() == pytest.approx(is_ring.sum(), rel=0.03)


ROWS = st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.booleans()), min_size=1, max_size=30)


@given(ROWS)
def test_shares_are_bounded_and_what_is_known_stays(rows):
    probability, is_confirmed, is_open = (np.array(column) for column in zip(*rows, strict=True))
    if not is_confirmed.any():
        with pytest.raises(ValueError, match="at least one True, got none of"):
            ring_shares(probability, is_confirmed, is_open)
        return
    found = ring_shares(probability, is_confirmed, is_open)
    assert 0 < found.confirmed <= 1
    assert (found.share[is_confirmed] == 1).all()
    assert (found.share[~is_confirmed & ~is_open] == 0).all()
    assert ((found.share >= 0) & (found.share <= 1)).all()
    unknown = ~is_confirmed & is_open
    order = np.argsort(probability[unknown])
    assert (np.diff(found.share[unknown][order]) >= 0).all()


def test_where_every_ring_is_confirmed_nothing_else_is_one():
    found = ring_shares(np.array([1.0, 1.0, 0.4, 0.0]), np.array([True, True, False, False]), np.ones(4, bool))
    assert found.share.tolist() == [1, 1, 0, 0]


def bells(apart, confirmed, seed=0):
    """Rings and others that overlap, and what a model of who was confirmed says of them."""
    rng = np.random.default_rng(seed)
    x = np.concatenate([rng.normal(apart, 1, 10_000), rng.normal(0, 1, 90_000)])
    is_confirmed = (np.arange(len(x)) < 10_000) & (rng.random(len(x)) < confirmed)
    return confirmed / (1 + 9 * np.exp(apart**2 / 2 - apart * x)), is_confirmed


@pytest.mark.parametrize("confirmed", [0.15, 0.3, 0.6])
def test_rings_that_are_hard_to_tell_do_not_make_the_confirmed_look_few(confirmed):
    probability, is_confirmed = bells(2.5, confirmed)
    mean = probability[is_confirmed].mean()
    assert mean < 0.75 * confirmed  # what the mean alone would say
    assert confirmed_share(probability, is_confirmed) == pytest.approx(confirmed, rel=0.15)


def test_the_share_is_counted_on_groups_that_do_not_overlap():
    # two confirmed rings come as four copies each, two others once each: half of the rings is confirmed
    probability = np.repeat([0.9, 0.8, 0.7, 0.6], [1, 4, 1, 4])
    is_confirmed = np.repeat([False, True, False, True], [1, 4, 1, 4])
    counted = np.zeros(10, dtype=bool)
    counted[[0, 1, 5, 6]] = True
    probability = probability / 3  # the least that is returned, the mean, stays below
    assert ring_shares(probability, is_confirmed, ~is_confirmed).confirmed == 0.8
    assert ring_shares(probability, is_confirmed, ~is_confirmed, counted).confirmed == 0.5


def test_what_lies_among_others_does_not_make_the_confirmed_look_few():
    """Half of 100 rings are confirmed: 30 rings stand above all else, 70 among 300 that are none."""
    top = np.tile([True, False], 15)
    below = np.zeros(370, dtype=bool)
    below[np.linspace(5, 365, 35).astype(int)] = True
    is_confirmed = np.concatenate([top, below])
    probability = np.linspace(0.3, 0, 400)
    longest = is_confirmed[:50].mean()  # of as many as are confirmed
    assert longest < 0.4
    assert confirmed_share(probability, is_confirmed) == pytest.approx(0.5, abs=0.02)


@given(ROWS)
def test_the_share_does_not_depend_on_the_order_of_rows(rows):
    probability, is_confirmed, _ = (np.array(column) for column in zip(*rows, strict=True))
    if is_confirmed.any():
        turned = confirmed_share(probability[::-1], is_confirmed[::-1])
        assert turned == pytest.approx(confirmed_share(probability, is_confirmed))


@given(ROWS)
def test_the_share_is_never_below_the_mean_of_the_confirmed(rows):
    probability, is_confirmed, _ = (np.array(column) for column in zip(*rows, strict=True))
    if is_confirmed.any():
        share = confirmed_share(probability, is_confirmed)
        assert max(probability[is_confirmed].mean() - 1e-12, 1e-6) <= share <= 1
