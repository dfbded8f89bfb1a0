"""The saved queries run, and show what their titles say."""

from __future__ import annotations

import pytest
from _scans import write_scan

from graphrisk.neo4j import Neo4jSettings
from graphrisk.neo4j.guide import guide, saved_queries
from graphrisk.neo4j.writeback import write_back

RINGS = {"r1": ["a", "b", "c"], "r2": ["c", "d", "e"]}
NAMES = {"FraudRing": "Betrugs Ring", "ringId": "id", "score": "wert", "RingScan": "Lauf", "isHub": "nabe"}
ANSWERS = {
    "The worst rings": 2,
    "See a ring": 32,
    "For and against": 1,
    "Why two accounts: what joins": 1,
    "Why two accounts: rings": 1,
    "Rings near an account": 2,
    "What changed": 3,
    "What became": 2,
}


@pytest.mark.neo4j
@pytest.mark.parametrize("names", [{}, NAMES])
def test_every_saved_query_finds_what_it_is_for(database, settings, tmp_path, names):
    store = write_scan(tmp_path / "store", "s1", {"r1": ["a", "b"], "r0": ["x", "y"]}, score=0.7)
    write_back(store, settings(names=names))
    write_scan(tmp_path / "store", "s2", RINGS, days=1, events=[("r1", "merged", ["r1", "r0"])])
    write_back(store, settings(names=names))
    values = {"ring": "r1", "a": "a", "b": "b", "account": "a"}
    for title, query in saved_queries(settings(names=names)).items():
        found = database.run(query, **values)
        wanted = next(n for start, n in ANSWERS.items() if title.startswith(start))
        assert len(found) == wanted, (title, found)


@pytest.mark.neo4j
def test_what_changed_tells_new_gone_and_changed_rings(database, settings, tmp_path):
    store = write_scan(tmp_path / "store", "s1", {"r1": ["a", "b"], "r0": ["x", "y"], "r3": ["u", "v"]})
    write_back(store, settings())
    write_scan(tmp_path / "store", "s2", {**RINGS, "r3": ["u", "v"]}, days=1)
    write_back(store, settings())
    found = database.run(saved_queries(settings())["What changed since the scan before"])
    assert [(row["r"]["ringId"], row["change"]) for row in found] == [
        ("r1", "changed"),
        ("r0", "dissolved"),
        ("r2", "new"),
    ]


@pytest.mark.neo4j
def test_the_queries_run_beside_a_teams_own_graph_too(database, settings, tmp_path):
    database.run("CREATE INDEX FOR (c:Customer) ON (c.no)")
    database.run("UNWIND ['a', 'b', 'c', 'd', 'e'] AS i MERGE (k:Card) CREATE (:Customer {no: i})-[:HAS]->(k)")
    attach = settings(mode="attach", nodes={"account": {"label": "Customer", "key": "no"}})
    write_back(write_scan(tmp_path / "store", "s1", RINGS), attach)
    for title, query in saved_queries(attach).items():
        found = database.run(query, ring="r1", a="a", b="b", account="a")
        assert found, title


def test_the_guide_names_what_the_user_named():
    text = guide(Neo4jSettings(names={"FraudRing": "Gang", "band": "stufe"}))
    assert "(r:`Gang`" in text
    assert "caption Gang" in text
    assert "colour it by `stufe`" in text
    assert "FraudRing" not in text
    assert text.count(";\n") == len(saved_queries(Neo4jSettings()))
