"""What commands print: JSON or tables for people, with nothing in them that a terminal would obey."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
LONGEST_CELL = 80
LEAST_WIDTH = 120


class UsageError(ValueError):
    """A command was asked for something that does not exist or does not fit."""


def check_folder(file: Path, name: str) -> None:
    """Refuse a file to write whose folder does not exist, before any work is done for it."""
    if not file.parent.is_dir():
        raise UsageError(f"`{name}` must be in a folder that exists, got {str(file)!r}")


def plain(text: str) -> str:
    """Take control and direction characters out of text that came from data."""
    return "".join(
        c if c == " " or unicodedata.category(c)[0] not in "CZ" else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def print_json(value: Any) -> None:
    """Print one JSON document; times are ISO 8601, absent numbers are null."""
    typer.echo(json.dumps(_jsonable(value), ensure_ascii=True, allow_nan=False))


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _jsonable(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_jsonable(inner) for inner in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, wide: Sequence[str] = ()) -> None:
    """Print a table; long cells are shortened, except in the columns named by `wide`."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for name in columns:
        table.add_column(name, overflow="fold", no_wrap=name not in wide)
    for row in rows:
        table.add_row(*(Text(cell(value, name in wide)) for name, value in zip(columns, row, strict=True)))
    console = Console(highlight=False, emoji=False, markup=False)
    if not console.is_terminal:
        console.width = max(console.width, LEAST_WIDTH)
    console.print(table)


def cell(value: Any, wide: bool = False) -> str:
    """Write one cell of a table as text."""
    if value is None:
        return "-"
    if isinstance(value, float):
        text = "-" if math.isnan(value) else f"{value:,.3f}" if abs(value) < 1000 else f"{value:,.0f}"
    elif isinstance(value, datetime):
        text = f"{value:%Y-%m-%d %H:%M}"
    else:
        text = plain(str(value))
    return text if wide or len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"
