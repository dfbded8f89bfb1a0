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
    ring_share: Annotated[float, typer.Option(help="Share of the accounts that belong to rings, 0 to 0.3.")] = 0.02,
    ring_size: Annotated[float, typer.Option(help="Median number of members of a ring, from 4.")] = 12.0,
    ring_size_max: Annotated[int, typer.Option(help="Members of the largest ring.")] = 300,
    camouflage: Annotated[float, typer.Option(help="Share of the rings' acts that look honest, 0 to 1.")] = 0.3,
    lookalikes: Annotated[
        float, typer.Option(help="Share of the accounts that belong to innocent look-alikes, 0 to 0.5.")
    ] = 0.1,
    careful: Annotated[
        float,
        typer.Option(help="Share of the accounts in rings that share nothing but their times, 0 to 0.3."),
    ] = 0.0,
    twins: Annotated[
        float, typer.Option(help="Share of the accounts in innocent groups that act together in time, 0 to 0.4.")
    ] = 0.0,
    laundering: Annotated[
        float, typer.Option(help="Share of the accounts in rings that launder in eight further shapes, 0 to 0.3.")
    ] = 0.0,
    json: JsonOption = False,
) -> None:
    """Make a labelled test world: accounts, devices, IPs, wallets, cards, transfers, rings and innocent look-alikes.

    Example: graphrisk simulate world --accounts 20000 --seed 1
    """
    from graphrisk.cli.interrupts import when_interrupted
    from graphrisk.cli.progress import ProgressPrinter
    from loaders.simulate import WorldSettings, simulate

    try:
        settings = WorldSettings(
            n_accounts=accounts,
            seed=seed,
            days=days,
            ring_share=ring_share,
            ring_size_median=ring_size,
            ring_size_max=ring_size_max,
            camouflage=camouflage,
            lookalike_share=lookalikes,
            careful_share=careful,
            twin_share=twins,
            laundering_share=laundering,
        )
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
