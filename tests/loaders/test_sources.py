"""Files, globs, folders, queries and frames as sources."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from loaders import InputError, LoadConfig, LoadResult, SourceConfig, load


def load_sources(folder: Path, *sources: dict[str, Any], **settings: Any) -> LoadResult:
    return load(LoadConfig(sources=[SourceConfig(**source) for source in sources], base_dir=folder, **settings))


def names_of(result: LoadResult) -> list[str]:
    names: list[str] = result.graph.names.to_pylist()
    return names


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.jsonl", "a.ndjson.gz", "a.parquet"])
def test_the_same_rows_load_alike_from_every_format(tmp_path: Path, name: str) -> None:
    rows = [{"account_id": "a,1", "created_at": "2024-01-01T00:00:00Z"}, {"account_id": 'ü"2', "created_at": None}]
    frame = pd.DataFrame(rows)
    path = tmp_path / name
    if ".csv" in name:
        frame.to_csv(path, index=False)
    elif name.endswith(".parquet"):
        frame.to_parquet(path)
    else:
        text = "\n".join(json.dumps(row) for row in rows).encode()
        path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    result = load_sources(tmp_path, {"path": name, "table": "accounts"})
    assert names_of(result) == ["a,1", 'ü"2']
    assert result.graph.created_at[0] == 1_704_067_200


def test_a_glob_reads_all_matching_files(tmp_path: Path) -> None:
    for day in (1, 2):
        (tmp_path / f"day={day}").mkdir()
        pq.write_table(pa.table({"account_id": [f"a{day}"]}), tmp_path / f"day={day}" / "x.parquet")
    (tmp_path / "other.parquet").write_bytes(b"no parquet")
    assert names_of(load_sources(tmp_path, {"path": "day=*/*.parquet", "table": "accounts"})) == ["a1", "a2"]


def test_a_folder_is_read_with_its_subfolders_and_without_hidden_files(tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "one.csv").write_text("account_id\na\n")
    (tmp_path / "in" / "deep" / "two.jsonl").write_text('{"account_id": "b"}\n')
    (tmp_path / "in" / "_SUCCESS").write_text("")
    (tmp_path / "in" / ".part.csv").write_text("account_id\nhidden\n")
    assert names_of(load_sources(tmp_path, {"path": "in", "table": "accounts"})) == ["a", "b"]


def test_files_of_one_glob_may_have_their_columns_in_another_order(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("account_id,created_at\na,2024-01-01\n")
    (tmp_path / "2.csv").write_text("created_at,account_id\n2024-01-02,b\n")
    result = load_sources(tmp_path, {"path": "*.csv", "table": "accounts"})
    assert names_of(result) == ["a", "b"]
    assert (result.graph.created_at > 0).all()


@pytest.mark.parametrize(("delimiter", "given"), [(";", None), ("\t", None), ("|", None), ("^", "^")])
def test_the_delimiter_of_a_csv_is_told_from_its_header_or_given(
    load_file: Any, delimiter: str, given: str | None
) -> None:
    text = "\n".join(delimiter.join(row) for row in (["account_id", "created_at"], ["a", "2024-01-01"]))
    result = load_file("x.csv", text, "accounts", delimiter=given)
    assert result.graph.created_at.tolist() == [1_704_067_200]


def test_a_byte_order_mark_is_no_part_of_the_first_name(load_file: Any) -> None:
    assert names_of(load_file("x.csv", b"\xef\xbb\xbfaccount_id\na\n", "accounts")) == ["a"]


def test_a_column_name_that_comes_twice_gets_a_number(load_file: Any) -> None:
    result = load_file("x.csv", "Account,To,Account\na,1,b\n", "transfers", source_id="Account", target_id="Account.1")
    assert names_of(result) == ["a", "b"]


def test_column_names_match_whatever_their_case(load_file: Any) -> None:
    assert names_of(load_file("x.csv", "Account_ID,WHEN\na,2024-01-01\n", "accounts", created_at="when")) == ["a"]


def test_a_query_reads_files_relative_to_the_config(tmp_path: Path) -> None:
    pq.write_table(pa.table({"u": [1, 2, 3], "v": ["x", "x", "y"]}), tmp_path / "t.parquet")
    query = "SELECT u AS account_id, 'device' AS signal_type, v AS signal_id FROM 't.parquet' WHERE u < 3;"
    result = load_sources(tmp_path, {"query": query, "table": "links"})
    assert names_of(result) == ["1", "2", "x"]
    assert len(result.graph.links) == 2


def test_variables_of_the_environment_stand_in_paths_and_queries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_DATA", str(tmp_path))
    (tmp_path / "a.csv").write_text("account_id\na\n")
    (tmp_path / "b.csv").write_text("account_id\nb\n")
    by_query = {"query": "SELECT * FROM '${TEST_DATA}/b.csv'", "table": "accounts"}
    result = load_sources(Path("/"), {"path": "${TEST_DATA}/a.csv", "table": "accounts"}, by_query)
    assert names_of(result) == ["a", "b"]


def test_frames_of_pandas_and_arrow_are_sources() -> None:
    frames = {
        "people": pd.DataFrame({"id": [1, 2], "at": pd.to_datetime(["2024-01-01", None], utc=True)}),
        "seen": pa.table({"id": [1, 2], "device": pa.array(["x", "x"]).dictionary_encode()}),
    }
    people = SourceConfig(frame="people", table="accounts", account_id="id", created_at="at")
    seen = SourceConfig(frame="seen", table="links", account_id="id", signals={"device": "device"})
    result = load(LoadConfig(sources=[people, seen]), frames=frames)
    assert names_of(result) == ["1", "2", "x"]
    assert result.n_unlisted_accounts == 0


def test_a_column_that_holds_nothing_is_as_one_that_is_not_there() -> None:
    frames = {
        "paid": pd.DataFrame({"source_id": ["a"], "target_id": ["b"], "amount": [None], "occurred_at": [None]}),
        "seen": pa.table({"account_id": ["a", "b"], "signal_type": pa.nulls(2), "signal_id": ["x", "y"]}),
        "more": pd.DataFrame({"account_id": ["a"], "d": ["z"], "i": [None]}),
    }
    sources = [SourceConfig(frame="paid", table="transfers"), SourceConfig(frame="seen", table="links")]
    sources.append(SourceConfig(frame="more", table="links", signals={"device": "d", "ip": "i"}))
    result = load(LoadConfig(sources=sources, max_rejected_share=0.9), frames=frames)
    assert len(result.graph.transfers) == 1
    assert (result.graph.transfers.amounts, result.graph.transfers.seconds) == (None, None)
    assert result.rejected["reason"].to_pylist() == ["`signal_type` is missing"] * 2
    assert names_of(result) == ["a", "b", "z"]


def test_whole_numbers_that_pandas_made_floats_are_the_same_ids() -> None:
    frames = {"f": pd.DataFrame({"account_id": [1.0, None, 10.0]}), "g": pd.DataFrame({"account_id": [1, 10]})}
    sources = [SourceConfig(frame=name, table="accounts") for name in frames]
    result = load(LoadConfig(sources=sources, max_rejected_share=0.9), frames=frames)
    assert names_of(result) == ["1", "10"]


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        ({}, "frame 'f' was not given to `load"),
        ({"f": [1, 2]}, "frame 'f' must be a pandas or Arrow table, got list"),
        ({"f": pd.DataFrame({"account_id": [1, "x", b"y"]})}, "account_id .* holds values of several types"),
        ({"f": pd.DataFrame({"account_id": [["nested"]]})}, "`account_id` is VARCHAR.*must be text or a whole number"),
    ],
)
def test_a_frame_that_cannot_be_used_is_told(frames: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        load(LoadConfig(sources=[SourceConfig(frame="f", table="accounts")]), frames=frames)


def test_json_lines_may_lack_fields_and_hold_numbers(load_file: Any) -> None:
    text = '{"account_id": 7}\n{"account_id": "x", "created_at": 1704067200}\n\n'
    result = load_file("x.jsonl", text, "accounts")
    assert names_of(result) == ["7", "x"]
    assert result.graph.created_at[1] == 1_704_067_200


def test_a_file_name_with_signs_of_a_pattern_is_a_file_name(load_file: Any) -> None:
    assert names_of(load_file("a[1]*.csv", "account_id\na\n", "accounts")) == ["a"]


def test_columns_may_bear_names_that_loaders_use_themselves(load_file: Any) -> None:
    text = '{"account_id": "a", "line": 7, "broken": true, "file": "x", "bad": 1}\n{"broken": false}\n'
    result = load_file("a.jsonl", text, "accounts", attributes=["line", "broken", "file", "bad"])
    assert result.graph.attributes.to_pylist() == [{"bad": "1", "broken": "true", "file": "x", "line": "7"}]
    assert result.rejected["line"].to_pylist() == [2]


def test_a_canonical_name_may_be_mapped_to_another_column(load_file: Any) -> None:
    text = "source_id,target_id,value,amount\na,b,1,2\n"
    transfers = load_file("t.csv", text, "transfers", amount="value", amount_usd="amount").graph.transfers
    assert transfers.amounts.tolist() == [1.0]
    assert transfers.amounts_usd.tolist() == [2.0]
