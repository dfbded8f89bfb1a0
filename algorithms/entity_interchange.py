"""An entity graph to and from pandas, which is imported only when asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from algorithms.entity_graph import EntityGraph, Events, Links
from algorithms.times import MISSING_TIME
from algorithms.transfers import Transfers

LongArray = npt.NDArray[np.int64]


def entity_graph_to_pandas(graph: EntityGraph) -> dict[str, Any]:
    """Turn an entity graph into frames: ``entities``, ``links``, ``transfers`` and ``events``.

    Returns
    -------
    dict of str to pandas.DataFrame
        Names instead of numbers; times are UTC, `NaT` where absent. What accounts have besides is in ``attributes``,
        with ``account_id``, if the graph has any. Which transfers are one transaction is not told.
    """
    import pandas as pd

    names = np.array(graph.names.to_pylist(), dtype=object)
    types = np.array(graph.types, dtype=object)[graph.type_codes(np.arange(graph.n_nodes))]
    created = np.concatenate([graph.created_at, np.full(graph.n_nodes - graph.n_accounts, MISSING_TIME)])
    links, transfers, events = graph.links, graph.transfers, graph.events
    frames = {"entities": {"entity_type": types, "entity_id": names, "created_at": _times(created)}}
    frames["links"] = {
        "account_id": names[links.accounts],
        "signal_type": types[links.signals],
        "signal_id": names[links.signals],
        "first_seen": _times(links.first_seen),
        "last_seen": _times(links.last_seen),
        "n_events": links.n_events,
    }
    currencies = np.array([*transfers.currency_names, None], dtype=object)
    frames["transfers"] = {
        "source_type": types[transfers.sources],
        "source_id": names[transfers.sources],
        "target_type": types[transfers.targets],
        "target_id": names[transfers.targets],
        "occurred_at": _times(_or(transfers.seconds, len(transfers), MISSING_TIME)),
        "amount": _or(transfers.amounts, len(transfers), np.nan),
        "amount_usd": _or(transfers.amounts_usd, len(transfers), np.nan),
        "currency": currencies[_or(transfers.currencies, len(transfers), -1)],
    }
    targets = np.where(events.targets >= 0, events.targets, graph.n_nodes)
    nobody = np.array([None], dtype=object)
    frames["events"] = {
        "account_id": names[events.accounts],
        "event_type": np.array(events.type_names, dtype=object)[events.types],
        "occurred_at": _times(events.seconds),
        "target_type": np.concatenate([types, nobody])[targets],
        "target_id": np.concatenate([names, nobody])[targets],
        "value": events.values,
    }
    out = {name: pd.DataFrame(columns) for name, columns in frames.items()}
    if graph.attributes is not None:
        out["attributes"] = graph.attributes.to_pandas()
        out["attributes"].insert(0, "account_id", names[: graph.n_accounts])
    return out


def _or(values: Any, n: int, absent: Any) -> Any:
    return np.full(n, absent) if values is None else values


def _times(seconds: LongArray) -> Any:
    import pandas as pd

    absent = seconds == MISSING_TIME
    return pd.Series(np.where(absent, 0, seconds)).astype("datetime64[s]").mask(absent).dt.tz_localize("UTC")


def _seconds(times: Any) -> LongArray:
    import pandas as pd

    moments = pd.to_datetime(times, utc=True)
    known = moments.notna().to_numpy()
    out = np.full(len(moments), MISSING_TIME)
    out[known] = moments[known].dt.tz_localize(None).astype("datetime64[s]").astype("int64")
    return out


def entity_graph_from_pandas(frames: Mapping[str, Any]) -> EntityGraph:
    """Turn frames, as `entity_graph_to_pandas` gives them, into an entity graph.

    Parameters
    ----------
    frames : mapping of str to pandas.DataFrame
        ``entities`` with every entity; the others may be absent.

    Returns
    -------
    EntityGraph
        In the order of a load: transfers by time, source and target, whatever the order of the rows.

    Raises
    ------
    ValueError
        If a row names an entity that `entities` lacks.
    """
    entities = frames["entities"]
    types = ("account", *sorted(set(entities.entity_type) - {"account"}))
    order = entities.assign(code=entities.entity_type.map(types.index)).sort_values(["code", "entity_id"])
    order = order.drop_duplicates(["code", "entity_id"])
    number = {key: k for k, key in enumerate(zip(order.entity_type, order.entity_id, strict=True))}
    counts = np.bincount(order.code, minlength=len(types))
    return EntityGraph(
        types=types,
        type_starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        names=pa.array(order.entity_id.tolist(), pa.large_string()),
        created_at=_seconds(order.created_at[order.code == 0]),
        links=_links(frames.get("links"), number),
        transfers=_transfers(frames.get("transfers"), number),
        events=_events(frames.get("events"), number),
        attributes=_attributes(frames.get("attributes"), number, int(counts[0])),
    )


def _nodes(number: dict[tuple[str, str], int], types: Any, names: Any) -> LongArray:
    keys = list(zip(types, names, strict=True))
    unknown = [key for key in keys if key not in number]
    if unknown:
        raise ValueError(f"every row must name entities that `entities` lists, got {unknown[0]}")
    return np.array([number[key] for key in keys], dtype=np.int64)


def _links(frame: Any, number: dict[tuple[str, str], int]) -> Links:
    if frame is None or not len(frame):
        return Links.empty()
    accounts = _nodes(number, ["account"] * len(frame), frame.account_id)
    signals = _nodes(number, frame.signal_type, frame.signal_id)
    order = np.lexsort((signals, accounts))
    return Links(
        accounts[order].astype(np.int32),
        signals[order].astype(np.int32),
        _seconds(frame.first_seen)[order],
        _seconds(frame.last_seen)[order],
        frame.n_events.fillna(1).to_numpy(np.int32)[order],
    )


def _transfers(frame: Any, number: dict[tuple[str, str], int]) -> Transfers:
    if frame is None or not len(frame):
        return Transfers.empty()
    names = tuple(sorted(set(frame.currency.dropna())))
    codes = np.array([names.index(c) if isinstance(c, str) else -1 for c in frame.currency], np.int16)
    sources = _nodes(number, frame.source_type, frame.source_id)
    targets = _nodes(number, frame.target_type, frame.target_id)
    seconds = _seconds(frame.occurred_at)
    amounts, usd = (frame[name].to_numpy(np.float64) for name in ("amount", "amount_usd"))
    order = np.lexsort((codes, usd, amounts, targets, sources, seconds))
    return Transfers(
        sources[order].astype(np.int32),
        targets[order].astype(np.int32),
        seconds[order],
        amounts[order],
        usd[order],
        codes[order],
        names,
    )


def _events(frame: Any, number: dict[tuple[str, str], int]) -> Events:
    if frame is None or not len(frame):
        return Events.empty()
    names = tuple(sorted(set(frame.event_type)))
    has_target = frame.target_id.notna().to_numpy()
    targets = np.full(len(frame), -1, np.int64)
    targets[has_target] = _nodes(number, frame.target_type[has_target], frame.target_id[has_target])
    accounts = _nodes(number, ["account"] * len(frame), frame.account_id)
    types = np.array([names.index(name) for name in frame.event_type])
    seconds = _seconds(frame.occurred_at)
    values = frame.value.to_numpy(np.float64)
    order = np.lexsort((values, targets, types, seconds, accounts))
    return Events(
        accounts[order].astype(np.int32),
        types[order].astype(np.int16),
        seconds[order],
        targets[order].astype(np.int32),
        values[order],
        names,
    )


def _attributes(frame: Any, number: dict[tuple[str, str], int], n_accounts: int) -> pa.Table | None:
    """Attributes in the order of the accounts; null for those without a row."""
    if frame is None:
        return None
    rows = np.full(n_accounts, -1)
    rows[_nodes(number, ["account"] * len(frame), frame.account_id)] = np.arange(len(frame))
    table = pa.Table.from_pandas(frame.drop(columns="account_id"), preserve_index=False)
    return table.take(pa.array(rows, mask=rows < 0)).replace_schema_metadata(None)
