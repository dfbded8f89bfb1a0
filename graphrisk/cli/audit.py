"""`graphrisk audit …`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from graphrisk.cli.output import JsonOption, UsageError, check_folder, print_json, print_table

app = typer.Typer(no_args_is_help=True, help="Estimate from a random sample what the list of rings misses.")

Store = Annotated[Path, typer.Option(envvar="GRAPHRISK_STORE", help="Folder of the results.")]


@app.command("draw")
def draw(
    out: Annotated[Path, typer.Option("--out", help="CSV for the reviewers to write.")] = Path("audit.csv"),
    store: Store = Path("store"),
    scan: Annotated[str | None, typer.Option(help="Scan; the newest by default.")] = None,
    accounts: Annotated[int, typer.Option(min=60, help="How many accounts to draw.")] = 400,
    seed: Annotated[int, typer.Option(min=0, help="Another seed draws other accounts.")] = 0,
    json: JsonOption = False,
) -> None:
    """Draw accounts above and below the line at random, for reviewers who do not see what the scan thinks of them.

    Example: graphrisk audit draw --accounts 400 --out audit.csv
    """
    from graphrisk.audit.files import write_audit, write_sheet
    from graphrisk.audit.sampling import draw_sample
    from graphrisk.store import ResultStore

    check_folder(out, "--out")
    results = ResultStore(store)
    scan_id = scan or results.latest()
    tables = [results.table(name, scan_id) for name in ("entity_feature", "ring", "scan")]
    sample = draw_sample(*tables, n_accounts=accounts, seed=seed)
    if len(sample) == 0:
        raise UsageError(f"there must be accounts to draw from, got none in scan {scan_id}")
    write_audit(store, sample)
    write_sheet(sample, out)
    audit_id = sample["audit_id"][0].as_py()
    if json:
        print_json({"audit_id": audit_id, "scan_id": scan_id, "sheet": str(out), "n_accounts": len(sample)})
        return
    typer.echo(f"{out}: {len(sample):,} accounts of audit {audit_id}; give it back as a source of labels")


@app.command("recall")
def recall(
    labels: Annotated[Path, typer.Argument(help="The reviewed sheet: CSV or Parquet with the columns of `labels`.")],
    store: Store = Path("store"),
    bad: Annotated[list[str] | None, typer.Option(help="Label that says guilty; may be given again.")] = None,
    good: Annotated[list[str] | None, typer.Option(help="Label that says innocent; may be given again.")] = None,
    json: JsonOption = False,
) -> None:
    """Estimate recall of the audited scan from a reviewed sheet, without waiting for the next scan.

    Example: graphrisk audit recall audit.csv
    """
    from graphrisk.audit.files import audit_verdicts, count_strata, read_audits, read_sheet
    from graphrisk.audit.recall import estimate_missed, estimate_recall
    from graphrisk.ring_metrics import MetricSettings

    words = MetricSettings()
    try:
        verdicts = audit_verdicts(read_sheet(labels), bad or words.bad_labels, good or words.good_labels)
    except (OSError, ValueError) as error:
        raise UsageError(str(error)) from error
    found = [sample for sample in read_audits(store) if sample["audit_id"][0].as_py() in verdicts]
    if not found:
        raise UsageError(f"the sheet must hold verdicts on an audit of {store}, got none")
    audit_id = found[-1]["audit_id"][0].as_py()
    strata = count_strata(found[-1], verdicts[audit_id])
    share, missed = estimate_recall(strata), estimate_missed(strata)
    if json:
        estimates = {"recall": asdict(share), "missed": asdict(missed)}
        print_json({"audit_id": audit_id, **estimates, "strata": [asdict(stratum) for stratum in strata]})
        return
    rows = [(s.name, s.n_accounts, s.n_reviewed, s.n_bad) for s in strata]
    print_table(f"audit {audit_id}", ["stratum", "accounts", "reviewed", "bad"], rows)
    if share.value is None or missed.value is None:
        typer.echo("Recall cannot be told: a stratum has nobody reviewed, or nobody was found guilty.")
        return
    typer.echo(f"Recall {share.value:.2f} (95 %: {share.low:.2f} to {share.high:.2f}).")
    typer.echo(f"Missed accounts {missed.value:,.0f} (95 %: {missed.low:,.0f} to {missed.high:,.0f}).")
