"""Log in, log out, health, the audit."""

from __future__ import annotations

import math
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.responses import Response

from graphrisk import __version__
from graphrisk.cases.book import clean_actor
from graphrisk.cases.chain import ChainError
from graphrisk.cases.database import CaseError
from graphrisk.serve.context import (
    ActingViewer,
    CurrentService,
    CurrentViewer,
    Service,
    address_of,
    browser_key,
    service_of,
)
from graphrisk.serve.protection import set_cookie

router = APIRouter(tags=["people"])
AUDIT_SIZE = 100


@router.get("/health")
def health(service: CurrentService) -> JSONResponse:
    """Whether the store and the cases can be read; tells nothing else, so it needs no login."""
    scans = service.reader.store.scans()
    with service.book.database.reading() as connection:
        connection.execute("SELECT max(seq) FROM case_event").fetchone()
    return JSONResponse({"status": "ok", "version": __version__, "n_scans": len(scans)})


@router.get("/openapi.json", include_in_schema=False)
def openapi(request: Request, viewer: CurrentViewer) -> JSONResponse:
    """Describe the service to programs."""
    return JSONResponse(request.app.openapi())


@router.get("/login")
def login_form(
    request: Request, service: CurrentService, next: Annotated[str, Query(max_length=2000)] = ""
) -> Response:
    """Ask for name and password."""
    if service.settings.proxy_header is not None:
        raise HTTPException(404, "People log in at the proxy.")
    return _form(service, request, next, None, 200)


@router.post("/login")
def login(
    request: Request,
    service: CurrentService,
    name: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=2000)],
    csrf: Annotated[str, Form(max_length=200)] = "",
    next: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Log in, under a new cookie; every try is written down."""
    if service.settings.proxy_header is not None:
        raise HTTPException(404, "People log in at the proxy.")
    key = browser_key(request)
    if not service.sessions.is_csrf(key, csrf):
        raise HTTPException(403, "This form is out of date, or came from another site; load the page again.")
    # by the name as well, so that many addresses together cannot guess one password
    waits = [service.logins.take(f"address {address_of(request)}"), service.logins.take(f"name {_known(name)}")]
    if any(waits):
        after = {"Retry-After": str(math.ceil(max(waits)))}
        raise HTTPException(429, "Too many tries to log in; wait a minute.", headers=after)
    user = service.users.check(name, password)
    if user is None:
        service.book.record("login_failed", _known(name), note=f"from {address_of(request)}")
        return _form(service, request, next, "Name and password do not fit.", 401)
    service.sessions.log_out(key)
    service.book.record("login", user.name, note=f"from {address_of(request)}")
    response = RedirectResponse(_own(next), 303)
    set_cookie(response, service.sessions.log_in(user.name), service.settings)
    return response


@router.post("/logout")
def logout(request: Request, viewer: ActingViewer) -> Response:
    """End the session."""
    service = service_of(request)
    service.sessions.log_out(viewer.key)
    service.book.record("logout", viewer.name)
    response = RedirectResponse("/login" if viewer.logged_in else "/", 303)
    set_cookie(response, service.sessions.new_key(), service.settings)
    return response


@router.get("/audit")
def audit(
    viewer: CurrentViewer, service: CurrentService, before: Annotated[int | None, Query(ge=1, le=2**62)] = None
) -> Response:
    """Show the log of everything, newest first, and whether its chain holds."""
    if not viewer.user.may("admin"):
        raise HTTPException(403, "The audit is for admins.")
    try:
        head, problem = service.book.verify(), None
    except ChainError as error:
        head, problem = None, str(error)
    events = service.book.audit(before=before, limit=AUDIT_SIZE)
    older = events[-1].seq if events and events[-1].seq > 1 else None
    values: dict[str, Any] = {"events": events, "older": older, "before": before, "head": head, "problem": problem}
    return service.render("audit.html", viewer, **values)


def _form(service: Service, request: Request, next: str, problem: str | None, status: int) -> Response:
    csrf = service.sessions.csrf(browser_key(request))
    return service.render("login.html", None, status=status, csrf=csrf, next=_own(next), problem=problem)


def _own(target: str) -> str:
    """A page of ours to go to after the login; no other site's."""
    is_own = (
        target.startswith("/") and not target.startswith(("//", "/\\")) and target.isascii() and target.isprintable()
    )
    return target if is_own else "/"


def _known(name: str) -> str:
    """A name for the log and the limits."""
    try:
        return clean_actor(name)
    except CaseError:
        return "unknown"
