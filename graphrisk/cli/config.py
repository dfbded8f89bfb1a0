"""`graphrisk config …`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graphrisk.cli.output import JsonOption, UsageError, print_json, print_table

app = typer.Typer(no_args_is_help=True, help="Write, check and show configurations.")

Config = Annotated[Path, typer.Argument(help="The configuration, a TOML file.")]


@app.command("template")
def show_template(json: JsonOption = False) -> None:
    """Print a commented configuration to start from.

    Example: graphrisk config template > scan.toml
    """
    from graphrisk.template import template

    if json:
        print_json({"template": template()})
        return
    typer.echo(template(), nl=False)


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
