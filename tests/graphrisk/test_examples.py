"""The examples for schedulers: sound by the schedulers' own tools where they are here, and run for real."""

import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import types
from pathlib import Path

import pytest
import yaml

from graphrisk.examples.reading import EXAMPLES, read_example
from graphrisk.store import ResultStore
from loaders.simulate import WorldSettings, simulate

ROOT = Path(__file__).parents[2]
FOLDERS = {"/opt/graphrisk/bin": "bin", "/etc/graphrisk": "etc", "/var/lib/graphrisk": "lib"}
FOLDERS |= {"/var/log/graphrisk": "log", "/var/cache/graphrisk": "cache"}
CRON_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


def test_every_example_is_shipped_and_every_file_has_a_name():
    there = {path.name for path in (ROOT / "graphrisk" / "examples").iterdir() if path.is_file()}
    assert {example.file for example in EXAMPLES.values()} == there - {"__init__.py", "reading.py"}
    with pytest.raises(ValueError, match=r"must be one of cron, systemd, .* got 'nope'"):
        read_example("nope")


@pytest.fixture
def place(tmp_path):
    """A machine's folders below one of ours, with `graphrisk` where examples expect it."""
    for folder in FOLDERS.values():
        (tmp_path / folder).mkdir()
    command = tmp_path / "bin" / "graphrisk"
    command.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m graphrisk "$@"\n')
    command.chmod(0o755)
    return tmp_path


def moved(name, place):
    """Text of an example with its folders below the test's."""
    text = read_example(name)
    for folder, inside in FOLDERS.items():
        text = text.replace(folder, str(place / inside))
    return text


# ---- cron ---------------------------------------------------------------------------------------------------------


def crontab(text):
    """Settings and jobs of a file for /etc/cron.d, as cron(8) reads them."""
    settings, jobs = {}, []
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        if found := re.fullmatch(r"(\w+)\s*=\s*(.*)", line):
            settings[found[1]] = found[2]
            continue
        *times, user, command = line.split(None, 6)
        jobs.append((times, user, command))
    return settings, jobs


def test_the_crontab_is_one():
    settings, jobs = crontab(read_example("cron"))
    assert {"SHELL", "PATH", "GRAPHRISK_STORE"} <= set(settings)
    assert len(jobs) == 3
    for times, user, command in jobs:
        for text, (low, high) in zip(times, CRON_RANGES, strict=True):
            assert text == "*" or low <= int(text) <= high
        assert user == "graphrisk"
        assert "%" not in command  # a line's end for cron
        subprocess.run([settings["SHELL"], "-n", "-c", command], check=True)


# ---- systemd ------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here to check units")
def test_the_units_are_sound_by_systemds_own_check(place):
    for name in ("systemd", "systemd-timer"):
        (place / EXAMPLES[name].file).write_text(moved(name, place))

    def check():
        units = [str(place / EXAMPLES[name].file) for name in ("systemd", "systemd-timer")]
        return subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)

    done = check()
    if "Failed to" in done.stderr and "manager" in done.stderr:
        pytest.skip(f"systemd-analyze cannot check here: {done.stderr.strip()}")
    assert (done.returncode, done.stderr) == (0, "")
    timer = place / EXAMPLES["systemd-timer"].file
    timer.write_text(timer.read_text().replace("OnCalendar", "OnCalender"))
    assert "OnCalender" in check().stderr


# ---- Airflow ------------------------------------------------------------------------------------------------------


class Task:
    """Keeps what the DAG says of a task, and what follows on what."""

    def __init__(self, task_id, bash_command):
        self.task_id, self.bash_command, self.after = task_id, bash_command, []

    def __rshift__(self, other):
        self.after.append(other.task_id)
        return other


class Dag:
    """Keeps what the DAG was made with."""

    def __init__(self, **settings):
        self.settings = settings

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None


def dag(monkeypatch, file):
    """The DAG and its tasks, read without Airflow."""
    tasks = {}

    def make_task(*, task_id, bash_command):
        tasks[task_id] = Task(task_id, bash_command)
        return tasks[task_id]

    parts = {"airflow.sdk": {"DAG": Dag}, "airflow.providers.standard.operators.bash": {"BashOperator": make_task}}
    for name, content in parts.items():
        module = types.ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    return runpy.run_path(str(file))["dag"], tasks


