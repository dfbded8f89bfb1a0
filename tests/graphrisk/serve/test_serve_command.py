"""The commands that serve the page and set up its users."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[3]


def command(*args, **more):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "graphrisk", *map(str, args)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        **more,
    )


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def test_it_serves_until_it_is_told_to_stop(store):
    port = free_port()
    process = command("serve", "--store", store, "--port", port, "--requests-per-minute", 500, "--json")
    assert json.loads(process.stdout.readline())["address"] == f"http://127.0.0.1:{port}/"
    for _ in range(100):
        try:
            assert httpx.get(f"http://127.0.0.1:{port}/health").json()["n_scans"] == 2
            break
        except httpx.ConnectError:
            time.sleep(0.1)
    else:
        pytest.fail("the page did not answer")
    process.send_signal(signal.SIGINT)
    out, told = process.communicate(timeout=30)
    assert (process.returncode, out, told) == (0, "", "")


def test_beyond_this_machine_it_needs_a_user_first(store):
    refused = command("serve", "--store", store, "--host", "0.0.0.0")
    _, told = refused.communicate(timeout=60)
    assert refused.returncode == 2
    assert told.startswith("graphrisk: beyond this machine")
    weak = command("user", "add", "ana", "--store", store, stdin=subprocess.PIPE)
    assert "a password must have 12 to 1000 characters" in weak.communicate("short\n", timeout=60)[1]
    added = command("user", "add", "ana", "--store", store, "--json", stdin=subprocess.PIPE)
    out, _ = added.communicate("a long enough one\n", timeout=60)
    assert json.loads(out) == {"name": "ana", "role": "investigator", "has_password": True}


def test_without_the_extra_it_says_what_to_install(store):
    code = (
        "import sys\n"
        "class Without:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('fastapi', 'jinja2', 'uvicorn', 'argon2'):\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Without())\n"
        "from graphrisk.cli import main\n"
        f"sys.argv = ['graphrisk', 'serve', '--store', {str(store)!r}]\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 2
    assert done.stderr == "graphrisk: the page needs `pip install graphrisk[serve]`\n"
