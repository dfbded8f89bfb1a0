"""What a look at files, headers and types tells about the sources of a config, before their rows are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from loaders.binding import bind_columns
from loaders.config import ConfigError, InputError, LoadConfig, SourceConfig
from loaders.database import open_database
from loaders.relations import literal
from loaders.sources import open_source


def check_sources(config: LoadConfig, frames: Mapping[str, Any] | None = None) -> list[str]:
    """Say what a load would stumble over: missing files and columns, types that do not fit, broken queries.

    Headers and file footers are read, rows are not; PostgreSQL and Neo4j are not asked.

    Returns
    -------
    list of str
        One sentence per problem, empty if all is well.
    """
    problems: list[str] = []
    with open_database(config) as con:
        for number, source in enumerate(config.sources, start=1):
            if source.connection is None and source.neo4j is None:
                problems += [f"source {number}: {problem}" for problem in _check(con, source, config, frames or {})]
    return problems


def _check(
    con: duckdb.DuckDBPyConnection, source: SourceConfig, config: LoadConfig, frames: Mapping[str, Any]
) -> list[str]:
    con.execute(f"SET TimeZone = {literal(source.timezone or 'UTC')}")
    problems: list[str] = []
    try:
        for opened in open_source(con, source, config.base_dir, frames):
            problems += bind_columns(source, opened)[1]
    except InputError as error:
        problems.append(str(error))
    except ConfigError as error:
        problems += error.problems
    return problems
