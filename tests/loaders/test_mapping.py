"""From the user's columns to the canonical ones: constants, signals, times, numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from algorithms.times import MISSING_TIME
from loaders import LoadConfig, LoadResult, SourceConfig, load

NEW_YEAR = 1_704_067_200  # 2024-01-01 UTC
DAY = 86_400


def load_one(table: str, columns: dict[str, Any], **mapping: Any) -> LoadResult:
    source = SourceConfig(frame="f", table=table, **mapping)
    return load(LoadConfig(sources=[source], max_rejected_share=0.99), frames={"f": pa.table(columns)})


def created(value: Any, **mapping: Any) -> int:
    """Second at which a value of `created_at` is read; the value stands beside one that is well."""
    result = load_one("accounts", {"account_id": ["a"], "created_at": [value]}, **mapping)
    return int(result.graph.created_at[0])


def test_a_constant_stands_in_every_row() -> None:
    columns = {"payer": ["a", "b"], "to": ["w", "w"]}
    result = load_one("transfers", columns, source_id="payer", target_id="to", target_type={"value": "wallet"})
    assert result.graph.types == ("account", "wallet")
    assert len(result.graph.transfers) == 2


def test_several_signals_of_one_row_become_several_links() -> None:
    columns = {"u": ["a", "b", "c"], "d": ["x", "x", None], "i": ["8.8.8.8", " ", None]}
    result = load_one("links", columns, account_id="u", signals={"device": "d", "ip": "i"})
    assert result.row_counts["links"] == 3
    assert result.graph.types == ("account", "device", "ip")
    assert result.rejected.num_rows == 0


def test_white_space_around_ids_is_no_part_of_them() -> None:
    result = load_one("links", {"account_id": [" a", "a\t"], "signal_type": ["Device "] * 2, "signal_id": ["x", " x "]})
    assert result.graph.names.to_pylist() == ["a", "x"]
    assert result.graph.links.n_events.tolist() == [2]


@pytest.mark.parametrize(
    ("value", "second"),
    [
        ("2024-01-01", NEW_YEAR),
        ("2024-01-01 00:00:00", NEW_YEAR),
        ("2024-01-01T00:00:00Z", NEW_YEAR),
        ("2024-01-01T02:00:00+02:00", NEW_YEAR),
        ("2023-12-31T19:00:00.999-05:00", NEW_YEAR),
        ("1704067200", NEW_YEAR),
        ("1969-12-31T23:59:59.5Z", -1),
    ],
)
def test_texts_with_and_without_zone_become_seconds_utc(value: str, second: int) -> None:
    assert created(value) == second


def test_a_time_without_zone_is_in_the_zone_of_the_source() -> None:
    assert created("2024-01-01 00:00:00", timezone="Europe/Berlin") == NEW_YEAR - 3600
    assert created("2024-07-01 00:00:00", timezone="Europe/Berlin") == 1_719_784_800
    assert created("2024-01-01T00:00:00Z", timezone="Europe/Berlin") == NEW_YEAR
    naive = np.array(["2024-01-01T00:00:00"], dtype="datetime64[us]")[0]
    assert created(naive, timezone="Asia/Tokyo") == NEW_YEAR - 9 * 3600


MIXED = ["2024-01-01T00:00:00Z", "2024-01-01 02:00:00+02", "2024-01-01 00:00:00", "2024-01-01", "1704067200", None]


@pytest.mark.parametrize(
    ("values", "timezone", "told"),
    [
        (MIXED, None, "f: of the times in `created_at` 2 name a time zone and 2 do not; these were read as UTC"),
        (MIXED, "Asia/Tokyo", "2 name a time zone and 2 do not; these were read as Asia/Tokyo, see `timezone`"),
        ([*MIXED[:2], *MIXED[4:]], None, ""),
        ([*MIXED[2:], "2024-01-01T12:30:00.5", "soon"], None, ""),
    ],
)
def test_a_column_of_times_with_and_without_zone_is_told(
    values: list[str | None], timezone: str | None, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    columns = {"account_id": [f"a{k}" for k in range(len(values))], "created_at": values}
    result = load_one("accounts", columns, timezone=timezone)
    assert told in caplog.text
    assert bool(caplog.text) == bool(told)
    assert result.row_counts["accounts"] == len(values)


@pytest.mark.parametrize(
    ("value", "unit", "origin", "second"),
    [
        (NEW_YEAR, None, None, NEW_YEAR),
        (NEW_YEAR * 1000 + 999, "ms", None, NEW_YEAR),
        (NEW_YEAR * 10**6, "us", None, NEW_YEAR),
        (NEW_YEAR * 10**9, "ns", None, NEW_YEAR),
        ("1704067200123", "ms", None, NEW_YEAR),
        (-1, "ms", None, -1),
        (3, "day", "2024-01-01", NEW_YEAR + 3 * DAY),
        (1.5, "hour", "2024-01-01T00:00:00+01:00", NEW_YEAR + 1800),
        (2, "minute", None, 120),
    ],
)
def test_numbers_are_counted_in_their_unit_from_their_origin(
    value: Any, unit: str | None, origin: str | None, second: int
) -> None:
    assert created(value, time_unit=unit, time_origin=origin) == second
    spec = {"column": "created_at", "unit": unit, "origin": origin}
    assert created(value, **{"created_at": spec}) == second


def test_a_format_reads_times_that_are_not_iso() -> None:
    assert created("2024/01/01 00:20", time_format="%Y/%m/%d %H:%M") == NEW_YEAR + 1200
    assert created("31.12.2023", created_at={"column": "created_at", "format": "%d.%m.%Y"}) == NEW_YEAR - DAY


def test_absent_times_are_missing_and_reject_nothing() -> None:
    result = load_one("accounts", {"account_id": ["a", "b"], "created_at": ["", None]})
    assert result.graph.created_at.tolist() == [MISSING_TIME] * 2
    assert result.rejected.num_rows == 0


def test_counts_must_be_whole_numbers_from_one() -> None:
    columns = {"account_id": list("abcde"), "signal_type": ["device"] * 5, "signal_id": ["x"] * 5}
    result = load_one("links", columns | {"n_events": ["3", "2.5", "0", "many", None]})
    assert result.graph.links.n_events.tolist() == [3, 1]
    assert result.rejected["line"].to_pylist() == [2, 3, 4]


def test_types_are_words_of_small_letters() -> None:
    columns = {"account_id": ["a", "b", "c"], "event_type": ["Sign-Up", "log in", "größe"]}
    result = load_one("events", columns)
    assert result.graph.events.type_names == ("log_in", "sign_up")
    assert result.rejected["column"].to_pylist() == ["event_type"]


def test_decimal_and_bytes_columns_are_read() -> None:
    amounts = pa.array(["1.50", "2.25"]).cast(pa.decimal128(10, 2))
    columns = {"source_id": pa.array([b"\x01", b"\xff"]), "target_id": ["b", "c"], "amount": amounts}
    result = load_one("transfers", columns)
    assert sorted(result.graph.transfers.amounts.tolist()) == [1.5, 2.25]
    assert {"01", "ff"} <= set(result.graph.names.to_pylist())
