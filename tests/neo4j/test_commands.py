"""The commands as a user runs them: in a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from _scans import write_scan

ROOT = Path(__file__).parents[2]
RINGS = {"r1": ["a", "b", "c"], "r2": ["c", "d", "e"]}
AWAY = "bolt://127.0.0.1:9"


def graphrisk(*args, **env):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200", **env}
    command = [sys.executable, "-m", "graphrisk", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)


@pytest.mark.neo4j
def test_a_write_back_prints_what_it_did_and_then_that_nothing_changed(database, tmp_path):
    store = write_scan(tmp_path / "store", "s1", RINGS)
    args = ["writeback", "neo4j", "--store", store.path, "--uri", database.server.uri]
    planned = json.loads(graphrisk(*args, "--dry-run", "--json").stdout)
    assert planned["dry_run"]
    assert database.dump() == ([], [])
    done = graphrisk(*args)
    assert done.returncode == 0, done.stderr
    assert "6 account members" in done.stdout
    assert "nothing changed" in graphrisk(*args, "--scan", "s1").stdout
    assert json.loads(graphrisk(*args, "--json").stdout)["changed"] is False


@pytest.mark.neo4j
def test_missing_accounts_are_named_and_never_made(database, tmp_path):
    database.run("CREATE INDEX FOR (c:Customer) ON (c.no)")
    database.run("CREATE (:Customer {no: 'a'})")
    (tmp_path / "scan.toml").write_text(
        f'[neo4j]\nuri = "{database.server.uri}"\nmode = "attach"\n'
        'nodes = { account = { label = "Customer", key = "no" } }\n'
    )
    store = write_scan(tmp_path / "store", "s1", RINGS)
    done = graphrisk("writeback", "neo4j", "--store", store.path, "--config", tmp_path / "scan.toml")
    assert "4 of type account are not in the graph, and were not made: b, c, d, e" in done.stdout
    assert database.count("(:Customer)") == 1


@pytest.fixture
def config(tmp_path):
    """A small scan with rings in it."""
    rows = ["account_id,signal_type,signal_id,first_seen"]
    for ring in range(3):
        for k in range(6):
            rows += [f"u{ring}-{k},{kind},{kind}{ring},2026-01-0{ring + 1}" for kind in ("device", "wallet")]
    rows += [f"x{k},device,own{k},2026-01-01" for k in range(200)]
    (tmp_path / "links.csv").write_text("\n".join(rows) + "\n")
    file = tmp_path / "scan.toml"
    file.write_text('[scan]\nstore = "store"\n[[source]]\npath = "links.csv"\ntable = "links"\n')
    return file


@pytest.mark.neo4j
def test_a_scan_writes_back_as_its_last_step(database, config):
    with config.open("a") as handle:
        handle.write(f'[neo4j]\nuri = "{database.server.uri}"\nwrite = true\n')
    done = graphrisk("scan", "run", config, "--json")
    assert done.returncode in (0, 3), done.stderr
    summary = json.loads(done.stdout)
    assert summary["writeback"]["changed"]
    assert database.count("(:FraudRing)-[:FOUND_IN]->(:RingScan {isCurrent: true})") == summary["n_rings"] > 0
    assert database.count("(:Account)-[:WITHDREW_TO]->(:Wallet)") > 0


def test_a_write_back_that_fails_leaves_the_scan_published(config):
    with config.open("a") as handle:
        handle.write("[neo4j]\nretry_seconds = 0\n")
    done = graphrisk("scan", "run", config, "--writeback", GRAPHRISK_NEO4J_URI=AWAY)
    assert done.returncode == 1
    assert "rings" in done.stdout
    assert "was published, but not written back: Neo4j at bolt://127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(list((config.parent / "store").glob("scan=*"))) == 1


def test_where_rings_are_written_to_does_not_change_the_scan(config):
    one = json.loads(graphrisk("scan", "run", config, "--json").stdout)["scan_id"]
    with config.open("a") as handle:
        handle.write('[neo4j]\nuri = "bolt://elsewhere:1"\n')
    assert json.loads(graphrisk("scan", "run", config, "--json").stdout)["scan_id"] == one


def test_wrong_settings_are_wrong_usage(config):
    with config.open("a") as handle:
        handle.write('[neo4j]\nuri = "http://x"\nmood = "mirror"\n')
    for command in (["config", "validate", config], ["writeback", "neo4j", "--config", config]):
        done = graphrisk(*command)
        assert done.returncode == 2
        assert "neo4j.uri: " in done.stderr
        assert "neo4j.mood: there is no such key; did you mean `mode`?" in done.stderr


def test_without_the_driver_the_extra_is_named(tmp_path):
    (tmp_path / "neo4j.py").write_text("raise ImportError")
    store = write_scan(tmp_path / "store", "s1", RINGS)
    done = graphrisk("writeback", "neo4j", "--store", store.path, PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}")
    assert done.returncode == 1
    assert done.stderr == "graphrisk: Neo4j write-backs need `pip install graphrisk[neo4j]`\n"


def test_files_and_queries_need_no_server(tmp_path):
    store = write_scan(tmp_path / "store", "s1", RINGS)
    done = graphrisk(
        "writeback", "neo4j", "--store", store.path, "--to-files", tmp_path / "out", GRAPHRISK_NEO4J_URI=AWAY
    )
    assert done.returncode == 0, done.stderr
    assert "neo4j-admin database import full @" in done.stdout
    header = (tmp_path / "out" / "members-account.csv").read_text().splitlines()[0]
    assert header == ":START_ID(e-account),:END_ID(ring),score:double,role:string,joinedAt:datetime,scanId:string"
    assert "// See a ring" in graphrisk("writeback", "neo4j", "--queries").stdout
