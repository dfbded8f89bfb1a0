"""What can be done to a case, and by whom."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from graphrisk.cases.book import CaseBook, clean_actor
from graphrisk.cases.database import CaseError

MEMBERS = [("account", "a"), ("account", "b"), ("wallet", "w")]
NOW = datetime.now(UTC)


def test_a_case_goes_from_open_to_decided_and_keeps_every_step(book):
    case = book.open("r1", "Ana", scan_id="s1", note="from the queue")
    book.assign(case.case_id, "ana", "ben")
    book.note(case.case_id, "ben", "asked the payments team")
    done = book.decide(case.case_id, "ben", "confirmed", members=MEMBERS, scan_id="s1")
    assert (done.status(NOW), done.assignee, done.decided_by) == ("confirmed", "ben", "ben")
    events = book.events(case.case_id)
    assert [event.event_type for event in events] == ["opened", "assigned", "noted", "decided"]
    assert events[3].entities == tuple(MEMBERS)
    assert [event.at for event in events] == sorted(event.at for event in events)


def test_another_process_sees_the_same_cases(book, store):
    case = book.open("r1", "ana")
    other = CaseBook(store)
    assert other.case("r1") == case
    other.note(case.case_id, "ben", "seen")
    assert book.case("r1").version == case.version + 1


def test_a_ring_has_one_case(book):
    book.open("r1", "ana")
    with pytest.raises(CaseError, match="has the case c000001 already"):
        book.open("r1", "ben")


def test_a_change_by_another_person_meanwhile_is_not_overwritten(book):
    case = book.open("r1", "ana")
    book.note(case.case_id, "ben", "wait")
    with pytest.raises(CaseError, match="somebody else has changed this case"):
        book.decide(case.case_id, "ana", "confirmed", members=MEMBERS, scan_id="s1", seen=case.version)
    assert book.case("r1").decision is None


def test_a_snooze_ends_by_itself_and_can_be_ended(book):
    case = book.open("r1", "ana")
    until = datetime.now(UTC) + timedelta(hours=2)
    case = book.snooze(case.case_id, "ana", until)
    assert case.status(until - timedelta(seconds=1)) == "snoozed"
    assert case.status(until) == "open"
    assert book.wake(case.case_id, "ana").status(NOW) == "open"
    with pytest.raises(CaseError, match="in the future"):
        book.snooze(case.case_id, "ana", NOW - timedelta(days=1))


def test_a_block_is_effective_only_when_a_second_person_approves(book):
    case = book.open("r1", "ana")
    asked = book.request_block(case.case_id, "ana", members=MEMBERS, scan_id="s1")
    assert not asked.block.is_effective
    assert asked.block.entities == (("account", "a"), ("account", "b"))
    for name in ("ana", " ANA ", "ａｎａ"):
        with pytest.raises(CaseError, match="a second person must approve"):
            book.approve_block(case.case_id, name)
    assert book.approve_block(case.case_id, "ben").block.approved_by == "ben"
    with pytest.raises(CaseError, match="approved already"):
        book.approve_block(case.case_id, "cleo")
    assert book.withdraw_block(case.case_id, "ana").block is None


def test_what_makes_no_sense_is_refused_and_leaves_no_trace(book):
    case = book.open("r1", "ana")
    with pytest.raises(CaseError, match="must be one of"):
        book.decide(case.case_id, "ana", "guilty", members=MEMBERS, scan_id="s1")
    with pytest.raises(CaseError, match="must say something"):
        book.note(case.case_id, "ana", "  ")
    with pytest.raises(CaseError, match="is not snoozed"):
        book.wake(case.case_id, "ana")
    with pytest.raises(CaseError, match="nobody has asked"):
        book.approve_block(case.case_id, "ben")
    with pytest.raises(CaseError, match="at least one account"):
        book.request_block(case.case_id, "ana", members=[("wallet", "w")], scan_id="s1")
    with pytest.raises(CaseError, match="there is no case"):
        book.note("c999999", "ana", "x")
    with pytest.raises(ValueError, match="at most 20,000"):
        book.note(case.case_id, "ana", "x" * 20_001)
    assert book.verify().n_events == 1


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\u202eb", "a\nb"])
def test_a_name_that_cannot_be_read_is_nobodys(name):
    with pytest.raises(CaseError, match="a person must have a name"):
        clean_actor(name)


def test_many_writers_at_once_lose_nothing_and_keep_the_chain(store):
    case_id = CaseBook(store).open("r1", "ana").case_id

    def write(who):
        mine = CaseBook(store)
        for k in range(10):
            mine.note(case_id, who, f"note {k}")

    threads = [threading.Thread(target=write, args=(f"p{k}",)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert CaseBook(store).verify().n_events == 41
