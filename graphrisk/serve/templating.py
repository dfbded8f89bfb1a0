"""Templates: every value is cleaned of what a screen would obey and escaped, unless it is markup of our own."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from graphrisk.view_page import clean

FOLDER = Path(__file__).parent
LONGEST, LONGEST_WORD = 25_000, 40


def make_environment() -> Environment:
    """Make the environment of the templates."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"words": words, "when": when, "day": day, "number": number, "nats": nats, "value": value}
    environment.globals["version"] = _static_version()
    return environment


def _finalize(shown: Any) -> Any:
    return clean(shown, LONGEST) if isinstance(shown, str) and not isinstance(shown, Markup) else shown


def _static_version() -> str:
    """Changes whenever a file that browsers keep changes."""
    return str(max(file.stat().st_mtime_ns for file in (FOLDER / "static").rglob("*")) % 10**10)


def words(text: str) -> str:
    """A name of the data as people write it, and no longer than names are."""
    return clean(text.replace("_", " "), LONGEST_WORD)


def when(moment: datetime | None) -> str:
    """A moment, in UTC."""
    return "unknown" if moment is None else f"{moment:%Y-%m-%d %H:%M}"


def day(moment: datetime | None) -> str:
    """A day, in UTC."""
    return "–" if moment is None else f"{moment:%Y-%m-%d}"


def number(shown: float | int | None, digits: int = 0) -> str:
    """A number with thousands set apart."""
    return "–" if shown is None else f"{shown:,.{digits}f}"


def nats(weight: float | None) -> str:
    """Weight of evidence."""
    if weight is None:
        return "–"
    return f"{weight:+.2f}".replace("-", "−") if weight else "context"


def value(shown: Any) -> str:
    """Any cell of a comparison."""
    if shown is None:
        return "–"
    if isinstance(shown, datetime):
        return when(shown)
    if isinstance(shown, float):
        return f"{shown:,.3f}" if abs(shown) < 1000 else f"{shown:,.0f}"
    return words(str(shown))
