"""What a scan will need, before it starts: printed by a dry run, refused by any where there is no room."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import typer

from graphrisk.cli.output import plain
from graphrisk.config import ScanConfig
from graphrisk.estimate.figures import figures_of
from graphrisk.estimate.needs import Needs, estimate_needs
from graphrisk.estimate.room import RoomError, check_room, in_words
from graphrisk.store import ResultStore


def tell_needs(config: ScanConfig, *, say: bool) -> Needs:
    """Estimate what a scan needs and refuse it if there is no room, unless the configuration says not to check.

    Parameters
    ----------
    config : ScanConfig
    say : bool
        Print it, before it is held against what there is.

    Returns
    -------
    Needs

    Raises
    ------
    RoomError
        A line for each thing that there is too little of.
    InputError
        If a file is missing or cannot be read.
    """
    needs = estimate_needs(config, figures_of(ResultStore(config.store)))
    if say:
        typer.echo(sentence(needs))
    if config.scan.check_room and (problems := check_room(needs, config)):
        raise RoomError("\n".join(problems))
    return needs


def sentence(needs: Needs) -> str:
    """Say it for people."""
    rows = ", ".join(f"{n:,} {table}" for table, n in needs.rows.items()) or "no rows counted"
    disk = [f"{in_words(needs.store_bytes)} in the store"]
    if needs.checkpoint_bytes:
        disk.append(f"{in_words(needs.checkpoint_bytes)} of checkpoints meanwhile")
    if needs.temp_bytes:
        disk.append(f"{in_words(needs.temp_bytes)} spilled by the reader")
    text = f"to read: {'' if needs.exact else 'about '}{rows}; needs about {in_words(needs.memory_bytes)} of memory, "
    text += f"{', '.join(disk)}, {needs.seconds:,.0f} s (by {needs.basis})"
    if needs.unknown:
        text += f"; rows of queries are not counted: {', '.join(needs.unknown)}"
    return plain(text)


def values(needs: Needs) -> dict[str, Any]:
    """Give it for JSON."""
    return asdict(needs)
