"""Where the page listens and whom it believes; it refuses to be reached from outside without a login."""

from __future__ import annotations

import getpass
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from graphrisk.cases.database import CaseDatabase
from graphrisk.cases.users import Users

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


class ServeError(Exception):
    """A way to serve that would not be safe, or cannot be."""


@dataclass(frozen=True)
class ServeSettings:
    """How the page is served.

    Parameters
    ----------
    store : Path
        Folder of the results.
    host : str
        Address to listen at.
    port : int
    proxy_header : str or None
        Header in which a trusted proxy names who is logged in; it must be one of the users.
    proxy_from : tuple of str
        Addresses that this proxy comes from.
    allowed_hosts : tuple of str
        Further names by which browsers may call the page.
    is_tls : bool
        Whether the server speaks TLS itself.
    requests_per_minute : int
        Most of each person, and of each address where nobody is logged in; the page's own scripts count too.
    logins_per_minute : int
        Most tries to log in from each address, and under each name.
    local_user : str
        Who everybody is where nobody has to log in.
    """

    store: Path
    host: str = "127.0.0.1"
    port: int = 8321
    proxy_header: str | None = None
    proxy_from: tuple[str, ...] = ("127.0.0.1", "::1")
    allowed_hosts: tuple[str, ...] = ()
    is_tls: bool = False
    requests_per_minute: int = 1200
    logins_per_minute: int = 10
    local_user: str = ""

    def __post_init__(self) -> None:
        if not self.local_user:
            object.__setattr__(self, "local_user", getpass.getuser())
        if self.proxy_header is not None and not self.proxy_header.replace("-", "").isalnum():
            raise ServeError(f"a header must be named by letters, digits and dashes, got {self.proxy_header!r}")
        for name in ("requests_per_minute", "logins_per_minute"):
            if getattr(self, name) < 1:
                raise ServeError(f"`{name}` must be at least 1, got {getattr(self, name)}")

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False

    @property
    def is_secure(self) -> bool:
        """Whether browsers speak TLS to it: told, or taken for granted beyond this machine."""
        return self.is_tls or not self.is_loopback or self.proxy_header is not None

    def hosts(self) -> tuple[str, ...] | None:
        """Names by which browsers may call the page, so that no other site can have its name point here.

        None where every name will do, since whoever calls has to log in.
        """
        own = (*LOOPBACK_NAMES, self.host, f"[{self.host}]") if self.is_loopback else ()
        if not self.is_loopback and not self.allowed_hosts:
            return None
        return (*own, *self.allowed_hosts)


def needs_login(settings: ServeSettings) -> bool:
    """Whether whoever calls has to say who they are: beyond this machine always, on it where users are set up."""
    if settings.proxy_header is not None or not settings.is_loopback:
        return True
    return any(user.has_password for user in Users(CaseDatabase(settings.store)).all())


def check_settings(settings: ServeSettings) -> None:
    """Refuse what would not be safe.

    Raises
    ------
    ServeError
        If the page could be reached from outside, and nobody could or everybody would be let in.
    """
    users = Users(CaseDatabase(settings.store)).all()
    if settings.proxy_header is not None and not users:
        raise ServeError("the proxy's users must be known: add them with `graphrisk user add NAME --no-password`")
    if settings.is_loopback or settings.proxy_header is not None:
        return
    if not any(user.has_password for user in users):
        raise ServeError(
            f"beyond this machine (host {settings.host}) the page needs a login: add a user with "
            "`graphrisk user add NAME`, or name the header of a trusted proxy with `--proxy-header`"
        )
