"""What a user says about their tables: sources, their mapping to the canonical tables, and identifier rules."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from loaders.canonical import TABLES, TableName
from loaders.source_rules import source_problems

Format = Literal["csv", "jsonl", "parquet"]
TimeUnit = Literal["s", "ms", "us", "ns", "minute", "hour", "day"]
MAPPABLE = frozenset(column.name for columns in TABLES.values() for column in columns)
SIZE = re.compile(r"\d+(\.\d+)?\s*([KMGT]i?B)", re.IGNORECASE)


class ConfigError(ValueError):
    """A configuration that cannot be used; `problems` lists everything that is wrong at once.

    Parameters
    ----------
    problems : list of str
        Each reads ``file: key: what is wrong; what to do``.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class InputError(Exception):
    """Data that end a load: a missing file or column, a truncated file, too many rejected rows."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Constant(_Strict):
    """The same value in every row of a source."""

    value: str | int | float


class TimeColumn(_Strict):
    """A time column that needs more than its name.

    Parameters
    ----------
    column : str
        Name in the source.
    unit : {"s", "ms", "us", "ns", "minute", "hour", "day"}, optional
        The values are numbers in this unit, counted from `origin`.
    origin : str, optional
        An ISO date or time, by default 1970-01-01.
    format : str, optional
        A strptime format such as ``%Y/%m/%d %H:%M``.
    """

    column: str
    unit: TimeUnit | None = None
    origin: str | None = None
    format: str | None = None


ColumnSpec = str | Constant | TimeColumn


class SourceConfig(_Strict):
    """One table of the user's and how it maps to a canonical one.

    Every canonical column is a key: ``account_id = "user_id"`` or ``source_type = { value = "wallet" }``. Columns of
    the same name map by themselves.

    Parameters
    ----------
    table : {"accounts", "links", "transfers", "events", "labels"}
        The canonical table that the rows go to.
    name : str, optional
        What messages and rejected rows call a query.
    path : str, optional
        A file, a glob or a folder. One of `path`, `query` and `frame` is given. ``${NAME}`` in `path`, `query`,
        `connection` and `neo4j` stands for an environment variable.
    format : {"csv", "jsonl", "parquet"}, optional
        By default told from the file name.
    query : str, optional
        SQL; over files, read by DuckDB, or with `connection` in PostgreSQL; Cypher with `neo4j`.
    connection : str, optional
        PostgreSQL URI.
    neo4j : str, optional
        Address of a Neo4j, in which `query`, then Cypher, runs; user and password stand in the environment.
    database : str, optional
        Of that Neo4j; by default its own default.
    frame : str, optional
        Name of a frame given from Python.
    signals : dict of str to str
        Of a `links` source: signal type to the column that holds the signal, several in one row.
    attributes : list of str
        Of an `accounts` source: further columns to keep.
    delimiter : str, optional
        Of a CSV; by default told from the header line.
    time_unit, time_origin, time_format : str, optional
        As in `TimeColumn`, for all time columns of the source.
    timezone : str, optional
        IANA zone of times that name none; by default UTC.
    columns : dict
        Canonical column to the user's column, `Constant` or `TimeColumn`.
    """

    table: TableName
    name: str | None = None
    path: str | None = None
    format: Format | None = None
    query: str | None = None
    connection: str | None = None
    neo4j: str | None = None
    database: str | None = None
    frame: str | None = None
    signals: dict[str, str] = Field(default_factory=dict)
    attributes: list[str] = Field(default_factory=list)
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    time_unit: TimeUnit | None = None
    time_origin: str | None = None
    time_format: str | None = None
    timezone: str | None = None
    columns: dict[str, ColumnSpec] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _gather_columns(cls, values: Any) -> Any:
        """Move canonical keys under `columns`."""
        if not isinstance(values, dict):
            return values
        mapped = {key: value for key, value in values.items() if key in MAPPABLE}
        rest = {key: value for key, value in values.items() if key not in MAPPABLE}
        if mapped:
            rest["columns"] = {**rest.get("columns", {}), **mapped}
        return rest

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        problems = source_problems(self.model_dump())
        if problems:
            raise ValueError("; ".join(f"{key}: {what}" for key, what in problems))
        return self

    @property
    def title(self) -> str:
        """What messages call this source."""
        return self.path or self.frame or self.name or f"query of table {self.table}"


class IdentifierSettings(_Strict):
    """How identifiers are made comparable, and which may not link accounts.

    Parameters
    ----------
    hash_key_env : str, optional
        Environment variable with a secret of 16 bytes or more; every identifier is then replaced by a keyed hash.
    ip_subnets : bool
        Also link by /24 (IPv4) and /64 (IPv6), as the weaker signal type ``ip_subnet``.
    placeholders : list of str
        Values that mean "unknown", added to the built-in ones.
    default_region : str, optional
        Two-letter region of phone numbers without a country code.
    popularity_types : list of str
        Signal types whose very popular values are refused as links.
    popularity_share : float
        Refused above this share of all accounts ...
    popularity_accounts : int
        ... and above this many accounts.
    """

    hash_key_env: str | None = None
    ip_subnets: bool = False
    placeholders: list[str] = Field(default_factory=list)
    default_region: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = None
    popularity_types: list[str] = Field(default_factory=lambda: ["device", "document", "email", "instrument", "phone"])
    popularity_share: Annotated[float, Field(gt=0, le=1)] = 0.005
    popularity_accounts: Annotated[int, Field(ge=1)] = 1000


class LoadConfig(_Strict):
    """All that a load needs.

    Parameters
    ----------
    sources : list of SourceConfig
    identifiers : IdentifierSettings
    max_rejected_share : float
        A load with a greater share of rejected rows fails.
    unlisted_accounts : {"add", "reject"}
        What to do with rows about accounts that no `accounts` source lists.
    base_dir : Path
        Where relative paths start.
    memory_limit : str, optional
        Most memory for DuckDB, such as ``8GB``; by default half of the machine's.
    threads : int, optional
        Most threads for DuckDB; by default all.
    temp_dir : Path, optional
        Where rows wait while they are numbered; by default the system's.
    """

    sources: list[SourceConfig] = Field(min_length=1)
    identifiers: IdentifierSettings = Field(default_factory=IdentifierSettings)
    max_rejected_share: Annotated[float, Field(ge=0, le=1)] = 0.05
    unlisted_accounts: Literal["add", "reject"] = "add"
    base_dir: Path = Path()
    memory_limit: str | None = None
    threads: Annotated[int, Field(ge=1)] | None = None
    temp_dir: Path | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.memory_limit is not None and not SIZE.fullmatch(self.memory_limit):
            raise ValueError(f"`memory_limit` must be a size such as '8GB', got {self.memory_limit!r}")
        if self.unlisted_accounts == "reject" and not any(source.table == "accounts" for source in self.sources):
            raise ValueError("`unlisted_accounts` = 'reject' needs a source of table `accounts`")
        return self
