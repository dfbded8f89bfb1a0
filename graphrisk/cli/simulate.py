"""`graphrisk simulate`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from graphrisk.cli.output import JsonOption, UsageError, print_json


def simulate_world(
    out: Annotated[Path, typer.Argument(help="Folder to write the world to.")],
    accounts: Annotated[int, typer.Option(help="Number of accounts, 1,000 to 10,000,000.")] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same world, byte by byte.")] = 0,
    days: Annotated[int, typer.Option(help="Days that the world lives.")] = 365,
    camouflage: Annotated[float, typer.Option(help="Share of the rings' acts that look honest, 0 to 1.")] = 0.3,
    json: JsonOption = False,
) -> None:
    """Make a labelled test world: accounts, devices, IPs, wallets, cards, transfers, rings and innocent look-alikes.

    Example: graphrisk simulate world --accounts 20000 --seed 1
    """
    from graphrisk.cli.interrupts import when_interrupted
    from graphrisk.cli.progress import ProgressPrinter
    from loaders.simulate import WorldSettings, simulate

    try:
        settings = WorldSettings(n_accounts=accounts, seed=seed, days=days, camouflage=camouflage)
    except ValueError as error:
        raise UsageError(str(error)) from error
    when_interrupted(f"interrupted; {out} is as it was before")
    progress = ProgressPrinter(unit="")
    try:
        summary = simulate(out, settings, progress)
    finally:
        progress.close()
    if json:
        print_json(dataclasses.asdict(summary))
        return
    typer.echo(f"{out}: a world of {accounts:,} accounts; scan it with: graphrisk scan run {out / 'scan.toml'}")
