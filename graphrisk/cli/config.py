"""`graphrisk config …`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graphrisk.cli.output import JsonOption, print_json

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
