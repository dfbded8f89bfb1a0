"""Who is there: sessions, tokens against forged forms, and which identifiers were asked for."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
import time
from dataclasses import dataclass, field

from graphrisk.cases.users import User

COOKIE = "graphrisk_session"
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
IDLE_SECONDS, LONGEST_SECONDS = 3600.0, 12 * 3600.0
SHOWN_SECONDS = 900.0
MOST_SESSIONS = 10_000


@dataclass
class Session:
    """What the server knows of one browser.

    Parameters
    ----------
    user : str or None
        Who logged in with it.
    born, used : float
        Seconds of the monotonic clock.
    shown : dict of str to float
        Rings whose identifiers were asked for, and until when they are shown.
    """

    user: str | None
    born: float
    used: float
    shown: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Viewer:
    """Whoever looks at a page.

    Parameters
    ----------
    user : User
    key : str
        Cookie of the session.
    csrf : str
        Token that every form must carry.
    logged_in : bool
        By a password of their own.
    """

    user: User
    key: str
    csrf: str
    logged_in: bool

    @property
    def name(self) -> str:
        """Name of the person."""
        return self.user.name


class Sessions:
    """Sessions in memory: they end with the server, and their cookies are never written down."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._kept: dict[str, Session] = {}

    @staticmethod
    def new_key() -> str:
        """A cookie that nobody can guess."""
        return secrets.token_urlsafe(32)

    def csrf(self, key: str) -> str:
        """Token that forms of this browser carry; whoever cannot read its pages cannot know it."""
        return hmac.new(self._secret, key.encode(), hashlib.sha256).hexdigest()

    def is_csrf(self, key: str, token: str) -> bool:
        """Whether a form came from one of our own pages."""
        return hmac.compare_digest(self.csrf(key).encode(), token.encode("utf-8", "replace"))

    def user_of(self, key: str) -> str | None:
        """Who is logged in."""
        session = self._get(key)
        return None if session is None else session.user

    def log_in(self, name: str) -> str:
        """Start a session under a new cookie, whatever cookie the browser had before."""
        key = self.new_key()
        self._put(key, Session(name, time.monotonic(), time.monotonic()))
        return key

    def log_out(self, key: str) -> None:
        """End a session."""
        with self._lock:
            self._kept.pop(self._hashed(key), None)

    def show(self, key: str, ring_id: str) -> None:
        """Show the identifiers of a ring for a while."""
        session = self._get(key)
        if session is None:
            session = Session(None, time.monotonic(), time.monotonic())
            self._put(key, session)
        session.shown[ring_id] = time.monotonic() + SHOWN_SECONDS

    def hide(self, key: str, ring_id: str) -> None:
        """Mask them again."""
        if session := self._get(key):
            session.shown.pop(ring_id, None)

    def is_shown(self, key: str, ring_id: str) -> bool:
        """Whether the identifiers of a ring were asked for."""
        session = self._get(key)
        return session is not None and session.shown.get(ring_id, 0.0) > time.monotonic()

    @staticmethod
    def _hashed(key: str) -> str:
        return hashlib.sha256(key.encode()).hexdigest()

    def _get(self, key: str) -> Session | None:
        now = time.monotonic()
        with self._lock:
            session = self._kept.get(self._hashed(key))
            if session is None:
                return None
            if now - session.used > IDLE_SECONDS or now - session.born > LONGEST_SECONDS:
                del self._kept[self._hashed(key)]
                return None
            session.used = now
            return session

    def _put(self, key: str, session: Session) -> None:
        with self._lock:
            self._kept[self._hashed(key)] = session
            while len(self._kept) > MOST_SESSIONS:
                del self._kept[next(iter(self._kept))]
