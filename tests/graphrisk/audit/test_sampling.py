from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphrisk.audit.sampling import LEAST_PER_STRATUM, Stratum, allocate, draw_sample
from graphrisk.tables import SCHEMAS


def make(name, rows):
    return pa.Table.from_pylist([dict.fromkeys(SCHEMAS[name].names) | row for row in rows], schema=SCHEMAS[name])


@pytest.fixture
def tables():
    """3,000 accounts: 30 in a ring of band high, 40 near, 300 tied, the rest alone; and a wallet."""
    rows = []
    for k in range(3_000):
        ring, score = ("r1", 0.9) if k < 30 else (None, 0.2 if k < 70 else 0.001)
        rows.append({"entity_type": "account", "entity_id": f"u{k:04d}", "ring_id": ring, "score": score})
        rows[-1]["affinity_degree"] = int(k < 370)
    rows.append({"entity_type": "wallet", "entity_id": "w", "score": 0.0, "affinity_degree": 0})
    scan = make("scan", [{"scan_id": "s1", "as_of": datetime(2026, 1, 1, tzinfo=UTC)}])
    return make("entity_feature", rows), make("ring", [{"ring_id": "r1", "band": "high"}]), scan


def test_a_sample_holds_accounts_of_every_stratum_once_and_knows_how_many_there_are(tables):
    sample = draw_sample(*tables, n_accounts=300, seed=1).to_pandas()
    assert len(sample) == 300
    assert sample.entity_id.is_unique
    assert sample.groupby("stratum").n_stratum.first().to_dict() == {
        "high": 30,
        "near": 40,
        "tied": 300,
        "alone": 2_630,
    }
    assert sample.stratum.value_counts().min() >= LEAST_PER_STRATUM
    number = sample.entity_id.str[1:].astype(int)
    kinds = np.select([number < 30, number < 70, number < 370], ["high", "near", "tied"], "alone")
    assert (kinds == sample.stratum).all()


def test_the_same_seed_draws_the_same_whatever_the_order_of_the_rows_and_another_draws_others(tables):
    features, rings, scan = tables
    shuffled = features.take(np.random.default_rng(0).permutation(len(features)))
    one, two = (draw_sample(table, rings, scan, n_accounts=300, seed=1) for table in (features, shuffled))
    assert one.equals(two)
    other = draw_sample(features, rings, scan, n_accounts=300, seed=2)
    assert set(one["entity_id"].to_pylist()) != set(other["entity_id"].to_pylist())
    assert one["audit_id"][0] != other["audit_id"][0]


def test_every_account_of_a_stratum_is_drawn_as_often_as_any_other(tables):
    drawn = np.zeros(3_000)
    for seed in range(120):
        names = draw_sample(*tables, n_accounts=300, seed=seed)["entity_id"].to_pylist()
        drawn[[int(name[1:]) for name in names]] += 1
    alone = drawn[370:]
    expected = alone.mean()
    # a sum of 120 draws is nearly Poisson here: the index of dispersion is 1 up to its own noise
    assert 0.85 < alone.var() / expected < 1.1


def test_the_order_tells_nothing_of_the_strata(tables):
    strata = draw_sample(*tables, n_accounts=300, seed=1).to_pandas().stratum
    assert (strata != strata.shift()).sum() > 100


@given(st.lists(st.tuples(st.integers(1, 500), st.floats(0, 1)), min_size=1, max_size=6), st.integers(1, 600))
def test_all_that_may_be_drawn_is_shared_out_and_no_stratum_gives_more_than_it_has(strata, n):
    sizes, shares = np.array([size for size, _ in strata]), np.array([share for _, share in strata])
    given_out = allocate(sizes, shares, min(n, int(sizes.sum())))
    least = np.minimum(sizes, LEAST_PER_STRATUM)
    assert (given_out >= least).all()
    assert (given_out <= sizes).all()
    assert given_out.sum() == max(min(n, sizes.sum()), least.sum())


def test_too_few_and_impossible_counts_are_refused(tables):
    with pytest.raises(ValueError, match="`n_accounts` must be at least 60, got 59"):
        draw_sample(*tables, n_accounts=59, seed=0)
    with pytest.raises(ValueError, match="0 <= `n_bad` <= `n_reviewed` <= `n_accounts`, got 3, 2, 9"):
        Stratum("alone", 9, 2, 3)
