"""`graphrisk config …`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graphrisk.cli.output import JsonOption, UsageError, print_json, print_table

app = typer.Typer(no_args_is_help=True, help="Write, check and show configurations.")

Config = Annotated[Path, typer.Argument(help="The configuration, a TOML file.")]


@app.command("template")
def show_template(
    files: Annotated[
        list[Path] | None, typer.Argument(help="With --layout: the data set's files, or the folder they are in.")
    ] = None,
    layout: Annotated[
        str | None, typer.Option(help="A published data set (see `graphrisk config layouts`): print what reads it.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Print a commented configuration to start from, or one that reads a published data set.

    Example: graphrisk config template > scan.toml

    Example: graphrisk config template --layout amlworld HI-Small_Trans.csv > scan.toml
    """
    from graphrisk.template import layout_config, template

    if layout is None and files:
        raise UsageError(f"files go with `--layout`, got {files[0]} without it")
    text = template() if layout is None else layout_config(layout, files or [])
    if json:
        print_json({"template": text})
        return
    typer.echo(text, nl=False)


@app.command("layouts")
def list_layouts(json: JsonOption = False) -> None:
    """List the published data sets that `graphrisk config template --layout` can read, and their files.

    Example: graphrisk config layouts
    """
    from loaders.layouts import layout_names, read_layout

    layouts = [read_layout(name) for name in layout_names()]
    if json:
        print_json([{"layout": one.name, "about": one.about, "files": [f.name for f in one.files]} for one in layouts])
        return
    print_table(
        "layouts",
        ["layout", "data set and files"],
        [(one.name, one.about) for one in layouts],
        wide=("data set and files",),
    )


@app.command("example")
def show_example(
    name: Annotated[str | None, typer.Argument(help="Which; without it, all are listed.")] = None,
    json: JsonOption = False,
) -> None:
    """Print what a scheduler needs to scan every night: for cron, systemd, Airflow or Kubernetes.

    Example: graphrisk config example systemd > graphrisk.service
    """
    from graphrisk.examples.reading import EXAMPLES, read_example

    if name is None:
        if json:
            print_json({known: example._asdict() for known, example in EXAMPLES.items()})
            return
        print_table("examples", ["name", "file", "what"], [[known, *found] for known, found in EXAMPLES.items()])
        return
    try:
        text = read_example(name)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if json:
        print_json({"name": name, "file": EXAMPLES[name].file, "text": text})
        return
    typer.echo(text, nl=False)


@app.command("validate")
def validate_config(config: Config, json: JsonOption = False) -> None:
    """Say everything that is wrong with a configuration at once, before any row is read.

    Example: graphrisk config validate scan.toml
    """
    from graphrisk.config import check_config
    from loaders import ConfigError

    try:
        problems = check_config(config)
    except ConfigError as error:
        problems = error.problems
    if json:
        print_json({"valid": not problems, "problems": problems})
    elif not problems:
        typer.echo(f"{config}: all is well")
    if problems:
        if not json:
            raise ConfigError(problems)
        raise typer.Exit(2)


@app.command("show")
def show_config(config: Config, json: JsonOption = False) -> None:
    """Print a configuration with every default filled in, as a scan would use it.

    Example: graphrisk config show scan.toml
    """
    import json as json_module

    from graphrisk.config import read_config

    values = read_config(config).model_dump(mode="json")
    if json:
        print_json(values)
        return
    typer.echo(json_module.dumps(values, indent=2))
