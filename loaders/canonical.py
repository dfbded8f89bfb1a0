"""The canonical tables that every source is mapped to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "type", "time", "number", "count", "text"]
TableName = Literal["accounts", "links", "transfers", "events", "labels"]


@dataclass(frozen=True)
class Column:
    """One canonical column.

    Parameters
    ----------
    name : str
        Its canonical name.
    kind : {"id", "type", "time", "number", "count", "text"}
        How values are read and checked.
    required : bool
        Whether a row without a value is rejected.
    default : str, optional
        Stands where a value is absent.
    """

    name: str
    kind: Kind
    required: bool = False
    default: str | None = None


TABLES: dict[TableName, tuple[Column, ...]] = {
    "accounts": (
        Column("account_id", "id", required=True),
        Column("created_at", "time"),
    ),
    "links": (
        Column("account_id", "id", required=True),
        Column("signal_type", "type", required=True),
        Column("signal_id", "id", required=True),
        Column("first_seen", "time"),
        Column("last_seen", "time"),
        Column("n_events", "count"),
    ),
    "transfers": (
        Column("transfer_id", "text"),
        Column("occurred_at", "time"),
        Column("source_type", "type", default="account"),
        Column("source_id", "id", required=True),
        Column("target_type", "type", default="account"),
        Column("target_id", "id", required=True),
        Column("amount", "number"),
        Column("currency", "text"),
        Column("amount_usd", "number"),
    ),
    "events": (
        Column("account_id", "id", required=True),
        Column("event_type", "type", required=True),
        Column("occurred_at", "time"),
        Column("target_id", "id"),
        Column("value", "number"),
    ),
    "labels": (
        Column("entity_type", "type", default="account"),
        Column("entity_id", "id", required=True),
        Column("label", "text"),
        Column("ring_id", "text"),
        Column("known_at", "time"),
        Column("source", "text"),
    ),
}

SQL_TYPES: dict[Kind, str] = {
    "id": "VARCHAR",
    "type": "VARCHAR",
    "time": "BIGINT",
    "number": "DOUBLE",
    "count": "INTEGER",
    "text": "VARCHAR",
}


def column_names(table: TableName) -> list[str]:
    """Canonical column names of a table."""
    return [column.name for column in TABLES[table]]
