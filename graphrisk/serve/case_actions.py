"""What investigators do to the case of a ring: each is a form that leads back to its page."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, HTTPException, Path
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from graphrisk.cases.chain import LONGEST_NOTE
from graphrisk.cases.state import Case
from graphrisk.serve.context import CurrentService, Investigator, Service

router = APIRouter(prefix="/rings/{ring_id}/case", tags=["case"])
RingId = Annotated[str, Path(max_length=100, pattern="^[A-Za-z0-9_.-]+$")]
ScanId = Annotated[str, Form(max_length=200)]
Note = Annotated[str, Form(max_length=LONGEST_NOTE)]
Seen = Annotated[int, Form(ge=0, le=2**62)]
LONGEST_SNOOZE_DAYS = 366


@router.post("/open")
def open_case(
    ring_id: RingId,
    viewer: Investigator,
    service: CurrentService,
    scan: ScanId = "",
    note: Note = "",
    mine: str = Form(""),
) -> Response:
    """Open a case; it may be the actor's own at once."""
    data = service.ring(viewer, ring_id, scan, what=None)
    case = service.book.open(ring_id, viewer.name, scan_id=data.scan_id, note=_text(note))
    if mine:
        service.book.assign(case.case_id, viewer.name, viewer.name)
    return _back(ring_id, scan)


@router.post("/assign")
def assign(
    ring_id: RingId,
    viewer: Investigator,
    service: CurrentService,
    seen: Seen,
    assignee: Annotated[str, Form(max_length=200)] = "",
    scan: ScanId = "",
) -> Response:
    """Give it to somebody, or to nobody."""
    case = _case(service, ring_id)
    service.book.assign(case.case_id, viewer.name, assignee.strip() or None, seen=seen)
    return _back(ring_id, scan)


@router.post("/note")
def write_note(
    ring_id: RingId, viewer: Investigator, service: CurrentService, note: Note = "", scan: ScanId = ""
) -> Response:
    """Write a note; it takes nothing from anybody else's."""
    service.book.note(_case(service, ring_id).case_id, viewer.name, _text(note))
    return _back(ring_id, scan)


@router.post("/decide")
def decide(
    ring_id: RingId,
    viewer: Investigator,
    service: CurrentService,
    seen: Seen,
    decision: Annotated[str, Form(max_length=40)] = "",
    note: Note = "",
    scan: ScanId = "",
) -> Response:
    """Decide on the members that the actor had before them."""
    case = _case(service, ring_id)
    data = service.ring(viewer, ring_id, scan, what=None)
    service.book.decide(
        case.case_id,
        viewer.name,
        decision,
        members=data.entities,
        scan_id=data.scan_id,
        note=_text(note),
        seen=seen,
    )
    return _back(ring_id, scan)


@router.post("/snooze")
def snooze(
    ring_id: RingId,
    viewer: Investigator,
    service: CurrentService,
    seen: Seen,
    days: Annotated[int, Form(ge=1, le=LONGEST_SNOOZE_DAYS)] = 7,
    until: Annotated[str, Form(max_length=40)] = "",
    note: Note = "",
    scan: ScanId = "",
) -> Response:
    """Put it aside for some days, or until a day."""
    case = _case(service, ring_id)
    moment = _day(until) if until.strip() else datetime.now(UTC) + timedelta(days=days)
    service.book.snooze(case.case_id, viewer.name, moment, note=_text(note), seen=seen)
    return _back(ring_id, scan)


@router.post("/wake")
def wake(ring_id: RingId, viewer: Investigator, service: CurrentService, seen: Seen, scan: ScanId = "") -> Response:
    """End a snooze."""
    service.book.wake(_case(service, ring_id).case_id, viewer.name, seen=seen)
    return _back(ring_id, scan)


@router.post("/block")
def request_block(
    ring_id: RingId, viewer: Investigator, service: CurrentService, seen: Seen, note: Note = "", scan: ScanId = ""
) -> Response:
    """Ask that the accounts of the ring be blocked."""
    case = _case(service, ring_id)
    data = service.ring(viewer, ring_id, scan, what=None)
    service.book.request_block(
        case.case_id, viewer.name, members=data.entities, scan_id=data.scan_id, note=_text(note), seen=seen
    )
    return _back(ring_id, scan)


@router.post("/approve")
def approve(
    ring_id: RingId, viewer: Investigator, service: CurrentService, seen: Seen, note: Note = "", scan: ScanId = ""
) -> Response:
    """Approve a block that somebody else asked for."""
    service.book.approve_block(_case(service, ring_id).case_id, viewer.name, note=_text(note), seen=seen)
    return _back(ring_id, scan)


@router.post("/withdraw")
def withdraw(
    ring_id: RingId, viewer: Investigator, service: CurrentService, seen: Seen, note: Note = "", scan: ScanId = ""
) -> Response:
    """Take back a request, or lift a block."""
    service.book.withdraw_block(_case(service, ring_id).case_id, viewer.name, note=_text(note), seen=seen)
    return _back(ring_id, scan)


def _case(service: Service, ring_id: str) -> Case:
    case = service.book.case(ring_id)
    if case is None:
        raise HTTPException(404, "This ring has no case yet; open one first.")
    return case


def _text(note: str) -> str:
    """A note as browsers send it, with one kind of line end and no tabs."""
    return note.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")


def _day(text: str) -> datetime:
    try:
        return datetime.combine(datetime.strptime(text.strip(), "%Y-%m-%d"), time(), UTC)
    except ValueError as error:
        raise HTTPException(422, "A day must be written as 2026-12-31.") from error


def _back(ring_id: str, scan: str) -> Response:
    """Back to the page of the ring, where its case is."""
    query = f"?scan={quote(scan, safe='')}" if scan else ""
    return RedirectResponse(f"/rings/{quote(ring_id)}{query}#case", 303)
