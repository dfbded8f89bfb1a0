"""What was decided of cases is learned from, as of when it was known."""

from datetime import timedelta

import pytest
from typer.testing import CliRunner

from graphrisk.cases.book import CaseBook
from graphrisk.cases.database import CaseDatabase
from graphrisk.cases.feedback import last_decisions, with_case_labels
from graphrisk.cases.labels import decision_labels
from graphrisk.cli.app import app
from graphrisk.config import read_config
from graphrisk.models.training import label_scans
from graphrisk.store import ResultStore
from loaders import load


def decide(store, scanned, decisions):
    """Decide the worst rings in order; the cases by ring, and the members of each."""
    book, members = CaseBook(store), {}
    accounts = scanned.members[scanned.members.entity_type == "account"]
    for ring_id, words in zip(
        scanned.rings.ring_id[scanned.rings.ring_id.isin(accounts.ring_id)], decisions, strict=False
    ):
        rows = scanned.members[scanned.members.ring_id == ring_id]
        members[ring_id] = list(zip(rows.entity_type, rows.entity_id, strict=True))
        case = book.open(ring_id, "ana")
        for word in words:
            done = book.decide(case.case_id, "ana", word, members=members[ring_id], scan_id=scanned.scan_id)
    return members, done.decided_at


@pytest.fixture
def decided(world, scanned, tmp_path):
    """A store in which one ring is confirmed, one is cleared, and one is confirmed and then cleared."""
    store = tmp_path / "store"
    ResultStore(store).publish(scanned.scan_id, scanned.tables, scanned.manifest)
    decisions = (["confirmed"], ["false_positive"], ["confirmed", "false_positive"])
    return store, *decide(store, scanned, decisions)


def test_the_last_decision_of_a_case_counts(decided):
    store, members, _ = decided
    with CaseDatabase(store).reading() as connection:
        labels = last_decisions(decision_labels(connection)).to_pylist()
    words = {ring: {row["label"] for row in labels if row["ring_id"] == ring} for ring in members}
    assert list(words.values()) == [{"confirmed"}, {"false_positive"}, {"false_positive"}]
    assert len(labels) == sum(map(len, members.values()))


def test_confirmed_rings_alone_are_true_rings(world, decided, tmp_path):
    store, members, _ = decided
    config, n = with_case_labels(read_config(world / "scan.toml"), store, tmp_path)
    (labelled,) = label_scans([config], 1, None)
    assert n == sum(map(len, members.values()))
    assert labelled.n_true == 1
    assert labelled.similarity.max() == 1.0
    chosen = labelled.candidates[int(labelled.similarity.argmax())]
    assert len(chosen) == len(next(iter(members.values())))


def test_what_was_decided_later_is_not_known(world, decided, tmp_path):
    store, _, decided_at = decided
    config, n = with_case_labels(read_config(world / "scan.toml"), store, tmp_path)
    cases = [
        sum(1 for source in load(config.load_config(), as_of=as_of).labels["source"].to_pylist() if source)
        for as_of in (decided_at, decided_at + timedelta(seconds=1))
    ]
    assert cases[0] < cases[1] == n


def test_training_takes_the_cases_of_a_store_and_says_what_it_lacks(world, decided):
    store, _, _ = decided
    run = CliRunner()
    few = run.invoke(app, ["model", "train", str(world / "scan.toml"), "--cases", "--accounts", "--store", str(store)])
    assert "at least 20 accounts labelled bad" in str(few.exception)
    none = run.invoke(app, ["model", "train", "--simulated", "2", "--cases", "--store", str(store)])
    assert "`--cases` needs one configuration" in str(none.exception)
