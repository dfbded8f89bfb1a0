"""Files for `neo4j-admin database import`: an import equals what the driver writes."""

from __future__ import annotations

import signal
import tempfile
from pathlib import Path

import pytest
from _scans import write_scan
from conftest import Database, start_own_server
from hostile import HOSTILE, hostile_scan

from graphrisk.neo4j import Neo4jSettings, WritebackError
from graphrisk.neo4j.files import write_files
from graphrisk.neo4j.writeback import write_back

pytestmark = pytest.mark.neo4j


@pytest.fixture
def own_server():
    with tempfile.TemporaryDirectory(prefix="graphrisk-neo4j-") as folder:
        server = start_own_server(Path(folder) / "home")
        try:
            yield server
        finally:
            server.stop(signal.SIGKILL)


def test_an_import_of_the_files_equals_what_the_driver_writes(own_server, tmp_path, monkeypatch):
    monkeypatch.setenv("GRAPHRISK_NEO4J_PASSWORD", own_server.password)
    names = {"FraudRing": "Betrugs Ring", "score": "wert", "MEMBER_OF": "GEHÖRT ZU"}
    settings = Neo4jSettings(uri=own_server.uri, names=names)
    store = hostile_scan(tmp_path / "store")
    write_back(store, settings)
    by_driver = Database(own_server)
    expected = by_driver.dump()
    by_driver.driver.close()
    own_server.stop()
    report = write_files(store, settings, tmp_path / "folder with a space")
    assert sum(report.rows.values()) == len(expected[0]) + len(expected[1])
    own_server.admin("database", "import", "full", "--overwrite-destination", f"@{report.folder / 'import.args'}")
    own_server.start()
    assert not write_back(store, settings).changed
    imported = Database(own_server)
    assert imported.dump() == expected
    assert len(imported.run("SHOW CONSTRAINTS")) >= 6
    assert len(expected[1]) > 10 * len(HOSTILE)
    imported.driver.close()


def test_files_need_a_new_folder_and_a_mirror(tmp_path):
    store = write_scan(tmp_path / "store", "s1", {"r1": ["a", "b"]})
    with pytest.raises(WritebackError, match="exists already"):
        write_files(store, Neo4jSettings(), tmp_path)
    attach = Neo4jSettings(mode="attach", nodes={"account": {"label": "Customer", "key": "id"}})
    with pytest.raises(WritebackError, match="the mode must be `mirror`"):
        write_files(store, attach, tmp_path / "new")
    assert not (tmp_path / "new").exists()
