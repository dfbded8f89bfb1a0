"""What a scan says of the rows that it could not use: how many of which source, where the first stands, and why."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import typer

from graphrisk.cli.output import plain

SHOWN_REASONS = 5


def rejected_reasons(rejected: pa.Table) -> list[dict[str, Any]]:
    """Count rejected rows by source and reason, most first.

    Parameters
    ----------
    rejected : pyarrow.Table
        The table `rejected_row`, or that of a load.

    Returns
    -------
    list of dict
        ``source``, ``reason``, ``n_rows`` and ``first_line``, which is None for rows of queries.
    """
    groups = rejected.group_by(["source", "reason"], use_threads=False)
    counts = groups.aggregate([("line", "min"), ("source", "count")]).rename_columns(
        {"line_min": "first_line", "source_count": "n_rows"}
    )
    order = [("n_rows", "descending"), ("source", "ascending"), ("reason", "ascending")]
    found: list[dict[str, Any]] = counts.sort_by(order).to_pylist()
    return found


def print_rejected(reasons: list[dict[str, Any]], is_published: bool) -> None:
    """Print one line for each of the most frequent reasons."""
    for row in reasons[:SHOWN_REASONS]:
        place = "" if row["first_line"] is None else f", the first on line {row['first_line']:,}"
        typer.echo(plain(f"  {row['n_rows']:,} of {row['source']}{place}: {row['reason']}"))
    if len(reasons) > SHOWN_REASONS:
        typer.echo(f"  and {sum(row['n_rows'] for row in reasons[SHOWN_REASONS:]):,} for other reasons")
    if reasons and is_published:
        typer.echo("  each of them is in the table rejected_row")
