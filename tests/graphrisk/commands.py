"""The commands as a user runs them, in a process of their own, and a world of one's own to damage."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def graphrisk(*args, cwd=None, env=None):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200", **(env or {})}
    return subprocess.run(
        [sys.executable, "-m", "graphrisk", *map(str, args)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
        check=False,
        timeout=300,
    )


def damaged(world, tmp_path):
    folder = tmp_path / "world"
    shutil.copytree(world, folder, ignore=shutil.ignore_patterns("store"))
    return folder
