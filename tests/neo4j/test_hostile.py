"""Hostile text comes back as it went in, and nothing in it is obeyed."""

from __future__ import annotations

import pytest
from hostile import HOSTILE, LONG, hostile_scan
from pydantic import ValidationError

from graphrisk.neo4j import Neo4jSettings, WritebackError
from graphrisk.neo4j.names import check_name
from graphrisk.neo4j.writeback import write_back


@pytest.mark.neo4j
def test_hostile_texts_are_kept_as_they_are_and_harm_nothing(database, settings, tmp_path):
    database.run("CREATE (:Person {name: 'mine'})")
    store = hostile_scan(tmp_path / "store")
    write_back(store, settings())
    assert database.count("(:Person {name: 'mine'})") == 1
    ids = {row["id"] for row in database.run("MATCH (a:Account) RETURN a.accountId AS id")}
    assert ids == {name for k, text in enumerate(HOSTILE) for name in (f"{text}{k}", text, f"{text} ")}
    assert database.run("MATCH (e:RingEvidence) RETURN DISTINCT e.text AS t") == [{"t": "".join(HOSTILE) + LONG}]
    assert database.run("MATCH ()-[m:MEMBER_OF]->() RETURN DISTINCT m.role AS r") == [{"r": HOSTILE[3]}]
    assert not write_back(store, settings()).changed


@pytest.mark.neo4j
def test_an_id_that_no_index_takes_is_refused_before_anything_is_written(database, settings, tmp_path):
    from _scans import write_scan

    store = write_scan(tmp_path / "store", "s1", {"r1": ["a", LONG]})
    with pytest.raises(WritebackError, match="at most 4,000 bytes"):
        write_back(store, settings())
    assert database.dump() == ([], [])


@pytest.mark.parametrize("name", [*(text for text in HOSTILE if text != "null"), "", "a" * 65, "a`b", "a\\u0060", "1a"])
def test_a_name_that_is_more_than_a_name_is_refused(name):
    if name in ("\u05e9\u05dc\u05d5\u05dd",):
        assert check_name(name) == name
        return
    for further in (
        {"names": {"FraudRing": name}},
        {"nodes": {"account": {"label": name, "key": "id"}}},
        {"nodes": {"account": {"label": "A", "key": name}}},
        {"links": {"device": name}},
        {"database": name},
    ):
        with pytest.raises(ValidationError):
            Neo4jSettings.model_validate(further)


@pytest.mark.parametrize(
    "uri", ["http://x", "bolt://u:p@x", "bolt://x y", "neo4j://", "bolt://x/#", "file:///etc/passwd"]
)
def test_an_address_that_is_none_of_a_neo4j_is_refused(uri):
    with pytest.raises(ValidationError, match="an address of Neo4j reads"):
        Neo4jSettings(uri=uri)


def test_settings_that_do_not_fit_together_are_told():
    for further, words in (
        ({"mode": "attach"}, "needs `nodes.account`"),
        ({"names": {"NoSuch": "X"}}, "got NoSuch"),
        ({"names": {"FraudRing": "RingScan"}}, "got twice RingScan"),
        ({"nodes": {"account": {"label": "FraudRing", "key": "k"}}}, "got twice FraudRing"),
        ({"links": {"device": "MEMBER_OF"}}, "got MEMBER_OF"),
        ({"nodes": {"account": {"label": "A", "key": "k", "number": True}}}, "in mode `attach`"),
    ):
        with pytest.raises(ValidationError, match=words):
            Neo4jSettings.model_validate(further)
