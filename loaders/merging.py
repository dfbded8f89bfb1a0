"""Two loads as one: what was loaded before, and what has come since, without reading the former again."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from algorithms.entity_graph import EntityGraph, Events, Links
from algorithms.times import MISSING_TIME
from algorithms.transfers import Transfers
from loaders.config import IdentifierSettings, LoadConfig
from loaders.fingerprint import hash_content
from loaders.labels import LABELS_SCHEMA
from loaders.link_rows import merge_pairs
from loaders.load import EPOCH, LoadResult, resolve
from loaders.popularity import popularity_limit
from loaders.refusals import REFUSED_SCHEMA
from loaders.rejections import REJECTED_SCHEMA

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


class UnmergeableError(ValueError):
    """Two loads of which a load of both at once might say something else; the text says why."""


def merge_loads(before: LoadResult, more: LoadResult, config: LoadConfig, as_of: datetime | None = None) -> LoadResult:
    """Make what a load of the sources of both would give.

    Parameters
    ----------
    before, more : LoadResult
        Loads of different rows by one configuration.
    config : LoadConfig
        What both were loaded by, whatever its sources.
    as_of : datetime, optional
        As `load` takes it.

    Returns
    -------
    LoadResult
        Equal to that of one load, its `input_hash` included. O(n + m log n) for n rows before and m more, if few
        accounts have more; transfers are sorted from the earliest new one on.

    Raises
    ------
    UnmergeableError
        If a load of both might say something else: rows of either are at or after its own or the new `as_of`, unlisted
        accounts are rejected, a signal is too popular to link, both list one account, or too many rows are rejected.
    """
    if config.unlisted_accounts == "reject":
        raise UnmergeableError("accounts that no source lists are rejected")
    newest = max((load.newest for load in (before, more) if load.newest is not None), default=None)
    seconds = resolve(as_of, newest)
    _check(before, more, newest, seconds)
    nodes = _merge_nodes(before.graph, more.graph)
    created_at, listed, attributes = _merge_accounts(before, more, nodes)
    graph = EntityGraph(
        types=nodes.types,
        type_starts=nodes.type_starts,
        names=nodes.names,
        created_at=created_at,
        links=_merge_links(before.graph.links, more.graph.links, nodes),
        transfers=_merge_transfers(before.graph.transfers, more.graph.transfers, nodes),
        events=_merge_events(before.graph.events, more.graph.events, nodes),
        attributes=attributes,
    )
    _check_popularity(graph, config.identifiers)
    labels = _merge_labels(before.labels, more.labels)
    rejected = pa.concat_tables([before.rejected, more.rejected])
    counts = {table: n + more.row_counts[table] for table, n in before.row_counts.items()}
    n_rows = sum(counts.values()) - counts["rejected"]
    if len(rejected) > config.max_rejected_share * n_rows:
        raise UnmergeableError(f"{len(rejected)} of {n_rows} rows are rejected")
    return LoadResult(
        graph=graph,
        as_of=EPOCH + timedelta(seconds=seconds),
        labels=labels,
        rejected=rejected.sort_by([(name, "ascending") for name in REJECTED_SCHEMA.names]).combine_chunks(),
        refused=_merge_refused(before.refused, more.refused),
        row_counts=counts,
        input_hash=hash_content(graph, labels),
        listed=listed,
        newest=newest,
    )


def as_of_another(loaded: LoadResult, as_of: datetime | None = None) -> LoadResult:
    """Make what a load of the same sources as of another moment would give.

    Parameters
    ----------
    loaded : LoadResult
    as_of : datetime, optional
        As `load` takes it.

    Returns
    -------
    LoadResult

    Raises
    ------
    UnmergeableError
        If rows are at or after either moment, unless it is one.
    """
    seconds = resolve(as_of, loaded.newest)
    if EPOCH + timedelta(seconds=seconds) == loaded.as_of:
        return loaded
    _check_moments([loaded], loaded.newest, seconds)
    return replace(loaded, as_of=EPOCH + timedelta(seconds=seconds))


def _check_moments(loads: list[LoadResult], newest: int | None, as_of_seconds: int) -> None:
    """Raise `UnmergeableError` if rows are at or after the moment that they were loaded as of, or the new one."""
    for load in loads:
        own = (load.as_of - EPOCH) // timedelta(seconds=1)
        if load.n_later_rows or (load.newest is not None and load.newest >= own):
            raise UnmergeableError("some rows were at or after `as_of` when they were loaded")
    if newest is not None and newest >= as_of_seconds:
        raise UnmergeableError("some rows are at or after `as_of`")


def _check(before: LoadResult, more: LoadResult, newest: int | None, as_of_seconds: int) -> None:
    """Raise `UnmergeableError` where rows of one load would be judged in another way in the presence of the other."""
    _check_moments([before, more], newest, as_of_seconds)
    for load in (before, more):
        if load.n_popular:
            raise UnmergeableError("a signal is refused because so many accounts share it")
        if load.graph.transfers.transactions is not None:
            raise UnmergeableError("transactions are numbered over all transfers")


def _check_popularity(graph: EntityGraph, settings: IdentifierSettings) -> None:
    """Raise `UnmergeableError` if a signal has become so popular that a load would refuse it."""
    limit = popularity_limit(settings, graph.n_accounts)
    degrees = np.bincount(graph.links.signals, minlength=graph.n_nodes)
    for kind in settings.popularity_types:
        nodes = graph.nodes_of(kind)
        if degrees[nodes.start : nodes.stop].max(initial=0) > limit:
            raise UnmergeableError("a signal is refused because so many accounts share it")


@dataclass(frozen=True, eq=False)
class _Nodes:
    """The nodes of both, and the new number of each node of either."""

    types: tuple[str, ...]
    type_starts: LongArray
    names: pa.LargeStringArray
    before: IntArray
    more: IntArray

    @property
    def n_accounts(self) -> int:
        return int(self.type_starts[1])


def _merge_nodes(before: EntityGraph, more: EntityGraph) -> _Nodes:
    types = ("account", *sorted({*before.types, *more.types} - {"account"}))
    parts: list[pa.LargeStringArray] = []
    starts, to_before, to_more = [0], np.empty(before.n_nodes, np.int32), np.empty(more.n_nodes, np.int32)
    for kind in types:
        old, new = before.nodes_of(kind), more.nodes_of(kind)
        names, at_old, at_new = merge_names(_slice(before.names, old), _slice(more.names, new))
        to_before[old.start : old.stop] = starts[-1] + at_old
        to_more[new.start : new.stop] = starts[-1] + at_new
        parts.append(names)
        starts.append(starts[-1] + len(names))
    return _Nodes(types, np.array(starts, dtype=np.int64), pa.concat_arrays(parts), to_before, to_more)


def _slice(names: pa.LargeStringArray, nodes: range) -> pa.LargeStringArray:
    return names.slice(nodes.start, len(nodes))


def merge_names(
    before: pa.LargeStringArray, more: pa.LargeStringArray
) -> tuple[pa.LargeStringArray, LongArray, LongArray]:
    """Merge sorted distinct names, and say where each of either stands in the result; O(n + m log n)."""
    at = pc.index_in(more, value_set=before)
    fresh = more.filter(pc.is_null(at))
    # by code points, as by the bytes of UTF-8, by which the database sorts
    places = np.array([bisect_left(_Texts(before), name) for name in fresh.to_pylist()], dtype=np.int64)
    at_before = np.arange(len(before)) + np.searchsorted(places, np.arange(len(before)), side="right")
    at_fresh = places + np.arange(len(fresh))
    order = np.empty(len(before) + len(fresh), dtype=np.int64)
    order[at_before] = np.arange(len(before))
    order[at_fresh] = len(before) + np.arange(len(fresh))
    known = at.is_valid().to_numpy(zero_copy_only=False)
    at_more = np.empty(len(more), dtype=np.int64)
    at_more[known] = at_before[at.drop_null().to_numpy(zero_copy_only=False)]
    at_more[~known] = at_fresh
    return pa.concat_arrays([before, fresh]).take(pa.array(order)), at_before, at_more


class _Texts(Sequence[str]):
    """A string array as a sequence of texts, each made when it is asked for."""

    def __init__(self, names: pa.LargeStringArray) -> None:
        self._names = names

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, i: int) -> str:  # type: ignore[override]
        return str(self._names[i].as_py())


def _merge_accounts(
    before: LoadResult, more: LoadResult, nodes: _Nodes
) -> tuple[LongArray, BoolArray, pa.Table | None]:
    n = nodes.n_accounts
    old, new = nodes.before[: before.graph.n_accounts], nodes.more[: more.graph.n_accounts]
    was, comes = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    was[old], comes[new] = before.listed, more.listed
    if (was & comes).any():
        raise UnmergeableError("an account is listed in both")
    created_at = np.full(n, MISSING_TIME, dtype=np.int64)
    created_at[old] = before.graph.created_at
    created_at[new[more.listed]] = more.graph.created_at[more.listed]
    tables = [load.graph.attributes for load in (before, more)]
    if tables[0] is None and tables[1] is None:
        return created_at, was | comes, None
    if tables[0] is None or (tables[1] is not None and tables[1].schema != tables[0].schema):
        raise UnmergeableError("the two have other attributes")
    rows = np.full(n, -1, dtype=np.int64)
    rows[old[before.listed]] = np.flatnonzero(before.listed)
    if tables[1] is not None:
        rows[new[more.listed]] = before.graph.n_accounts + np.flatnonzero(more.listed)
    both = pa.concat_tables([table for table in tables if table is not None])
    return created_at, was | comes, both.take(pa.array(rows, mask=rows < 0)).combine_chunks()


def _merge_links(before: Links, more: Links, nodes: _Nodes) -> Links:
    old = replace(before, accounts=nodes.before[before.accounts], signals=nodes.before[before.signals])
    new = replace(more, accounts=nodes.more[more.accounts], signals=nodes.more[more.signals])
    names = ("accounts", "signals", "first_seen", "last_seen", "n_events")
    columns = {name: np.concatenate([getattr(old, name), getattr(new, name)]) for name in names}
    order = _order_by_account(old.accounts, new.accounts, [columns["signals"], columns["accounts"]])
    return merge_pairs(Links(**{name: column[order] for name, column in columns.items()}))


def _merge_events(before: Events, more: Events, nodes: _Nodes) -> Events:
    type_names = tuple(sorted({*before.type_names, *more.type_names}))
    sides = [(before, nodes.before), (more, nodes.more)]
    codes = [_recode(events.types, events.type_names, type_names) for events, _ in sides]
    targets = [np.where(events.targets < 0, -1, at[np.maximum(events.targets, 0)]) for events, at in sides]
    accounts = [at[events.accounts] for events, at in sides]
    account, code, target = np.concatenate(accounts), np.concatenate(codes), np.concatenate(targets)
    seconds = np.concatenate([before.seconds, more.seconds])
    value = np.concatenate([before.values, more.values])
    order = _order_by_account(accounts[0], accounts[1], [value, target, code, seconds, account])
    return Events(account[order], code[order], seconds[order], target[order], value[order], type_names)


def _order_by_account(old: IntArray, new: IntArray, keys: list[npt.NDArray[Any]]) -> LongArray:
    """Order of rows, of which the old ones are in order, by keys that end with the account.

    Only rows of accounts that have new rows are compared by all keys.
    """
    touched = np.zeros(max(old.max(initial=-1), new.max(initial=-1)) + 1, dtype=bool)
    touched[new] = True
    loose = np.flatnonzero(np.concatenate([touched[old], np.ones(len(new), dtype=bool)]))
    loose = loose[np.lexsort([key[loose] for key in keys])]
    settled = np.flatnonzero(~touched[old])
    accounts = keys[-1]
    return np.insert(settled, np.searchsorted(accounts[settled], accounts[loose]), loose)


def _merge_transfers(before: Transfers, more: Transfers, nodes: _Nodes) -> Transfers:
    currency_names = tuple(sorted({*before.currency_names, *more.currency_names}))
    if len(before) + len(more) == 0:
        return replace(Transfers.empty(), currency_names=currency_names)
    sides = [(before, nodes.before), (more, nodes.more)]
    absent = {"seconds": (MISSING_TIME, np.int64), "amounts": (np.nan, np.float64), "amounts_usd": (np.nan, np.float64)}
    columns = {
        "sources": np.concatenate([at[side.sources] for side, at in sides]),
        "targets": np.concatenate([at[side.targets] for side, at in sides]),
        "currencies": np.concatenate([_currencies(side, currency_names) for side, _ in sides]),
    }
    for name, (value, dtype) in absent.items():
        parts = [getattr(side, name) for side, _ in sides]
        filled = [
            np.full(len(side), value, dtype=dtype) if part is None else part
            for (side, _), part in zip(sides, parts, strict=True)
        ]
        columns[name] = np.concatenate(filled)
    order = _order_by_time(
        columns["seconds"],
        len(before),
        [columns[name] for name in ("currencies", "amounts_usd", "amounts", "targets", "sources", "seconds")],
    )
    columns = {name: column[order] for name, column in columns.items()}
    for name in ("seconds", "amounts", "amounts_usd", "currencies"):
        if all(getattr(side, name) is None for side, _ in sides):
            del columns[name]
    return Transfers(**columns, currency_names=currency_names)


def _order_by_time(seconds: LongArray, n_before: int, keys: list[npt.NDArray[Any]]) -> LongArray:
    """Order of rows, of which the first `n_before` are in order, by keys that end with the time."""
    if n_before == len(seconds):
        return np.arange(n_before)
    n_settled = int(np.searchsorted(seconds[:n_before], seconds[n_before:].min()))
    loose = np.arange(n_settled, len(seconds))
    return np.concatenate([np.arange(n_settled), loose[np.lexsort([key[loose] for key in keys])]])


def _currencies(side: Transfers, names: tuple[str, ...]) -> npt.NDArray[np.int16]:
    if side.currencies is None:
        return np.full(len(side), -1, dtype=np.int16)
    return _recode(side.currencies, side.currency_names, names)


def _recode(codes: npt.NDArray[np.int16], before: tuple[str, ...], now: tuple[str, ...]) -> npt.NDArray[np.int16]:
    """Codes of the same names in a longer list; -1 stays."""
    table = np.array([*(now.index(name) for name in before), -1], dtype=np.int16)
    return table[codes]


def _merge_labels(before: pa.Table, more: pa.Table) -> pa.Table:
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        con.register("all_labels", pa.concat_tables([before, more]))
        table = con.sql("SELECT DISTINCT * FROM all_labels ORDER BY ALL").to_arrow_table()
    return table.cast(LABELS_SCHEMA).combine_chunks()


def _merge_refused(before: pa.Table, more: pa.Table) -> pa.Table:
    keys = ["entity_type", "value", "reason"]
    table = pa.concat_tables([before, more]).group_by(keys).aggregate([("n_rows", "sum")])
    table = table.rename_columns([*keys, "n_rows"]).cast(REFUSED_SCHEMA)
    return table.sort_by([(name, "ascending") for name in REFUSED_SCHEMA.names]).combine_chunks()
