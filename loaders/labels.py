"""Labels: what other people judged, with the names that the graph uses."""

from __future__ import annotations

import duckdb
import pyarrow as pa

LABELS_SCHEMA = pa.schema(
    [
        ("entity_type", pa.string()),
        ("entity_id", pa.string()),
        ("label", pa.string()),
        ("ring_id", pa.string()),
        ("known_at", pa.timestamp("us", tz="UTC")),
        ("source", pa.string()),
    ]
)


def label_table(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Labels known before `as_of`, in the order of their content; equal rows once."""
    table = con.sql(
        "SELECT DISTINCT entity_type, n.name AS entity_id, label, ring_id, "
        "make_timestamptz(known_at * 1000000) AS known_at, "
        "source FROM rows_labels AS l JOIN names AS n ON n.type = l.entity_type AND n.raw = l.entity_id "
        "WHERE n.name IS NOT NULL ORDER BY ALL"
    ).to_arrow_table()
    return table.cast(LABELS_SCHEMA).combine_chunks()
