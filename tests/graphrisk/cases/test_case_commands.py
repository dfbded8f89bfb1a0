"""The commands of cases, from opening one to its labels."""

import json

import pytest
from typer.testing import CliRunner

from graphrisk.cases.database import CaseError
from graphrisk.cli.app import app
from graphrisk.cli.output import UsageError


@pytest.fixture
def case(store):
    def run(*args, actor="ana"):
        done = CliRunner().invoke(app, ["case", *args, "--store", str(store)], env={"GRAPHRISK_ACTOR": actor})
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.output

    return run


def test_a_case_from_the_list_to_its_labels(case, tmp_path):
    assert "case c000001 of ring r1: open" in case("open", "1")
    assert "assigned to ben" in case("assign", "r1", "ben")
    case("note", "c000001", "one device")
    assert "snoozed" in case("snooze", "c000001", "3d", "--note", "wait")
    assert "confirmed" in case("decide", "c000001", "confirmed", actor="ben")
    shown = json.loads(case("show", "c000001", "--json"))
    kinds = ["opened", "assigned", "noted", "snoozed", "decided"]
    assert [event["event_type"] for event in shown["events"]] == kinds
    assert shown["events"][-1]["entities"] == [["account", "a"], ["account", "b"], ["account", "c"]]
    assert "3 labels" in case("labels", str(tmp_path / "labels.jsonl"))
    lines = [json.loads(line) for line in (tmp_path / "labels.jsonl").read_text().splitlines()]
    assert {(line["entity_id"], line["label"]) for line in lines} == {(name, "confirmed") for name in "abc"}


def test_two_people_block(case):
    case("open", "1")
    assert "waits for a second person" in case("block", "1")
    assert json.loads(case("blocked", "--json")) == []
    with pytest.raises(CaseError, match="a second person"):
        case("approve", "1")
    assert "approved by ben" in case("approve", "1", actor="ben")
    assert [row["account_id"] for row in json.loads(case("blocked", "--json"))] == ["a", "b", "c"]
    case("withdraw", "1")
    assert json.loads(case("blocked", "--json")) == []


def test_the_list_can_be_narrowed_and_the_log_checked(case):
    case("open", "1")
    assert [row["status"] for row in json.loads(case("list", "--json"))] == ["open"]
    assert json.loads(case("list", "--status", "confirmed", "--json")) == []
    head = json.loads(case("verify", "--json"))
    assert head["n_events"] == 1
    assert head["hash"] in case("verify", "--head", head["hash"])


def test_what_does_not_fit_is_told_in_a_sentence(case):
    with pytest.raises(CaseError, match="there is no case"):
        case("show", "c1")
    with pytest.raises(UsageError, match="from 1 to 1"):
        case("open", "7")
    case("open", "1")
    with pytest.raises(UsageError, match="a date, a time or a span"):
        case("snooze", "1", "soon")
