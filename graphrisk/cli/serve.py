"""`graphrisk serve` and `graphrisk user …`."""

from __future__ import annotations

import getpass
import logging
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from graphrisk.cli.interrupts import Interrupted
from graphrisk.cli.logs import tell
from graphrisk.cli.output import JsonOption, UsageError, plain, print_json, print_table

NEEDS_EXTRA = "the page needs `pip install graphrisk[serve]`"

Store = Annotated[Path, typer.Option(envvar="GRAPHRISK_STORE", help="Folder of the results.")]

users = typer.Typer(no_args_is_help=True, help="Say who may log in to the page, and as what.")


def serve(
    store: Store = Path("store"),
    host: Annotated[
        str, typer.Option(help="Address to listen at; beyond this machine a login is needed.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen at.")] = 8321,
    allow_host: Annotated[list[str] | None, typer.Option(help="Further name of the page; may be given again.")] = None,
    proxy_header: Annotated[
        str | None, typer.Option(help="Header in which a trusted proxy names who is logged in.")
    ] = None,
    proxy_from: Annotated[list[str] | None, typer.Option(help="Address that this proxy comes from.")] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate chain (PEM), to speak TLS.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its key (PEM).")] = None,
    requests_per_minute: Annotated[
        int,
        typer.Option(
            envvar="GRAPHRISK_REQUESTS_PER_MINUTE",
            min=1,
            help="Most requests of each person, and of each address where nobody is logged in.",
        ),
    ] = 1200,
    logins_per_minute: Annotated[
        int,
        typer.Option(
            envvar="GRAPHRISK_LOGINS_PER_MINUTE",
            min=1,
            help="Most tries to log in from each address and under each name.",
        ),
    ] = 10,
    add_user: Annotated[str | None, typer.Option(help="Add a user who may do everything, and end.")] = None,
    json: JsonOption = False,
) -> None:
    """Serve the page for investigators, by default to this machine only.

    Example: graphrisk serve --store store
    """
    if add_user is not None:
        set_user(add_user, "admin", store, json=json)
        return
    try:
        import uvicorn

        from graphrisk.serve.app import create_app
        from graphrisk.serve.settings import ServeSettings
    except ImportError as error:
        raise UsageError(NEEDS_EXTRA) from error
    if (tls_cert is None) != (tls_key is None):
        raise UsageError("`--tls-cert` and `--tls-key` go together")
    for file in (tls_cert, tls_key):
        if file is not None and not file.is_file():
            raise UsageError(f"the certificate and its key must be files, got {str(file)!r}")
    trusted: dict[str, Any] = {} if proxy_from is None else {"proxy_from": tuple(proxy_from)}
    settings = ServeSettings(
        store,
        host,
        port,
        proxy_header=proxy_header,
        allowed_hosts=tuple(name.lower() for name in allow_host or ()),
        is_tls=tls_cert is not None,
        requests_per_minute=requests_per_minute,
        logins_per_minute=logins_per_minute,
        **trusted,
    )
    app = create_app(settings)
    address = f"http{'s' if settings.is_tls else ''}://{host}:{port}/"
    if not settings.is_loopback and not settings.is_tls:
        tell(
            "no --tls-cert: browsers keep the login only where a proxy speaks TLS to them in front of this",
            before="",
            level=logging.WARNING,
        )
    if json:
        print_json({"address": address, "store": str(store)})
    else:
        typer.echo(f"{address} serves {store}; stop with Ctrl-C")
    sys.stdout.flush()
    # no access log: it would keep who looked at which ring outside of the audit
    with suppress(Interrupted):
        uvicorn.run(
            app,
            host=host.strip("[]"),
            port=port,
            access_log=False,
            log_level="warning",
            server_header=False,
            proxy_headers=False,
            ssl_certfile=tls_cert,
            ssl_keyfile=None if tls_key is None else str(tls_key),
        )


def set_user(name: str, role: str, store: Path, *, with_password: bool = True, json: bool = False) -> None:
    """Add a person or change what they are."""
    from graphrisk.cases.database import CaseDatabase
    from graphrisk.cases.users import Users

    known = Users(CaseDatabase(store))
    password = _password() if with_password else None
    user = known.put(name, role, password, actor=getpass.getuser())
    if json:
        print_json(vars(user))
        return
    typer.echo(plain(f"{user.name} is {user.role}" + ("" if user.has_password else ", known by a proxy only")))


def _password() -> str:
    """Ask for a password twice, or read it from standard input where that is no terminal."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    once = getpass.getpass("Password: ")
    if once != getpass.getpass("Again: "):
        raise UsageError("the two passwords must be the same")
    return once


@users.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Name; somebody who is known gets the new role and password.")],
    role: Annotated[str, typer.Option(help="viewer, investigator or admin.")] = "investigator",
    no_password: Annotated[bool, typer.Option("--no-password", help="A trusted proxy says who they are.")] = False,
    store: Store = Path("store"),
    json: JsonOption = False,
) -> None:
    """Add somebody; the password is asked for, or read from standard input.

    Example: graphrisk user add ana --role investigator
    """
    set_user(name, role, store, with_password=not no_password, json=json)


@users.command("list")
def list_users(store: Store = Path("store"), json: JsonOption = False) -> None:
    """List who may log in.

    Example: graphrisk user list
    """
    from graphrisk.cases.database import CaseDatabase
    from graphrisk.cases.users import Users

    found = Users(CaseDatabase(store)).all()
    if json:
        print_json([vars(user) for user in found])
        return
    rows = [(user.name, user.role, "password" if user.has_password else "proxy") for user in found]
    print_table(f"{len(rows):,} users", ["name", "role", "known by"], rows)


@users.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="Name.")], store: Store = Path("store"), json: JsonOption = False
) -> None:
    """Take somebody out; what they did stays in the log.

    Example: graphrisk user remove ana
    """
    from graphrisk.cases.database import CaseDatabase
    from graphrisk.cases.users import Users

    Users(CaseDatabase(store)).remove(name, actor=getpass.getuser())
    if json:
        print_json({"removed": name})
        return
    typer.echo(plain(f"{name} is removed"))
