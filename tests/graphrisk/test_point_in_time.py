from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphrisk.feature_export import export_features, features_of, scan_moments
from graphrisk.point_in_time import join_features
from graphrisk.store import ResultStore

DAY = timedelta(days=1)
START = pd.Timestamp("2026-01-01", tz="UTC")
# scans at given days, each knowing some accounts; the score tells the scan
scans = st.dictionaries(st.integers(0, 9), st.sets(st.sampled_from("abc"), max_size=3), max_size=5)
acts = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 240)), max_size=12)


def make_features(known):
    days = sorted(known)
    ends = dict(pairwise(days))
    rows = [
        (name, START + day * DAY, START + ends[day] * DAY if day in ends else None, float(day))
        for day in days
        for name in sorted(known[day])
    ]
    frame = pd.DataFrame(rows, columns=["account_id", "event_timestamp", "valid_until", "score"])
    times = {name: pd.to_datetime(frame[name], utc=True) for name in ("event_timestamp", "valid_until")}
    return frame.assign(**times)


def make_events(given_acts):
    times = pd.to_datetime([START + hour * timedelta(hours=1) for _, hour in given_acts], utc=True)
    return pd.DataFrame({"account_id": pd.Series([name for name, _ in given_acts], dtype=str), "at": times})


def slow_score(known, name, moment, delay):
    """Score by looking at one scan after the other."""
    published = [day for day in sorted(known) if START + day * DAY + delay <= moment]
    return float(published[-1]) if published and name in known[published[-1]] else None


@settings(max_examples=100)
@given(scans, acts, st.integers(0, 30))
def test_no_event_sees_a_feature_of_its_future(known, given_acts, hours):
    delay = timedelta(hours=hours)
    events = make_events(given_acts)
    joined = join_features(events, make_features(known), at="at", delay=delay)
    seen = joined[joined.has_features]
    assert (seen.event_timestamp + delay <= seen["at"]).all()
    expected = [slow_score(known, e.account_id, e.at, delay) for e in events.itertuples()]
    assert [None if pd.isna(score) else score for score in joined.score] == expected
    assert joined.has_features.tolist() == [score is not None for score in expected]


@settings(max_examples=50)
@given(scans, acts, st.integers(0, 9))
def test_later_scans_change_nothing_for_earlier_events(known, given_acts, day):
    events = make_events([act for act in given_acts if act[1] < 24 * day])
    before = {k: names for k, names in known.items() if k < day}
    one, other = (join_features(events, make_features(scans), at="at") for scans in (before, known))
    assert one.score.fillna(-1).tolist() == other.score.fillna(-1).tolist()


def test_events_keep_their_order_index_and_columns():
    events = make_events([("b", 50), ("a", 30), ("b", 10)]).assign(amount=[1, 2, 3]).set_index(pd.Index([7, 5, 9]))
    joined = join_features(events, make_features({1: {"a", "b"}, 2: {"b"}}), at="at")
    assert joined[["account_id", "at", "amount"]].equals(events)
    assert joined.score.fillna(-1).tolist() == [2.0, 1.0, -1.0]


def test_old_features_can_be_refused():
    features, events = make_features({0: {"a"}}), make_events([("a", 10), ("a", 60)])
    joined = join_features(events, features, at="at", max_age=timedelta(hours=24))
    assert joined.has_features.tolist() == [True, False]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda e, f: (e.drop(columns="at"), f), "`events` must have the columns account_id, at"),
        (lambda e, f: (e, f.drop(columns="valid_until")), "got none for valid_until"),
        (lambda e, f: (e.assign(score=1), f), "only 'account_id' in common, got score"),
        (lambda e, f: (e.assign(at=pd.NaT), f), "got 1 without"),
    ],
)
def test_what_cannot_be_joined_is_told(change, words):
    events, features = change(make_events([("a", 1)]), make_features({0: {"a"}}))
    with pytest.raises(ValueError, match=words):
        join_features(events, features, at="at")


def test_exported_rows_hold_until_the_next_scan(tmp_path, scanned):
    store = ResultStore(tmp_path / "store")
    days = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 5)]
    for day in days:
        store.publish(f"scan-{day.day}", scanned.tables, {"as_of": day.isoformat()})
    store.publish("again", scanned.tables, {"as_of": days[1].isoformat()})
    assert scan_moments(store) == [("scan-1", days[0]), ("again", days[1]), ("scan-5", days[2])]
    n_rows = export_features(store, tmp_path / "f.parquet")
    frame = pd.read_parquet(tmp_path / "f.parquet")
    assert n_rows == len(frame) == 3 * scanned.graph.n_accounts
    until = frame.valid_until.drop_duplicates().tolist()
    assert until[:2] == days[1:]
    assert pd.isna(until[2])


def test_wallets_have_features_of_their_own(scanned):
    table = features_of(scanned.tables["entity_feature"], "wallet", None)
    assert table.column_names[:4] == ["wallet_id", "event_timestamp", "created_timestamp", "valid_until"]
    assert len(table) == len(scanned.graph.nodes_of("wallet"))
