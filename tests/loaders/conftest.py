"""What the tests of the loaders share: small worlds from frames, and a PostgreSQL server."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from loaders import LoadConfig, LoadResult, SourceConfig, load

LoadFrames = Callable[..., LoadResult]


@pytest.fixture
def load_frames() -> LoadFrames:
    """Load canonical tables given as dictionaries of columns; further keywords go to `LoadConfig`."""

    def run(
        tables: dict[str, dict[str, list[Any]]], as_of: Any = None, transactions: Any = False, **settings: Any
    ) -> LoadResult:
        frames = {name: pa.table(columns) for name, columns in tables.items()}
        sources = [SourceConfig(frame=name, table=name) for name in tables]
        return load(
            LoadConfig(sources=sources, **({"max_rejected_share": 0.99} | settings)),
            frames=frames,
            as_of=as_of,
            transactions=transactions,
        )

    return run


@pytest.fixture
def load_file(tmp_path: Path) -> LoadFrames:
    """Write a file and load it as the only source; further keywords go to `SourceConfig`."""

    def run(name: str, content: str | bytes, table: str, **mapping: Any) -> LoadResult:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        source = SourceConfig(path=name, table=table, **mapping)
        return load(LoadConfig(sources=[source], base_dir=tmp_path, max_rejected_share=0.99))

    return run


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of a PostgreSQL server of our own, in a temporary folder."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not programs:
        message = "PostgreSQL is not installed: apt-get install postgresql"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    folder = Path(tempfile.mkdtemp(prefix="graphrisk-postgres-"))
    port = _free_port()
    is_root = os.getuid() == 0
    owner = {"user": "postgres"} if is_root else {}  # the server refuses to run as root
    if is_root:
        os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
    data, bin_dir = folder / "data", programs[-1].parent
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"

    def call(*command: str) -> None:
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, timeout=120, **owner)

    try:
        call(str(bin_dir / "initdb"), "-D", str(data), "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-locale")
        call(str(bin_dir / "pg_ctl"), "-D", str(data), "-l", str(folder / "log"), "-o", options, "-w", "start")
        yield f"postgresql://tester@127.0.0.1:{port}/postgres"
        call(str(bin_dir / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
