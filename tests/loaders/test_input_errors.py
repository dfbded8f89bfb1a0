"""What ends a load is told in one sentence."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from loaders import InputError, LoadConfig, SourceConfig, load


def fail(folder: Path, **source: object) -> str:
    with pytest.raises(InputError) as caught:
        load(LoadConfig(sources=[SourceConfig(table="accounts", **source)], base_dir=folder))
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_missing_file_names_the_folder_that_paths_start_from(tmp_path: Path) -> None:
    assert fail(tmp_path, path="no.csv") == f"no.csv: no such file; relative paths start at {tmp_path}"


def test_a_pattern_without_match_is_told(tmp_path: Path) -> None:
    assert fail(tmp_path, path="day*/*.csv").startswith("day*/*.csv: no file matches")


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    assert fail(tmp_path, path="in") == "in: the folder holds no CSV, JSON-lines or Parquet file"


def test_a_name_without_format_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_text("x")
    assert "the name tells no format" in fail(tmp_path, path="a.xlsx")


def test_all_missing_columns_are_told_with_those_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("user,when\na,2024-01-01\n")
    message = fail(tmp_path, path="a.csv", created_at="born")
    assert 'column `account_id` of table `accounts` is missing; map it with `account_id = "your column"`' in message
    assert "there is no column `born` for `created_at`; the source has: user, when" in message


def test_a_wrong_type_is_told(tmp_path: Path) -> None:
    pq.write_table(pa.table({"account_id": ["a"], "created_at": [True]}), tmp_path / "a.parquet")
    expected = "a.parquet: column `created_at` is BOOLEAN, and `created_at` must be a time, a date, text or a number"
    assert fail(tmp_path, path="a.parquet") == expected


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.jsonl"])
def test_an_empty_file_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    assert fail(tmp_path, path=name) == f"{name}: the file is empty, it has not even a header"


def test_a_table_without_rows_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("account_id,created_at\n")
    pq.write_table(pa.table({"account_id": pa.array([], pa.string())}), tmp_path / "a.parquet")
    for name in ("a.csv", "a.parquet"):
        assert fail(tmp_path, path=name) == f"{name}: the table is empty; it must have at least one row"


@pytest.mark.parametrize("kept", [4, 100, 2000, -9, -1])
def test_a_truncated_parquet_file_is_told(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"account_id": [f"account {i}" for i in range(5000)]}), path)
    path.write_bytes(path.read_bytes()[:kept])
    assert fail(tmp_path, path="a.parquet") == (
        "a.parquet: the Parquet file is truncated or damaged and cannot be read; write it anew"
    )


def test_a_parquet_file_with_a_damaged_page_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"account_id": [f"account {i}" for i in range(5000)]}), path)
    raw = bytearray(path.read_bytes())
    raw[200:400] = b"\x00" * 200
    path.write_bytes(raw)
    assert "truncated or damaged" in fail(tmp_path, path="a.parquet")


def test_a_parquet_file_with_text_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    raw = pa.array([b"\xff\xfe", b"b"], pa.binary())
    text = pa.Array.from_buffers(pa.string(), 2, raw.buffers())
    pq.write_table(pa.table({"account_id": text}), tmp_path / "a.parquet")
    expected = "a.parquet: a text column of the Parquet file holds bytes that are not UTF-8; write it anew as UTF-8"
    assert fail(tmp_path, path="a.parquet") == expected


def test_a_header_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("größe,account_id\n".encode("latin-1"))
    assert fail(tmp_path, path="a.csv") == "a.csv: the header line is not UTF-8; convert the file to UTF-8"


def test_rows_that_are_all_rejected_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("account_id,created_at\na,soon\nb,later\n")
    message = fail(tmp_path, path="a.csv")
    assert message.startswith(
        "2 of 2 rows (all) were rejected, over `max_rejected_share` = 0.05; the first: a.csv line 2:"
    )


def test_a_broken_query_is_told_without_values_from_the_data(tmp_path: Path) -> None:
    assert "missing.csv" in fail(tmp_path, query="SELECT * FROM 'missing.csv'")
    message = fail(tmp_path, query="SELECT CAST('4111111111111111x' AS INTEGER) AS account_id")
    assert "4111" not in message
    assert "Could not convert string" in message


def test_a_memory_limit_that_is_too_small_is_told(tmp_path: Path) -> None:
    query = "SELECT i AS account_id, repeat(i::VARCHAR, 60) AS signal_id, 'x' AS signal_type FROM range(300000) AS t(i)"
    config = LoadConfig(sources=[SourceConfig(query=query, table="links")], memory_limit="5MB", base_dir=tmp_path)
    with pytest.raises(InputError, match="needs more memory than `memory_limit` = 5MB allows"):
        load(config)
    assert list(tmp_path.iterdir()) == []


def test_a_temporary_folder_that_is_missing_is_told(tmp_path: Path) -> None:
    sources = [SourceConfig(query="SELECT 1 AS account_id", table="accounts")]
    config = LoadConfig(sources=sources, base_dir=tmp_path, temp_dir=tmp_path / "gone")
    with pytest.raises(InputError, match=f"`temp_dir` must be a folder that exists, got {tmp_path}/gone"):
        load(config)


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        query = "SELECT md5(i::VARCHAR) AS account_id FROM range(2000000) AS t(i)"
        config = LoadConfig(
            sources=[SourceConfig(query=query, table="accounts")], temp_dir=folder, memory_limit="100MB"
        )
        with pytest.raises(InputError, match="the disk of `temp_dir` is full; give `temp_dir` a folder with more room"):
            load(config)
        assert list(folder.iterdir()) == []
    finally:
        subprocess.run(["umount", folder], check=True)
