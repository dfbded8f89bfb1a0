"""Writing scans to a real Neo4j: what is there afterwards, and what is not touched."""

from __future__ import annotations

import pytest
from _scans import many_rings, write_scan

from graphrisk.neo4j import WritebackError
from graphrisk.neo4j.writeback import write_back

pytestmark = pytest.mark.neo4j
TWO_RINGS = {"r1": ["a", "b", "c"], "r2": ["c", "d", "e", "f"]}
CUSTOMER = {"account": {"label": "Customer", "key": "customerId"}}


def test_a_mirror_holds_rings_members_signals_links_and_evidence(database, settings, tmp_path):
    report = write_back(write_scan(tmp_path / "store", "s1", TWO_RINGS), settings())
    assert report.changed
    assert database.count("(:Account)") == 6
    assert database.count("(:Account {accountId: 'c'})-[:MEMBER_OF {role: 'member', scanId: 's1'}]->(:FraudRing)") == 2
    assert database.count("(:Account)-[:USES_DEVICE {nEvents: 3}]->(:Device {deviceId: 'd-r2'})") == 4
    assert database.count("(:Account {accountId: 'a'})-[:TRANSFERRED]->(:Account {accountId: 'b'})") == 1
    assert database.count("(:FraudRing {ringId: 'r1'})-[:FOUND_IN]->(:RingScan {scanId: 's1', isCurrent: true})") == 1
    clicked = "(:FraudRing)-[:HAS_EVIDENCE]->(:RingEvidence {reasonCode: 'shared_device'})-[:RESTS_ON]->(:Device)"
    assert database.count(clicked) == 2
    (ring,) = database.run("MATCH (r:FraudRing {ringId: 'r1'}) RETURN properties(r) AS p")
    facts = {"score": 0.9, "scoreLow": 0.45, "scoreHigh": 0.99, "band": "high", "status": "listed", "nMembers": 3}
    assert facts.items() <= ring["p"].items()
    assert ring["p"]["firstSeen"].iso_format() == "2025-12-02T00:00:00.000000000+00:00"


def test_the_second_write_changes_nothing_and_says_so(database, settings, tmp_path):
    store = write_scan(tmp_path / "store", "s1", TWO_RINGS)
    first = write_back(store, settings())
    before = database.dump()
    second = write_back(store, settings())
    assert (first.changed, second.changed) == (True, False)
    assert second.n_relationships == first.n_relationships == len(before[1])
    assert database.dump() == before


def test_what_somebody_took_away_is_written_again_and_nothing_twice(database, settings, tmp_path):
    store = write_scan(tmp_path / "store", "s1", TWO_RINGS)
    write_back(store, settings())
    before = database.dump()
    database.run("MATCH (:Account {accountId: 'c'})-[m:MEMBER_OF]->() DELETE m")
    assert write_back(store, settings()).changed
    assert database.dump() == before


@pytest.mark.parametrize("again", [True, False])
def test_an_order_to_write_again_is_obeyed(database, settings, tmp_path, again):
    store = write_scan(tmp_path / "store", "s1", TWO_RINGS)
    write_back(store, settings())
    before = database.dump()
    assert write_back(store, settings(), again=again).changed == again
    assert database.dump() == before


def test_a_dry_run_counts_and_changes_nothing(database, settings, tmp_path):
    store = write_scan(tmp_path / "store", "s1", TWO_RINGS)
    planned = write_back(store, settings(), dry_run=True)
    assert database.dump() == ([], [])
    assert database.run("SHOW CONSTRAINTS") == []
    assert write_back(store, settings()).rows == planned.rows
    assert not write_back(store, settings(), dry_run=True).changed
    write_scan(tmp_path / "store", "s2", {"r1": ["a", "b"]}, days=1)
    before = database.dump()
    planned = write_back(store, settings(), dry_run=True)
    assert database.dump() == before
    assert planned.n_cleared == write_back(store, settings()).n_cleared > 0


def test_the_pointer_moves_to_the_new_scan_and_stale_members_are_cleared(database, settings, tmp_path):
    store = write_scan(tmp_path / "store", "s1", TWO_RINGS)
    write_back(store, settings())
    write_scan(tmp_path / "store", "s2", {"r1": ["a", "b", "x"]}, days=1, score=0.8)
    write_back(store, settings())
    members = database.run("MATCH (a)-[:MEMBER_OF]->(r) RETURN r.ringId + '/' + a.accountId AS x ORDER BY x")
    assert [row["x"] for row in members] == ["r1/a", "r1/b", "r1/x"]
    status = database.run("MATCH (r:FraudRing) RETURN r.ringId AS id, r.status AS s, r.score AS v ORDER BY id")
    assert [(row["id"], row["s"], row["v"]) for row in status] == [("r1", "listed", 0.8), ("r2", "dissolved", 0.9)]
    assert database.run("MATCH (s:RingScan) RETURN s.scanId AS id, s.isCurrent AS c ORDER BY id") == [
        {"id": "s1", "c": False},
        {"id": "s2", "c": True},
    ]
    assert database.count("()-[r {scanId: 's1'}]->() WHERE type(r) <> 'FOUND_IN'") == 0
    assert database.count("(:RingEvidence {scanId: 's1'})") == 0


