"""`graphrisk scan …`."""

from __future__ import annotations

from datetime import UTC, datetime
from logging import INFO, WARNING
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from graphrisk.cli.logs import LogOption, is_json, start_logging, tell
from graphrisk.cli.output import JsonOption, UsageError, cell, check_folder, plain, print_json, print_table

if TYPE_CHECKING:
    from graphrisk.config import ScanConfig
    from graphrisk.neo4j import WritebackError
    from graphrisk.neo4j.writeback import WritebackReport
    from graphrisk.result import ScanResult
    from graphrisk.store import ResultStore

ALERT = 3
SHOWN_RINGS = 10

app = typer.Typer(no_args_is_help=True, help="Run scans and list them.")


@app.command("run")
def run(
    config: Annotated[Path, typer.Argument(help="The configuration, a TOML file.")],
    as_of: Annotated[
        str | None, typer.Option(help="Use only what was known strictly before this moment (ISO 8601; UTC).")
    ] = None,
    store: Annotated[Path | None, typer.Option(help="Folder of the results.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of every random choice.")] = None,
    threads: Annotated[int | None, typer.Option(help="Most threads; results do not depend on it.")] = None,
    hub_report: Annotated[
        bool, typer.Option("--hub-report", help="Search again at half and double the hub caps and report the change.")
    ] = False,
    view: Annotated[Path | None, typer.Option(help="Write an HTML page of the worst ring.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it needs, load and check the data.")] = False,
    writeback: Annotated[
        bool, typer.Option("--writeback", help="Write the rings to the Neo4j of [neo4j] after publishing.")
    ] = False,
    checkpoints: Annotated[
        bool | None,
        typer.Option("--checkpoints/--no-checkpoints", help="Keep what is done, so that a killed scan goes on."),
    ] = None,
    incremental: Annotated[
        bool | None,
        typer.Option("--incremental/--full", help="Load only files that are new since the scan before."),
    ] = None,
    log_format: LogOption = None,
    json: JsonOption = False,
) -> None:
    """Find rings, publish them to the store and print the worst.

    Exits with 3 if an alert was raised.

    Example: graphrisk scan run scan.toml --as-of 2026-11-01
    """
    from graphrisk.cli.interrupts import hold_interrupts, when_interrupted

    start_logging(log_format)
    when_interrupted("interrupted; nothing was published, the store keeps its last good scan")
    from graphrisk.alerts.delivery import channels, deliver
    from graphrisk.checkpoints.folder import Checkpoints
    from graphrisk.checkpoints.publishing import publish
    from graphrisk.cli.compiling import told_of_compiling
    from graphrisk.cli.estimate import tell_needs, values
    from graphrisk.cli.hub_report import hub_values
    from graphrisk.cli.progress import ProgressPrinter
    from graphrisk.config import read_config
    from graphrisk.incremental import KeptLoad
    from graphrisk.lineage.follow import follow
    from graphrisk.pipeline import run_scan
    from graphrisk.store import ResultStore

    if view is not None:
        check_folder(view, "--view")
    overrides: dict[str, Any] = {"seed": seed, "threads": threads}
    overrides |= {
        "checkpoints": checkpoints,
        "incremental": incremental,
        "as_of": as_of_moment(as_of),
        "store": None if store is None else str(store.absolute()),
    }
    settings = read_config(config, overrides)
    settings.hubs.what_if |= hub_report
    _limit_threads(settings.scan.threads)
    needs = tell_needs(settings, say=dry_run and not json)
    ways = channels(settings.alerts, settings.base_dir)
    undelivered: list[str] = []
    progress = ProgressPrinter()
    try:
        if dry_run:
            with told_of_compiling(progress.note):
                result = run_scan(settings, progress=progress, dry_run=True)
        else:
            results = ResultStore(settings.store)
            with results.lock(), told_of_compiling(progress.note):
                kept = Checkpoints(settings.store if settings.scan.checkpoints else None)
                before = KeptLoad(settings.store if settings.scan.incremental else None, settings.scan.full_every)
                result = run_scan(settings, progress=progress, kept=kept, before=before)
                result = follow(result, results, settings.lineage, settings.alerts)
                with hold_interrupts(f"interrupted after scan {result.scan_id} was published"):
                    publish(results, result, kept)
                if is_json():
                    facts = {"scan_id": result.scan_id, "n_rings": result.tables["ring"].num_rows}
                    facts |= {"went_on_from": kept.used, "n_alerts": len(result.alerts)}
                    tell(f"scan {result.scan_id} is published", level=INFO, **facts)
                undelivered = deliver(results, result.scan_id, ways)
    finally:
        progress.close()
    if view is not None and len(result.tables["ring"]):
        from graphrisk.view import write_view

        write_view(result.tables, result.tables["ring"]["ring_id"][0].as_py(), view)
    written, failure = None, None
    if not dry_run and (writeback or settings.neo4j.write):
        written, failure = _write_back(result.scan_id, settings)
    estimate = values(needs) if dry_run else None
    hubs = hub_values(result.tables, settings.hubs) if settings.hubs.what_if and not dry_run else None
    _report(result, settings.store, view, json, estimate, written, undelivered, hubs)
    if failure is not None:
        raise failure
    if result.alerts:
        raise typer.Exit(ALERT)


