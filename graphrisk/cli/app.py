"""The commands together, and what every one of them does with errors.

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 done and an alert was raised.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from graphrisk import __version__
from graphrisk.cli import (
    audit,
    case,
    config,
    features,
    model,
    monitor,
    ring,
    scan,
    serve,
    simulate,
    store,
    taint,
    writeback,
)
from graphrisk.cli.failures import memory_sentence
from graphrisk.cli.interrupts import (
    Interrupted,
    catch_interrupts,
    ignore_interrupts,
    is_interrupted,
    leave_interrupted,
)
from graphrisk.cli.logs import RootLogOption, is_json, start_logging, tell, tell_fault

FAILED, WRONG_USAGE = 1, 2

app = typer.Typer(
    name="graphrisk",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Find fraud rings in graphs of accounts, devices, addresses, wallets and payments.",
)
app.command("simulate")(simulate.simulate_world)
app.add_typer(config.app, name="config")
app.add_typer(scan.app, name="scan")
app.add_typer(ring.app, name="ring")
app.add_typer(model.app, name="model")
app.add_typer(case.app, name="case")
app.command("serve")(serve.serve)
app.add_typer(serve.users, name="user")
app.command("taint")(taint.trace_money)
app.add_typer(writeback.app, name="writeback")
app.add_typer(features.app, name="features")
app.add_typer(store.app, name="store")
app.add_typer(monitor.app, name="monitor")
app.add_typer(audit.app, name="audit")


def _version(value: bool) -> None:
    if value:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    log_format: RootLogOption = None,
) -> None:
    start_logging(log_format)


def main() -> None:
    """Run the command line and leave with an exit code."""
    catch_interrupts()
    try:
        try:
            app()
        except SystemExit:
            ignore_interrupts()
            raise
    except Interrupted:
        leave_interrupted(FAILED)
    except BrokenPipeError:
        # whoever read the output has gone; what is still buffered has nowhere to go
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)
    except Exception as error:  # one sentence for what a user can mend, a traceback only for our own faults
        if is_interrupted():
            leave_interrupted(FAILED)
        if sentence := memory_sentence(error):  # before anything is imported for it
            _fail(sentence, FAILED)
        if not _is_expected(error):
            if not is_json():
                raise
            tell_fault(error)
            sys.exit(FAILED)
        _fail(str(error), WRONG_USAGE if _is_usage(error) else FAILED)


def _is_usage(error: Exception) -> bool:
    from graphrisk.cases.database import CaseError
    from graphrisk.cli.output import UsageError
    from graphrisk.models.files import ModelError
    from graphrisk.serve.settings import ServeError
    from loaders.config import ConfigError

    return isinstance(error, (CaseError, ConfigError, ModelError, ServeError, UsageError))


def _is_expected(error: Exception) -> bool:
    from algorithms.projection import TooManyPairsError
    from graphrisk.cases.chain import ChainError
    from graphrisk.estimate.room import RoomError
    from graphrisk.neo4j import WritebackError
    from graphrisk.store import StoreError
    from loaders.config import InputError

    expected = (ChainError, InputError, RoomError, StoreError, TooManyPairsError, WritebackError, OSError)
    return _is_usage(error) or isinstance(error, expected)


def _fail(sentence: str, code: int) -> None:
    from graphrisk.cli.output import plain

    for line in sentence.splitlines():
        tell(plain(line), exit_code=code)
    sys.exit(code)
