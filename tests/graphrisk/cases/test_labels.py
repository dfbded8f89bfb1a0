"""Decisions become labels that a scan can read."""

from datetime import UTC, datetime, timedelta

import pyarrow.parquet as pq
import pytest

from graphrisk.cases.labels import SCHEMA, decision_labels, write_labels
from graphrisk.config import read_config
from graphrisk.ring_metrics import MetricSettings, ring_metrics
from loaders import load

MEMBERS = [("account", "a"), ("wallet", "w")]


def labels(book, as_of=None):
    with book.database.reading() as connection:
        return decision_labels(connection, as_of).to_pylist()


def test_members_get_the_decision_with_the_time_it_was_known(book):
    case = book.open("r1", "ana")
    done = book.decide(case.case_id, "ana", "confirmed", members=MEMBERS, scan_id="s1")
    common = {"label": "confirmed", "ring_id": "r1", "known_at": done.decided_at, "source": f"case:{case.case_id}"}
    assert labels(book) == [{"entity_type": kind, "entity_id": name} | common for kind, name in MEMBERS]


def test_a_later_decision_stands_after_the_earlier_and_needs_more_takes_all_back(book):
    case = book.open("r1", "ana")
    first = book.decide(case.case_id, "ana", "confirmed", members=MEMBERS, scan_id="s1")
    second = book.decide(case.case_id, "ben", "false_positive", members=MEMBERS[:1], scan_id="s1")
    assert [row["label"] for row in labels(book)] == ["confirmed", "confirmed", "false_positive"]
    third = book.decide(case.case_id, "ben", "needs_more", members=MEMBERS, scan_id="s1")
    assert labels(book) == []
    # who asks as of an earlier moment sees what was known then
    assert len(labels(book, third.decided_at)) == 3
    assert len(labels(book, second.decided_at)) == 2
    assert labels(book, first.decided_at) == []


def test_only_parquet_and_json_lines_are_written(book, tmp_path):
    with book.database.reading() as connection:
        table = decision_labels(connection)
    write_labels(table, tmp_path / "l.parquet")
    assert pq.read_schema(tmp_path / "l.parquet").names == SCHEMA.names
    with pytest.raises(ValueError, match=r"must end in \.parquet or \.jsonl"):
        write_labels(table, tmp_path / "l.csv")


@pytest.mark.parametrize("name", ["labels.parquet", "labels.jsonl"])
def test_a_scan_takes_the_labels_as_a_source_and_measures_with_them(world, scanned, book, tmp_path, name):
    accounts = set(scanned.members.ring_id[scanned.members.entity_type == "account"])
    ring_id = next(ring_id for ring_id in scanned.rings.ring_id.head(10) if ring_id in accounts)
    rows = scanned.members[scanned.members.ring_id == ring_id]
    members = list(zip(rows.entity_type, rows.entity_id, strict=True))
    case = book.open(ring_id, "ana")
    book.decide(case.case_id, "ana", "confirmed", members=members, scan_id=scanned.scan_id)
    with book.database.reading() as connection:
        write_labels(decision_labels(connection), tmp_path / name)
    text = (world / "scan.toml").read_text().replace('path = "', f'path = "{world}/')
    (tmp_path / "scan.toml").write_text(text + f'\n[[source]]\npath = "{name}"\ntable = "labels"\n')
    config = read_config(tmp_path / "scan.toml")
    loaded = load(config.load_config(), as_of=datetime.now(UTC) + timedelta(days=1))
    metric = {row[0]: row for row in ring_metrics(scanned.tables, loaded.labels, MetricSettings())}
    assert metric["precision.at.10"][1] == 1.0
    assert metric["recall.labelled"][4] == sum(kind == "account" for kind, _ in members)
