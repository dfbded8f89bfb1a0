"""`graphrisk store …`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graphrisk.cli.output import JsonOption, UsageError, check_folder, plain, print_json

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
    from graphrisk.health import unreadable_scans
    from graphrisk.store import ResultStore

    results = ResultStore(store)
    for scan_id in unreadable_scans(results):
        results.manifest(scan_id)  # tells why
    results.latest()  # tells if there is nothing to check
    scans = results.scans()
    for scan_id in scans:
        results.verify(scan_id)
    if json:
        print_json({"verified": scans})
        return
    typer.echo(f"{len(scans):,} scan{'' if len(scans) == 1 else 's'} as published")


@app.command("health")
def health(
    store: Store = Path("store"),
    max_age: Annotated[
        str | None, typer.Option(help="Oldest that the newest scan may be, such as 90m, 26h or 2d.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Say whether a store is in order: age and wholeness of its newest scan, room left; exits with 1 if it is not.

    Example: graphrisk store health --max-age 26h
    """
    from dataclasses import asdict

    from graphrisk.health import look_at, read_span

    try:
        most = None if max_age is None else read_span(max_age)
    except ValueError as error:
        raise UsageError(f"`--max-age`: {error}") from error
    found = look_at(store, most)
    if json:
        print_json(asdict(found) | {"healthy": not found.problems})
    else:
        if found.scan_id is not None:
            age = "" if found.age_hours is None else f", finished {found.age_hours:,.1f} hours ago"
            many = f"{found.n_scans:,} scan{'' if found.n_scans == 1 else 's'}"
            typer.echo(f"newest scan {found.scan_id}{age}; {many}, {found.n_bytes / 2**20:,.1f} MiB")
        if found.writer is not None:
            typer.echo(f"a scan is being made by {found.writer}")
        if found.interrupted:
            typer.echo("a scan ended before it was done; the next one goes on from there")
        for problem in found.problems:
            typer.echo(plain(f"problem: {problem}"))
    if found.problems:
        raise typer.Exit(1)


@app.command("views")
def views(
    store: Store = Path("store"),
    database: Annotated[
        Path | None, typer.Option("--database", help="DuckDB file to make the views in; printed without it.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Make DuckDB views over the store for BI tools: every table over all scans, and the usual questions.

    Example: graphrisk store views --database rings.duckdb
    """
    import duckdb

    from graphrisk.bi_views import VIEWS, views_sql
    from graphrisk.store import ResultStore

    ResultStore(store).latest()
    try:
        sql = views_sql(store)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if database is not None:
        check_folder(database, "--database")
        try:
            with duckdb.connect(str(database)) as connection:
                connection.execute(sql)
        except duckdb.Error as error:
            raise UsageError(f"the views must fit into the database {database}, got: {error}") from error
    if json:
        questions = {view.name: view.question for view in VIEWS}
        print_json({"database": None if database is None else str(database), "views": questions, "sql": sql})
    elif database is None:
        typer.echo(sql, nl=False)
    else:
        for view in VIEWS:
            typer.echo(f"{view.name:<18} {view.question}")
