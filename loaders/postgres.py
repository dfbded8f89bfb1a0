"""PostgreSQL as a source, through the Arrow-native ADBC driver."""

from __future__ import annotations

from collections.abc import Generator

import duckdb

from loaders.config import InputError, SourceConfig
from loaders.environment import expand
from loaders.relations import OpenSource, describe, first_sentence


def open_query(con: duckdb.DuckDBPyConnection, source: SourceConfig) -> Generator[OpenSource, None, None]:
    """Rows of a query that PostgreSQL runs; copied into the load's own database while they stream in."""
    try:
        from adbc_driver_postgresql import dbapi
    except ImportError as error:
        raise InputError("PostgreSQL sources need `pip install graphrisk[postgres]`") from error
    uri = expand(source.connection or "", "connection")
    query = expand(source.query or "", "query")
    try:
        with dbapi.connect(uri) as connection, connection.cursor() as cursor:
            cursor.execute(query.rstrip().rstrip(";"))
            rows = cursor.fetch_record_batch()
            con.register("postgres_stream", rows)
            con.execute("CREATE OR REPLACE TEMP TABLE postgres_rows AS SELECT * FROM postgres_stream")
            con.unregister("postgres_stream")
    except (dbapi.Error, duckdb.Error) as error:
        raise InputError(f"{source.title}: PostgreSQL: {first_sentence(error).replace(uri, '***')}") from error
    columns = describe(con, "postgres_rows")
    yield OpenSource(source.title, "postgres_rows", columns, "row_number() OVER ()", has_lines=False)
    con.execute("DROP TABLE postgres_rows")
