"""The dictionary of entities: raw identifiers become names, and names become node numbers in sorted order."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from loaders.asof import REFERRAL
from loaders.config import IdentifierSettings, InputError
from loaders.database import BATCH_ROWS, count
from loaders.identifiers import SUBNET, key_from_environment, normalise
from loaders.progress import Progress
from loaders.relations import literal

MAX_TYPES = 200
MAX_NODES = 2**31 - 1
TARGET = "target"
TARGET_TYPE = f"CASE WHEN event_type = '{REFERRAL}' THEN 'account' ELSE '{TARGET}' END"

# where identifiers stand: table, SQL of the entity type, column
USES = (
    ("accounts", "'account'", "account_id"),
    ("links", "'account'", "account_id"),
    ("links", "signal_type", "signal_id"),
    ("transfers", "source_type", "source_id"),
    ("transfers", "target_type", "target_id"),
    ("events", "'account'", "account_id"),
    ("events", TARGET_TYPE, "target_id"),
    ("labels", "entity_type", "entity_id"),
)


@dataclass(frozen=True)
class Dictionary:
    """Entity types, where their nodes start, and the names of all nodes.

    Beside it stand the tables ``ids`` (type, raw, node) and ``subnet_ids`` (raw address, node of its subnet).
    """

    types: tuple[str, ...]
    type_starts: npt.NDArray[np.int64]
    names: pa.LargeStringArray

    @property
    def n_accounts(self) -> int:
        """Number of accounts."""
        return int(self.type_starts[1])

    def type_of(self, node: int) -> str:
        """Type of one node."""
        return self.types[int(np.searchsorted(self.type_starts, node, side="right")) - 1]


def build_dictionary(con: duckdb.DuckDBPyConnection, settings: IdentifierSettings, tell: Progress) -> Dictionary:
    """Number all entities of the known rows by type and name; O(n log n) in distinct identifiers."""
    uses = " UNION ALL ".join(
        f"SELECT {kind} AS type, {column} AS raw, count(*) AS n_rows, {table != 'labels'} AS is_node FROM rows_{table} "
        f"WHERE {column} IS NOT NULL GROUP BY ALL"
        for table, kind, column in USES
    )
    con.execute(
        f"CREATE TABLE raw_ids AS SELECT type, raw, CAST(sum(n_rows) AS BIGINT) AS n_rows, bool_or(is_node) AS is_node "
        f"FROM ({uses}) GROUP BY ALL"
    )
    types = [row[0] for row in con.execute("SELECT DISTINCT type FROM raw_ids").fetchall()]
    if len(types) > MAX_TYPES:
        raise InputError(
            f"{len(types)} entity types, more than {MAX_TYPES}: is a type column mapped to a column of ids?"
        )
    _normalise_all(con, sorted(types), settings, tell)
    return _number(con)


def _normalise_all(
    con: duckdb.DuckDBPyConnection, types: list[str], settings: IdentifierSettings, tell: Progress
) -> None:
    """Fill ``names`` (type, raw, name, reason, shown, n_rows, is_node) and ``subnets`` (raw, name)."""
    con.execute(
        "CREATE TABLE names (type VARCHAR, raw VARCHAR, name VARCHAR, reason VARCHAR, shown VARCHAR, n_rows BIGINT, "
        "is_node BOOLEAN)"
    )
    con.execute("CREATE TABLE subnets (raw VARCHAR, name VARCHAR)")
    key = key_from_environment(settings.hash_key_env) if settings.hash_key_env else None
    reading = con.cursor()
    n_done, n_total = 0, count(con, "raw_ids")
    for kind in types:
        sql = f"SELECT raw, n_rows, is_node FROM raw_ids WHERE type = {literal(kind)}"
        for batch in reading.sql(sql).to_arrow_reader(BATCH_ROWS):
            raw = batch.column(0).cast(pa.large_string())
            done = normalise(kind, raw, settings, key)
            columns = [raw, done.names, done.reasons, done.shown, batch.column(1), batch.column(2)]
            con.register("batch", pa.table(columns, ["raw", "name", "reason", "shown", "n", "is_node"]))
            con.execute(f"INSERT INTO names SELECT {literal(kind)}, raw, name, reason, shown, n, is_node FROM batch")
            con.unregister("batch")
            n_done += len(raw)
            tell("identifiers", n_done, n_total)
            if done.subnets is not None:
                con.register("batch", pa.table([raw, done.subnets], ["raw", "name"]))
                con.execute("INSERT INTO subnets SELECT raw, name FROM batch WHERE name IS NOT NULL")
                con.unregister("batch")
    reading.close()
    con.execute("DROP TABLE raw_ids")


def _number(con: duckdb.DuckDBPyConnection) -> Dictionary:
    """Fill ``ids`` and ``subnet_ids`` with the nodes, numbered in the order of type and name; shortens ``names``."""
    con.execute(
        "CREATE TABLE nodes AS SELECT type, name FROM (SELECT type, name FROM names WHERE is_node AND name IS NOT NULL "
        f"UNION SELECT '{SUBNET}', name FROM subnets) ORDER BY type <> 'account', type, name"
    )
    sizes: dict[str, int] = dict(con.execute("SELECT type, count(*) FROM nodes GROUP BY type").fetchall())
    if sum(sizes.values()) > MAX_NODES:
        raise InputError(f"{sum(sizes.values())} entities, more than {MAX_NODES}; split the data")
    con.execute(
        "CREATE TABLE ids AS SELECT type, raw, CAST(nodes.rowid AS INTEGER) AS node FROM names "
        "JOIN nodes USING (type, name)"
    )
    con.execute(
        f"CREATE TABLE subnet_ids AS SELECT raw, CAST(nodes.rowid AS INTEGER) AS node FROM subnets "
        f"JOIN nodes ON nodes.type = '{SUBNET}' AND nodes.name = subnets.name"
    )
    types = ("account", *sorted(set(sizes) - {"account"}))
    starts = np.cumsum([0, *(sizes.get(kind, 0) for kind in types)])
    names = con.sql("SELECT name FROM nodes ORDER BY rowid").to_arrow_table()["name"].cast(pa.large_string())
    # of the names no more is asked for than what was refused and what labels speak of; the rest takes much memory
    con.execute(
        "CREATE TABLE few_names AS SELECT * FROM names WHERE name IS NULL UNION ALL SELECT names.* FROM names "
        "SEMI JOIN rows_labels ON type = entity_type AND raw = entity_id WHERE name IS NOT NULL"
    )
    for table in ("names", "nodes", "subnets"):
        con.execute(f"DROP TABLE {table}")
    con.execute("ALTER TABLE few_names RENAME TO names")
    return Dictionary(types, starts, pa.concat_arrays(names.chunks or [pa.array([], pa.large_string())]))
