"""The features of accounts or wallets as a Feast feature view, written as the Python file that Feast applies."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from graphrisk.feature_export import UNTIL, Entity, feature_schema

TYPES = {
    pa.float64(): "Float64",
    pa.int64(): "Int64",
    pa.bool_(): "Bool",
    pa.string(): "String",
}
TIMES = ("event_timestamp", "created_timestamp", UNTIL)

TEXT = '''"""Ring features of every {entity}, as `graphrisk features export` writes them."""

from datetime import timedelta

from feast import Entity, FeatureView, Field, FileSource, ValueType
from feast.types import {types}

{entity} = Entity(name="{entity}", join_keys=["{entity}_id"], value_type=ValueType.STRING)

{entity}_ring_features = FeatureView(
    name="{entity}_ring_features",
    entities=[{entity}],
    # a scan holds until the next one, and not for ever if there is none
    ttl=timedelta(days={ttl_days}),
    schema=[
{fields}
    ],
    source=FileSource(
        path={path},
        timestamp_field="event_timestamp",
        created_timestamp_column="created_timestamp",
    ),
)
'''


def feast_view(export: str | Path, *, entity: Entity = "account", ttl_days: int = 7) -> str:
    """Write the definition of a feature view over an export.

    Feast gives an event the newest row whose `event_timestamp` is not later than the event, as `join_features` does
    without `delay`: what a scan takes to be published is not allowed for.

    Parameters
    ----------
    export : str or Path
        What `export_features` wrote; its absolute path goes into the definition.
    entity : {"account", "wallet"}
    ttl_days : int
        Older features are not used.

    Returns
    -------
    str
        Python source, with one field per feature; `valid_until` is left out, for it is known only after the event.

    Raises
    ------
    ValueError
        If `ttl_days` is not positive.
    """
    if ttl_days <= 0:
        raise ValueError(f"`ttl_days` must be positive, got {ttl_days}")
    features = [field for field in feature_schema(entity) if field.name not in (f"{entity}_id", *TIMES)]
    fields = "\n".join(f'        Field(name="{field.name}", dtype={TYPES[field.type]}),' for field in features)
    types = ", ".join(sorted({TYPES[field.type] for field in features}))
    path = repr(str(Path(export).absolute()))
    return TEXT.format(entity=entity, types=types, ttl_days=ttl_days, fields=fields, path=path)
