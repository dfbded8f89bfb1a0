import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from loaders import InputError, LoadConfig
from loaders.row_estimates import estimate_rows


def config(folder: Path, *sources: dict) -> LoadConfig:
    return LoadConfig.model_validate({"sources": list(sources), "base_dir": folder})


def test_parquet_files_are_counted_without_being_read(tmp_path):
    (tmp_path / "links").mkdir()
    for name, n in (("one", 10), ("two", 5)):
        pd.DataFrame({"account_id": ["a"] * n, "d": ["x"] * n}).to_parquet(tmp_path / "links" / f"{name}.parquet")
    (found,) = estimate_rows(config(tmp_path, {"path": "links", "table": "links", "signals": {"device": "d"}}))
    assert (found.table, found.rows, found.exact) == ("links", 15, True)


def test_a_row_with_several_signals_is_several_links(tmp_path):
    pd.DataFrame({"account_id": ["a"] * 4, "d": "x", "i": "y"}).to_parquet(tmp_path / "links.parquet")
    source = {"path": "links.parquet", "table": "links", "signals": {"device": "d", "ip": "i"}}
    (found,) = estimate_rows(config(tmp_path, source))
    assert (found.rows, found.exact) == (8, False)


@pytest.mark.parametrize("n", [0, 3, 100_000])
@pytest.mark.parametrize("packed", [False, True])
def test_lines_of_texts_are_told_from_samples(tmp_path, n, packed):
    rng = np.random.default_rng(n)
    lines = ["account_id", *("a" * int(k) for k in rng.integers(5, 60, n))]
    file = tmp_path / f"accounts.csv{'.gz' if packed else ''}"
    opener = gzip.open if packed else open
    with opener(file, "wt") as handle:
        handle.write("\n".join(lines) + "\n")
    (found,) = estimate_rows(config(tmp_path, {"path": file.name, "table": "accounts"}))
    assert found.rows == pytest.approx(n + 1, rel=0.02)
    assert not found.exact


def test_a_small_text_is_counted_to_the_line(tmp_path):
    (tmp_path / "events.jsonl").write_text('{"account_id": "a"}\n' * 77)
    (found,) = estimate_rows(config(tmp_path, {"path": "events.jsonl", "table": "events"}))
    assert found.rows == 77


def test_what_only_reading_would_tell_is_unknown(tmp_path):
    sources = [{"query": "SELECT 1 AS account_id", "table": "accounts", "name": "q"}, {"frame": "f", "table": "events"}]
    query, frame = estimate_rows(config(tmp_path, *sources), {"f": pd.DataFrame({"account_id": ["a", "b"]})})
    assert (query.title, query.rows, query.exact) == ("q", None, False)
    assert (frame.rows, frame.exact) == (2, True)
    assert estimate_rows(config(tmp_path, *sources))[1].rows is None


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 no")
    (tmp_path / "bad.csv.gz").write_bytes(b"no gzip")
    (tmp_path / "empty.parquet").write_bytes(b"")
    for name, why in (
        ("bad.parquet", "the Parquet file is truncated or damaged and cannot be read; write it anew"),
        ("bad.csv.gz", "cannot be read: it is not packed by gzip"),
        ("empty.parquet", "the file is empty"),
    ):
        with pytest.raises(InputError, match=f"^{name}: {why}"):
            estimate_rows(config(tmp_path, {"path": name, "table": "accounts"}))
    with pytest.raises(InputError, match="no such file"):
        estimate_rows(config(tmp_path, {"path": "gone.csv", "table": "accounts"}))
