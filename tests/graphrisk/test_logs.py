"""Standard error as one JSON object a line."""

import json
import logging
import os
import subprocess
import sys
import warnings
from datetime import datetime
from pathlib import Path

import pytest

from graphrisk.cli.logs import LogFormat, is_json, start_logging, tell
from graphrisk.cli.progress import ProgressPrinter
from graphrisk.stages import StageLog

ROOT = Path(__file__).parents[2]


@pytest.fixture
def lines(capsys):
    """A log in JSON, and what it has written."""
    start_logging(LogFormat.JSON)
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    start_logging(LogFormat.TEXT)


def test_a_stage_tells_its_seconds_rows_and_memory(lines):
    with StageLog(ProgressPrinter()).stage("load") as stage:
        stage.rows = 12
    (line,) = lines()
    assert line["level"] == "info"
    assert line["logger"] == "graphrisk.stages"
    assert (line["stage"], line["rows"]) == ("load", 12)
    assert line["seconds"] >= 0
    assert line["peak_mb"] > 1
    assert datetime.fromisoformat(line["time"]).utcoffset().total_seconds() == 0


def test_sentences_errors_and_warnings_are_objects_too(lines):
    tell('it said "no"\nand left', exit_code=1)
    try:
        raise ValueError("odd")
    except ValueError:
        logging.getLogger("graphrisk.store").exception("it failed")
    warnings.warn("a library warns", stacklevel=1)
    told, failed, warned = lines()
    assert (told["message"], told["exit_code"], told["level"]) == ('it said "no"\nand left', 1, "error")
    assert "ValueError: odd" in failed["exception"]
    assert ("a library warns" in warned["message"], warned["level"]) == (True, "warning")


def test_without_it_sentences_are_lines(capsys):
    start_logging(None)
    assert not is_json()
    tell("no")
    with StageLog().stage("load"):
        pass
    assert capsys.readouterr().err == "graphrisk: no\n"


def run(*args, fmt=None, cwd=None):
    env = {**os.environ, "PYTHONPATH": str(ROOT)} | ({} if fmt is None else {"GRAPHRISK_LOG_FORMAT": fmt})
    command = [sys.executable, "-m", "graphrisk", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, env=env, cwd=cwd, check=False)


def test_the_option_beats_the_environment(tmp_path):
    missing = ["store", "verify", "--store", tmp_path / "none"]
    assert json.loads(run(*missing, fmt="json").stderr)["exit_code"] == 1
    assert json.loads(run("--log-format", "json", *missing, fmt="text").stderr)["exit_code"] == 1
    assert run("--log-format", "text", *missing, fmt="json").stderr.startswith("graphrisk: there is no scan in")
    # of a scan either place will do, and the root's beats the environment there too
    scan = ["scan", "run", tmp_path / "none.toml"]
    assert json.loads(run(*scan, "--log-format", "json").stderr)["exit_code"] == 2
    assert run("--log-format", "text", *scan, fmt="json").stderr.startswith("graphrisk: ")


def test_a_scan_is_told_stage_by_stage(world, tmp_path):
    done = run("scan", "run", world / "scan.toml", "--store", tmp_path / "store", "--log-format", "json")
    assert done.returncode in (0, 3), done.stderr
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    stages = [line["stage"] for line in lines if "stage" in line]
    assert stages == ["load", "sharing", "hubs", "rings", "null model", "evidence"]
    published = next(line for line in lines if line["message"].endswith("is published"))
    assert published["n_rings"] > 0
    assert published["went_on_from"] == []
    assert (tmp_path / "store" / f"scan={published['scan_id']}").is_dir()
