"""What stands before every page: known host, limits, headers, the browser's cookie."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Awaitable, Callable
from contextlib import suppress

from fastapi import Request
from fastapi.responses import PlainTextResponse
from starlette.responses import Response

from graphrisk.cases.book import clean_actor
from graphrisk.cases.database import CaseError
from graphrisk.serve.context import address_of, is_cookie
from graphrisk.serve.limits import RateLimit
from graphrisk.serve.sessions import COOKIE, LONGEST_SECONDS, Sessions
from graphrisk.serve.settings import ServeSettings

LONGEST_BODY = 1 << 18
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
Next = Callable[[Request], Awaitable[Response]]


class Protection:
    """Middleware around all pages.

    Parameters
    ----------
    settings : ServeSettings
    sessions : Sessions
        Tell who is logged in, for the limit of each person.
    """

    def __init__(self, settings: ServeSettings, sessions: Sessions) -> None:
        self._settings, self._sessions = settings, sessions
        self._limit = RateLimit(settings.requests_per_minute)
        self._hosts = settings.hosts()

    async def __call__(self, request: Request, call_next: Next) -> Response:
        """Let a request through, or say why not."""
        refused = self._refuse(request)
        key = request.cookies.get(COOKIE)
        fresh = not is_cookie(key)
        request.state.key = Sessions.new_key() if fresh or key is None else key
        response = refused or await call_next(request)
        for name, text in HEADERS.items():
            response.headers[name] = text
        if not request.url.path.startswith("/static/"):
            # pages hold what must not lie about in a cache
            response.headers["Cache-Control"] = "no-store"
            if fresh and refused is None and request.url.path != "/health" and "set-cookie" not in response.headers:
                set_cookie(response, request.state.key, self._settings)
        if self._settings.is_tls:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        return response

    def _refuse(self, request: Request) -> Response | None:
        if self._hosts is not None and _host(request) not in self._hosts:
            # else any site could have its own name point here and read the page as its own
            return PlainTextResponse("This page is not served under that name; see --allow-host.\n", 400)
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:12]) > LONGEST_BODY:
            return PlainTextResponse("The form is too long.\n", 413)
        if "chunked" in request.headers.get("transfer-encoding", ""):
            return PlainTextResponse("The length of a form must be told.\n", 411)
        if wait := self._limit.take(self._who(request)):
            after = {"Retry-After": str(math.ceil(wait))}
            return PlainTextResponse("Too many requests; wait a moment.\n", 429, headers=after)
        return None

    def _who(self, request: Request) -> str:
        """Whose limit it is: the person's, from wherever they ask, or else that of the address.

        All people behind a proxy, or in one office, come from one address, so each of them has a limit of their own.
        """
        header, address = self._settings.proxy_header, address_of(request)
        if header is not None:
            name = request.headers.get(header, "") if address in self._settings.proxy_from else ""
        else:
            key = request.cookies.get(COOKIE)
            name = self._sessions.user_of(key) or "" if key is not None and is_cookie(key) else ""
        with suppress(CaseError):
            return f"person {clean_actor(name)}"
        return f"address {_network(address)}"


def _network(address: str) -> str:
    """An address, or the part of it that names one household: whoever has one IPv6 address has 2^64 of them."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    return str(known.ipv4_mapped or ipaddress.ip_network((known, 64), strict=False))


def _host(request: Request) -> str:
    """Name by which the page was called, without the port."""
    host = request.headers.get("host", "").lower()
    return host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() and not host.endswith("]") else host


def set_cookie(response: Response, key: str, settings: ServeSettings) -> None:
    """Give the browser its cookie: no script reads it, no other site sends it along with a form."""
    response.set_cookie(
        COOKIE, key, max_age=int(LONGEST_SECONDS), httponly=True, secure=settings.is_secure, samesite="lax", path="/"
    )
