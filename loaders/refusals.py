"""The report on identifiers that may not link."""

from __future__ import annotations

import duckdb
import pyarrow as pa

REFUSED_SCHEMA = pa.schema(
    [("entity_type", pa.string()), ("value", pa.string()), ("reason", pa.string()), ("n_rows", pa.int64())]
)


def refused_table(con: duckdb.DuckDBPyConnection, popular: pa.Table) -> pa.Table:
    """Placeholders, values that are no identifier and very popular ones, with the rows they stand in."""
    refused = con.sql(
        "SELECT type AS entity_type, shown AS value, reason, CAST(sum(n_rows) AS BIGINT) AS n_rows FROM names "
        "WHERE name IS NULL GROUP BY ALL"
    ).to_arrow_table()
    table = pa.concat_tables([refused.cast(REFUSED_SCHEMA), popular.cast(REFUSED_SCHEMA)])
    return table.sort_by([(name, "ascending") for name in REFUSED_SCHEMA.names]).combine_chunks()
