"""A signal to stop ends a command with exit code 1 and a sentence that is true."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMAND = """
import os, signal, sys
from graphrisk.cli import interrupts

interrupts.catch_interrupts()
interrupts.when_interrupted("nothing was done")
try:
    if sys.argv[1] == "before":
        os.kill(os.getpid(), signal.SIGINT)
    with interrupts.hold_interrupts("it was done"):
        if sys.argv[1] == "during":
            os.kill(os.getpid(), signal.SIGTERM)
        if sys.argv[1] == "failing":
            raise OSError
        print("the step ran to its end", flush=True)
    os.kill(os.getpid(), signal.SIGINT)
except interrupts.Interrupted:
    interrupts.leave_interrupted(1)
"""


@pytest.mark.parametrize(
    ("when", "ran", "said"),
    [("before", False, "nothing was done"), ("during", True, "it was done"), ("after", True, "it was done")],
)
def test_a_step_that_must_not_be_cut_in_two_runs_to_its_end_or_not_at_all(when, ran, said):
    done = subprocess.run([sys.executable, "-c", COMMAND, when], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1
    assert done.stderr == f"graphrisk: {said}\n"
    assert ("ran to its end" in done.stdout) == ran


def test_a_step_that_fails_on_its_own_fails_as_it_would_have():
    done = subprocess.run([sys.executable, "-c", COMMAND, "failing"], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1
    assert "OSError" in done.stderr
    assert "it was done" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_at_any_moment_leaves_one_sentence_and_a_store_that_is_whole(world, tmp_path, number):
    command = [sys.executable, "-m", "graphrisk", "scan", "run", str(world / "scan.toml"), "--store"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    began = time.monotonic()
    assert subprocess.run([*command, str(tmp_path / "whole")], capture_output=True, env=environment).returncode in (
        0,
        3,
    )
    seconds = time.monotonic() - began
    for step in range(20):
        store = tmp_path / f"store{step}"
        child = subprocess.Popen(
            [*command, str(store)], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment
        )
        # python itself takes its first moments to set up what it does with signals
        time.sleep(0.4 + (seconds - 0.4) * step / 20)
        child.send_signal(number)
        _, errors = child.communicate(timeout=60)
        published = list(store.glob("scan=*"))
        assert not list(store.glob(".tmp-*"))
        if "graphrisk: interrupted" in errors:
            assert child.returncode == 1
            assert ("was published" in errors and "nothing" not in errors) == bool(published)
        else:
            assert child.returncode in (0, 3)
            assert len(published) == 1
