"""Rules that hold between the keys of one source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from loaders.canonical import TABLES

TYPE_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
Problem = tuple[str, str]


def source_problems(source: Mapping[str, Any]) -> list[Problem]:
    """Everything in one source that does not fit together, as (key, what is wrong and what to do).

    Parameters
    ----------
    source : mapping
        Keys and values of a source with canonical columns under `columns`; values of a wrong type are passed over.
    """
    return [*_where_from(source), *_columns(source), *_signals(source), *_times(source)]


def _where_from(source: Mapping[str, Any]) -> Iterator[Problem]:
    given = [name for name in ("path", "query", "frame") if source.get(name) is not None]
    if len(given) != 1:
        found = " and ".join(f"`{name}`" for name in given) or "none"
        yield "path", f"a source needs exactly one of `path`, `query` and `frame`, got {found}"
    if source.get("connection") is not None and source.get("query") is None:
        yield "connection", 'needs a `query` to run there; add `query = "SELECT ..."`'
    if source.get("neo4j") is not None and source.get("query") is None:
        yield "neo4j", 'needs a `query` to run there; add `query = "MATCH ... RETURN ..."`'
    if source.get("neo4j") is not None and source.get("connection") is not None:
        yield "neo4j", "give either `neo4j` or `connection`, not both"
    if source.get("database") is not None and source.get("neo4j") is None:
        yield "database", "belongs to a source with `neo4j`; take it away"
    for name in ("format", "delimiter"):
        if source.get(name) is not None and source.get("path") is None:
            yield name, "belongs to a source with a `path`; take it away"


def _columns(source: Mapping[str, Any]) -> Iterator[Problem]:
    table = source.get("table")
    columns = next((held for name, held in TABLES.items() if name == table), None)
    given = source.get("columns")
    if columns is None or not isinstance(given, Mapping):
        return
    names = [column.name for column in columns]
    for name in sorted(set(given) - set(names)):
        yield name, f"table `{table}` has no such column; it has {', '.join(names)}"
    if source.get("attributes") and table != "accounts":
        yield "attributes", f"belongs to table `accounts`, not to `{table}`"


def _signals(source: Mapping[str, Any]) -> Iterator[Problem]:
    signals = source.get("signals")
    if not signals or not isinstance(signals, Mapping):
        return
    if source.get("table") != "links":
        yield "signals", f"belongs to table `links`, not to `{source.get('table')}`"
    if {"signal_id", "signal_type"} & set(source.get("columns") or ()):
        yield "signals", "give either `signals` or `signal_type` and `signal_id`, not both"
    for name in signals:
        if not TYPE_NAME.fullmatch(str(name)):
            yield f"signals.{name}", "a signal type is a word of small letters, digits and underscores"


def _times(source: Mapping[str, Any]) -> Iterator[Problem]:
    zone = source.get("timezone")
    if isinstance(zone, str) and not _is_zone(zone):
        yield "timezone", f"no such time zone: {zone!r}; use an IANA name such as 'Europe/Berlin'"
    if source.get("time_unit") is not None and source.get("time_format") is not None:
        yield "time_format", "give either `time_unit` or `time_format`"
    origins = [("time_origin", source.get("time_origin"))]
    columns = source.get("columns")
    if isinstance(columns, Mapping):
        origins += [
            (f"{name}.origin", spec.get("origin")) for name, spec in columns.items() if isinstance(spec, Mapping)
        ]
    for key, origin in origins:
        if isinstance(origin, str) and not _is_moment(origin):
            yield key, f"must be an ISO date or time such as '2024-01-01', got {origin!r}"


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # a zone that is not found is a KeyError
        return False
    return True


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
