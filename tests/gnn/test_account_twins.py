from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gnn.account_twins import TWINS, twin_columns


def slow_twin(own, n):
    """Distances to all others, sorted."""
    used = [column / column[np.isfinite(column)].std() for column in own.values()]
    points = np.column_stack(used)
    out = {f"twins_within_{k}": np.full(n, np.nan) for k in TWINS}
    known = np.flatnonzero(np.isfinite(points).all(axis=1))
    for v in known:
        others = np.sort(np.linalg.norm(points[known[known != v]] - points[v], axis=1))
        for k in TWINS:
            if k <= len(others):
                out[f"twins_within_{k}"][v] = others[k - 1]
    return out


@pytest.mark.parametrize("seed", range(6))
def test_distances_agree_with_a_slow_twin_where_many_accounts_are_equal(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 80))
    own = {"age": rng.integers(6, size=n).astype(float), "volume": np.round(rng.normal(size=n), 1)}
    own["age"][:2] = 0, 9  # never constant
    own["volume"][rng.random(n) < 0.1] = np.nan
    found, wanted = twin_columns(own, n), slow_twin(own, n)
    assert list(found) == list(wanted)
    for name, column in wanted.items():
        np.testing.assert_allclose(found[name], column, atol=1e-12, err_msg=name)


COLUMN = st.lists(st.integers(0, 5), min_size=4, max_size=40)


@settings(max_examples=40, deadline=None)
@example([0, 0, 0, 0, 0], 0, 1.0, 819.6813477025512)  # a mean that rounds
@given(COLUMN, st.integers(0, 2**31), st.floats(0.01, 1e4), st.floats(-1e3, 1e3))
def test_neither_the_order_of_accounts_nor_the_unit_of_a_fact_matters(column, seed, unit, origin):
    x, n = np.array(column, dtype=float), len(column)
    order = np.random.default_rng(seed).permutation(n)
    plain, moved = twin_columns({"x": x}, n), twin_columns({"x": x[order] * unit + origin}, n)
    assert set(plain) == set(moved)
    for name, values in plain.items():
        np.testing.assert_allclose(moved[name], values[order], atol=1e-6)
    for near, far in pairwise(plain.values()):
        both = np.isfinite(far)
        assert (near[both] <= far[both]).all()


def test_facts_that_say_nothing_are_passed_over():
    n = 10
    rare = np.where(np.arange(n) < 4, np.arange(n), np.nan)
    assert twin_columns({"constant": np.ones(n), "rare": rare, "unknown": np.full(n, np.nan)}, n) == {}
    assert twin_columns({}, n) == {}
    assert twin_columns({"x": np.empty(0)}, 0) == {}
    both = twin_columns({"x": np.arange(10.0), "rare": rare}, n)
    np.testing.assert_allclose(both["twins_within_1"], 1 / np.arange(10).std())


def test_a_hundred_thousand_equal_accounts_are_no_trouble():
    n = 100_000
    x = np.where(np.arange(n) < 40, 1.0, 0.0)
    found = twin_columns({"x": x}, n)
    assert all((column == 0).all() for column in found.values())
