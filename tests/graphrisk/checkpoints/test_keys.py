import os
from pathlib import Path

import pandas as pd
import pytest

from graphrisk.checkpoints.keys import code_key, files_key, load_key, source_hash
from loaders import LoadConfig


@pytest.fixture
def config(tmp_path):
    for name in ("one", "two"):
        pd.DataFrame({"account_id": [name], "device": ["d"]}).to_csv(tmp_path / f"{name}.csv", index=False)
    source = {"path": "*.csv", "table": "links", "signals": {"device": "device"}}
    return LoadConfig.model_validate({"sources": [source], "base_dir": tmp_path})


def test_the_same_files_have_the_same_key(config):
    assert load_key(config, None) == load_key(config, None) is not None


def append(folder: Path) -> None:
    with (folder / "one.csv").open("a") as file:
        file.write("a2,d\n")


def write_over_with_the_same_size_and_time(folder: Path) -> None:
    state = (folder / "one.csv").stat()
    (folder / "one.csv").write_text((folder / "one.csv").read_text().replace("one", "eno"))
    os.utime(folder / "one.csv", ns=(state.st_atime_ns, state.st_mtime_ns))
    assert (folder / "one.csv").stat().st_size == state.st_size


def put_another_in_its_place(folder: Path) -> None:
    (folder / "new").write_bytes((folder / "one.csv").read_bytes())
    (folder / "new").rename(folder / "one.csv")


@pytest.mark.parametrize(
    "change",
    [
        append,
        write_over_with_the_same_size_and_time,
        put_another_in_its_place,
        lambda folder: (folder / "two.csv").unlink(),
        lambda folder: (folder / "three.csv").write_text("account_id,device\n"),
    ],
)
def test_files_that_changed_have_another_key(config, change):
    before = files_key(config)
    change(config.base_dir)
    assert files_key(config) != before


def test_what_changes_what_is_loaded_changes_the_key_and_what_does_not_does_not(config, monkeypatch):
    monkeypatch.setenv("SECRET", "0123456789abcdef")
    key = load_key(config, None)
    other = {"max_rejected_share": 0.1, "unlisted_accounts": "add", "identifiers": {"ip_subnets": True}}
    keys = [
        load_key(config.model_copy(update={"max_rejected_share": 0.1}), None),
        load_key(config, pd.Timestamp("2026")),
        load_key(config, None, transactions=True),
    ]
    keys.append(load_key(LoadConfig.model_validate(config.model_dump() | other), None))
    hashed = LoadConfig.model_validate(config.model_dump() | {"identifiers": {"hash_key_env": "SECRET"}})
    keys.append(load_key(hashed, None))
    monkeypatch.setenv("SECRET", "fedcba9876543210")
    keys.append(load_key(hashed, None))
    assert len({key, *keys}) == 7
    assert load_key(config.model_copy(update={"threads": 1, "memory_limit": "1GB"}), None) == key


def test_what_is_not_all_files_has_no_key(config):
    query = {"query": "SELECT 1 AS account_id", "table": "accounts"}
    both = LoadConfig.model_validate(config.model_dump() | {"sources": [*config.model_dump()["sources"], query]})
    assert load_key(both, None) is None
    (config.base_dir / "one.csv").unlink()
    (config.base_dir / "two.csv").unlink()
    assert load_key(config, None) is None


def test_the_key_of_the_code_changes_with_any_of_it(tmp_path):
    (tmp_path / "gnn" / "deep").mkdir(parents=True)
    (tmp_path / "gnn" / "deep" / "one.py").write_text("x = 1")
    first = source_hash(tmp_path)
    (tmp_path / "gnn" / "deep" / "one.py").write_text("x = 2")
    second = source_hash(tmp_path)
    (tmp_path / "gnn" / "deep" / "one.py").rename(tmp_path / "gnn" / "one.py")
    assert len({first, second, source_hash(tmp_path), code_key()}) == 4
