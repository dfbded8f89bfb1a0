"""Features of accounts or wallets over all scans of a store, as one Parquet file for other models."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from graphrisk.store import ResultStore
from graphrisk.tables import SCHEMAS, UTC_TIME

Entity = Literal["account", "wallet"]
UNTIL = "valid_until"


def export_features(
    store: ResultStore, path: str | Path, *, entity: Entity = "account", overwrite: bool = False
) -> int:
    """Write `entity_feature` of every scan, keyed by `account_id` or `wallet_id`.

    Every row holds from `event_timestamp`, the `as_of` of its scan, until `valid_until`, that of the next scan; null
    in the newest. Of several scans of one moment the last published counts.

    Parameters
    ----------
    store : ResultStore
    path : str or Path
        Ends in ``.parquet``.
    entity : {"account", "wallet"}
    overwrite : bool
        Replace what is there.

    Returns
    -------
    int
        Rows written. One scan is in memory at a time.

    Raises
    ------
    ValueError
        If the name ends otherwise.
    FileExistsError
        If there is something already and `overwrite` is not set.
    FileNotFoundError
        If the folder that is to hold it does not exist.
    StoreError
        If the store holds no scan.
    """
    target = Path(path)
    if target.suffix != ".parquet":
        raise ValueError(f"the name must end in .parquet, got {target.name!r}")
    if not target.parent.is_dir():
        raise FileNotFoundError(f"the folder of the export must exist, got {target.parent}")
    if target.exists() and not overwrite:
        raise FileExistsError(f"{target} exists already; choose another name or replace it with `--overwrite`")
    store.latest()
    moments = scan_moments(store)
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    written = 0
    try:
        with pq.ParquetWriter(aside, feature_schema(entity), compression="zstd") as writer:
            for number, (scan_id, _) in enumerate(moments):
                until = moments[number + 1][1] if number + 1 < len(moments) else None
                table = features_of(store.table("entity_feature", scan_id), entity, until)
                writer.write_table(table)
                written += len(table)
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)
    return written


def scan_moments(store: ResultStore) -> list[tuple[str, datetime]]:
    """Scans and their `as_of`, one per moment, oldest first."""
    newest = {datetime.fromisoformat(store.manifest(scan)["as_of"]): scan for scan in store.scans()}
    return [(newest[moment], moment) for moment in sorted(newest)]


def feature_schema(entity: Entity) -> pa.Schema:
    """Columns of the export: the key, the two ends of validity, and every feature of `entity_feature`."""
    fields = [field for field in SCHEMAS["entity_feature"] if field.name not in ("entity_type", "entity_id")]
    return pa.schema([(f"{entity}_id", pa.string()), *fields[:2], (UNTIL, UTC_TIME), *fields[2:]])


def features_of(table: pa.Table, entity: Entity, until: datetime | None) -> pa.Table:
    """Rows of one kind of entity, with the end of their validity."""
    rows = table.filter(pc.equal(table["entity_type"], entity))
    rows = rows.rename_columns({"entity_id": f"{entity}_id"}).drop_columns("entity_type")
    ends = pa.nulls(len(rows), UTC_TIME) if until is None else pa.repeat(pa.scalar(until, UTC_TIME), len(rows))
    return rows.append_column(UNTIL, ends).select(feature_schema(entity).names).cast(feature_schema(entity))
