"""SQL that reads raw values as canonical ones: ids, types, times, numbers and counts; null where it cannot."""

from __future__ import annotations

from datetime import UTC, datetime

from loaders.binding import NUMERIC, Bound
from loaders.canonical import SQL_TYPES
from loaders.config import SourceConfig, TimeUnit
from loaders.relations import literal

SUB_SECONDS: dict[str, int] = {"ms": 1000, "us": 1_000_000, "ns": 1_000_000_000}
UNIT_SECONDS: dict[str, int] = {"s": 1, "minute": 60, "hour": 3600, "day": 86400}
FIRST_SECOND, LAST_SECOND = -62_135_596_800, 253_402_300_799  # the years 1 to 9999
MIN_EPOCH_DIGITS = 9


def parsed_sql(bound: Bound, source: SourceConfig) -> str:
    """SQL of a canonical value."""
    column, raw = bound.column, bound.sql
    if bound.is_absent:
        fallback = "NULL" if column.default is None else literal(column.default)
        return f"CAST({fallback} AS {SQL_TYPES[column.kind]})"
    if column.kind == "time":
        return _time(bound, source)
    if column.kind == "number":
        return f"TRY_CAST({raw} AS DOUBLE)"
    if column.kind == "count":
        number = f"TRY_CAST({raw} AS DOUBLE)"
        return f"CASE WHEN {number} = floor({number}) THEN TRY_CAST({number} AS INTEGER) END"
    text = text_sql(raw, bound.kind)
    if column.kind == "type":
        text = f"replace(replace(lower({text}), ' ', '_'), '-', '_')"
    return text if column.default is None else f"coalesce({text}, {literal(column.default)})"


def text_sql(raw: str, kind: str) -> str:
    """SQL of a value as text: whole floats without a point, bytes as hexadecimal."""
    if kind == "VARCHAR":
        return raw
    if kind in ("DOUBLE", "FLOAT"):
        whole = f"CASE WHEN {raw} = trunc({raw}) THEN TRY_CAST({raw} AS BIGINT) END"
        return f"coalesce(CAST({whole} AS VARCHAR), CAST({raw} AS VARCHAR))"
    return f"lower(hex({raw}))" if kind == "BLOB" else f"CAST({raw} AS VARCHAR)"


def _time(bound: Bound, source: SourceConfig) -> str:
    """SQL of a time as whole seconds since 1970 UTC; values without a zone are in the session's time zone."""
    raw, own = bound.sql, bound.time
    unit = (own.unit if own else None) or source.time_unit
    form = (own.format if own else None) or source.time_format
    origin = (own.origin if own else None) or source.time_origin
    if bound.kind == "DATE" or bound.kind.startswith("TIMESTAMP"):
        return _seconds(f"CAST({raw} AS TIMESTAMPTZ)")
    if bound.kind in NUMERIC:
        return _steps(f"CAST({raw} AS DOUBLE)", unit or "s", origin)
    if form is not None:
        return _seconds(f"CAST(try_strptime({raw}, {literal(form)}) AS TIMESTAMPTZ)")
    number = f"TRY_CAST({raw} AS DOUBLE)"
    if unit is not None:
        return _steps(number, unit, origin)
    digits = f"CASE WHEN strlen({raw}) >= {MIN_EPOCH_DIGITS} THEN {_steps(number, 's', None)} END"
    return f"coalesce({_seconds(f'TRY_CAST({raw} AS TIMESTAMPTZ)')}, {digits})"


def zone_sql(bound: Bound, source: SourceConfig) -> str | None:
    """SQL of whether a time that could be read names its zone; None where times are no texts or their form is given.

    To be used where the raw and the canonical value have names; null where a value is absent or counts seconds.
    """
    own = bound.time
    given = source.time_unit or source.time_format or (own and (own.unit or own.format))
    if bound.column.kind != "time" or bound.is_absent or bound.kind != "VARCHAR" or given:
        return None
    raw, parsed = f'"raw_{bound.column.name}"', f'"{bound.column.name}"'
    # the date comes first and has signs of its own
    names = f"regexp_matches(substr({raw}, 11), '[Zz+-]|[A-Za-z]{{3}}')"
    return f"CASE WHEN {parsed} IS NOT NULL AND NOT regexp_full_match({raw}, '[0-9.]+') THEN {names} END"


def _seconds(timestamp: str) -> str:
    """SQL of the whole seconds of a timestamp; infinite ones are null."""
    return f"CASE WHEN isfinite({timestamp}) THEN CAST(floor(epoch_us({timestamp}) / 1000000) AS BIGINT) END"


def _steps(number: str, unit: TimeUnit, origin: str | None) -> str:
    """SQL of a number of units since an origin; null outside the years 1 to 9999."""
    start = 0
    if origin is not None:
        moment = datetime.fromisoformat(origin)
        start = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    scaled = f"{number} / {SUB_SECONDS[unit]}" if unit in SUB_SECONDS else f"{number} * {UNIT_SECONDS[unit]}"
    seconds = f"(floor({scaled}) + {start})"
    return f"CASE WHEN {seconds} BETWEEN {FIRST_SECOND} AND {LAST_SECOND} THEN CAST({seconds} AS BIGINT) END"
