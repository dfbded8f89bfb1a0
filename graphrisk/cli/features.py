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
    feast: Annotated[Path | None, typer.Option("--feast", help="Also write a Feast feature view, .py.")] = None,
    json: JsonOption = False,
) -> None:
    """Write the features of every scan, one row per account and scan, each valid until the next scan.

    Example: graphrisk features export features.parquet
    """
    from graphrisk.feast_view import feast_view
    from graphrisk.feature_export import export_features
    from graphrisk.store import ResultStore

    check_folder(out, "OUT")
    if feast is not None:
        check_folder(feast, "--feast")
        if feast.suffix != ".py":
            raise UsageError(f"`--feast` must end in .py, got {feast.name!r}")
        if feast.exists() and not overwrite:
            raise UsageError(f"{feast} exists already; choose another name or replace it with `--overwrite`")
    try:
        n_rows = export_features(ResultStore(store), out, entity=entity, overwrite=overwrite)
    except (ValueError, FileExistsError) as error:
        raise UsageError(str(error)) from error
    if feast is not None:
        feast.write_text(feast_view(out, entity=entity), encoding="utf-8")
    if json:
        view = None if feast is None else str(feast)
        print_json({"out": str(out), "entity": entity, "n_rows": n_rows, "feast": view})
        return
    typer.echo(f"{out}: {n_rows:,} rows")
