"""`graphrisk monitor …`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from graphrisk.cli.output import JsonOption, check_folder, print_json

ALERT = 3

app = typer.Typer(no_args_is_help=True, help="See whether anything is going wrong from scan to scan.")


@app.callback()
def _monitor() -> None:
    pass


@app.command("report")
def report(
    out: Annotated[Path, typer.Option("--out", help="HTML page to write.")] = Path("monitor.html"),
    store: Annotated[Path, typer.Option(envvar="GRAPHRISK_STORE", help="Folder of the results.")] = Path("store"),
    scans: Annotated[int, typer.Option(min=2, help="How many of the newest scans to look at.")] = 30,
    rate: Annotated[
        float,
        typer.Option(min=0.001, max=0.5, help="Share of quiet weeks that may have a false alarm."),
    ] = 0.05,
    prometheus: Annotated[Path | None, typer.Option(help="Also write the newest metrics as Prometheus text.")] = None,
    json: JsonOption = False,
) -> None:
    """Look for changes of new accounts and metrics and write one page that loads nothing; exits with 3 if any.

    Example: graphrisk monitor report --out monitor.html
    """
    from graphrisk.monitor.prometheus import prometheus_text
    from graphrisk.monitor.report import monitor_report
    from graphrisk.store import ResultStore

    check_folder(out, "--out")
    results = ResultStore(store)
    report = monitor_report(results, n_scans=scans, rate=rate)
    _write(out, report.page)
    if prometheus is not None:
        check_folder(prometheus, "--prometheus")
        _write(prometheus, prometheus_text(results.table("metric"), results.table("scan")))
    signs, alarms = report.signs, report.signs.alarms
    if json:
        facts = {
            name: [asdict(sign) for sign in found]
            for name, found in (("drift", signs.drifts), ("steps", signs.changes))
        }
        print_json({"page": str(out), "alarms": alarms, **facts})
    else:
        typer.echo(f"{out}: {', '.join(alarms) + ' changed' if alarms else 'nothing stands out in the newest scans'}")
    if alarms:
        raise typer.Exit(ALERT)


def _write(file: Path, text: str) -> None:
    """Write a file whole or not at all: a collector may read it at any moment."""
    aside = file.with_name(f".{file.name}.new")
    aside.write_text(text, encoding="utf-8")
    aside.replace(file)
