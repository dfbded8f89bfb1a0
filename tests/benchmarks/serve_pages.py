"""Time of the pages: the queue over many rings, and the page of one large ring in Chromium beside an empty page.

Run `python tests/benchmarks/serve_pages.py [N_RINGS]`; prints JSON. The store is made up: rings of 5 members, 8 lines
of evidence and 10 links each, and one of 1,900 members on 100 devices.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parents[2]))

from graphrisk.rings.acts import MOST_ACTS
from graphrisk.store import ResultStore
from graphrisk.tables import SCHEMAS, UTC_TIME
from tests.graphrisk.chromium import chromium
from tests.graphrisk.serve.browser import Watched, serving

SIZE, LINES, LARGE, DEVICES = 5, 8, 1900, 100
QUERIES = {
    "first page": "/",
    "by value": "/?sort=value",
    "last page": "/?page=1999",
    "band and size": "/?band=high&size=3",
    "text": "/?text=r0099",
    "typology, all": "/?typology=bonus_farm&status=all&page=40",
}


def table(name: str, n: int, **columns: Any) -> pa.Table:
    """A table with all columns of its schema; those not given are null."""
    values = {"scan_id": ["s1"] * n, **columns}
    return pa.table(
        {field.name: pa.array(values[field.name], field.type) if field.name in values else pa.nulls(n, field.type)
         for field in SCHEMAS[name]}
    )  # fmt: skip


def make_store(folder: Path, n_rings: int) -> None:
    """Publish one scan."""
    rng = np.random.default_rng(0)
    ids = np.array([f"r{k:07d}" for k in range(n_rings)])
    sizes = np.full(n_rings, SIZE)
    sizes[0] = LARGE
    owner = np.repeat(ids, sizes)
    members = np.array([f"account-{k:08d}" for k in range(len(owner))])
    devices = np.concatenate([[f"device-{k % DEVICES}" for k in range(LARGE)], [f"d-{ring}" for ring in owner[LARGE:]]])
    users = np.concatenate([np.full(LARGE, LARGE // DEVICES), np.full(len(owner) - LARGE, SIZE)])
    score = np.round(rng.random(n_rings), 4)
    score[0] = 1.0
    moment = pa.array(rng.integers(1_700_000_000, 1_760_000_000, len(owner)) * 1_000_000).cast(UTC_TIME)
    pairs = [*pairwise(members), (members[-1], members[0])]
    n, lines = len(owner), np.repeat(ids, LINES)
    twice, weights = np.concatenate([owner, owner]), np.tile(np.linspace(3, -1, LINES), n_rings)
    order = np.argsort(twice, kind="stable")
    link = table(
        "ring_link", 2 * n, ring_id=twice, source_type=["account"] * 2 * n, source_id=np.tile(members, 2),
        target_type=["device"] * n + ["account"] * n, target_id=[*devices, *(other for _, other in pairs)],
        link_type=["shared_device"] * n + ["transfer"] * n, weight=np.full(2 * n, 1.5), n_events=np.full(2 * n, 2),
        n_accounts=pa.array(np.tile(users, 2), mask=np.arange(2 * n) >= n), is_hub=[False] * 2 * n,
        first_seen=pa.concat_arrays([moment, moment]), last_seen=pa.concat_arrays([moment, moment]),
    )  # fmt: skip
    tables = {
        "ring": table(
            "ring", n_rings, ring_id=ids, typology=np.array(["bonus_farm", "multi_account"])[np.arange(n_rings) % 2],
            score=score, score_low=score / 2, score_high=np.minimum(score * 1.05, 1), q_value=np.full(n_rings, 0.05),
            band=np.array(["low", "medium", "high"])[np.digitize(score, [0.75, 0.9])], n_members=sizes,
            n_signals=np.ones(n_rings), value_at_stake=rng.random(n_rings) * 1e4, model=["transparent"] * n_rings,
        ),
        "ring_member": table(
            "ring_member", n, ring_id=owner, entity_type=["account"] * n, entity_id=members, role=["member"] * n,
            member_score=rng.random(n), joined_at=moment, claimed_at=moment,
        ),
        "ring_evidence": table(
            "ring_evidence", len(lines), ring_id=lines, evidence_id=[f"{r}-{k % LINES}" for k, r in enumerate(lines)],
            reason_code=[f"reason_{k % LINES}" for k in range(len(lines))], weight=weights, is_hub=[False] * len(lines),
            direction=np.where(weights > 0, "for", "against"), text=["A fact in a sentence."] * len(lines),
        ),
        "ring_link": link.take(pa.array(order)),
        "ring_act": acts_of(ids[0], members[:LARGE]),
    }  # fmt: skip
    empty = {name: schema.empty_table() for name, schema in SCHEMAS.items()}
    ResultStore(folder).publish("s1", {**empty, **tables}, {"as_of": "2026-01-01T00:00:00+00:00"})


def acts_of(ring_id: str, members: np.ndarray) -> pa.Table:
    """As many sign-ups, bonuses and transfers of the large ring as a scan keeps."""
    rows = []
    for act in ("sign_up", "bonus", "transfer"):
        for k in range(MOST_ACTS):
            target = {"target_type": "account", "target_id": members[k + 1]} if act == "transfer" else {}
            when = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=11 * k)
            row = {"scan_id": "s1", "ring_id": ring_id, "act": act, "occurred_at": when, "n_acts": len(members)}
            rows.append(row | {"source_type": "account", "source_id": members[k], "value": 20.0} | target)
    return pa.Table.from_pylist(sorted(rows, key=lambda row: row["occurred_at"]), schema=SCHEMAS["ring_act"])


def time_queue(address: str) -> dict[str, Any]:
    """Milliseconds until a page of the queue is here, whole: the first time, then the median and worst of ten."""
    out: dict[str, Any] = {}
    with httpx.Client(base_url=address, timeout=60) as client:
        for name, path in QUERIES.items():
            times = []
            for _ in range(11):
                began = time.perf_counter()
                client.get(path).raise_for_status()
                times.append(1000 * (time.perf_counter() - began))
            out[name] = {"first": times[0], "median": statistics.median(times[1:]), "worst": max(times[1:])}
    return out


PAINT = "() => performance.getEntriesByName('first-contentful-paint').map((entry) => entry.startTime)"
DRAWN = "() => performance.getEntriesByName('graph-drawn')[0].startTime"


def time_ring(address: str, runs: int = 5) -> dict[str, Any]:
    """Milliseconds from the click on until the first paint, and until the graph is drawn; least and median.

    In a browser that was just started, and in one that has shown the page before. Beside it the first paint of a page
    that holds next to nothing, which is what the browser itself takes.
    """
    times: dict[str, list[float]] = {}

    def look(browser: Any, path: str, name: str) -> None:
        watched = Watched(browser, address)
        page = watched.go(path)
        while not (painted := page.evaluate(PAINT)):
            page.wait_for_timeout(20)
        times.setdefault(f"{name}: first paint", []).append(painted[0])
        if path.startswith("/rings/"):
            page.wait_for_selector("#graph[data-drawn='2000']")
            times.setdefault(f"{name}: graph", []).append(page.evaluate(DRAWN))
        page.context.close()

    for _ in range(runs):
        with chromium() as browser:
            look(browser, "/health", "fresh browser, empty page")
            look(browser, "/health", "empty page")
        with chromium() as browser:
            look(browser, "/rings/r0000000", "fresh browser, ring")
            look(browser, "/rings/r0000000", "ring")
    return {name: {"least": min(found), "median": statistics.median(found)} for name, found in times.items()}


def main() -> None:
    """Make the store, serve it, measure."""
    n_rings = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        make_store(store, n_rings)
        with serving(store, local_user="root", requests_per_minute=10**6) as address:
            found = {"n_rings": n_rings, "load_average": os.getloadavg()[0]}
            found |= {"queue_ms": time_queue(address), "ring_ms": time_ring(address)}
            print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
