"""Neo4j as a source: a Cypher query whose rows stream in batches; and the connection that write-backs use too."""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa

from loaders.config import InputError, SourceConfig
from loaders.environment import expand
from loaders.relations import OpenSource, describe, first_sentence, quote

BATCH_ROWS = 20_000
URI = re.compile(r"(bolt|neo4j)(\+s|\+ssc)?://[^\s/@?#]+/?(\?[^\s@#]*)?")
PASSWORDS = ("GRAPHRISK_NEO4J_PASSWORD", "NEO4J_PASSWORD")
USERS = ("GRAPHRISK_NEO4J_USER", "NEO4J_USERNAME")
NEEDS = "Neo4j {what} need `pip install graphrisk[neo4j]`"
# what a column of a query may hold: kind of value, Arrow type, SQL type
KINDS: dict[str, tuple[pa.DataType, str]] = {
    "flag": (pa.bool_(), "BOOLEAN"),
    "whole": (pa.int64(), "BIGINT"),
    "real": (pa.float64(), "DOUBLE"),
    "text": (pa.string(), "VARCHAR"),
    "moment": (pa.timestamp("us", tz="UTC"), "TIMESTAMPTZ"),
    "clock": (pa.timestamp("us"), "TIMESTAMP"),
    "day": (pa.date32(), "DATE"),
}


def check_uri(uri: str) -> str:
    """Give an address back if it is one of a Neo4j, without login data in it.

    Raises
    ------
    ValueError
    """
    if not URI.fullmatch(uri):
        raise ValueError(
            "an address of Neo4j reads bolt://host:7687 or neo4j+s://host, without user and password, which stand in "
            f"the environment variables {USERS[1]} and {PASSWORDS[1]}"
        )
    return uri


def login(environment: Mapping[str, str], user: str | None = None) -> tuple[str, str] | None:
    """User and password from the environment; None, for a server without login, where there is no password."""
    password = next((environment[name] for name in PASSWORDS if environment.get(name)), None)
    name = user or next((environment[key] for key in USERS if environment.get(key)), "neo4j")
    return None if password is None else (name, password)


def open_driver(uri: str, user: str | None = None, *, what: str = "sources", **options: Any) -> Any:
    """Open the official driver.

    Raises
    ------
    InputError
        If the driver is not installed.
    """
    try:
        import neo4j
    except ImportError as error:
        raise InputError(NEEDS.format(what=what)) from error
    return neo4j.GraphDatabase.driver(uri, auth=login(os.environ, user), user_agent="graphrisk", **options)


def open_query(con: duckdb.DuckDBPyConnection, source: SourceConfig) -> Generator[OpenSource, None, None]:
    """Rows of a Cypher query; copied batch by batch into the load's own database, so memory does not grow with them."""
    uri = expand(source.neo4j or "", "neo4j")
    query = expand(source.query or "", "query")
    try:
        check_uri(uri)
    except ValueError as error:
        raise InputError(f"{source.title}: {error}") from error
    with open_driver(uri) as driver, _telling(source.title):
        _copy(con, driver, query, source)
    columns = describe(con, "neo4j_rows")
    yield OpenSource(source.title, "neo4j_rows", columns, "row_number() OVER ()", has_lines=False)
    con.execute("DROP TABLE neo4j_rows")


@contextmanager
def _telling(title: str) -> Generator[None, None, None]:
    import neo4j.exceptions

    try:
        yield
    except (neo4j.exceptions.Neo4jError, neo4j.exceptions.DriverError, ValueError) as error:
        raise InputError(f"{title}: Neo4j: {first_sentence(ValueError(sentence(error)))}") from error


def sentence(error: BaseException) -> str:
    """What the driver says, without codes and the query."""
    text = str(getattr(error, "message", None) or error).split("\n")[0].strip()
    return text or type(error).__name__


def _copy(con: duckdb.DuckDBPyConnection, driver: Any, query: str, source: SourceConfig) -> None:
    """Read in one read-only transaction, so that all batches tell of one moment."""
    with driver.session(database=source.database, default_access_mode="READ", fetch_size=BATCH_ROWS) as session:
        result = session.run(query)
        names = list(result.keys())
        if not names:
            raise ValueError("the query must return columns, such as RETURN a.id AS account_id")
        kinds: dict[str, str | None] = dict.fromkeys(names)
        con.execute(f"CREATE OR REPLACE TEMP TABLE neo4j_rows ({', '.join(f'{quote(n)} VARCHAR' for n in names)})")
        while records := result.fetch(BATCH_ROWS):
            columns = dict(zip(names, zip(*(record.values() for record in records), strict=True), strict=True))
            batch = {name: _column(con, name, list(values), kinds) for name, values in columns.items()}
            con.register("neo4j_batch", pa.table(batch))
            con.execute("INSERT INTO neo4j_rows SELECT * FROM neo4j_batch")
            con.unregister("neo4j_batch")


def _column(con: duckdb.DuckDBPyConnection, name: str, values: list[Any], kinds: dict[str, str | None]) -> pa.Array:
    """Values of one batch; the table's column takes their type when the first value comes."""
    kind = kinds[name]
    found = {_kind(name, value) for value in values if value is not None}
    if found == {"whole", "real"} or (len(found) == 1 and {kind, *found} == {"whole", "real"}):
        found = {"real"}
    if len(found) > 1 or (kind is not None and found - {kind} and found != {"real"}):
        held = ", ".join(sorted({*found, *([kind] if kind else [])}))
        raise ValueError(f"column `{name}` holds values of several types ({held}); bring them to one in the query")
    if found and found != {kind}:
        kinds[name] = kind = found.pop()
        con.execute(f"ALTER TABLE neo4j_rows ALTER {quote(name)} TYPE {KINDS[kind][1]}")
    native = [value.to_native() if hasattr(value, "to_native") else value for value in values]
    return pa.array(native, pa.string() if kind is None else KINDS[kind][0])


def _kind(name: str, value: Any) -> str:
    plain = {bool: "flag", int: "whole", float: "real", str: "text"}.get(type(value))
    if plain is not None:
        return plain
    kind = type(value).__name__
    if kind == "DateTime":
        return "clock" if value.tzinfo is None else "moment"
    if kind == "Date":
        return "day"
    raise ValueError(f"column `{name}` holds a {kind}; return numbers, texts, flags, dates and times only")
