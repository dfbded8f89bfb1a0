"""`graphrisk features …`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from graphrisk.cli.output import JsonOption, UsageError, check_folder, print_json

app = typer.Typer(no_args_is_help=True, help="Take features of accounts and wallets to other models.")


@app.callback()
def _features() -> None:
    pass


@app.command("export")
def export(
    out: Annotated[Path, typer.Argument(help="File to write, .parquet.")],
    store: Annotated[Path, typer.Option(envvar="GRAPHRISK_STORE", help="Folder of the results.")] = Path("store"),
    entity: Annotated[Literal["account", "wallet"], typer.Option(help="Whose features.")] = "account",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
    json: JsonOption = False,
) -> None:
    """Write the features of every scan, one row per account and scan, each valid until the next scan.

    Example: graphrisk features export features.parquet
    """
    from graphrisk.feature_export import export_features
    from graphrisk.store import ResultStore

    check_folder(out, "OUT")
    try:
        n_rows = export_features(ResultStore(store), out, entity=entity, overwrite=overwrite)
    except (ValueError, FileExistsError) as error:
        raise UsageError(str(error)) from error
    if json:
        print_json({"out": str(out), "entity": entity, "n_rows": n_rows})
        return
    typer.echo(f"{out}: {n_rows:,} rows")
