"""One signed post to a URL, tried again when it may help."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from urllib.parse import urlsplit

from graphrisk import __version__

RETRIED = frozenset({408, 425, 429})
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
LONGEST_WAIT = 60.0


class DeliveryError(Exception):
    """An alert that could not be delivered; the sentence names neither path nor secret of the URL."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A signed alert goes to the URL that was configured and to no other."""

    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


def url_problem(url: str) -> str | None:
    """Say what is wrong with the URL of a webhook; None if nothing is."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return "must be a URL such as https://alerts.example.com/hook"
    if not host or parts.scheme not in ("https", "http"):
        return "must be a URL such as https://alerts.example.com/hook"
    if parts.scheme == "http" and host not in LOOPBACK:
        return f"must use https, got http to {host}; alerts name accounts' rings"
    return None


def sign(secret: bytes, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 of ``timestamp.body``, as receivers must compute it to trust a post.

    Parameters
    ----------
    secret : bytes
    timestamp : str
        Seconds since 1970 as in the header ``X-Graphrisk-Timestamp``; receivers should refuse old ones.
    body : bytes

    Returns
    -------
    str
        ``sha256=`` and 64 hexadecimal digits.
    """
    return "sha256=" + hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def post(
    url: str,
    body: bytes,
    *,
    secret: bytes,
    alert_id: str,
    attempts: int,
    timeout_seconds: float,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.time,
) -> None:
    """Post one alert and sign it.

    No answer, a broken connection and the status 408, 425, 429 and 5xx are tried again after 1, 2, 4, ... seconds;
    any other status is final. Redirects are not followed. Every try bears the same ``X-Graphrisk-Alert``, by which
    a receiver knows an alert that it has had already.

    Parameters
    ----------
    url : str
    body : bytes
        JSON.
    secret : bytes
    alert_id : str
    attempts : int
    timeout_seconds : float
        Of one try.
    sleep, clock : callable
        To wait and to tell the time.

    Raises
    ------
    DeliveryError
        If no try was answered with 2xx.
    """
    for attempt in range(1, attempts + 1):
        timestamp = str(int(clock()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"graphrisk/{__version__}",
            "X-Graphrisk-Alert": alert_id,
            "X-Graphrisk-Timestamp": timestamp,
            "X-Graphrisk-Signature": sign(secret, timestamp, body),
        }
        problem, final = _try(urllib.request.Request(url, data=body, headers=headers, method="POST"), timeout_seconds)
        if problem is None:
            return
        if final or attempt == attempts:
            tries = f" after {attempt} attempts" if attempt > 1 else ""
            raise DeliveryError(f"{urlsplit(url).hostname}: {problem}{tries}")
        sleep(min(2.0 ** (attempt - 1), LONGEST_WAIT))


def _try(request: urllib.request.Request, timeout_seconds: float) -> tuple[str | None, bool]:
    """What went wrong, if anything, and whether it would go wrong again."""
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        with opener.open(request, timeout=timeout_seconds):
            return None, True
    except urllib.error.HTTPError as error:
        error.close()
        return f"HTTP status {error.code}", error.code not in RETRIED and error.code < 500
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        return f"no answer ({type(reason).__name__})", False
