import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnn.unlabelled import ring_shares


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
