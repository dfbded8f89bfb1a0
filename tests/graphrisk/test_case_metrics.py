from datetime import UTC, datetime, timedelta

import pytest

from graphrisk.case_metrics import case_metrics, review_metrics
from graphrisk.cases.book import CaseBook
from graphrisk.cases.chain import Event
from graphrisk.metric_catalogue import definition_of
from graphrisk.store import ResultStore

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def event(case, kind, minutes, new=None, entities=()):
    at = NOON + timedelta(minutes=minutes)
    entities = tuple(("account", name) for name in entities)
    return Event(1, case, f"r-{case}", "s1", kind, "ana", at, None, new, None, entities, "", "")


def measured(events, alerted=()):
    return {name: row for name, *row in review_metrics(events, set(alerted))}


def test_precision_minutes_and_false_accusations_come_from_the_events():
    events = [event(case, "opened", 0) for case in "abcd"]
    events += [event("a", "decided", 10, "confirmed", "uv"), event("b", "decided", 30, "false_positive", "xyz")]
    events += [event("c", "decided", 50, "confirmed", "w"), event("d", "decided", 90, "needs_more")]
    rows = measured(events, alerted=["r-a", "r-b", "r-d"])
    assert rows["precision.cases"][0] == pytest.approx(2 / 3)
    assert rows["precision.alerts"][0] == pytest.approx(1 / 2)
    assert (rows["precision.cases"][3], rows["precision.alerts"][3]) == (3, 2)
    assert rows["review_minutes.median"] == [30, 10, 50, 3]
    assert rows["cases.false_accusations_per_confirmed"] == [1.5, None, None, 2]
    assert all(definition_of(name) is not None for name in rows)


def test_the_last_decision_counts_and_the_time_of_the_first():
    events = [
        event("a", "opened", 0),
        event("a", "decided", 5, "confirmed", "u"),
        event("a", "decided", 60, "needs_more"),
    ]
    assert measured(events)["precision.cases"][3] == 0
    rows = measured([*events, event("a", "decided", 99, "false_positive", "u")])
    assert rows["precision.cases"][0] == 0
    assert rows["review_minutes.median"][0] == 5
    assert rows["cases.false_accusations_per_confirmed"][0] is None


def test_no_case_no_metric(tmp_path):
    assert case_metrics(tmp_path / "nowhere", NOON) == []
    assert all(row[3] == 0 for row in measured([]).values())


def test_only_what_was_decided_and_told_before_the_scan_counts(make_tables, tmp_path):
    tables = make_tables(["a", "b", "c"], [(name, "shared_device", "d1", 3.0) for name in "abc"])
    alert = dict.fromkeys(tables["alert"].schema.names) | {"scan_id": "s1", "kind": "ring_new", "ring_id": "r1"}
    tables["alert"] = tables["alert"].from_pylist([alert], schema=tables["alert"].schema)
    ResultStore(tmp_path).publish("s1", tables, {"as_of": "2026-01-01T00:00:00+00:00"})
    book = CaseBook(tmp_path)
    case = book.open("r1", "ana", scan_id="s1")
    book.decide(case.case_id, "ana", "confirmed", members=[("account", "a")], scan_id="s1")
    later = datetime.now(UTC) + timedelta(minutes=1)
    assert {name: row for name, *row in case_metrics(tmp_path, later)}["precision.alerts"][::3] == [1.0, 1]
    assert {name: row for name, *row in case_metrics(tmp_path, NOON)}["precision.cases"][3] == 0
