"""Everything that is wrong with a config, at once, with file, key and what to do."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from loaders import ConfigError, LoadConfig, SourceConfig, read_load_config, template, validate

BROKEN = """
[[source]]
pth = "a.csv"
table = "accounts"

[[source]]
path = "b.csv"
query = "SELECT 1"
table = "linkz"
timezone = "Berlin"

[[source]]
path = "${NO_SUCH_FOLDER}/c.csv"
table = "transfers"
amout = "value"
signal_id = "x"
occurred_at = { column = "t", unit = "weeks" }
time_origin = "yesterday"
attributes = ["x"]

[identifiers]
default_region = "usa"
popularity_share = 2
hash_key_env = "NO_SUCH_KEY"
"""


def test_all_problems_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_FOLDER", raising=False)
    problems = validate(tomllib.loads(BROKEN), "scan.toml")
    keys = {problem.split(": ")[1] for problem in problems}
    assert keys == {
        *("source 1.pth", "source 1.path", "source 2.table", "source 2.path", "source 2.timezone"),
        *("source 3.path", "source 3.amout", "source 3.signal_id", "source 3.occurred_at", "source 3.time_origin"),
        *("source 3.attributes", "identifiers.default_region", "identifiers.popularity_share"),
    }
    assert all(problem.startswith("scan.toml: ") for problem in problems)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            {"pth": "a", "path": "b", "table": "accounts"},
            "scan.toml: source 1.pth: there is no such key; did you mean `path`?",
        ),
        ({"path": "b"}, "scan.toml: source 1.table: is missing; add it"),
        (
            {"path": "a", "query": "b", "table": "links"},
            "scan.toml: source 1.path: a source needs exactly one of `path`, `query` and `frame`, "
            "got `path` and `query`",
        ),
        (
            {"path": "a", "connection": "b", "table": "links"},
            'scan.toml: source 1.connection: needs a `query` to run there; add `query = "SELECT ..."`',
        ),
        (
            {"path": "a", "table": "links", "signals": {"device": "d"}, "signal_id": "s"},
            "scan.toml: source 1.signals: give either `signals` or `signal_type` and `signal_id`, not both",
        ),
        (
            {"path": "a", "table": "accounts", "signals": {"device": "d"}},
            "scan.toml: source 1.signals: belongs to table `links`, not to `accounts`",
        ),
        (
            {"path": "a", "table": "links", "signals": {"Dev Id": "d"}},
            "scan.toml: source 1.signals.Dev Id: a signal type is a word of small letters, digits and underscores",
        ),
        (
            {"path": "a", "table": "accounts", "time_unit": "s", "time_format": "%Y"},
            "scan.toml: source 1.time_format: give either `time_unit` or `time_format`",
        ),
        (
            {"frame": "a", "format": "csv", "table": "accounts"},
            "scan.toml: source 1.format: belongs to a source with a `path`; take it away",
        ),
        ("a.csv", "scan.toml: source 1: must be a table that begins with [[source]], got 'a.csv'"),
    ],
)
def test_each_problem_says_what_to_do(source: object, expected: str) -> None:
    assert expected in validate({"source": [source]}, "scan.toml")


def test_a_config_without_sources_is_told() -> None:
    assert validate({}) == ["scan.toml: source: there must be at least one [[source]]; see `graphrisk config template`"]


def test_a_key_variable_that_is_not_set_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    data = {"source": [{"path": "a.csv", "table": "accounts"}], "identifiers": {"hash_key_env": "NO_SUCH_KEY"}}
    (problem,) = validate(data)
    assert problem.startswith("scan.toml: identifiers.hash_key_env: names ${NO_SUCH_KEY}, but the environment variable")


def test_the_template_is_a_valid_config_that_names_every_key() -> None:
    data = tomllib.loads(template())
    assert validate(data) == []
    assert all(
        key in template() for key in SourceConfig.model_fields if key not in ("columns", "format", "frame", "name")
    )
    assert all(key in template() for key in LoadConfig.model_fields if key not in ("sources", "base_dir"))


def test_a_toml_file_becomes_a_load_config(tmp_path: Path) -> None:
    path = tmp_path / "scan.toml"
    path.write_text(
        '[scan]\nthreads = 1\nseed = 3\ntemp_dir = "tmp"\n\n'
        '[[source]]\npath = "a.csv"\ntable = "accounts"\naccount_id = "u"\n'
    )
    config = read_load_config(path)
    assert config.threads == 1
    assert config.base_dir == tmp_path
    assert config.temp_dir == tmp_path / "tmp"
    assert config.sources[0].columns == {"account_id": "u"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[scan]\nx = = 1", "this is not TOML: .*line 2"),
        (b"a = '\xff'", "the file is not UTF-8"),
        (b"[scan]\nmax_rejected_share = 3\n[[source]]\npath='a'\ntable='links'\n", "max_rejected_share"),
    ],
)
def test_a_file_that_is_no_config_is_told(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "scan.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        read_load_config(tmp_path / "scan.toml")


def test_a_config_file_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"scan.toml: the file cannot be read: No such file") as caught:
        read_load_config(tmp_path / "scan.toml")
    assert len(caught.value.problems) == 1


def test_settings_of_a_load_are_checked() -> None:
    sources = [{"path": "a.csv", "table": "links"}]
    with pytest.raises(ValidationError, match="`memory_limit` must be a size such as '8GB', got 'lots'"):
        LoadConfig.model_validate({"sources": sources, "memory_limit": "lots"})
    with pytest.raises(ValidationError, match="needs a source of table `accounts`"):
        LoadConfig.model_validate({"sources": sources, "unlisted_accounts": "reject"})
