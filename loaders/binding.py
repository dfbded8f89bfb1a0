"""Which column of a source stands for which canonical column, and whether its type can."""

from __future__ import annotations

from dataclasses import dataclass

from loaders.canonical import TABLES, Column, Kind
from loaders.config import Constant, SourceConfig, TimeColumn
from loaders.relations import OpenSource, literal, quote

NUMERIC = frozenset(
    {
        *(
            "TINYINT",
            "SMALLINT",
            "INTEGER",
            "BIGINT",
            "HUGEINT",
            "UTINYINT",
            "USMALLINT",
            "UINTEGER",
            "UBIGINT",
            "UHUGEINT",
        ),
        *("FLOAT", "DOUBLE", "DECIMAL"),
    }
)
TEXT = frozenset({"VARCHAR", "ENUM", "JSON"})
NOTHING = '"NULL"'
"""What DuckDB calls the type of a column of a frame that holds no value at all."""
NESTED = ("[]", "STRUCT", "MAP", "UNION", "LIST", "VARIANT")
NEEDS: dict[Kind, str] = {
    "id": "text or a whole number",
    "type": "text",
    "time": "a time, a date, text or a number",
    "number": "a number",
    "count": "a whole number",
    "text": "text or a number",
}


@dataclass(frozen=True)
class Bound:
    """A canonical column and the SQL of its raw value in one open source.

    Parameters
    ----------
    column : Column
    sql : str
        ``NULL`` if the source lacks the column, or holds nothing in it.
    kind : str
        DuckDB type without parameters; ``VARCHAR`` for text of any sort.
    time : TimeColumn or None
        What the config adds on a time column.
    """

    column: Column
    sql: str
    kind: str
    time: TimeColumn | None = None

    @property
    def is_absent(self) -> bool:
        """Whether the source lacks the column, or holds nothing in it."""
        return self.sql == "NULL"


def bind_columns(source: SourceConfig, opened: OpenSource) -> tuple[list[Bound], list[str]]:
    """Bind all canonical columns of a source, and say what is wrong with any of them."""
    bounds: list[Bound] = []
    problems: list[str] = []
    for column in TABLES[source.table]:
        if source.signals and column.name in ("signal_type", "signal_id"):
            continue
        try:
            bounds.append(_bind(column, source, opened))
        except LookupError as error:
            problems.append(f"{opened.title}: {error.args[0]}")
    for name, use in _further_columns(source):
        try:
            _check_type(Column(name, "id"), name, opened, use) if use.startswith("signal") else find(name, opened, use)
        except LookupError as error:
            problems.append(f"{opened.title}: {error.args[0]}")
    return bounds, problems


def _further_columns(source: SourceConfig) -> list[tuple[str, str]]:
    signals = [(name, f"signal `{kind}`") for kind, name in source.signals.items()]
    return signals + [(name, "`attributes`") for name in source.attributes]


def find(wanted: str, opened: OpenSource, use: str) -> str:
    """The source's name of a column, whatever its case; raises `LookupError` if it is not there."""
    if wanted in opened.columns:
        return wanted
    for name in opened.columns:
        if name.lower() == wanted.lower():
            return name
    raise LookupError(f"there is no column `{wanted}` for {use}; the source has: {', '.join(opened.columns)}")


def _bind(column: Column, source: SourceConfig, opened: OpenSource) -> Bound:
    spec = source.columns.get(column.name)
    if isinstance(spec, Constant):
        return Bound(column, literal(str(spec.value)), "VARCHAR")
    if spec is None:
        same = next((name for name in opened.columns if name.lower() == column.name), None)
        if same is None:
            if column.required:
                have = ", ".join(opened.columns)
                raise LookupError(
                    f"column `{column.name}` of table `{source.table}` is missing; map it with "
                    f'`{column.name} = "your column"`; the source has: {have}'
                )
            return Bound(column, "NULL", "VARCHAR")
        spec = same
    wanted = spec if isinstance(spec, str) else spec.column
    name = _check_type(column, wanted, opened, f"`{column.name}`")
    if base_type(opened.columns[name]) == NOTHING:
        return Bound(column, "NULL", "VARCHAR")
    return Bound(
        column, raw_sql(name, opened), base_type(opened.columns[name]), spec if isinstance(spec, TimeColumn) else None
    )


def _check_type(column: Column, wanted: str, opened: OpenSource, use: str) -> str:
    """The source's name of a column of a fitting type; raises `LookupError` for another type."""
    name = find(wanted, opened, use)
    kind = opened.columns[name]
    base = base_type(kind)
    fits = {
        "time": base in NUMERIC | TEXT | {"VARCHAR", "DATE"} or base.startswith("TIMESTAMP"),
        "number": base in NUMERIC | TEXT,
        "count": base in NUMERIC | TEXT,
        "type": base in TEXT,
    }.get(column.kind, base != "BOOLEAN" or column.kind == "text")
    fits |= base == NOTHING
    if not fits or any(sign in kind for sign in NESTED):
        raise LookupError(f"column `{name}` is {kind}, and {use} must be {NEEDS[column.kind]}")
    return name


def base_type(kind: str) -> str:
    """DuckDB type without its parameters, one word for all text."""
    base = kind.split("(")[0]
    return "VARCHAR" if base in TEXT else base


def raw_sql(name: str, opened: OpenSource) -> str:
    """SQL of a raw value; text without white space around it, null where nothing is left."""
    if base_type(opened.columns[name]) != "VARCHAR":
        return quote(name)
    text = quote(name) if opened.columns[name] == "VARCHAR" else f"CAST({quote(name)} AS VARCHAR)"
    return f"nullif(trim({text}, ' \t\r\n'), '')"