def test_a_scan_on_top_of_another_equals_it_alone_but_for_history(database, settings, tmp_path):
    one, two = many_rings(300), many_rings(300, start=150)
    history = "NOT n:RingScan AND (NOT n:FraudRing OR n.status = 'listed') AND (NOT n:Account OR (n)-[:MEMBER_OF]->())"
    history += " AND (NOT n:Device OR (n)<-[:USES_DEVICE]-())"
    store = write_scan(tmp_path / "store", "s1", one)
    write_scan(tmp_path / "store", "s2", two, days=1)
    write_back(store, settings(), scan_id="s2")
    alone = database.dump(history)
    database.empty()
    write_back(store, settings(batch_rows=37), scan_id="s1")
    write_back(store, settings(batch_rows=37, sessions=3), scan_id="s2")
    nodes, relationships = database.dump(history)
    assert nodes == alone[0]
    assert [r for r in relationships if "'s1'" not in r] == alone[1]


def test_lineage_joins_rings_of_two_scans(database, settings, tmp_path):
    store = write_scan(tmp_path / "store", "s1", {**TWO_RINGS, "r3": ["g", "h"]})
    write_back(store, settings())
    events = [("r1", "merged", ["r1", "r2"]), ("r4", "split", ["r3"]), ("r3", "dissolved", ["r3"])]
    write_scan(tmp_path / "store", "s2", {"r1": ["a", "b", "c", "d"], "r4": ["g", "i"]}, days=1, events=events)
    write_back(store, settings())
    assert (
        database.count("(:FraudRing {ringId: 'r2', status: 'merged'})-[:MERGED_INTO]->(:FraudRing {ringId: 'r1'})") == 1
    )
    assert (
        database.count("(:FraudRing {ringId: 'r4'})-[:SPLIT_FROM]->(:FraudRing {ringId: 'r3', status: 'split'})") == 1
    )
    assert database.count("()-[:MERGED_INTO|SPLIT_FROM]->()") == 2


# ---- beside a team's own graph ------------------------------------------------------------------------------------


def team_graph(database, ids):
    database.run("CREATE CONSTRAINT FOR (c:Customer) REQUIRE c.customerId IS UNIQUE")
    database.run(
        "UNWIND range(0, size($ids) - 1) AS i CREATE (c:Customer:Person {customerId: $ids[i], name: i, tags: [1]})"
        "-[:OWNS {since: date('2020-01-01')}]->(:Car {plate: i})",
        ids=ids,
    )
    database.run(
        "CREATE (:Club {name: 'chess'})<-[:MEMBER_OF {score: 7}]-(:Customer {customerId: 'x', scanId: 'mine'})"
    )


def test_attached_rings_hang_on_the_nodes_there_are_and_change_nothing_of_theirs(database, settings, tmp_path):
    team_graph(database, ["a", "b", "c", "d"])
    before = database.dump()
    store = write_scan(tmp_path / "store", "s1", TWO_RINGS)
    report = write_back(store, settings(mode="attach", nodes=CUSTOMER))
    assert report.missing == {"account": ["e", "f"]}
    assert report.passed_over == ["device"]
    assert database.count("(:Customer)-[:MEMBER_OF {scanId: 's1'}]->(:FraudRing)") == 5
    write_scan(tmp_path / "store", "s2", {"r9": ["d", "e"]}, days=1)
    write_back(store, settings(mode="attach", nodes=CUSTOMER))
    database.run("MATCH (n) WHERE n:FraudRing OR n:RingScan OR n:RingEvidence DETACH DELETE n")
    assert database.dump() == before


def test_a_member_that_came_meanwhile_is_attached_by_the_next_write(database, settings, tmp_path):
    team_graph(database, ["a", "b", "c", "d"])
    store, attach = write_scan(tmp_path / "store", "s1", TWO_RINGS), settings(mode="attach", nodes=CUSTOMER)
    write_back(store, attach)
    again = write_back(store, attach)
    assert (again.changed, again.missing) == (False, {"account": ["e", "f"]})
    database.run("CREATE (:Customer {customerId: 'e'})")
    report = write_back(store, attach)
    assert (report.changed, report.missing) == (True, {"account": ["f"]})
    assert database.count("(:Customer {customerId: 'e'})-[:MEMBER_OF]->(:FraudRing {ringId: 'r2'})") == 1