@app.command("diff")
def diff(
    scan_a: Annotated[str, typer.Argument(help="The scan to compare with.")],
    scan_b: Annotated[str, typer.Argument(help="The scan to compare.")],
    store: Annotated[Path, typer.Option(envvar="GRAPHRISK_STORE", help="Folder of the results.")] = Path("store"),
    limit: Annotated[int, typer.Option(min=1, help="Most rings to print.")] = 50,
    json: JsonOption = False,
) -> None:
    """Say which rings are new, gone or changed between two scans; `latest` and `previous` name the newest two.

    Example: graphrisk scan diff previous latest
    """
    from graphrisk.lineage.diff import diff_scans
    from graphrisk.store import ResultStore

    results = ResultStore(store)
    found = diff_scans(results, _scan_id(results, scan_a), _scan_id(results, scan_b))
    if json:
        print_json(found.to_dict())
        return
    rows = []
    for ring in found.rings[:limit]:
        both = [ring.before or {}, ring.now or {}]
        typology = (ring.now or ring.before or {})["typology"]
        cells = [_change([side.get(key) for side in both]) for key in ("band", "score", "n_members", "value_at_stake")]
        rows.append([ring.change, ring.ring_id, typology, *cells, len(ring.added), len(ring.removed), ring.note])
    counts = f"{found.count('new')} new, {found.count('gone')} gone, {found.count('changed')} changed"
    columns = ["", "ring", "typology", "band", "score", "members", "at stake", "came", "left", ""]
    print_table(f"{counts}, {found.n_unchanged} unchanged", columns, rows)
    if not found.same_history:
        typer.echo(
            "neither scan follows the other: rings were matched for this comparison and bear the ids of the first"
        )


def _scan_id(results: ResultStore, name: str) -> str:
    """Find a scan by its id, the beginning of it, or as `latest` or `previous`."""
    scans = results.scans()
    places = {"latest": -1, "previous": -2}
    if name in places and len(scans) >= -places[name]:
        return scans[places[name]]
    fitting = [scan_id for scan_id in scans if scan_id == name] or [s for s in scans if s.startswith(name)]
    if len(fitting) != 1:
        known = f"which {len(fitting)} scans fit" if fitting else f"and the store {results.path} has no such scan"
        raise UsageError(
            f"a scan must be named by its id, the beginning of it, `latest` or `previous`, got {name!r}, {known}"
        )
    return fitting[0]


def _change(values: list[Any]) -> str:
    before, now = (cell(value) for value in values)
    return now if before == now else f"{before} → {now}"


def _write_back(scan_id: str, settings: ScanConfig) -> tuple[WritebackReport | None, WritebackError | None]:
    """Write the scan that was published to Neo4j; whatever happens there, it stays published."""
    from graphrisk.cli.writeback import write_scan
    from graphrisk.neo4j import WritebackError

    try:
        return write_scan(settings.neo4j, settings.store, scan_id, done=f" after scan {scan_id} was published"), None
    except WritebackError as error:
        return None, WritebackError(f"scan {scan_id} was published, but not written back: {error}")


