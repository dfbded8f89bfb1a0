from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from graphrisk.intervals import median_interval, wilson
from graphrisk.metric_catalogue import CATALOGUE, catalogue_markdown, definition_of
from graphrisk.ring_metrics import MetricSettings, ring_metrics, with_metrics
from graphrisk.tables import SCHEMAS
from loaders.labels import LABELS_SCHEMA


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_the_interval_that_scipy_gives(counts):
    successes, n = counts
    other = stats.binomtest(successes, n).proportion_ci(method="wilson")
    assert wilson(successes, n) == pytest.approx((other.low, other.high), abs=1e-12)


def test_of_nothing_everything_is_possible():
    assert wilson(0, 0) == (0.0, 1.0)
    with pytest.raises(ValueError, match="`successes` must be between 0 and `n` = 3, got 4"):
        wilson(4, 3)


@settings(max_examples=50)
@given(st.integers(6, 400))
def test_the_interval_of_a_median_is_the_narrowest_that_is_sure_enough(n):
    _, low, high = median_interval(list(range(n)))
    rank = int(low) + 1  # the interval runs from the rank-th smallest to the rank-th largest
    assert high == n - rank
    sure = lambda r: 1 - 2 * stats.binom.cdf(r - 1, n, 0.5)  # noqa: E731
    assert sure(rank) >= 0.95 > sure(rank + 1)


def test_the_interval_of_a_median_holds_it_as_often_as_it_says():
    rng = np.random.default_rng(0)
    held = [low <= 0 <= high for _, low, high in (median_interval(rng.normal(size=25).tolist()) for _ in range(400))]
    assert np.mean(held) >= 0.93


@pytest.fixture
def tables():
    """Ring r1 (high) of a, b, c and ring r2 (low) of c, d; e is in none."""
    rows = {name: [] for name in SCHEMAS}
    for ring, band, members, value in (("r1", "high", "abc", 10.0), ("r2", "low", "cd", None)):
        blank = dict.fromkeys(SCHEMAS["ring"].names) | {"typology": "bonus_farm", "band": band}
        rows["ring"].append(blank | {"ring_id": ring, "value_at_stake": value})
        for name in members:
            member = dict.fromkeys(SCHEMAS["ring_member"].names) | {"entity_type": "account", "entity_id": name}
            rows["ring_member"].append(member | {"ring_id": ring})
    rows["entity_feature"] = [
        dict.fromkeys(SCHEMAS["entity_feature"].names) | {"entity_type": "account", "entity_id": name}
        for name in "abcde"
    ]
    rows["scan"] = [dict.fromkeys(SCHEMAS["scan"].names) | {"scan_id": "s1"}]
    return {name: pa.Table.from_pylist(rows[name], schema=schema) for name, schema in SCHEMAS.items()}


def measure(tables, **labels):
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [
        {"entity_type": "account", "entity_id": name, "label": label, "known_at": moment}
        for name, label in labels.items()
    ]
    rows = [dict.fromkeys(LABELS_SCHEMA.names) | row for row in rows]
    measured = ring_metrics(tables, pa.Table.from_pylist(rows, schema=LABELS_SCHEMA), MetricSettings())
    return {row[0]: row[1:] for row in measured}


def test_accounts_are_counted_once_however_many_rings_hold_them(tables):
    metrics = measure(tables)
    assert metrics["accounts.in_rings"] == (4.0, None, None, 5)
    assert metrics["accounts.in_rings.share"][0] == 0.8
    assert metrics["accounts.band.high"][0] == 3
    assert metrics["accounts.typology.bonus_farm"][0] == 4
    assert metrics["value_at_stake.unnamed.high"] == (10.0, None, None, 1)


def test_without_labels_a_precision_is_unknown_and_says_so(tables):
    assert measure(tables)["precision.accounts.high"] == (None, 0.0, 1.0, 0)


def test_precision_and_recall_come_from_labels_with_their_interval(tables):
    metrics = measure(tables, a="fraud", b="good", c="mule", d="good", e="fraud", f="unheard of")
    assert metrics["precision.accounts.high"] == (2 / 3, *wilson(2, 3), 3)
    assert metrics["precision.rings.high"] == (1.0, *wilson(1, 1), 1)
    assert metrics["precision.at.10"] == (1.0, *wilson(2, 2), 2)
    assert metrics["recall.labelled"] == (2 / 3, *wilson(2, 3), 3)
    assert metrics["false_accusations_per_confirmed_ring"] == (1.0, None, None, 1)


def test_metrics_are_added_to_the_table(tables):
    more = with_metrics(tables, [("rings", 2.0, None, None, 7)])["metric"]
    assert more.to_pylist() == [{"scan_id": "s1", "name": "rings", "value": 2.0, "low": None, "high": None, "n": 7}]


def test_every_metric_of_a_scan_is_defined(scanned):
    names = scanned.tables["metric"]["name"].to_pylist()
    assert [name for name in names if definition_of(name) is None] == []
    assert len(names) == len(set(names))


def test_the_catalogue_explains_each_name_once():
    assert len({entry.name for entry in CATALOGUE}) == len(CATALOGUE)
    assert all(f"`{entry.name}`" in catalogue_markdown() for entry in CATALOGUE)
    assert definition_of("hubs.device.pairs_lost_at_half_cap").name.endswith("half_cap")
    assert definition_of("nonsense") is None
