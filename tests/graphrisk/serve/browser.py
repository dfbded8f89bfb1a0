"""A server in a thread, and a page that tells what it did."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from graphrisk.serve.app import create_app
from graphrisk.serve.settings import ServeSettings

SHOTS = Path(__file__).parents[3] / "test-output" / "serve"


@contextmanager
def serving(store: Path, **settings: Any) -> Iterator[str]:
    """Serve a store on a free port; yields the address."""
    app = create_app(ServeSettings(store, **settings))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


class Watched:
    """A page and everything that it said, asked for or ran that it should not have."""

    def __init__(self, browser: Any, address: str, *, scripts: bool = True) -> None:
        self.address = address
        context = browser.new_context(viewport={"width": 1280, "height": 900}, java_script_enabled=scripts)
        context.set_default_timeout(15_000)
        self.page = context.new_page()
        self.said: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.said.append(dialog.message), dialog.dismiss()))
        self.page.on("request", self._asked)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.address, "data:")):
            self.said.append(f"asked for {request.url}")

    def go(self, path: str) -> Any:
        """Open a page."""
        self.page.goto(self.address + path)
        return self.page

    def fits(self) -> bool:
        """Whether nothing sticks out at the right."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth <= 1280"))

    def shoot(self, name: str) -> None:
        """Keep a picture."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
