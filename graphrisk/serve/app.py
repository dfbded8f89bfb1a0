"""The application: every page under one roof."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.responses import Response

from graphrisk import __version__
from graphrisk.cases.book import CaseBook
from graphrisk.cases.database import CaseError
from graphrisk.cases.users import Users
from graphrisk.serve import account_pages, case_actions, queue_pages, ring_pages
from graphrisk.serve.context import LoginNeeded, Service, current_viewer, service_of
from graphrisk.serve.limits import RateLimit
from graphrisk.serve.protection import Protection
from graphrisk.serve.queue import Queues
from graphrisk.serve.reader import StoreReader
from graphrisk.serve.sessions import Sessions, Viewer
from graphrisk.serve.settings import ServeSettings, check_settings
from graphrisk.serve.templating import FOLDER, make_environment
from graphrisk.store import StoreError


def create_app(settings: ServeSettings) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    settings : ServeSettings

    Returns
    -------
    FastAPI

    Raises
    ------
    ServeError
        If it would not be safe.
    """
    check_settings(settings)
    reader, book = StoreReader(settings.store), CaseBook(settings.store)
    # the pages that FastAPI makes for its OpenAPI load scripts from elsewhere
    app = FastAPI(title="graphrisk", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    sessions = Sessions()
    app.state.service = Service(
        settings=settings,
        reader=reader,
        queues=Queues(reader),
        book=book,
        users=Users(book.database),
        sessions=sessions,
        logins=RateLimit(settings.logins_per_minute),
        templates=make_environment(),
    )
    app.middleware("http")(Protection(settings, sessions))
    app.mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")
    for pages in (account_pages, queue_pages, ring_pages, case_actions):
        app.include_router(pages.router)
    _handle_errors(app)
    _warm_up(app.state.service)
    return app


def _warm_up(service: Service) -> None:
    """Do once what the first visitor would wait for: compile the templates, index the newest scan, wake DuckDB."""
    for name in service.templates.list_templates():
        service.templates.get_template(name)
    if scans := service.reader.store.scans():
        service.queues.of(scans[-1])
        service.reader.ring("").table("ring_member", scans[-1])


def _handle_errors(app: FastAPI) -> None:
    @app.exception_handler(LoginNeeded)
    async def log_in(request: Request, error: LoginNeeded) -> Response:
        if _wants_json(request):
            return JSONResponse({"detail": "Log in first."}, 401)
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        target = f"/login?next={quote(back, safe='')}" if request.method == "GET" and back != "/" else "/login"
        return RedirectResponse(target, 303)

    @app.exception_handler(CaseError)
    async def refuse(request: Request, error: CaseError) -> Response:
        return _error(request, 409, str(error))

    @app.exception_handler(StoreError)
    async def unreadable(request: Request, error: StoreError) -> Response:
        return _error(request, 503, str(error))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        where = ", ".join(sorted({str(problem["loc"][-1]) for problem in error.errors()}))
        return _error(request, 422, f"This does not fit: {where}.")

    @app.exception_handler(StarletteHTTPException)
    async def told(request: Request, error: HTTPException) -> Response:
        return _error(request, error.status_code, str(error.detail), error.headers)


def _wants_json(request: Request) -> bool:
    return request.url.path.endswith(".json") or request.url.path == "/health"


def _error(request: Request, status: int, sentence: str, headers: Any = None) -> Response:
    if _wants_json(request):
        return JSONResponse({"detail": sentence}, status, headers=headers)
    sentence = sentence[:1].upper() + sentence[1:]
    response = service_of(request).render("error.html", _viewer(request), status=status, sentence=sentence)
    response.headers.update(headers or {})
    return response


def _viewer(request: Request) -> Viewer | None:
    """Whoever is asking, for the head of an error page."""
    try:
        return current_viewer(request)
    except (LoginNeeded, StarletteHTTPException, StoreError):
        return None
