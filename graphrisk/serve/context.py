"""What every request needs: the store, the cases, and who is asking."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Form, HTTPException, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from graphrisk.cases.book import CaseBook, clean_actor
from graphrisk.cases.database import CaseError
from graphrisk.cases.users import User, Users
from graphrisk.serve.limits import RateLimit
from graphrisk.serve.masking import Names
from graphrisk.serve.queue import Queues
from graphrisk.serve.reader import StoreReader
from graphrisk.serve.ring_page import RingData, find_scan
from graphrisk.serve.sessions import TOKEN, Sessions, Viewer
from graphrisk.serve.settings import ServeSettings, needs_login


class LoginNeeded(Exception):
    """Nobody is logged in."""


@dataclass(frozen=True)
class Service:
    """Everything that the page is made of.

    Parameters
    ----------
    settings : ServeSettings
    reader : StoreReader
    queues : Queues
    book : CaseBook
    users : Users
    sessions : Sessions
    logins : RateLimit
        Of tries to log in, per address and per name.
    templates : jinja2.Environment
    """

    settings: ServeSettings
    reader: StoreReader
    queues: Queues
    book: CaseBook
    users: Users
    sessions: Sessions
    logins: RateLimit
    templates: Environment

    def render(self, template: str, viewer: Viewer | None, *, status: int = 200, **values: Any) -> HTMLResponse:
        """Fill a template."""
        page = self.templates.get_template(template).render(viewer=viewer, settings=self.settings, **values)
        return HTMLResponse(page, status_code=status)

    def scan(self, scan_id: str) -> str:
        """The scan that was asked for, or the newest.

        Raises
        ------
        HTTPException
            404, if there is none of that name.
        """
        scans = self.reader.store.scans()
        if not scans:
            raise HTTPException(404, "There is no scan in the store yet; run one with `graphrisk scan run`.")
        if scan_id and scan_id not in scans:
            raise HTTPException(404, "There is no such scan in the store.")
        return scan_id or scans[-1]

    def names(self, viewer: Viewer, ring_id: str) -> Names:
        """Show the identifiers of a ring as they are, if the viewer may see them and asked for it."""
        return Names(viewer.user.may("investigator") and self.sessions.is_shown(viewer.key, ring_id))

    def ring(self, viewer: Viewer, ring_id: str, scan_id: str, *, what: str | None) -> RingData:
        """One ring; if identifiers will be shown, the look is written down before they are.

        Parameters
        ----------
        viewer : Viewer
        ring_id, scan_id : str
            An empty scan is the newest that lists the ring.
        what : str or None
            What will be shown, for the audit; None if no identifier will be.
        """
        chosen = self.scan(scan_id)
        if not scan_id and ring_id not in self.queues.of(chosen):
            older = find_scan(self.reader, ring_id)
            if older is None:
                raise HTTPException(404, "No scan in the store lists such a ring.")
            chosen = older
        names = self.names(viewer, ring_id)
        data = RingData(self.reader.ring(ring_id), chosen, names)
        if data.ring is None:
            raise HTTPException(404, "This scan does not list such a ring; an earlier or later one may.")
        if names.shown and what is not None:
            self.book.record("looked", viewer.name, ring_id=ring_id, scan_id=chosen, new=what)
        return data


def service_of(request: Request) -> Service:
    """The service that the application was made with."""
    service: Service = request.app.state.service
    return service


def address_of(request: Request) -> str:
    """Address that a request came from."""
    return request.client.host if request.client else "unknown"


def browser_key(request: Request) -> str:
    """Cookie of the browser; the middleware makes sure that there is one."""
    key: str = request.state.key
    return key


def current_viewer(request: Request) -> Viewer:
    """Whoever is asking.

    Raises
    ------
    LoginNeeded
        If nobody is logged in.
    HTTPException
        If the proxy names nobody, or nobody known.
    """
    service, key = service_of(request), browser_key(request)
    settings = service.settings
    if settings.proxy_header is not None:
        user = _from_proxy(request, service)
        return Viewer(user, key, service.sessions.csrf(f"{key}/{user.name}"), False)
    name = service.sessions.user_of(key)
    found = service.users.get(name) if name is not None else None
    if found is not None:
        return Viewer(found, key, service.sessions.csrf(f"{key}/{found.name}"), True)
    if needs_login(settings):
        raise LoginNeeded
    local = User(clean_actor(settings.local_user), "admin")
    return Viewer(local, key, service.sessions.csrf(f"{key}/{local.name}"), False)


def _from_proxy(request: Request, service: Service) -> User:
    settings = service.settings
    if address_of(request) not in settings.proxy_from:
        raise HTTPException(403, "This page can be reached through its proxy only.")
    told = request.headers.getlist(settings.proxy_header or "")
    try:
        user = service.users.get(clean_actor(told[0])) if len(told) == 1 else None
    except CaseError:
        user = None
    if user is None:
        raise HTTPException(403, "The proxy names nobody who may use this page; `graphrisk user add` adds them.")
    return user


CurrentViewer = Annotated[Viewer, Depends(current_viewer)]
CurrentService = Annotated[Service, Depends(service_of)]


def acting_viewer(request: Request, viewer: CurrentViewer, csrf: Annotated[str, Form(max_length=200)] = "") -> Viewer:
    """Whoever is asking, once it is sure that the form came from one of our own pages."""
    origin = request.headers.get("origin")
    sender = "" if origin in (None, "null") else str(origin).partition("://")[2]
    known = (request.headers.get("host"), *service_of(request).settings.allowed_hosts)
    if sender and sender not in known and sender.partition(":")[0] not in known:
        raise HTTPException(403, "This form came from another site.")
    if not hmac.compare_digest(viewer.csrf.encode(), csrf.encode("utf-8", "replace")):
        raise HTTPException(403, "This form is out of date, or came from another site; load the page again.")
    return viewer


ActingViewer = Annotated[Viewer, Depends(acting_viewer)]


def investigating_viewer(viewer: ActingViewer) -> Viewer:
    """Whoever is asking, if they may work on cases."""
    if not viewer.user.may("investigator"):
        raise HTTPException(403, "Your role may look, but not act; an investigator can.")
    return viewer


Investigator = Annotated[Viewer, Depends(investigating_viewer)]


def is_cookie(text: str | None) -> bool:
    """Whether a cookie could be one of ours."""
    return text is not None and TOKEN.fullmatch(text) is not None
