"""One ring: its page, its graph, why two members are together, two scans compared, files."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Path, Query
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.responses import Response

from graphrisk.cases.state import DECISIONS
from graphrisk.serve.compare import compare
from graphrisk.serve.context import CurrentService, CurrentViewer, Investigator, Service
from graphrisk.serve.exports import FORMATS, TABLES, ring_network, to_csv, to_graph_file
from graphrisk.serve.picture import draw
from graphrisk.serve.ring_page import ACTS_SHOWN, MEMBERS_SHOWN, SIGNALS_SHOWN, RingData
from graphrisk.serve.sessions import Viewer
from graphrisk.tables import SCHEMAS

router = APIRouter(prefix="/rings/{ring_id}", tags=["ring"])
RingId = Annotated[str, Path(max_length=100, pattern="^[A-Za-z0-9_.-]+$")]
ScanId = Annotated[str, Query(max_length=200)]
Number = Annotated[int, Query(ge=1, le=10**9)]
MOST_DRAWN = 2000


@router.get("")
def ring(
    ring_id: RingId,
    viewer: CurrentViewer,
    service: CurrentService,
    scan: ScanId = "",
    members: Literal["some", "all"] = "some",
) -> Response:
    """The page of a ring."""
    data = service.ring(viewer, ring_id, scan, what="ring page")
    return service.render("ring.html", viewer, **_values(service, data, viewer, members == "all"))


@router.get("/print")
def print_view(ring_id: RingId, viewer: CurrentViewer, service: CurrentService, scan: ScanId = "") -> Response:
    """The same for paper or a PDF, with a picture that needs no script."""
    data = service.ring(viewer, ring_id, scan, what="print view")
    values = _values(service, data, viewer, all_members=True)
    picture = draw(data.members, data.links, data.numbers, data.names, most=MOST_DRAWN)
    return service.render("print.html", viewer, picture=picture, box=_box(picture), **values)


@router.get("/graph.json")
def graph(
    ring_id: RingId,
    viewer: CurrentViewer,
    service: CurrentService,
    scan: ScanId = "",
    most: Annotated[int, Query(ge=10, le=MOST_DRAWN)] = MOST_DRAWN,
) -> JSONResponse:
    """The graph with places, colours and what each node and link says; the strongest nodes if there are too many."""
    data = service.ring(viewer, ring_id, scan, what="graph")
    return JSONResponse(draw(data.members, data.links, data.numbers, data.names, most=most))


@router.get("/why")
def why(
    ring_id: RingId, viewer: CurrentViewer, service: CurrentService, a: Number = 1, b: Number = 2, scan: ScanId = ""
) -> Response:
    """What joins two members, which are named by their numbers in the list."""
    data = service.ring(viewer, ring_id, scan, what=f"why members {a} and {b}")
    chain, problem = None, None
    try:
        chain = data.why(a, b)
    except ValueError as error:
        problem = str(error)
    values: dict[str, Any] = {"data": data, "a": a, "b": b, "chain": chain, "problem": problem}
    return service.render("why.html", viewer, **values)


@router.get("/acts")
def acts(
    ring_id: RingId,
    viewer: CurrentViewer,
    service: CurrentService,
    page: Annotated[int, Query(ge=1, le=10**6)] = 1,
    scan: ScanId = "",
) -> Response:
    """What the members did, act by act in the order of time."""
    data = service.ring(viewer, ring_id, scan, what=f"acts, page {page}")
    n_pages = max(1, -(-len(data.acts) // ACTS_SHOWN))
    page = min(page, n_pages)
    left_out = {row["act"]: row["n_acts"] for row in data.acts}
    for row in data.acts:
        left_out[row["act"]] -= 1
    values: dict[str, Any] = {"data": data, "rows": data.act_rows(page), "page": page, "n_pages": n_pages}
    values["left_out"] = {act: n for act, n in left_out.items() if n}
    return service.render("acts.html", viewer, **values)


@router.get("/compare")
def compare_scans(
    ring_id: RingId, viewer: CurrentViewer, service: CurrentService, before: ScanId, scan: ScanId = ""
) -> Response:
    """The ring in two scans, side by side."""
    now = service.ring(viewer, ring_id, scan, what=f"comparison with scan {before}")
    earlier = RingData(service.reader.ring(ring_id), service.scan(before), now.names)
    if earlier.ring is None:
        raise HTTPException(404, "The other scan does not list this ring.")
    found = compare(earlier, now, now.names)
    return service.render("compare.html", viewer, data=now, earlier=earlier, found=found)


@router.get("/export")
def export(
    ring_id: RingId,
    viewer: CurrentViewer,
    service: CurrentService,
    kind: Literal["csv", "graphml", "gexf", "json"] = "csv",
    table: Literal["ring_member", "ring_evidence", "ring_link", "ring_act", "ring"] = "ring_member",
    scan: ScanId = "",
) -> Response:
    """The ring as a file; identifiers are in it as the page shows them."""
    name = f"{ring_id}-{table}.csv" if kind == "csv" else f"{ring_id}.{kind}"
    data = service.ring(viewer, ring_id, scan, what=f"file {name}")
    if kind == "csv":
        assert table in TABLES
        body = to_csv(data.table(table).to_pylist(), SCHEMAS[table].names, data.names).encode()
    else:
        body = to_graph_file(ring_network(data.members, data.links, data.names), kind)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, media_type=FORMATS[kind], headers=headers)


@router.post("/show")
def show(ring_id: RingId, viewer: Investigator, service: CurrentService, scan: ScanId = "") -> Response:
    """Show the identifiers of this ring for a quarter of an hour; each page that does is written down."""
    service.ring(viewer, ring_id, scan, what=None)
    service.sessions.show(viewer.key, ring_id)
    return _back(ring_id, scan)


@router.post("/hide")
def hide(ring_id: RingId, viewer: Investigator, service: CurrentService, scan: ScanId = "") -> Response:
    """Mask the identifiers of this ring again."""
    service.sessions.hide(viewer.key, ring_id)
    return _back(ring_id, scan)


def _back(ring_id: str, scan: str) -> Response:
    return RedirectResponse(f"/rings/{quote(ring_id)}" + (f"?scan={quote(scan)}" if scan else ""), 303)


def _values(service: Service, data: RingData, viewer: Viewer, all_members: bool) -> dict[str, Any]:
    """Everything that the page of a ring shows."""
    case = service.book.case(data.ring_id)
    story = data.story()
    signals = data.signals
    return {
        "data": data,
        "ring": data.ring,
        "members": data.member_rows(all_of_them=all_members),
        "all_members": all_members or data.n_members <= MEMBERS_SHOWN,
        "signals": [signal for signal in signals if not signal.is_hub][:SIGNALS_SHOWN],
        "n_signals": sum(not signal.is_hub for signal in signals),
        "hubs": [signal for signal in signals if signal.is_hub][:SIGNALS_SHOWN],
        "n_hubs": sum(signal.is_hub for signal in signals),
        "timeline": data.timeline(),
        "story": story,
        "states": data.states(story, service.reader.store.scans()),
        "case": case,
        "events": [] if case is None else service.book.events(case.case_id),
        "now": datetime.now(UTC),
        "decisions": DECISIONS,
        "may_act": viewer.user.may("investigator"),
        "query": f"?scan={data.scan_id}",
    }


def _box(picture: dict[str, Any]) -> str:
    """View box of the printed picture."""
    xs, ys = ([node[axis] for node in picture["nodes"]] or [0.0] for axis in ("x", "y"))
    left, top, edge = min(xs), min(-y for y in ys), 40
    return (
        f"{left - edge:.1f} {top - edge:.1f} {max(xs) - left + 2 * edge:.1f} {max(-y for y in ys) - top + 2 * edge:.1f}"
    )
