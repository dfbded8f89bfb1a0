"""Two loads as one: equal to a load of both at once, or refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loaders import IdentifierSettings, LoadConfig, LoadResult, SourceConfig, load
from loaders.merging import UnmergeableError, as_of_another, merge_loads, merge_names

DAY = 86_400
IDS = st.sampled_from(["a", "b", "c", "é", "Z", "z1", "\U0001f600", "ￃ", ""])
TIMES = st.one_of(st.none(), st.integers(0, 20).map(lambda day: day * DAY))
AMOUNTS = st.one_of(st.none(), st.sampled_from([0.0, 1.5, 2.0, 1e9]))
ROWS = {
    "links": {
        "account_id": IDS,
        "signal_type": st.sampled_from(["device", "ip", "shoe"]),
        "signal_id": st.sampled_from(["d1", "d2", "unknown", "8.8.8.8", "8.8.8.9", "9.9.9.9"]),
        "first_seen": TIMES,
        "last_seen": TIMES,
        "n_events": st.one_of(st.none(), st.integers(1, 5)),
    },
    "transfers": {
        "source_id": IDS,
        "target_id": st.sampled_from(["a", "w1", "w2"]),
        "target_type": st.sampled_from(["account", "wallet"]),
        "occurred_at": TIMES,
        "amount": AMOUNTS,
        "currency": st.sampled_from([None, "EUR", "CHF", "USD"]),
    },
    "events": {
        "account_id": IDS,
        "event_type": st.sampled_from(["login", "referral", "claim"]),
        "occurred_at": TIMES,
        "target_id": st.sampled_from([None, "a", "x"]),
        "value": AMOUNTS,
    },
    "labels": {
        "entity_id": IDS,
        "label": st.sampled_from(["fraud", "good"]),
        "ring_id": st.sampled_from([None, "r1"]),
        "known_at": TIMES,
    },
}
SCHEMAS = {
    "accounts": {"account_id": pa.string(), "created_at": pa.int64(), "country": pa.string()},
    "links": {"first_seen": pa.int64(), "last_seen": pa.int64(), "n_events": pa.int64()},
    "transfers": {"occurred_at": pa.int64(), "amount": pa.float64(), "currency": pa.string()},
    "events": {"occurred_at": pa.int64(), "target_id": pa.string(), "value": pa.float64()},
    "labels": {"ring_id": pa.string(), "known_at": pa.int64()},
}
SETTINGS = LoadConfig(
    sources=[SourceConfig(frame="any", table="links")],
    identifiers=IdentifierSettings(ip_subnets=True),
    max_rejected_share=1.0,
)


def rows_of(table: str) -> Any:
    return st.lists(st.fixed_dictionaries(ROWS[table]), max_size=12)


def account_rows(ids: list[str]) -> Any:
    one = st.fixed_dictionaries({"created_at": TIMES, "country": st.sampled_from([None, "CH", "FR"])})
    return st.dictionaries(st.sampled_from(ids), one, max_size=len(ids)).map(
        lambda chosen: [{"account_id": name, **row} for name, row in chosen.items()]
    )


@st.composite
def halves(draw: Any) -> list[dict[str, list[dict[str, Any]]]]:
    ids = [["a", "c", "é"], ["b", "z1", "only-listed"]]
    out = []
    for half in (0, 1):
        tables = {"accounts": draw(account_rows(ids[half]))} | {name: draw(rows_of(name)) for name in ROWS}
        out.append({name: rows for name, rows in tables.items() if rows})
    return out


def load_rows(parts: list[dict[str, list[dict[str, Any]]]], numbers: list[int], **changes: Any) -> LoadResult:
    frames, sources = {}, []
    for number, part in zip(numbers, parts, strict=True):
        for table, rows in part.items():
            name = f"{table}_{number}"
            frame = pa.Table.from_pylist(rows)
            kinds = SCHEMAS[table]
            fields = [pa.field(field.name, kinds.get(field.name, pa.string())) for field in frame.schema]
            frames[name] = frame.cast(pa.schema(fields))
            attributes = ["country"] if table == "accounts" else []
            sources.append(SourceConfig(frame=name, table=table, attributes=attributes))
    return load(SETTINGS.model_copy(update={"sources": sources} | changes), frames=frames)


def everything(result: LoadResult) -> list[Any]:
    graph = result.graph
    values = [value for part in (graph.links, graph.transfers, graph.events) for value in vars(part).values()]
    arrays = [value.tolist() if isinstance(value, np.ndarray) else value for value in (graph.created_at, *values)]
    tables = [table.to_pylist() for table in (result.labels, result.rejected, result.refused)]
    attributes = None if graph.attributes is None else (graph.attributes.schema, graph.attributes.to_pylist())
    rest = [graph.types, graph.type_starts.tolist(), graph.names.to_pylist(), attributes, result.listed.tolist()]
    return [repr(arrays), tables, rest, result.row_counts, result.input_hash, result.as_of, result.newest]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(parts=halves())
def test_a_merged_load_is_that_of_both_at_once(parts: list[dict[str, list[dict[str, Any]]]]) -> None:
    if not all(parts):
        return
    before, more = load_rows(parts[:1], [0]), load_rows(parts[1:], [1])
    if before.n_later_rows + more.n_later_rows:  # rows that are rejected, and later than all others
        refused = "at or after"
    elif before.graph.attributes is None and more.graph.attributes is not None:
        refused = "attributes"
    else:
        refused = ""
    if refused:
        with pytest.raises(UnmergeableError, match=refused):
            merge_loads(before, more, SETTINGS)
        return
    merged = merge_loads(before, more, SETTINGS)
    assert everything(merged) == everything(load_rows(parts, [0, 1]))


@given(st.sets(st.text(max_size=3)), st.sets(st.text(max_size=3)))
def test_names_are_merged_in_order(before: set[str], more: set[str]) -> None:
    texts = [sorted(before, key=str.encode), sorted(more, key=str.encode)]
    sides = [pa.array(names, pa.large_string()) for names in texts]
    names, *places = merge_names(*sides)
    assert names.to_pylist() == sorted(before | more, key=str.encode)
    for text, at in zip(texts, places, strict=True):
        assert [names[i].as_py() for i in at.tolist()] == text


def links(n_accounts: int, signal: str, first: int = 0, start: int = 0) -> dict[str, list[dict[str, Any]]]:
    rows = [
        {"account_id": f"a{i:04}", "signal_type": "device", "signal_id": signal, "first_seen": first}
        for i in range(start, start + n_accounts)
    ]
    return {"links": rows}


def listed(name: str) -> dict[str, list[dict[str, Any]]]:
    return {"accounts": [{"account_id": name, "created_at": 5, "country": "CH"}]}


def test_what_a_load_of_both_might_judge_otherwise_is_refused() -> None:
    one = load_rows([links(3, "d")], [0])
    early = datetime(1970, 1, 1, tzinfo=UTC)
    late = load(
        SETTINGS.model_copy(update={"sources": [SourceConfig(frame="f", table="links")]}),
        frames={"f": pa.table({"account_id": ["a"], "signal_type": ["device"], "signal_id": ["d"], "first_seen": [9]})},
        as_of=early,
    )
    for pair in ((late, one), (one, late)):
        with pytest.raises(UnmergeableError, match="at or after `as_of` when they were loaded"):
            merge_loads(*pair, SETTINGS)
    with pytest.raises(UnmergeableError, match="some rows are at or after `as_of`"):
        merge_loads(one, one, SETTINGS, as_of=early)
    with pytest.raises(UnmergeableError, match="listed in both"):
        merge_loads(load_rows([listed("a")], [0]), load_rows([listed("a")], [1]), SETTINGS)
    strict = SETTINGS.model_copy(update={"unlisted_accounts": "reject"})
    with pytest.raises(UnmergeableError, match="are rejected"):
        merge_loads(one, one, strict)


def test_the_same_rows_as_of_another_moment_are_those_of_a_load_as_of_it() -> None:
    rows = [links(3, "d", first=5 * DAY)]
    loaded, later = load_rows(rows, [0]), datetime(1970, 2, 1, 12, tzinfo=UTC)
    again = as_of_another(loaded, later)
    assert again.as_of == later
    assert again.input_hash == loaded.input_hash
    assert as_of_another(loaded) is loaded
    early = datetime(1970, 1, 3, tzinfo=UTC)
    with pytest.raises(UnmergeableError, match="some rows are at or after `as_of`"):
        as_of_another(loaded, early)
    # cut at a moment, it says nothing of another one
    frame = {"account_id": ["a"], "signal_type": ["device"], "signal_id": ["d"], "first_seen": [5 * DAY]}
    source = SETTINGS.model_copy(update={"sources": [SourceConfig(frame="f", table="links")]})
    cut = load(source, frames={"f": pa.table(frame)}, as_of=early)
    assert as_of_another(cut, early) is cut
    with pytest.raises(UnmergeableError, match="when they were loaded"):
        as_of_another(cut, later)


def test_a_signal_that_becomes_too_popular_is_refused() -> None:
    few = SETTINGS.model_copy(update={"identifiers": IdentifierSettings(popularity_accounts=5)})
    before, more = load_rows([links(4, "d")], [0]), load_rows([links(4, "d", start=4)], [1])
    with pytest.raises(UnmergeableError, match="so many accounts share it"):
        merge_loads(before, more, few)
    assert merge_loads(before, more, SETTINGS).graph.n_accounts == 8
    popular = load_rows([links(8, "d")], [0], identifiers=few.identifiers)
    assert popular.n_popular == 1
    with pytest.raises(UnmergeableError, match="so many accounts share it"):
        merge_loads(popular, more, few)


def test_too_many_rejected_rows_are_refused() -> None:
    bad = {"links": [{"account_id": None, "signal_type": "device", "signal_id": "d", "first_seen": 0}]}
    before, more = load_rows([links(3, "d"), bad], [0, 1]), load_rows([links(3, "e")], [2])
    assert merge_loads(before, more, SETTINGS).rejected.num_rows == 1
    with pytest.raises(UnmergeableError, match="1 of 7 rows are rejected"):
        merge_loads(before, more, SETTINGS.model_copy(update={"max_rejected_share": 0.1}))