def test_keys_that_are_numbers_are_found_by_number(database, settings, tmp_path):
    database.run("CREATE INDEX FOR (c:Customer) ON (c.no)")
    database.run("UNWIND [1, 2, 2] AS i CREATE (:Customer {no: i})")
    store = write_scan(tmp_path / "store", "s1", {"r1": ["1", "2", "03", "x", "99999999999999999999"]})
    node = {"account": {"label": "Customer", "key": "no", "number": True}}
    report = write_back(store, settings(mode="attach", nodes=node))
    assert report.missing == {"account": ["03", "99999999999999999999", "x"]}
    assert report.n_ambiguous == 1
    assert database.count("(:Customer {no: 2})-[:MEMBER_OF]->()") == 2


def test_a_key_without_an_index_is_refused_with_the_statement_that_makes_one(database, settings, tmp_path):
    store = write_scan(tmp_path / "store", "s1", TWO_RINGS)
    with pytest.raises(WritebackError, match=r"CREATE INDEX FOR \(n:`Customer`\) ON \(n.`customerId`\)"):
        write_back(store, settings(mode="attach", nodes=CUSTOMER))
    assert database.dump() == ([], [])


def test_a_users_own_nodes_and_properties_on_ours_stay(database, settings, tmp_path):
    store = write_scan(tmp_path / "store", "s1", TWO_RINGS)
    write_back(store, settings())
    database.run("MATCH (r:FraudRing {ringId: 'r2'}) SET r.note = 'mine' CREATE (r)<-[:ABOUT]-(:Case {no: 1})")
    database.run("MATCH (a:Account {accountId: 'a'}) SET a.vip = true")
    database.run("CREATE (:FraudRing {name: 'no ringId'})-[:FOUND_IN]->(:RingScan {name: 'mine'})")
    write_scan(tmp_path / "store", "s2", {"r1": ["a", "b"]}, days=1)
    write_back(store, settings())
    assert (
        database.count("(:Case {no: 1})-[:ABOUT]->(:FraudRing {ringId: 'r2', note: 'mine', status: 'dissolved'})") == 1
    )
    assert database.count("(:Account {accountId: 'a', vip: true})") == 1
    own = database.run("MATCH (r:FraudRing {name: 'no ringId'})-->(s) RETURN properties(r) AS r, properties(s) AS s")
    assert own == [{"r": {"name": "no ringId"}, "s": {"name": "mine"}}]


def test_names_of_the_users_choice_are_used_everywhere(database, settings, tmp_path):
    names = {"FraudRing": "Betrugs-Ring", "MEMBER_OF": "GEHÖRT ZU", "ringId": "id", "scanId": "lauf", "score": "wert"}
    nodes = {"account": {"label": "Konto", "key": "nummer"}}
    store = write_scan(tmp_path / "store", "s1", TWO_RINGS)
    own = settings(names=names, nodes=nodes, links={"device": "NUTZT"})
    assert write_back(store, own).changed
    assert not write_back(store, own).changed
    assert (
        database.count("(:Konto {nummer: 'c'})-[:`GEHÖRT ZU` {lauf: 's1'}]->(:`Betrugs-Ring` {id: 'r1', wert: 0.9})")
        == 1
    )
    assert database.count("(:Konto)-[:NUTZT]->(:Device)") == 7
    assert database.count("(n) WHERE n:FraudRing OR n:Account OR n.ringId IS NOT NULL") == 0


# ---- what goes wrong ----------------------------------------------------------------------------------------------


def test_a_wrong_password_is_told_without_it(database, settings, tmp_path, monkeypatch):
    monkeypatch.setenv("GRAPHRISK_NEO4J_PASSWORD", "not-the-password")
    store = write_scan(tmp_path / "store", "s1", TWO_RINGS)
    with pytest.raises(WritebackError, match="refused the login of 'neo4j'; check") as caught:
        write_back(store, settings())
    assert "not-the-password" not in str(caught.value)


def test_a_database_that_is_not_there_is_told(database, settings, tmp_path):
    store = write_scan(tmp_path / "store", "s1", TWO_RINGS)
    with pytest.raises(WritebackError, match="nowhere"):
        write_back(store, settings(database="nowhere", retry_seconds=0))


def test_accounts_of_the_users_that_stand_twice_are_told_before_anything_is_written(database, settings, tmp_path):
    database.run("CREATE (:Account {accountId: 'a'}), (:Account {accountId: 'a'})")
    before = database.dump()
    with pytest.raises(WritebackError, match="Account"):
        write_back(write_scan(tmp_path / "store", "s1", TWO_RINGS), settings())
    assert database.dump() == before
