"""A real Neo4j for the tests: the one that `NEO4J_URI` names, or one of our own in a temporary folder."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import neo4j
import pytest

from graphrisk.neo4j import Neo4jSettings

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # tests here share the scans of `_scans.py`
JARS = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "graphrisk-tests" / "neo4j-5.26.30"
PASSWORD = "graphrisk-tests"
CONF = """
server.default_listen_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:{port}
server.http.enabled=false
server.https.enabled=false
server.directories.import=/
server.memory.pagecache.size=256m
dbms.usage_report.enabled=false
"""


def _jars() -> Path:
    """Fetch the server's Maven artifacts once; a failed fetch leaves nothing that looks whole."""
    done = JARS / "complete"
    if not done.exists():
        command = ["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies"]
        subprocess.run([*command, f"-DoutputDirectory={JARS}"], check=True, timeout=300)
        done.touch()
    return JARS


class Server:
    """A Neo4j Community of our own, with login on, that can be killed and started again."""

    user, password, database = "neo4j", PASSWORD, "neo4j"

    def __init__(self, home: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.home, self.uri, self._process = home, f"bolt://127.0.0.1:{self.port}", None
        (home / "conf").mkdir(parents=True)
        (home / "conf" / "neo4j.conf").write_text(CONF.format(port=self.port))
        self.admin("dbms", "set-initial-password", PASSWORD)

    def admin(self, *arguments: str) -> None:
        """Run `neo4j-admin` on the folder of this server."""
        command = ["java", "-cp", f"{_jars()}/*", "org.neo4j.cli.AdminTool", *arguments]
        environment = {**os.environ, "NEO4J_HOME": str(self.home), "NEO4J_CONF": str(self.home / "conf")}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        log = self.home / "logs" / "neo4j.log"
        seen = log.stat().st_size if log.exists() else 0
        where = [f"--home-dir={self.home}", f"--config-dir={self.home / 'conf'}"]
        command = ["java", "-Xmx1g", "-cp", f"{_jars()}/*", "org.neo4j.server.CommunityEntryPoint", *where]
        with (self.home / "out.log").open("ab") as out:
            self._process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
        deadline = time.monotonic() + 120
        while not (log.exists() and "Started." in log.read_text(errors="replace")[seen:]):
            assert self._process.poll() is None, f"Neo4j did not start: {(self.home / 'out.log').read_text()[-2000:]}"
            assert time.monotonic() < deadline, "Neo4j did not start within two minutes"
            time.sleep(0.1)

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End the server: with SIGKILL at once, as a power cut would."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(60)
            self._process = None


class GivenServer:
    """The server that `NEO4J_URI`, `NEO4J_USERNAME` and `NEO4J_PASSWORD` name; its database is emptied."""

    def __init__(self) -> None:
        self.uri, self.home = os.environ["NEO4J_URI"], None
        self.user = os.environ.get("NEO4J_USERNAME", "neo4j")
        self.password = os.environ.get("NEO4J_PASSWORD", "")
        self.database = os.environ.get("NEO4J_DATABASE", "neo4j")

    def stop(self) -> None:
        """Leave it running: it is not ours."""


def _missing_programs() -> str | None:
    missing = [name for name in ("java", "mvn") if shutil.which(name) is None]
    return (
        f"a Neo4j of our own needs {' and '.join(missing)} (Java 17 and Maven), or set NEO4J_URI" if missing else None
    )


def start_own_server(folder: Path) -> Server:
    if reason := _missing_programs():
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    server = Server(folder)
    server.start()
    return server


@pytest.fixture(scope="session")
def neo4j_server() -> Iterator[Server | GivenServer]:
    """One server for all tests of a session."""
    if "NEO4J_URI" in os.environ:
        yield GivenServer()
        return
    folder = Path(tempfile.mkdtemp(prefix="graphrisk-neo4j-"))
    server = None
    try:
        server = start_own_server(folder / "home")
        yield server
    finally:
        if server is not None:
            server.stop(signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


class Database:
    """The emptied database of the server, seen through a plain driver."""

    def __init__(self, server: Server | GivenServer) -> None:
        self.server = server
        login = (server.user, server.password)
        self.driver = neo4j.GraphDatabase.driver(server.uri, auth=login, notifications_min_severity="OFF")

    def run(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """Rows of a query."""
        with self.driver.session(database=self.server.database) as session:
            return [dict(record) for record in session.run(query, parameters)]

    def empty(self) -> None:
        """Take away all nodes and constraints."""
        self.run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 20000 ROWS")
        for row in self.run("SHOW CONSTRAINTS YIELD name"):
            self.run(f"DROP CONSTRAINT `{row['name']}`")
        for row in self.run("SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name"):
            self.run(f"DROP INDEX `{row['name']}`")

    def dump(self, where: str = "true") -> tuple[list[str], list[str]]:
        """All nodes and relationships with their properties, as sorted texts that can be compared."""
        nodes, kept, relationships = {}, [], []
        # each node is told once and not again with every relationship, which would take several times as long
        about = f"elementId(n) AS id, labels(n) AS labels, properties(n) AS properties, ({where}) AS is_kept"
        for row in self.run(f"MATCH (n) RETURN {about}"):
            nodes[row["id"]] = f"{_text(row['labels'])}, {_text(row['properties'])}"
            if row["is_kept"]:
                kept.append(f"[{nodes[row['id']]}]")
        about = "elementId(n) AS source, elementId(m) AS target, type(r) AS type, properties(r) AS properties"
        for row in self.run(f"MATCH (n)-[r]->(m) WHERE {where} RETURN {about}"):
            said = f"{row['type']!r}, {_text(row['properties'])}"
            relationships.append(f"[{nodes[row['source']]}, {said}, {nodes[row['target']]}]")
        return sorted(kept), sorted(relationships)

    def count(self, pattern: str) -> int:
        """How many times a pattern is there."""
        return int(self.run(f"MATCH {pattern} RETURN count(*) AS n")[0]["n"])


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_text(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_text, value)) + "]"
    return value.iso_format() if hasattr(value, "iso_format") else repr(value)


@pytest.fixture
def database(neo4j_server: Server | GivenServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """An empty database; the environment holds its password."""
    monkeypatch.setenv("GRAPHRISK_NEO4J_PASSWORD", neo4j_server.password)
    held = Database(neo4j_server)
    held.empty()
    yield held
    held.driver.close()


@pytest.fixture
def settings(neo4j_server: Server | GivenServer) -> Callable[..., Neo4jSettings]:
    """Settings for the server; keywords go on top."""

    def make(**further: Any) -> Neo4jSettings:
        where = {"uri": neo4j_server.uri, "user": neo4j_server.user, "database": neo4j_server.database}
        return Neo4jSettings.model_validate(where | further)

    return make
