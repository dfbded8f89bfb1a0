"""A look at headers and types before any row is read."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from loaders import LoadConfig, SourceConfig, check_sources


def test_all_problems_of_all_sources_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("user\n")
    pq.write_table(pa.table({"account_id": ["a"], "first_seen": [True], "d": ["x"]}), tmp_path / "l.parquet")
    sources = [
        SourceConfig(path="a.csv", table="accounts", created_at="born"),
        SourceConfig(path="l.parquet", table="links", signals={"device": "d", "ip": "i"}),
        SourceConfig(path="gone.csv", table="accounts"),
        SourceConfig(query="SELECT account_id FROM 'l.parquet'", table="accounts", attributes=["country"]),
        SourceConfig(frame="f", table="accounts"),
    ]
    problems = check_sources(LoadConfig(sources=sources, base_dir=tmp_path))
    assert [problem.split(":")[0] for problem in problems] == [f"source {n}" for n in (1, 1, 2, 2, 3, 4, 5)]
    assert "is BOOLEAN, and `first_seen` must be" in problems[2]
    assert "there is no column `i` for signal `ip`" in problems[3]
    assert "there is no column `country` for `attributes`" in problems[5]


def test_sources_that_are_well_have_no_problems(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("account_id\n")
    sources = [SourceConfig(path="a.csv", table="accounts"), SourceConfig(frame="f", table="accounts")]
    config = LoadConfig(sources=sources, base_dir=tmp_path)
    assert check_sources(config, {"f": pd.DataFrame({"account_id": ["x"]})}) == []


def test_a_variable_that_is_not_set_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_FOLDER", raising=False)
    config = LoadConfig(sources=[SourceConfig(path="${NO_SUCH_FOLDER}/a.csv", table="accounts")])
    (problem,) = check_sources(config)
    assert "the environment variable NO_SUCH_FOLDER is not set" in problem
