"""`graphrisk taint …`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Literal

import typer

from graphrisk.cli.output import JsonOption, UsageError, check_folder, print_json, print_table
from graphrisk.cli.scan import as_of_moment


def trace_money(
    config: Annotated[Path, typer.Argument(help="The configuration, a TOML file.")],
    source: Annotated[
        list[str] | None, typer.Option(help="Whose money to follow, such as wallet:0x12ab; may be given again.")
    ] = None,
    transfer: Annotated[
        list[str] | None, typer.Option(help="A transfer to follow, by its transfer_id; may be given again.")
    ] = None,
    method: Annotated[
        Literal["poison", "haircut", "fifo"], typer.Option(help="How tainted money mixes with other money.")
    ] = "haircut",
    through_services: Annotated[
        bool, typer.Option("--through-services", help="Follow money out of exchanges and other known hubs too.")
    ] = False,
    as_of: Annotated[
        str | None, typer.Option(help="Use only what was known strictly before this moment (ISO 8601; UTC).")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most accounts to print.")] = 50,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write all tainted accounts and transfers to, as Parquet.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Follow stolen money to the accounts and wallets that it reached.

    Example: graphrisk taint scan.toml --source wallet:0x12ab --method fifo
    """
    from graphrisk.cli.compiling import told_of_compiling
    from graphrisk.cli.progress import ProgressPrinter
    from graphrisk.taint import TaintError, trace

    if out is not None:
        check_folder(out, "--out")
        if out.exists():
            raise UsageError(f"{out} exists already; choose another name")
    progress = ProgressPrinter()
    try:
        with told_of_compiling(progress.note):
            result = trace(
                config,
                method=method,
                sources=source or [],
                transfer_ids=transfer or [],
                through_services=through_services,
                as_of=as_of_moment(as_of),
                progress=progress,
            )
    except TaintError as error:
        raise UsageError(str(error)) from error
    finally:
        progress.close()
    if out is not None:
        result.write(out)
    accounts, summary = result.accounts(), result.summary()
    shown = accounts.slice(0, limit).to_pylist()
    if json:
        print_json({"summary": summary, "accounts": shown})
        return
    unit = "" if summary["currency"] is None else f" {summary['currency']}"
    of = "" if math.isnan(summary["issued"]) else f" of {summary['issued']:,.2f}{unit}"
    print_table(
        f"{summary['n_accounts']:,} accounts and wallets reached by tainted money{of}, {method}",
        ["", "id", "first reached", "received", "still held", "of balance", ""],
        [
            [
                *(row["entity_type"], row["entity_id"], row["first_tainted_at"]),
                *(row["received"], row["held"], row["balance"]),
                "service, not followed further" if row["is_service"] else "",
            ]
            for row in shown
        ],
    )
    if summary["n_left_out"]:
        typer.echo(f"{summary['n_left_out']:,} transfers without a time or an amount could not be followed", err=True)
