"""Only what was known strictly before `as_of` counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loaders import LoadResult

AS_OF = datetime(2024, 1, 1, tzinfo=UTC)
EDGE = int(AS_OF.timestamp())
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

ids = st.sampled_from(["a", "b", "c", "d", "new"])
signals = st.sampled_from(["s1", "s2", "unknown", "fresh"])
earlier = st.integers(EDGE - 100, EDGE - 1)
later = st.integers(EDGE, EDGE + 100)


def worlds(times: st.SearchStrategy[int]) -> st.SearchStrategy[dict[str, list[tuple[Any, ...]]]]:
    return st.fixed_dictionaries(
        {
            "accounts": st.lists(st.tuples(ids, times), max_size=4),
            "links": st.lists(st.tuples(ids, signals, times, st.integers(0, 200)), max_size=6),
            "transfers": st.lists(st.tuples(ids, ids, times, st.sampled_from([1.0, float("inf")])), max_size=4),
            "events": st.lists(st.tuples(ids, st.sampled_from(["login", "referral"]), ids, times), max_size=4),
            "labels": st.lists(st.tuples(ids, times), max_size=3),
        }
    )


def tables_of(world: dict[str, list[tuple[Any, ...]]]) -> dict[str, dict[str, list[Any]]]:
    links = world["links"]
    return {
        "accounts": {"account_id": [r[0] for r in world["accounts"]], "created_at": [r[1] for r in world["accounts"]]},
        "links": {
            "account_id": [r[0] for r in links],
            "signal_type": ["device"] * len(links),
            "signal_id": [r[1] for r in links],
            "first_seen": [r[2] for r in links],
            "last_seen": [r[2] + r[3] for r in links],
        },
        "transfers": {
            "source_id": [r[0] for r in world["transfers"]],
            "target_id": [r[1] for r in world["transfers"]],
            "occurred_at": [r[2] for r in world["transfers"]],
            "amount": [r[3] for r in world["transfers"]],
        },
        "events": {
            "account_id": [r[0] for r in world["events"]],
            "event_type": [r[1] for r in world["events"]],
            "target_id": [r[2] for r in world["events"]],
            "occurred_at": [r[3] for r in world["events"]],
        },
        "labels": {"entity_id": [r[0] for r in world["labels"]], "known_at": [r[1] for r in world["labels"]]},
    }


def everything(result: LoadResult) -> list[Any]:
    graph = result.graph
    parts = [graph.links, graph.transfers, graph.events]
    arrays = [value for part in parts for value in vars(part).values()]
    plain = [value.tolist() if isinstance(value, np.ndarray) else value for value in [graph.created_at, *arrays]]
    tables = [result.labels.to_pylist(), result.rejected.to_pylist(), result.refused.to_pylist()]
    names = [graph.types, graph.type_starts.tolist(), graph.names.to_pylist()]
    return [repr(plain), tables, names, result.row_counts, result.input_hash, result.n_unlisted_accounts, result.as_of]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(past=worlds(earlier), future=worlds(later))
def test_rows_at_or_after_as_of_change_nothing(load_frames: Any, past: dict[str, Any], future: dict[str, Any]) -> None:
    past["accounts"].append(("a", EDGE - 100))
    for name in past:  # a source must have a row
        past[name] = past[name] or worlds_seed()[name]
    both = {name: past[name] + future[name] for name in past}
    alone = load_frames(tables_of(past), as_of=AS_OF)
    joined = load_frames(tables_of(both), as_of=AS_OF)
    assert everything(joined) == everything(alone)
    assert joined.n_later_rows == sum(len(rows) for rows in future.values())


def worlds_seed() -> dict[str, list[tuple[Any, ...]]]:
    return {
        "links": [("a", "s1", EDGE - 50, 0)],
        "transfers": [("a", "b", EDGE - 50, 1.0)],
        "events": [("a", "login", "b", EDGE - 50)],
        "labels": [("a", EDGE - 50)],
    }


def test_a_row_of_the_very_second_of_as_of_is_not_used(load_frames: Any) -> None:
    result = load_frames({"accounts": {"account_id": ["a", "b"], "created_at": [EDGE - 1, EDGE]}}, as_of=AS_OF)
    assert result.graph.names.to_pylist() == ["a"]
    assert result.row_counts["accounts"] == 1
    assert result.n_later_rows == 1


def test_without_as_of_it_is_one_second_after_the_newest_time(load_frames: Any) -> None:
    world = tables_of(worlds_seed() | {"accounts": [("a", EDGE - 9)], "links": [("a", "s1", EDGE - 50, 70)]})
    assert load_frames(world).as_of == AS_OF + timedelta(seconds=21)


def test_without_any_time_as_of_is_the_epoch_and_all_rows_count(load_frames: Any) -> None:
    result = load_frames({"accounts": {"account_id": ["a"]}})
    assert result.as_of == EPOCH
    assert result.graph.n_accounts == 1


def test_a_moment_before_all_rows_is_told(load_frames: Any, caplog: pytest.LogCaptureFixture) -> None:
    columns = {"source_id": ["a", "b"], "target_id": ["b", "a"], "occurred_at": [EDGE, EDGE + 1]}
    assert len(load_frames({"transfers": columns}, as_of=AS_OF).graph.transfers) == 0
    assert "nothing was known before 2024-01-01 00:00:00+00:00: all 2 rows are at or after `as_of`" in caplog.text
    caplog.clear()
    load_frames({"transfers": columns}, as_of=AS_OF + timedelta(seconds=1))
    assert not caplog.records


def test_a_moment_without_a_zone_is_utc(load_frames: Any) -> None:
    result = load_frames({"accounts": {"account_id": ["a"]}}, as_of=datetime(2024, 1, 1))
    assert result.as_of == AS_OF


def test_the_last_time_of_a_link_is_clipped_and_its_count_kept(load_frames: Any) -> None:
    columns = {"account_id": ["a"], "signal_type": ["device"], "signal_id": ["x"], "n_events": [9]}
    world = {"links": columns | {"first_seen": [EDGE - 5], "last_seen": [EDGE + 5]}}
    links = load_frames(world, as_of=AS_OF).graph.links
    assert links.last_seen.tolist() == [EDGE - 1]
    assert links.n_events.tolist() == [9]


def test_a_label_that_was_known_stays_though_its_account_is_listed_later(load_frames: Any) -> None:
    accounts = {"account_id": ["a", "late"], "created_at": [EDGE - 5, EDGE + 5]}
    labels = {"entity_id": ["late", "late"], "label": ["timed", "untimed"], "known_at": [EDGE - 5, None]}
    result = load_frames({"accounts": accounts, "labels": labels}, as_of=AS_OF)
    assert result.labels["label"].to_pylist() == ["timed"]


def test_a_later_account_takes_with_it_the_rows_that_have_no_time(load_frames: Any) -> None:
    accounts = {"account_id": ["a", "late"], "created_at": [EDGE - 5, EDGE + 5]}
    transfers = {"source_id": ["a", "late"], "target_id": ["late", "a"]}
    links = {"account_id": ["a", "late"], "signal_type": ["device"] * 2, "signal_id": ["x", "x"]}
    events = {"account_id": ["a", "a"], "event_type": ["referral", "login"], "target_id": ["late", None]}
    labels = {"entity_id": ["late", "a"], "label": ["x", "y"]}
    world = {"accounts": accounts, "transfers": transfers, "links": links, "events": events, "labels": labels}
    result = load_frames(world, as_of=AS_OF)
    assert result.graph.names.to_pylist() == ["a", "x"]
    assert (len(result.graph.links), len(result.graph.transfers), len(result.graph.events)) == (1, 0, 1)
    assert result.labels["entity_id"].to_pylist() == ["a"]


def test_an_account_that_an_earlier_row_names_stays(load_frames: Any) -> None:
    accounts = {"account_id": ["a"], "created_at": [EDGE + 5]}
    events = {"account_id": ["a"], "event_type": ["login"], "occurred_at": [EDGE - 5]}
    result = load_frames({"accounts": accounts, "events": events}, as_of=AS_OF)
    assert result.graph.names.to_pylist() == ["a"]
    assert result.n_unlisted_accounts == 1
