"""Scans in forked children of a process that has imported everything, so that many can be killed in little time.

The process that forks is one of its own, started by `Forks`: it runs no kernel and opens no database, since threads do
not outlive a fork.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[2]


class Forks:
    """Starts scans and waits for them."""

    def __enter__(self) -> Forks:
        self._server = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
        assert self._answer() == "ready"
        return self

    def __exit__(self, *error: object) -> None:
        assert self._server.stdin
        self._server.stdin.close()
        self._server.wait(timeout=60)

    def _answer(self) -> str:
        assert self._server.stdout
        return self._server.stdout.readline().strip()

    def _ask(self, **what: object) -> int:
        assert self._server.stdin
        print(json.dumps(what), file=self._server.stdin, flush=True)
        return int(self._answer())

    def start(self, config: Path, store: Path, as_of: str) -> int:
        """Start a scan that publishes to a store; gives its process id."""
        return self._ask(config=str(config), store=str(store), as_of=as_of)

    def finish(self, child: int) -> int:
        """Wait for a scan; its exit code, or minus the signal that ended it."""
        return self._ask(wait=child)

    def kill_after(self, child: int, seconds: float) -> int:
        """Kill a scan at a moment; its exit code if it was quicker, else minus 9."""
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)  # who has ended stays until it is waited for, so this is no other process
        return self.finish(child)


def _scan(config: str, store: str, as_of: str) -> NoReturn:
    code = 70
    try:
        from graphrisk.api import scan
        from graphrisk.config import read_config

        scan(read_config(config, {"as_of": as_of}), store=store)
        code = 0
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
    finally:
        os._exit(code)


def _serve() -> None:
    import lightgbm  # noqa: F401

    import graphrisk.api  # noqa: F401

    print("ready", flush=True)
    for line in sys.stdin:
        what = json.loads(line)
        if "wait" in what:
            print(os.waitstatus_to_exitcode(os.waitpid(what["wait"], 0)[1]), flush=True)
            continue
        child = os.fork()
        if child == 0:
            _scan(**what)
        print(child, flush=True)


if __name__ == "__main__":
    _serve()
