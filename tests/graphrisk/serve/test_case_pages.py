"""Cases on the page."""

from graphrisk.cases.labels import decision_labels


def test_a_case_from_open_to_decided_by_forms_alone(people):
    ivan = people("ivan")
    book = ivan.client.app.state.service.book
    assert ivan.post("/rings/r1/case/open", note="looks odd", mine="1").headers["location"] == "/rings/r1#case"
    ivan.post("/rings/r1/case/note", note="one device\r\n\tfor all")
    assert ivan.post("/rings/r1/case/snooze", days="3").status_code == 303
    assert "No ring fits" in ivan.get("/").text
    assert ivan.post("/rings/r1/case/wake").status_code == 303
    assert "1</strong> of 1 rings" in ivan.get("/?assignee=me").text
    assert ivan.post("/rings/r1/case/decide", decision="confirmed", note="shown").status_code == 303
    case = book.case("r1")
    assert (case.assignee, case.decision, case.decided_by) == ("ivan", "confirmed", "ivan")
    assert "1</strong> of 1 rings" in ivan.get("/?status=confirmed").text
    with book.database.reading() as connection:
        assert len(decision_labels(connection)) == 8
    assert book.verify().n_events > 6


def test_a_decision_is_about_the_scan_that_was_looked_at(people):
    ivan = people("ivan")
    ivan.post("/rings/r1/case/open")
    ivan.post("/rings/r1/case/decide", "/rings/r1?scan=s1", decision="confirmed", scan="s1")
    event = ivan.client.app.state.service.book.audit(limit=1)[0]
    assert (event.scan_id, len(event.entities)) == ("s1", 7)


def test_two_people_block_and_one_cannot(people):
    ivan, ines = people("ivan"), people("ines")
    ivan.post("/rings/r1/case/open")
    ivan.post("/rings/r1/case/block", note="mules")
    assert "block waits" in ines.get("/").text
    refused = ivan.post("/rings/r1/case/approve")
    assert refused.status_code == 409
    assert "second person" in refused.text
    assert ines.post("/rings/r1/case/approve").status_code == 303
    assert "Block in force" in ivan.get("/rings/r1").text


def test_who_acts_on_an_old_page_is_told(people):
    ivan, ines = people("ivan"), people("ines")
    ivan.post("/rings/r1/case/open")
    ines.post("/rings/r1/case/note", note="wait")
    late = ivan.post("/rings/r1/case/decide", decision="confirmed", seen="1")
    assert late.status_code == 409
    assert "Somebody else has changed this case" in late.text


def test_what_does_not_fit_is_told_in_a_sentence(people):
    ivan = people("ivan")
    assert ivan.post("/rings/r1/case/note", note="x").status_code == 404
    ivan.post("/rings/r1/case/open")
    assert ivan.post("/rings/r1/case/open").status_code == 409
    assert ivan.post("/rings/r1/case/decide", decision="guilty").status_code == 409
    assert ivan.post("/rings/r1/case/snooze", until="soon").status_code == 422
    assert ivan.post("/rings/r1/case/snooze", until="2001-01-01").status_code == 409
    assert ivan.post("/rings/r1/case/decide", decision="confirmed", seen="x").status_code == 422
