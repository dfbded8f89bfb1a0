"""`graphrisk store …`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graphrisk.cli.output import JsonOption, print_json

app = typer.Typer(no_args_is_help=True, help="Keep a results store small and sound.")

Store = Annotated[Path, typer.Option(envvar="GRAPHRISK_STORE", help="Folder of the results.")]


@app.command("prune")
def prune(
    keep: Annotated[int, typer.Option(min=1, help="How many of the newest scans to keep.")],
    store: Store = Path("store"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed, remove nothing.")] = False,
    json: JsonOption = False,
) -> None:
    """Remove all but the newest scans, and what killed scans left behind; ring ids and their history stay.

    Example: graphrisk store prune --keep 90
    """
    from graphrisk.store import ResultStore

    pruned = ResultStore(store).prune(keep, dry_run=dry_run)
    if json:
        print_json({"removed": pruned.scans, "n_bytes": pruned.n_bytes, "dry_run": dry_run})
        return
    for scan_id in pruned.scans:
        typer.echo(scan_id)
    many = f"{len(pruned.scans):,} scan" + ("" if len(pruned.scans) == 1 else "s")
    typer.echo(f"{many} {'would be ' if dry_run else ''}removed, {pruned.n_bytes / 2**20:,.1f} MiB")


@app.command("verify")
def verify(store: Store = Path("store"), json: JsonOption = False) -> None:
    """Check every file of every scan against the SHA-256 that it was published with.

    Example: graphrisk store verify
    """
    from graphrisk.store import ResultStore

    results = ResultStore(store)
    scans = results.scans()
    for scan_id in scans:
        results.verify(scan_id)
    if json:
        print_json({"verified": scans})
        return
    typer.echo(f"{len(scans):,} scan{'' if len(scans) == 1 else 's'} as published")
