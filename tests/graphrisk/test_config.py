import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from graphrisk.config import read_config
from graphrisk.template import template
from loaders import ConfigError

README = Path(__file__).parents[2] / "README.md"
PLAIN = '[scan]\nseed = 1\nstore = "results"\n[[source]]\npath = "links.csv"\ntable = "links"\n'


@pytest.fixture
def write(tmp_path):
    def write_file(text):
        file = tmp_path / "scan.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return write_file


def problems(file, **environment):
    with pytest.raises(ConfigError) as caught:
        read_config(file, environment=environment)
    return caught.value.problems


def test_relative_paths_start_at_the_file(write, tmp_path):
    config = read_config(write(PLAIN), environment={})
    assert config.store == tmp_path / "results"
    assert config.load_config().base_dir == tmp_path


def test_options_beat_the_environment_which_beats_the_file(write):
    file, environment = write(PLAIN), {"GRAPHRISK_SEED": "2"}
    assert read_config(file, environment={}).scan.seed == 1
    assert read_config(file, environment=environment).scan.seed == 2
    assert read_config(file, {"seed": 3, "as_of": None}, environment).scan.seed == 3


def test_a_store_from_the_environment_starts_at_the_current_folder(write, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    file = write(PLAIN)
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert read_config(file, environment={"GRAPHRISK_STORE": "mine"}).store == Path.cwd() / "mine"


@pytest.mark.parametrize("text", ["2026-11-01", "2026-11-01T00:00:00Z", "2026-11-01T02:00:00+02:00"])
def test_a_moment_is_read_as_utc_from_file_and_environment(write, text):
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    quoted = PLAIN.replace("seed = 1", f'as_of = "{text}"')
    assert read_config(write(quoted), environment={}).scan.as_of == moment
    assert read_config(write(PLAIN), environment={"GRAPHRISK_AS_OF": text}).scan.as_of == moment


def test_everything_that_is_wrong_is_said_at_once(write):
    text = (
        "[scan]\nsede = 1\nthreads = 0\nmax_rejected_share = 2\n[hubz]\n[hubs]\ncaps = { ip = 1 }\n"
        '[rings]\nmin_size = 9\nmax_size = 5\n[[source]]\npath = "${NOT_SET_ANYWHERE}.csv"\ntable = "linkz"\n'
    )
    found = problems(write(text))
    assert all(problem.startswith("scan.toml: ") for problem in found)
    expected = ("scan.sede", "scan.threads", "scan.max_rejected_share", "hubz", "hubs.caps", "`min_size`", "linkz")
    for words in (*expected, "NOT_SET_ANYWHERE"):
        assert any(words in problem for problem in found), words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "at least one [[source]]"),
        ("scan = 3\n" + PLAIN.split("\n", 3)[3], "scan"),
        ("[scan\n", "this is not TOML"),
        (PLAIN.replace("seed = 1", 'memory_limit = "lots"'), "must be a size such as '8GB'"),
        (PLAIN.replace("seed = 1", 'unlisted_accounts = "reject"'), "needs a source of table `accounts`"),
    ],
)
def test_a_configuration_that_cannot_be_used_says_why(write, text, words):
    assert any(words in problem for problem in problems(write(text)))


def test_a_wrong_value_in_the_environment_is_a_problem_too(write):
    (problem,) = problems(write(PLAIN), GRAPHRISK_SEED="many")
    assert "scan.seed" in problem
    assert "'many'" in problem


def test_a_missing_file_is_said(tmp_path):
    assert "cannot be read" in problems(tmp_path / "none.toml")[0]


def test_every_key_that_the_template_shows_is_known(write):
    lines = template().splitlines()
    shown = [line.removeprefix("# ").split("  #")[0] for line in lines]
    rules = shown[next(k for k, line in enumerate(lines) if line == "[hubs]") :]
    keys = [line for line in rules if line.startswith("[") or (" = " in line and line.split(" = ")[0].isidentifier())]
    config = read_config(write(PLAIN + "\n".join(keys)), environment={})
    assert config.hubs.default_cap == 40
    assert config.rings.max_size == 1000


def readme_examples():
    return re.findall(r"```toml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("example", readme_examples())
def test_every_configuration_that_the_readme_shows_can_be_used(write, example, monkeypatch):
    monkeypatch.setenv("PG_URL", "postgresql://somewhere/db")
    config = read_config(write(example if "[[source]]" in example else f"{example}\n{PLAIN}"), environment={})
    assert config.source


def test_the_readme_shows_configurations():
    assert len(readme_examples()) >= 5