def test_the_dag_scans_one_night_after_the_other(monkeypatch, tmp_path):
    (tmp_path / "dag.py").write_text(read_example("airflow"))
    found, tasks = dag(monkeypatch, tmp_path / "dag.py")
    assert [(name, task.after) for name, task in tasks.items()] == [
        ("validate", ["scan"]),
        ("scan", ["health"]),
        ("health", ["prune"]),
        ("prune", []),
    ]
    assert found.settings["max_active_runs"] == 1
    assert found.settings["default_args"]["env"]["GRAPHRISK_STORE"].startswith("/")


def test_airflow_itself_takes_the_dag(tmp_path, monkeypatch):
    # what it writes when it is imported goes to the test's folder
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
    pytest.importorskip("airflow", reason="Airflow is not installed to read its DAG")
    from airflow.dag_processing.dagbag import DagBag

    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "graphrisk_dag.py").write_text(read_example("airflow"))
    bag = DagBag(str(tmp_path / "dags"))
    assert bag.import_errors == {}
    assert set(bag.dags["graphrisk"].task_ids) == {"validate", "scan", "health", "prune"}


# ---- Kubernetes ---------------------------------------------------------------------------------------------------


def manifests():
    return list(yaml.safe_load_all(read_example("kubernetes")))


def test_the_cron_job_mounts_what_it_uses_and_runs_one_scan_at_a_time():
    claim, job = manifests()
    assert (claim["kind"], job["kind"], job["apiVersion"]) == ("PersistentVolumeClaim", "CronJob", "batch/v1")
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    assert pod["volumes"][0]["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    paths = [mount["mountPath"] for mount in container["volumeMounts"]]
    values = [setting["value"] for setting in container["env"] if setting.get("value", "").startswith("/")]
    assert len(values) == 3
    assert all(any(value.startswith(path) for path in paths) for value in values)


def test_the_manifests_fit_the_schemas_of_kubernetes():
    validator = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed")
    for manifest in manifests():
        validator.validate(manifest, "1.31", strict=True)
        wrong = manifest | {"spec": {"schedul": "x"}}
        with pytest.raises(validator.ValidationError):
            validator.validate(wrong, "1.31", strict=True)


# ---- run for real -------------------------------------------------------------------------------------------------


def cron_commands(place, monkeypatch):
    settings, jobs = crontab(moved("cron", place))
    return settings, [[settings["SHELL"], "-c", command] for _, _, command in jobs]


def systemd_commands(place, monkeypatch):
    lines = [line.partition("=")[::2] for line in moved("systemd", place).splitlines() if not line.startswith("#")]
    env = dict(value.split("=", 1) for key, value in lines if key == "Environment")
    return env, [shlex.split(value) for key, value in lines if key.startswith("ExecStart")]


def airflow_commands(place, monkeypatch):
    (place / "dag.py").write_text(moved("airflow", place))
    found, tasks = dag(monkeypatch, place / "dag.py")
    commands = [
        task.bash_command.replace("{{ data_interval_end.isoformat() }}", "2025-12-01T03:15:00+00:00")
        for task in tasks.values()
    ]
    return found.settings["default_args"]["env"], [["bash", "-c", command] for command in commands]


def kubernetes_commands(place, monkeypatch):
    _, job = yaml.safe_load_all(moved("kubernetes", place))
    (container,) = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    env = {setting["name"]: setting["value"] for setting in container["env"] if "value" in setting}
    Path(env["GRAPHRISK_TEMP_DIR"]).mkdir()
    return env, [[*container["command"], *container["args"]]]


@pytest.mark.slow
@pytest.mark.parametrize("commands_of", [cron_commands, systemd_commands, airflow_commands, kubernetes_commands])
def test_what_an_example_runs_leaves_a_scan(place, monkeypatch, commands_of):
    simulate(place / "etc", WorldSettings(n_accounts=2_000, seed=8))
    settings, commands = commands_of(place, monkeypatch)
    path = f"{place / 'bin'}:{os.environ['PATH']}"
    for command in commands:
        env = {**os.environ, **settings, "PATH": path}
        done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
        assert done.returncode in ((0, 3) if "run" in command else (0,)), done.stderr
        assert "the scan failed" not in done.stdout
    store = ResultStore(place / "lib" / "store")
    assert len(store.scans()) == 1
    store.verify(store.latest())
