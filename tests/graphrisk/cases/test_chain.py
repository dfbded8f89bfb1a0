"""The log cannot be changed without it being found."""

import sqlite3

import pytest

from graphrisk.cases.chain import ChainError


@pytest.fixture
def filled(book):
    case = book.open("r1", "ana")
    for k in range(4):
        book.note(case.case_id, "ana", f"note {k} \ud800")
    return book


def tamper(book, *statements):
    """Change the file as one would who has it: without the triggers."""
    connection = sqlite3.connect(book.database.path)
    for trigger in ("update", "delete"):
        connection.execute(f"DROP TRIGGER case_event_no_{trigger}")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_an_undisturbed_log_verifies_and_gives_its_head(filled):
    head = filled.verify()
    assert head.n_events == 5
    assert filled.verify(head.hash) == head


@pytest.mark.parametrize("statement", ["UPDATE case_event SET note = 'x'", "DELETE FROM case_event"])
def test_the_database_itself_refuses_a_change(filled, statement):
    connection = sqlite3.connect(filled.database.path)
    with pytest.raises(sqlite3.IntegrityError, match="append only"):
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE case_event SET note = 'nothing' WHERE seq = 3", "event 3 of the log is not as it was written"),
        ("UPDATE case_event SET actor = 'ben' WHERE seq = 5", "event 5 of the log is not as it was written"),
        ("UPDATE case_event SET at = '2020-01-01T00:00:00.000000Z' WHERE seq = 2", "event 2"),
        ("DELETE FROM case_event WHERE seq = 2", "event 2 of the log is missing"),
        ("UPDATE case_event SET hash = 'x' WHERE seq = 1", "event 1"),
    ],
)
def test_any_change_is_found(filled, statement, told):
    tamper(filled, statement)
    with pytest.raises(ChainError, match=told):
        filled.verify()


def test_an_event_whose_own_hash_was_mended_breaks_the_next(filled):
    from graphrisk.cases.chain import digest

    with filled.database.reading() as connection:
        row = list(connection.execute("SELECT * FROM case_event WHERE seq = 3").fetchone())
    row[9] = "nothing"
    tamper(filled, f"UPDATE case_event SET note = 'nothing', hash = '{digest(row[:-1])}' WHERE seq = 3")
    with pytest.raises(ChainError, match="event 4 of the log does not follow"):
        filled.verify()


def test_a_log_whose_end_was_cut_off_is_found_by_its_head(filled):
    head = filled.verify().hash
    tamper(filled, "DELETE FROM case_event WHERE seq = 5")
    assert filled.verify().n_events == 4
    with pytest.raises(ChainError, match="does not hold the given head"):
        filled.verify(head)


def test_the_file_is_its_owners(filled):
    assert filled.database.path.stat().st_mode & 0o077 == 0
