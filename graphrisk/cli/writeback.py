"""`graphrisk writeback …`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from graphrisk.cli.output import JsonOption, UsageError, plain, print_json

if TYPE_CHECKING:
    from graphrisk.neo4j.files import FilesReport
    from graphrisk.neo4j.writeback import WritebackReport

SHOWN_MISSING = 20

app = typer.Typer(no_args_is_help=True, help="Write rings to other systems.")


@app.callback()
def _root() -> None:
    """Keep `neo4j` a command of its own while it is the only one."""


@app.command("neo4j")
def write_neo4j(
    store: Annotated[Path, typer.Option(envvar="GRAPHRISK_STORE", help="Folder of the results.")] = Path("store"),
    scan: Annotated[str | None, typer.Option(help="Scan; the newest by default.")] = None,
    config: Annotated[Path | None, typer.Option(help="Scan configuration; its table [neo4j] is read.")] = None,
    uri: Annotated[str | None, typer.Option(help="Address, such as bolt://localhost:7687.")] = None,
    user: Annotated[str | None, typer.Option(help="User; the password is in GRAPHRISK_NEO4J_PASSWORD.")] = None,
    database: Annotated[str | None, typer.Option(help="Database.")] = None,
    mode: Annotated[
        str | None, typer.Option(help="mirror: write accounts and links too; attach: hang rings on nodes there are.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would change, change nothing.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Write anew even what is there already.")] = False,
    to_files: Annotated[
        Path | None, typer.Option(help="Write CSV files for `neo4j-admin database import` to this new folder.")
    ] = None,
    queries: Annotated[bool, typer.Option("--queries", help="Print saved queries for Browser and Bloom.")] = False,
    json: JsonOption = False,
) -> None:
    """Write the rings of a scan to Neo4j; run again, it goes on where it was, or says that nothing changed.

    Example: graphrisk writeback neo4j --store store --uri bolt://localhost:7687
    """
    from graphrisk.neo4j.settings import read_settings

    settings = read_settings(config, {"uri": uri, "user": user, "database": database, "mode": mode})
    if queries:
        print_queries(settings, json)
        return
    if to_files is not None:
        if dry_run or again:
            raise UsageError("`--to-files` goes without `--dry-run` and `--again`: it never changes a database")
        print_files(write_to_files(settings, store, scan, to_files), json)
        return
    report = write_scan(settings, store, scan, dry_run=dry_run, again=again)
    if json:
        print_json(report_values(report))
    else:
        print_report(report)


def write_scan(
    settings: Any, store: Path, scan: str | None, *, dry_run: bool = False, again: bool = False, done: str = ""
) -> WritebackReport:
    """Write back with progress; `done` says what had been done before, should it be interrupted."""
    from graphrisk.cli.interrupts import when_interrupted
    from graphrisk.cli.progress import ProgressPrinter
    from graphrisk.neo4j.writeback import write_back
    from graphrisk.store import ResultStore

    when_interrupted(f"interrupted{done}; run the write-back again, and it goes on where it was")
    progress = ProgressPrinter()
    try:
        return write_back(ResultStore(store), settings, scan_id=scan, dry_run=dry_run, again=again, progress=progress)
    finally:
        progress.close()


def write_to_files(settings: Any, store: Path, scan: str | None, folder: Path) -> FilesReport:
    """Write the files with progress."""
    from graphrisk.cli.interrupts import when_interrupted
    from graphrisk.cli.progress import ProgressPrinter
    from graphrisk.neo4j.files import write_files
    from graphrisk.store import ResultStore

    when_interrupted("interrupted; nothing was written")
    progress = ProgressPrinter()
    try:
        return write_files(ResultStore(store), settings, folder, scan_id=scan, progress=progress)
    finally:
        progress.close()


def report_values(report: WritebackReport) -> dict[str, Any]:
    """Facts of a report for JSON."""
    return {**vars(report), "n_missing": report.n_missing}


def print_report(report: WritebackReport) -> None:
    """Print a report for people."""
    scan = f"scan {report.scan_id}"
    if not report.changed:
        typer.echo(f"{scan}: nothing changed; its {report.n_relationships:,} relationships are in Neo4j already")
    elif report.dry_run:
        typer.echo(f"{scan}: would write {_rows(report.rows)}; would clear {report.n_cleared:,} relationships")
    else:
        went_on = "went on with a write-back that had been cut off; " if report.resumed else ""
        typer.echo(f"{scan}: {went_on}wrote {_rows(report.rows)}; cleared {report.n_cleared:,} stale relationships")
    for kind, ids in report.missing.items():
        shown = ", ".join(plain(name) for name in ids[:SHOWN_MISSING])
        more = f" and {len(ids) - SHOWN_MISSING:,} more (all with --json)" if len(ids) > SHOWN_MISSING else ""
        typer.echo(f"{len(ids):,} of type {plain(kind)} are not in the graph, and were not made: {shown}{more}")
    if report.n_ambiguous:
        typer.echo(f"{report.n_ambiguous:,} members have several nodes with their key, and all of these are members")
    if report.passed_over:
        typer.echo(f"passed over, for want of a label in `nodes`: {', '.join(map(plain, report.passed_over))}")


def _rows(rows: dict[str, int]) -> str:
    return ", ".join(f"{n:,} {name}" for name, n in rows.items()) or "nothing"


def print_files(report: FilesReport, json: bool) -> None:
    """Print what was written to files and how to import it."""
    if json:
        print_json(vars(report))
        return
    typer.echo(
        f"{report.folder}: {sum(report.rows.values()):,} rows of scan {report.scan_id} in {len(report.rows)} files"
    )
    typer.echo(f"import into a new database, with the server stopped: {report.command}")
    typer.echo("then start it and run `graphrisk writeback neo4j`, which makes the constraints")


def print_queries(settings: Any, json: bool) -> None:
    """Print the guide with all queries."""
    from graphrisk.neo4j.guide import guide, saved_queries

    if json:
        print_json(saved_queries(settings))
        return
    typer.echo(guide(settings))
