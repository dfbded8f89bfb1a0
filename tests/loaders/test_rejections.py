"""Bad rows are counted and told, never dropped in silence."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from loaders import InputError, LoadConfig, LoadResult, SourceConfig, load


def reasons_of(result: LoadResult) -> dict[int, tuple[str | None, str]]:
    rows = result.rejected.to_pylist()
    return {row["line"]: (row["column"], row["reason"]) for row in rows}


def test_every_bad_line_of_a_csv_is_told_with_line_column_and_reason(load_file: Any) -> None:
    lines = [
        b"account_id,created_at",
        b"good,2024-01-01",
        b"bad\xff,2024-01-01",
        b"late,2024-13-01",
        b"many,2024-01-01,fields",
        b"few",
        b",2024-01-01",
        b"l" * 513 + b",2024-01-01",
        b"fine,2024-01-02",
    ]
    result = load_file("a.csv", b"\n".join(lines), "accounts")
    assert result.graph.names.to_pylist() == ["fine", "good"]
    assert result.rejected["source"].unique().to_pylist() == ["a.csv"]
    assert reasons_of(result) == {
        3: (None, "the line is not UTF-8"),
        4: ("created_at", "`created_at` is not a time; see `time_unit`, `time_format` and `timezone`"),
        5: (None, "the line has more fields than the header"),
        6: (None, "the line has fewer fields than the header"),
        7: ("account_id", "`account_id` is missing"),
        8: ("account_id", "`account_id` is longer than 512 bytes"),
    }
    assert result.row_counts["accounts"] == 8
    assert result.row_counts["rejected"] == 6


def test_bad_json_lines_are_told(load_file: Any) -> None:
    text = b'{"account_id": "a"}\nnot json\n[1, 2]\n{"other": 1}\n{"account_id": "\xfe"}\n'
    result = load_file("a.jsonl", text, "accounts")
    assert reasons_of(result) == {
        2: (None, "the line is not a JSON object"),
        3: (None, "the line is not a JSON object"),
        4: ("account_id", "`account_id` is missing"),
        5: (None, "the line is not UTF-8"),
    }


@pytest.mark.parametrize(
    ("amount", "reason"),
    [
        ("nan", "`amount` is not finite"),
        ("-inf", "`amount` is not finite"),
        ("Infinity", "`amount` is not finite"),
        ("-3", "`amount` is negative; swap source and target instead"),
        ("ten", "`amount` is not a number"),
    ],
)
def test_amounts_that_are_no_amounts_are_rejected(load_file: Any, amount: str, reason: str) -> None:
    result = load_file("t.csv", f"source_id,target_id,amount\na,b,{amount}\na,b,\n", "transfers")
    assert reasons_of(result) == {2: ("amount", reason)}
    assert len(result.graph.transfers) == 1


def test_nan_in_an_arrow_column_is_not_finite(load_frames: Any) -> None:
    result = load_frames(
        {"transfers": {"source_id": ["a", "a"], "target_id": ["b", "c"], "amount": [float("nan"), 1.0]}}
    )
    assert reasons_of(result) == {1: ("amount", "`amount` is not finite")}


def test_a_link_that_ends_before_it_begins_is_rejected(load_frames: Any) -> None:
    columns = {"account_id": ["a"] * 2, "signal_type": ["device"] * 2, "signal_id": ["x", "y"]}
    result = load_frames({"links": columns | {"first_seen": [5, 5], "last_seen": [4, 5]}})
    assert reasons_of(result) == {1: ("last_seen", "`last_seen` is before `first_seen`")}


def test_of_duplicate_accounts_the_earliest_row_is_kept(load_file: Any) -> None:
    text = "account_id,created_at\na,2024-01-03\nb,2024-01-01\na,2024-01-01\na,\na,2024-01-02\n"
    result = load_file("a.csv", text, "accounts")
    assert result.graph.created_at.tolist() == [1_704_067_200] * 2
    duplicate = ("account_id", "duplicate: the account is listed by an earlier row")
    assert reasons_of(result) == {2: duplicate, 5: duplicate, 6: duplicate}


def test_the_kept_duplicate_does_not_depend_on_row_order(tmp_path: Path) -> None:
    rows = ["a,1,DE", "a,1,AT", "a,1,CH"]
    kept = set()
    for order in (rows, rows[::-1]):
        (tmp_path / "a.csv").write_text("account_id,created_at,country\n" + "\n".join(order))
        source = SourceConfig(path="a.csv", table="accounts", attributes=["country"], time_unit="day")
        result = load(LoadConfig(sources=[source], base_dir=tmp_path, max_rejected_share=0.9))
        assert result.graph.attributes is not None
        kept.add((result.graph.attributes["country"][0].as_py(), result.input_hash))
    assert {country for country, _ in kept} == {"AT"}
    assert len(kept) == 1


def test_rows_of_a_query_have_no_line(tmp_path: Path) -> None:
    query = "SELECT * FROM (VALUES ('a'), (NULL), (NULL)) AS t(account_id)"
    source = SourceConfig(name="people", query=query, table="accounts")
    result = load(LoadConfig(sources=[source], base_dir=tmp_path, max_rejected_share=0.9))
    assert result.rejected["line"].to_pylist() == [None, None]
    assert result.rejected["source"].to_pylist() == ["people"] * 2


def test_lines_of_parquet_files_are_row_numbers(tmp_path: Path) -> None:
    pd.DataFrame({"account_id": ["a", None, "b", ""]}).to_parquet(tmp_path / "a.parquet")
    source = SourceConfig(path="a.parquet", table="accounts")
    result = load(LoadConfig(sources=[source], base_dir=tmp_path, max_rejected_share=0.9))
    assert result.rejected["line"].to_pylist() == [2, 4]


def test_too_many_rejected_rows_end_the_load(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("account_id\n" + "a\n" * 9 + '""\n')
    config = LoadConfig(
        sources=[SourceConfig(path="a.csv", table="accounts")], base_dir=tmp_path, max_rejected_share=0.5
    )
    message = (
        r"9 of 10 rows \(90.0%\) were rejected, over `max_rejected_share` = 0.5; the first: a.csv line 3: duplicate"
    )
    with pytest.raises(InputError, match=message):
        load(config)


def test_the_share_of_rejected_rows_is_counted_before_as_of_only(load_frames: Any) -> None:
    columns = {
        "source_id": ["a"] * 4,
        "target_id": ["b"] * 4,
        "amount": ["1", "x", "x", "x"],
        "occurred_at": [1, 9, 9, 9],
    }
    as_of = datetime.fromtimestamp(5, UTC)
    result = load_frames({"transfers": columns}, as_of=as_of, max_rejected_share=0.0)
    assert result.rejected.num_rows == 0
    assert result.n_later_rows == 3
