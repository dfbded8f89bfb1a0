"""A write-back or a server that is killed at any moment: run again, it equals an undisturbed run."""

from __future__ import annotations

import logging
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from _scans import many_rings, write_scan
from conftest import Database, start_own_server

from graphrisk.neo4j.writeback import write_back

pytestmark = [pytest.mark.neo4j, pytest.mark.slow]
log = logging.getLogger("tests.kills")
ROOT = Path(__file__).parents[2]
N_MEMBERS = int(os.environ.get("GRAPHRISK_KILL_MEMBERS", "8000"))
N_KILLS = int(os.environ.get("GRAPHRISK_KILLS", "6"))
N_SERVER_KILLS = int(os.environ.get("GRAPHRISK_SERVER_KILLS", "3"))


def start_writing(store, settings, *options):
    command = [sys.executable, "-m", "graphrisk", "writeback", "neo4j", "--store", str(store), "--uri", settings.uri]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([*command, *options], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def two_scans(folder):
    store = write_scan(folder, "s1", many_rings(N_MEMBERS // 5))
    write_scan(folder, "s2", many_rings(N_MEMBERS, start=N_MEMBERS // 10), days=1)
    return store


def prepare(database, store, settings):
    """The scan before, and a user's own nodes beside it."""
    database.empty()
    database.run("CREATE (:Person {name: 'mine'})-[:KNOWS {since: 1}]->(:Account {accountId: 'not in a ring', own: 1})")
    write_back(store, settings(), scan_id="s1")


@pytest.fixture
def undisturbed(database, settings, tmp_path):
    """The store, what an undisturbed run leaves behind, and how long it takes as a process."""
    store = two_scans(tmp_path / "store")
    prepare(database, store, settings)
    began = time.monotonic()
    child = start_writing(store.path, settings())
    _, errors = child.communicate(timeout=600)
    seconds = time.monotonic() - began
    assert child.returncode == 0, errors
    return store, database.dump(), seconds


def test_a_write_back_killed_at_random_moments_and_run_again_equals_an_undisturbed_run(database, settings, undisturbed):
    store, expected, seconds = undisturbed
    chance, n_cut = random.Random(7), 0
    for number in range(1, 3 * N_KILLS + 1):
        prepare(database, store, settings)
        after = chance.uniform(0.3, seconds)
        child = start_writing(store.path, settings())
        try:
            child.communicate(timeout=after)
            seconds = after  # it had ended by itself: a run is shorter than was thought
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate(timeout=60)
            n_cut += 1
        n_left = database.count("(:FraudRing {scanId: 's2'})")
        write_back(store, settings())
        assert database.dump() == expected
        log.info(
            "try %d, kill %d after %.1f of %.1f s, with %d rings written: equal", number, n_cut, after, seconds, n_left
        )
        if n_cut == N_KILLS:
            return
    pytest.fail(f"of {3 * N_KILLS} write-backs only {n_cut} could be killed before they ended")


def test_a_write_back_killed_again_and_again_comes_to_its_end(database, settings, undisturbed):
    store, expected, seconds = undisturbed
    prepare(database, store, settings)
    for _ in range(4):
        child = start_writing(store.path, settings())
        time.sleep(0.6 * seconds)
        child.kill()
        child.communicate(timeout=60)
    write_back(store, settings())
    assert database.dump() == expected


def test_an_interrupt_says_how_to_go_on_and_the_next_run_does(database, settings, undisturbed):
    store, expected, seconds = undisturbed
    prepare(database, store, settings)
    child = start_writing(store.path, settings())
    time.sleep(0.6 * seconds)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=60)
    if child.returncode:
        assert child.returncode == 1
        assert b"run the write-back again, and it goes on where it was" in errors
    write_back(store, settings())
    assert database.dump() == expected


@pytest.fixture
def own_database(monkeypatch):
    """A server of this test alone, that may be killed."""
    with tempfile.TemporaryDirectory(prefix="graphrisk-neo4j-") as folder:
        server = start_own_server(Path(folder) / "home")
        monkeypatch.setenv("GRAPHRISK_NEO4J_PASSWORD", server.password)
        database = Database(server)
        try:
            yield database
        finally:
            database.driver.close()
            server.stop(signal.SIGKILL)


def test_a_server_killed_during_write_backs_and_restarted_has_nothing_twice_and_nothing_lost(own_database, tmp_path):
    from graphrisk.neo4j import Neo4jSettings

    server, store = own_database.server, two_scans(tmp_path / "store")

    def settings():
        # longer than the two minutes that a server may take to start, or it would give up first
        return Neo4jSettings(uri=server.uri, batch_rows=1000, retry_seconds=240)

    prepare(own_database, store, settings)
    began = time.monotonic()
    write_back(store, settings(), scan_id="s2")
    seconds, expected = time.monotonic() - began, own_database.dump()
    chance = random.Random(11)
    for number in range(N_SERVER_KILLS):
        prepare(own_database, store, settings)
        outcome = []
        writing = threading.Thread(target=lambda: outcome.append(write_back(store, settings())))  # noqa: B023
        writing.start()
        time.sleep(chance.uniform(0.05, 0.9) * seconds)
        server.stop(signal.SIGKILL)
        server.start()
        writing.join(timeout=300)
        assert len(outcome) == 1, f"the write-back did not outlive kill {number}"
        assert own_database.dump() == expected
        log.info("the server was killed %d times during write-backs: equal", number + 1)
    assert not write_back(store, settings()).changed
