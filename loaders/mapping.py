"""From the columns of a source to the canonical table: SQL that reads, checks and numbers the rows."""

from __future__ import annotations

from dataclasses import dataclass

from loaders.binding import Bound, base_type, bind_columns, find, raw_sql
from loaders.canonical import Column
from loaders.config import InputError, SourceConfig
from loaders.parsing import parsed_sql, text_sql, zone_sql
from loaders.relations import OpenSource, literal, quote

MAX_ID_BYTES = 512
TYPE_NAME = "[a-z][a-z0-9_]{0,39}"
# the column that tells the type of an id: card numbers are hidden by it before they are stored anywhere
TYPE_OF_ID = {
    "signal_id": "signal_type",
    "source_id": "source_type",
    "target_id": "target_type",
    "entity_id": "entity_type",
}


@dataclass(frozen=True)
class Check:
    """A reason to reject a row: SQL that is true of bad rows, the canonical column and a sentence."""

    condition: str
    column: str
    reason: str


@dataclass(frozen=True)
class Mapping:
    """How one open source is staged.

    Parameters
    ----------
    select : str
        SQL that gives ``line, <canonical columns>, <attributes>, bad, <zone columns>``; `bad` is null or an index into
        `checks`.
    checks : list of Check
    zones : dict of str to str
        Canonical times to the columns that tell which of their values name a time zone.
    """

    select: str
    checks: list[Check]
    zones: dict[str, str]


def map_source(source: SourceConfig, opened: OpenSource) -> Mapping:
    """Build the SQL that maps one open source to its canonical table.

    Raises
    ------
    InputError
        If columns are missing or of a type that cannot be read.
    """
    bounds, problems = bind_columns(source, opened)
    if problems:
        raise InputError("; ".join(problems))
    names = [bound.column.name for bound in bounds]
    inner = [f"{opened.line} AS line"]
    for bound in bounds:
        inner.append(f"{bound.sql} AS {quote('raw_' + bound.column.name)}")
        inner.append(f"{parsed_sql(bound, source)} AS {quote(bound.column.name)}")
    attributes = [quote("attribute_" + name) for name in source.attributes]
    for name, alias in zip(source.attributes, attributes, strict=True):
        inner.append(f"{quote(find(name, opened, '`attributes`'))} AS {alias}")
    checks = _row_checks(source, opened, bounds, inner)
    relation = f"(SELECT {', '.join(inner)} FROM {opened.relation})"
    if source.signals:
        relation = _spread_signals(inner, source, opened)
        checks += _checks(Column("signal_id", "id"))
        names += ["signal_type", "signal_id"]
    columns = [_shown(name, names) for name in names] + attributes
    zones = {bound.column.name: sql for bound in bounds if (sql := zone_sql(bound, source))}
    told = [f"{sql} AS zone_{name}" for name, sql in zones.items()]
    select = f"SELECT {', '.join(['line', *columns, _bad(checks), *told])} FROM {relation}"
    return Mapping(select, checks, {name: f"zone_{name}" for name in zones})


def _row_checks(source: SourceConfig, opened: OpenSource, bounds: list[Bound], inner: list[str]) -> list[Check]:
    """All reasons to reject a row; adds to `inner` what they read besides canonical columns."""
    checks = [check for bound in bounds for check in _checks(bound.column)]
    if source.table == "links":
        checks.append(Check("last_seen < first_seen", "last_seen", "`last_seen` is before `first_seen`"))
    if opened.has_broken_rows:
        inner.append("__broken")
        checks.insert(0, Check("__broken", "", "the line is not a JSON object"))
    return checks


def _spread_signals(inner: list[str], source: SourceConfig, opened: OpenSource) -> str:
    """SQL of one row for each signal of a source row that has a value."""
    items = []
    for kind, wanted in source.signals.items():
        name = find(wanted, opened, f"signal `{kind}`")
        text = text_sql(raw_sql(name, opened), base_type(opened.columns[name]))
        items.append(f"{{'kind': {literal(kind)}, 'id': {text}}}")
    rows = f"(SELECT {', '.join(inner)}, [{', '.join(items)}] AS signals FROM {opened.relation})"
    spread = f"(SELECT * EXCLUDE (signals), unnest(signals) AS signal FROM {rows})"
    return f"(SELECT *, signal.kind AS signal_type, signal.id AS signal_id FROM {spread} WHERE signal.id IS NOT NULL)"


def _shown(name: str, names: list[str]) -> str:
    """SQL of a canonical column as it is stored: card numbers hidden."""
    kind = TYPE_OF_ID.get(name)
    return (
        quote(name)
        if kind is None or kind not in names
        else f"hide_card({quote(kind)}, {quote(name)}) AS {quote(name)}"
    )


def _bad(checks: list[Check]) -> str:
    whens = " ".join(f"WHEN {check.condition} THEN {index}" for index, check in enumerate(checks))
    return f"CAST(CASE {whens} END AS UTINYINT) AS bad"


def _checks(column: Column) -> list[Check]:
    """Reasons to reject a row by the value of one column."""
    name = column.name
    parsed, raw = quote(name), quote("raw_" + name)
    checks: list[Check] = []
    if column.required:
        checks.append(Check(f"{parsed} IS NULL", name, f"`{name}` is missing"))
    if column.kind in ("id", "text"):
        reason = f"`{name}` is longer than {MAX_ID_BYTES} bytes"
        checks.append(Check(f"strlen({parsed}) > {MAX_ID_BYTES}", name, reason))
    if column.kind == "type":
        reason = f"`{name}` must be a word of at most 40 letters, digits and underscores"
        checks.append(Check(f"NOT regexp_full_match({parsed}, '{TYPE_NAME}')", name, reason))
    if column.kind == "time":
        reason = f"`{name}` is not a time; see `time_unit`, `time_format` and `timezone`"
        checks.append(Check(f"{raw} IS NOT NULL AND {parsed} IS NULL", name, reason))
    if column.kind == "number":
        checks.append(Check(f"{raw} IS NOT NULL AND {parsed} IS NULL", name, f"`{name}` is not a number"))
        checks.append(Check(f"NOT isfinite({parsed})", name, f"`{name}` is not finite"))
    if name.startswith("amount"):
        checks.append(Check(f"{parsed} < 0", name, f"`{name}` is negative; swap source and target instead"))
    if column.kind == "count":
        reason = f"`{name}` must be a whole number from 1"
        checks.append(Check(f"{raw} IS NOT NULL AND ({parsed} IS NULL OR {parsed} < 1)", name, reason))
    return checks
