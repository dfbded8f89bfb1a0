"""Cypher queries as sources, against a real server."""

from __future__ import annotations

import pytest

from loaders import ConfigError, InputError, LoadConfig, SourceConfig, load
from loaders.neo4j import BATCH_ROWS

pytestmark = pytest.mark.neo4j


def load_query(database, query, table="accounts", **mapping):
    source = SourceConfig(neo4j=database.server.uri, query=query, table=table, **mapping)
    return load(LoadConfig(sources=[source], max_rejected_share=0.99))


def test_accounts_signals_and_transfers_come_from_a_graph(database, monkeypatch):
    monkeypatch.setenv("MY_GRAPH", database.server.uri)
    database.run(
        "UNWIND range(1, 500) AS i MERGE (d:Device {id: 'd' + (i / 5)}) "
        "CREATE (:Customer {no: i, since: datetime({epochSeconds: 1700000000 + i})})"
        "-[:USED {at: localdatetime(datetime({epochSeconds: 1700000100 + i}))}]->(d)"
    )
    database.run("MATCH (a:Customer), (b:Customer {no: a.no + 1}) CREATE (a)-[:PAID {amount: a.no / 4.0}]->(b)")
    users = "MATCH (c:Customer) RETURN c.no AS account_id, c.since AS created_at"
    links = "MATCH (c:Customer)-[u:USED]->(d) RETURN c.no AS account_id, d.id AS device, u.at AS first_seen;"
    paid = "MATCH (a)-[p:PAID]->(b) RETURN a.no AS source_id, b.no AS target_id, p.amount AS amount"
    where = {"neo4j": "${MY_GRAPH}", "database": database.server.database}
    sources = [
        SourceConfig(**where, query=users, table="accounts"),
        SourceConfig(**where, query=links, table="links", signals={"device": "device"}),
        SourceConfig(**where, query=paid, table="transfers"),
    ]
    result = load(LoadConfig(sources=sources))
    assert result.row_counts["accounts"] == len(result.graph.links) == 500
    assert result.graph.created_at.min() == 1_700_000_001
    assert result.graph.links.first_seen.min() == 1_700_000_101
    assert result.graph.transfers.amounts.sum() == pytest.approx(sum(range(1, 500)) / 4)


def test_rows_come_in_batches_and_types_may_show_late(database):
    n = 2 * BATCH_ROWS + 7
    query = f"UNWIND range(1, {n}) AS i RETURN 'u' + i AS account_id, CASE WHEN i > {BATCH_ROWS + 5} "
    query += "THEN datetime({epochSeconds: 1700000000 + i}) END AS created_at"
    result = load_query(database, query)
    assert result.row_counts["accounts"] == n
    assert result.graph.created_at.max() == 1_700_000_000 + n


def test_whole_and_broken_numbers_join_across_batches(database):
    query = f"UNWIND range(1, {BATCH_ROWS + 2}) AS i RETURN 'a' AS source_id, 'b' + i AS target_id, "
    query += f"CASE WHEN i > {BATCH_ROWS} THEN i + 0.5 ELSE i END AS amount"
    result = load_query(database, query, "transfers")
    assert result.graph.transfers.amounts.max() == BATCH_ROWS + 2.5


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("RETURN nothing", "Neo4j: Variable `nothing` not defined"),
        ("MATCH (n:Nobody) RETURN n.id AS account_id", "the table is empty"),
        ("UNWIND [1, 'a'] AS x RETURN x AS account_id", r"several types \(text, whole\)"),
        ("RETURN [1, 2] AS account_id", "holds a list; return numbers, texts"),
        ("CREATE (:X) RETURN 'x' AS account_id", "Writing in read access mode not allowed"),
        ("CREATE (:X)", "must return columns|Writing in read access mode"),
    ],
)
def test_a_query_that_cannot_be_used_is_told_in_one_sentence(database, query, words):
    with pytest.raises(InputError, match=words) as caught:
        load_query(database, query)
    assert "\n" not in str(caught.value)
    assert database.dump() == ([], [])


def test_a_server_that_is_away_and_a_wrong_password_are_told(database, monkeypatch):
    source = {"query": "RETURN 1 AS account_id", "table": "accounts"}
    with pytest.raises(InputError, match="Neo4j: "):
        load(LoadConfig(sources=[SourceConfig(neo4j="bolt://127.0.0.1:9", **source)]))
    monkeypatch.setenv("GRAPHRISK_NEO4J_PASSWORD", "not-the-password")
    with pytest.raises(InputError, match="Neo4j: ") as caught:
        load_query(database, "RETURN 1 AS account_id")
    assert "not-the-password" not in str(caught.value)
    monkeypatch.delenv("MY_GRAPH", raising=False)
    with pytest.raises(ConfigError, match="environment variable MY_GRAPH is not set"):
        load(LoadConfig(sources=[SourceConfig(neo4j="${MY_GRAPH}", **source)]))