def as_of_moment(text: str | None) -> datetime | None:
    """Read the option `--as-of`."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"`--as-of` must be a time such as 2026-11-01T00:00:00Z, got {text!r}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _limit_threads(threads: int | None) -> None:
    if threads is not None:
        import numba

        numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))


def _report(
    result: ScanResult,
    store: Path,
    view: Path | None,
    json: bool,
    estimate: dict[str, Any] | None,
    written: WritebackReport | None,
    undelivered: list[str],
    hubs: dict[str, Any] | None,
) -> None:
    from graphrisk.cli.hub_report import print_hub_report
    from graphrisk.cli.rejected import print_rejected, rejected_reasons
    from graphrisk.cli.writeback import print_report, report_values

    for problem in undelivered:
        tell(plain(problem), level=WARNING)
    scan, dry_run = result.tables["scan"].to_pylist()[0], estimate is not None
    if is_json():
        _tell_alerts(result)
    rejected = result.tables["rejected_row"]
    reasons = rejected_reasons(rejected)
    if json:
        summary = {"scan_id": result.scan_id, "store": None if dry_run else str(store), "n_rings": scan["n_rings"]}
        bands = result.tables["ring"]["band"].to_pylist()
        summary |= {"bands": {band: bands.count(band) for band in ("high", "medium", "low")}}
        summary |= {
            key: result.manifest.get(key) for key in ("model", "model_reason", "new_files", "loaded_all_because")
        }
        summary |= {"view": None if view is None else str(view), "scan": scan, "alerts": result.alerts}
        summary |= {
            "rejected": reasons,
            "undelivered": undelivered,
            "writeback": None if written is None else report_values(written),
        }
        if dry_run:
            summary["estimate"] = estimate
        if hubs is not None:
            summary["hub_report"] = hubs
        print_json(summary)
        return
    read = ", ".join(f"{scan[f'n_{name}']:,} {name}" for name in ("accounts", "links", "transfers", "events"))
    if unlisted := result.manifest["n_unlisted_accounts"]:
        read += f", {unlisted:,} account{'' if unlisted == 1 else 's'} that no source lists"
    unusable = f"{len(rejected):,} row{'' if len(rejected) == 1 else 's'} rejected"
    if n_refused := len(result.tables["refused_identifier"]):
        unusable += f", {n_refused:,} identifier{'' if n_refused == 1 else 's'} refused as links"
    typer.echo(f"scan {result.scan_id}: {read}; {unusable}")
    print_rejected(reasons, is_published=not dry_run)
    if dry_run:
        return
    print_rings(result.tables["ring"].slice(0, SHOWN_RINGS), scan["n_rings"])
    if hubs is not None:
        print_hub_report(hubs)
    reason = result.manifest.get("model_reason")
    typer.echo(f"scored by: {result.manifest['model']}" + (f" ({reason})" if reason else ""))
    if reason := result.manifest.get("loaded_all_because"):
        typer.echo(f"all files were loaded: {reason}")
    elif (n_new := result.manifest.get("new_files")) is not None:
        typer.echo(f"incremental: {n_new:,} new files were loaded")
    if not is_json():
        _tell_alerts(result)
    typer.echo(f"results: {store}")
    if written is not None:
        print_report(written)
    if view is not None and scan["n_rings"]:
        typer.echo(f"picture of the worst ring: {view}")
    if scan["n_rings"]:
        typer.echo(f"next: graphrisk ring show 1 --store {store}")


def _tell_alerts(result: ScanResult) -> None:
    for alert in result.alerts:
        tell(plain(alert), "alert: ", level=WARNING, scan_id=result.scan_id, alert=True)


def print_rings(rings: Any, n_rings: int) -> None:
    """Print the table of rings."""
    columns = ["", "ring", "typology", "band", "score", "q", "members", "at stake", "since"]
    keys = ["ring_id", "typology", "band", "score", "q_value", "n_members", "value_at_stake"]
    rows = [
        [place, *(row[key] for key in keys), _day(row["first_seen"])]
        for place, row in enumerate(rings.to_pylist(), start=1)
    ]
    many = f"{n_rings:,} ring" + ("" if n_rings == 1 else "s")
    shown = f"the worst {len(rows)} of {many}" if len(rows) < n_rings else many
    if rows:
        print_table(shown, columns, rows)
    else:
        typer.echo(shown)


def _day(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%d}"


@app.command("list")
def list_scans(
    store: Annotated[Path, typer.Option(envvar="GRAPHRISK_STORE", help="Folder of the results.")] = Path("store"),
    json: JsonOption = False,
) -> None:
    """List the scans of a store, newest last.

    Example: graphrisk scan list --store store
    """
    from graphrisk.store import ResultStore

    results = ResultStore(store)
    scans = [results.table("scan", scan_id).to_pylist()[0] for scan_id in results.scans()]
    if json:
        print_json(scans)
        return
    columns = ["scan", "as of", "finished", "rings", "alerts", "accounts", "links", "version"]
    keys = ["scan_id", "as_of", "finished_at", "n_rings", "n_alerts", "n_accounts", "n_links", "code_version"]
    print_table(f"{len(scans)} scans", columns, [[scan[key] for key in keys] for scan in scans])
