"""The queue of rings and the search."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from gnn.scoring import PRIOR
from graphrisk.serve.context import ActingViewer, CurrentService, CurrentViewer, Service
from graphrisk.serve.queue import BANDS, STATUSES, Filters
from graphrisk.serve.search import Found, search

router = APIRouter(tags=["queue"])
SCANS_SHOWN = 60

# where every score starts is no reason
REASONS = f"""
SELECT ring_id, reason_code, direction FROM read_parquet($file, hive_partitioning = false)
WHERE list_contains($rings, ring_id) AND weight <> 0 AND reason_code <> '{PRIOR}' ORDER BY abs(weight) DESC, evidence_id
"""


@router.get("/")
def queue(
    request: Request,
    viewer: CurrentViewer,
    service: CurrentService,
    typology: Annotated[str, Query(max_length=100)] = "",
    band: Annotated[str, Query(max_length=20)] = "",
    status: Annotated[str, Query(max_length=20)] = "todo",
    size: Annotated[str, Query(max_length=9)] = "0",
    text: Annotated[str, Query(max_length=100)] = "",
    assignee: Annotated[str, Query(max_length=20)] = "",
    sort: Literal["score", "value"] = "score",
    page: Annotated[int, Query(ge=1, le=10**9)] = 1,
    scan: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Rings, the most urgent first; the address says what is shown."""
    least = int(size) if size.isdecimal() and size.isascii() else 0
    filters = Filters(typology, band, status, least, text, assignee, sort, page, scan)
    scan_id = service.scan(scan)
    index = service.queues.of(scan_id)
    cases, now = service.book.cases(), datetime.now(UTC)
    found = index.find(filters, cases, me=viewer.name, now=now)
    values: dict[str, Any] = {
        "filters": filters,
        "found": found,
        "cases": cases,
        "now": now,
        "reasons": _reasons(service, scan_id, [row["ring_id"] for row in found.rows]),
        "typologies": index.typologies,
        "bands": BANDS,
        "statuses": STATUSES,
        "scans": list(reversed(service.reader.store.scans()))[:SCANS_SHOWN],
        "scan_id": scan_id,
        "facts": service.reader.store.manifest(scan_id),
    }
    return service.render("queue.html", viewer, **values)


def _reasons(service: Service, scan_id: str, ring_ids: list[str]) -> dict[str, dict[str, list[str]]]:
    """The two strongest reasons for and against each ring."""
    file = service.reader.file("ring_evidence", scan_id)
    found: dict[str, dict[str, list[str]]] = {ring_id: {"for": [], "against": []} for ring_id in ring_ids}
    if file is None or not ring_ids:
        return found
    for row in service.reader.query(REASONS, {"file": file, "rings": ring_ids}):
        codes = found[row["ring_id"]].setdefault(row["direction"], [])
        if row["reason_code"] not in codes and len(codes) < 2:
            codes.append(row["reason_code"])
    return found


@router.get("/search")
def search_form(viewer: CurrentViewer, service: CurrentService) -> Response:
    """Ask for an identifier."""
    return service.render("search.html", viewer, found=None, scan_id=service.scan(""))


@router.post("/search")
def find(
    viewer: ActingViewer,
    service: CurrentService,
    identifier: Annotated[str, Form(max_length=20_000)] = "",
    scan: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Find the rings that an identifier is in; sent as a form, so that it stands in no address and no log."""
    scan_id = service.scan(scan)
    text = identifier.strip()
    if text in service.queues.of(scan_id):
        return RedirectResponse(f"/rings/{quote(text, safe='')}", 303)
    found: Found | None = search(service.reader, scan_id, text) if text else None
    return service.render("search.html", viewer, found=found, scan_id=scan_id)
