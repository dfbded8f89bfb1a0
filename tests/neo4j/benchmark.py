"""Times a write-back beside the two usual ways, a second write, and an import of files; one server, one run.

    python tests/neo4j/benchmark.py [MEMBERS]

Prints one JSON document with seconds and ratios. One query a row is timed over a slice and extrapolated.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import pyarrow as pa
from _scans import many_rings, write_scan
from conftest import Database, Server

from graphrisk.neo4j import Neo4jSettings
from graphrisk.neo4j.files import write_files
from graphrisk.neo4j.writeback import write_back

SLICE = 1_000
ADD_ACCOUNTS = "UNWIND $rows AS row MERGE (:{0}Account {{accountId: row.entity_id}})"
ADD_RINGS = "UNWIND $rows AS row MERGE (r:{0}Ring {{ringId: row.ring_id}}) SET r.score = row.score, r.band = row.band"
ADD_MEMBERS = """
UNWIND $rows AS row MATCH (a:{0}Account {{accountId: row.entity_id}}) MATCH (r:{0}Ring {{ringId: row.ring_id}})
MERGE (a)-[m:MEMBER_OF]->(r)
SET m.score = row.member_score, m.role = row.role, m.joinedAt = row.joined_at, m.scanId = row.scan_id
"""


def timed(work: Callable[[], Any]) -> float:
    """Seconds that some work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def write_maps(database: Database, tables: tuple[pa.Table, ...], prefix: str, batch_rows: int) -> None:
    """The usual way: lists of maps, MERGE, one session."""
    with database.driver.session() as session:
        for query, table in zip((ADD_ACCOUNTS, ADD_RINGS, ADD_MEMBERS), tables, strict=True):
            for start in range(0, len(table), batch_rows):
                rows = table.slice(start, batch_rows).to_pylist()
                session.execute_write(lambda tx, q=query, r=rows: tx.run(q.format(prefix), rows=r).consume())


def main(n_members: int) -> dict[str, Any]:
    """Time everything on a server of our own."""
    with tempfile.TemporaryDirectory(prefix="graphrisk-benchmark-") as folder:
        server = Server(Path(folder) / "home")
        server.start()
        try:
            return measure(server, Path(folder), n_members)
        finally:
            server.stop(9)


def measure(server: Server, folder: Path, n_members: int) -> dict[str, Any]:
    """Warm the server up with all ways of writing, then time each once."""
    os.environ["GRAPHRISK_NEO4J_PASSWORD"] = server.password
    database, settings = Database(server), Neo4jSettings(uri=server.uri)
    for prefix in ("Map", "Row", "Warm"):
        for label, key in (("Account", "accountId"), ("Ring", "ringId")):
            database.run(f"CREATE CONSTRAINT FOR (n:{prefix}{label}) REQUIRE n.{key} IS UNIQUE")
    warm = write_scan(folder / "warm", "warm", many_rings(20_000, start=10_000_000), devices=False)
    write_back(warm, settings)
    write_maps(database, columns(warm), "Warm", 10_000)
    write_maps(database, tuple(t.slice(0, 200) for t in columns(warm)), "Warm", 1)
    store = write_scan(folder / "store", "s1", many_rings(n_members), days=1, devices=False)
    tables = columns(store)
    seconds = {"driver": timed(lambda: write_back(store, settings))}
    seconds["second write"] = timed(lambda: write_back(store, settings))
    seconds["row maps with MERGE"] = timed(lambda: write_maps(database, tables, "Map", 10_000))
    some = (tables[0].slice(0, SLICE), tables[1].slice(0, SLICE // 10), tables[2].slice(0, SLICE))
    taken = timed(lambda: write_maps(database, some, "Row", 1))
    seconds["one query a row, extrapolated"] = taken * sum(map(len, tables)) / sum(map(len, some))
    seconds["files written"] = timed(lambda: write_files(store, settings, folder / "files"))
    database.driver.close()
    server.stop()
    arguments = ["database", "import", "full", "--overwrite-destination", f"@{folder / 'files' / 'import.args'}"]
    seconds["import"] = timed(lambda: server.admin(*arguments))
    driver = seconds["driver"]
    bulk = seconds["files written"] + seconds["import"]
    return {
        "members": n_members,
        "accounts": len(tables[0]),
        "load_average": os.getloadavg()[0],
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
        "ratios": {
            "row maps / driver": round(seconds["row maps with MERGE"] / driver, 2),
            "one query a row / driver": round(seconds["one query a row, extrapolated"] / driver, 1),
            "second / first": round(seconds["second write"] / driver, 3),
            "driver / import": round(driver / seconds["import"], 2),
            "driver / files and import": round(driver / bulk, 2),
        },
    }


def columns(store: Any) -> tuple[pa.Table, ...]:
    """Accounts, rings and members of the newest scan."""
    members = store.table("ring_member")
    accounts = pa.table({"entity_id": members["entity_id"].unique()})
    return accounts, store.table("ring").select(["ring_id", "score", "band"]), members


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if len(sys.argv) > 1 else 500_000)))
