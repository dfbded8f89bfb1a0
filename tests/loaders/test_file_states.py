"""What a load reads, and what has come since."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from loaders import LoadConfig, SourceConfig
from loaders.file_states import NotOnlyNewError, file_states, only_new


@pytest.fixture
def config(tmp_path: Path) -> LoadConfig:
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "1.csv").write_text("account_id\n")
    (tmp_path / "accounts.csv").write_text("account_id\n")
    sources = [SourceConfig(path="links", table="links"), SourceConfig(path="accounts.csv", table="accounts")]
    return LoadConfig(sources=sources, base_dir=tmp_path)


def test_files_that_have_come_are_told_apart(config: LoadConfig, tmp_path: Path) -> None:
    before = file_states(config)
    assert before is not None
    assert [list(files) for files in before] == [["links/1.csv"], ["accounts.csv"]]
    assert only_new(config, before, before) is None
    (tmp_path / "links" / "2[b].csv").write_text("account_id\n")
    now = file_states(config)
    assert now is not None
    new = only_new(config, before, now)
    assert new is not None
    assert [(source.path, source.table) for source in new.sources] == [("links/2[b].csv", "links")]
    assert new.base_dir == config.base_dir


@pytest.mark.parametrize("change", ["written", "replaced", "gone"])
def test_a_file_that_is_not_as_it_was_is_told_of(config: LoadConfig, tmp_path: Path, change: str) -> None:
    before = file_states(config)
    assert before is not None
    file = tmp_path / "links" / "1.csv"
    old = file.stat()
    (tmp_path / "links" / "2.csv").write_text("account_id\n")
    if change == "written":
        file.write_text("account_ie\n")
        os.utime(file, ns=(old.st_atime_ns, old.st_mtime_ns))
    elif change == "replaced":
        (tmp_path / "other").write_text("account_id\n")
        (tmp_path / "other").replace(file)
    else:
        file.unlink()
    now = file_states(config)
    assert now is not None
    with pytest.raises(NotOnlyNewError, match=r"links/1\.csv has changed or is gone"):
        only_new(config, before, now)


def test_what_is_no_file_has_no_state(config: LoadConfig, tmp_path: Path) -> None:
    query = SourceConfig(query="SELECT 1 AS account_id", table="accounts")
    assert file_states(config.model_copy(update={"sources": [*config.sources, query]})) is None
    (tmp_path / "accounts.csv").unlink()
    assert file_states(config) is None
