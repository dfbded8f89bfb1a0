"""PostgreSQL as a source, against a real server."""

from __future__ import annotations

import psycopg
import pytest

from loaders import ConfigError, InputError, LoadConfig, SourceConfig, load

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def filled_url(postgres_url: str) -> str:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE users (id bigint, signed_up timestamptz, plan text)")
        connection.execute(
            "INSERT INTO users SELECT i, to_timestamp(1700000000 + i), 'free' FROM generate_series(1, 5000) i"
        )
        connection.execute(
            "CREATE TABLE logins (user_id bigint, device uuid, ip inet, at timestamp, cost numeric(10, 2))"
        )
        connection.execute(
            "INSERT INTO logins SELECT i, md5((i / 2)::text)::uuid, '8.8.4.4'::inet + i % 250, "
            "timestamp '2024-01-01 12:00' + i * interval '1 second', i / 4.0 FROM generate_series(1, 5000) i"
        )
    return postgres_url


def test_a_query_in_postgresql_is_a_source(filled_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_URL", filled_url)
    users = SourceConfig(
        connection="${PG_URL}", query="SELECT * FROM users;", table="accounts", account_id="id", created_at="signed_up"
    )
    logins = SourceConfig(
        connection="${PG_URL}",
        query="SELECT user_id, device::text AS device, host(ip) AS ip, at FROM logins",
        table="links",
        account_id="user_id",
        first_seen="at",
        signals={"device": "device", "ip": "ip"},
    )
    result = load(LoadConfig(sources=[users, logins]))
    assert result.row_counts["accounts"] == 5000
    assert len(result.graph.links) == 10_000
    assert result.graph.created_at.min() == 1_700_000_001
    assert result.graph.links.first_seen.min() == 1_704_110_401
    assert result.n_unlisted_accounts == 0


def test_exact_numbers_come_as_amounts(filled_url: str) -> None:
    query = "SELECT user_id AS source_id, user_id + 1 AS target_id, cost AS amount FROM logins WHERE user_id <= 3"
    result = load(LoadConfig(sources=[SourceConfig(connection=filled_url, query=query, table="transfers")]))
    assert result.graph.transfers.amounts is not None
    assert result.graph.transfers.amounts.tolist() == [0.25, 0.5, 0.75]


def test_an_environment_variable_that_is_not_set_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_URL", raising=False)
    source = SourceConfig(connection="${NO_SUCH_URL}", query="SELECT 1", table="accounts")
    with pytest.raises(ConfigError, match="environment variable NO_SUCH_URL is not set"):
        load(LoadConfig(sources=[source]))


def test_a_broken_query_is_told_in_one_sentence(filled_url: str) -> None:
    source = SourceConfig(name="cards", connection=filled_url, query="SELECT nothing FROM nowhere", table="accounts")
    with pytest.raises(InputError, match=r'cards: PostgreSQL: .*relation "nowhere" does not exist') as caught:
        load(LoadConfig(sources=[source]))
    assert "\n" not in str(caught.value)


def test_a_server_that_is_away_is_told_without_the_password() -> None:
    url = "postgresql://someone:secret@127.0.0.1:9/none"
    source = SourceConfig(connection=url, query="SELECT 1", table="accounts")
    with pytest.raises(InputError, match="PostgreSQL") as caught:
        load(LoadConfig(sources=[source]))
    assert "secret" not in str(caught.value)
