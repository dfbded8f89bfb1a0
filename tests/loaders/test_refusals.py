"""Values that may not link: placeholders, card numbers, very popular values; and hashes in place of identifiers."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders import ConfigError, IdentifierSettings, LoadConfig, LoadResult, SourceConfig, load
from loaders.database import LUHN_MACRO, open_database
from loaders.identifiers import hash_identifiers
from loaders.identifiers.instruments import passes_luhn

KEY = "a secret of more than sixteen bytes"
CARD = "4111111111111111"


def links_of(*rows: tuple[str, str, str]) -> dict[str, dict[str, list[Any]]]:
    columns = ("account_id", "signal_type", "signal_id")
    return {"links": {name: [row[i] for row in rows] for i, name in enumerate(columns)}}


def crowd(n_sharing: int, n_accounts: int, kind: str = "device") -> dict[str, dict[str, list[Any]]]:
    """Accounts of which the first share one signal; each has one of its own as well."""
    rows = [(f"a{i}", kind, "shared") for i in range(n_sharing)] + [
        (f"a{i}", kind, f"own-{i}") for i in range(n_accounts)
    ]
    return links_of(*rows)


def test_placeholders_do_not_link_and_are_reported_with_their_rows(load_frames: Any) -> None:
    rows = [("a", "device", "unknown"), ("b", "device", "UNKNOWN"), ("b", "device", "unknown"), ("b", "device", "x")]
    result = load_frames(links_of(*rows))
    assert result.graph.names.to_pylist() == ["a", "b", "x"]
    assert result.refused.to_pylist() == [
        {"entity_type": "device", "value": "UNKNOWN", "reason": "placeholder", "n_rows": 1},
        {"entity_type": "device", "value": "unknown", "reason": "placeholder", "n_rows": 2},
    ]


def test_spellings_of_one_identifier_link_their_accounts(load_frames: Any) -> None:
    rows = [("a", "email", "Ann+1@gmail.com"), ("b", "email", "a.n.n@googlemail.com")]
    graph = load_frames(links_of(*rows)).graph
    assert graph.links.signals.tolist() == [2, 2]


def test_a_value_that_too_many_accounts_share_is_refused(load_frames: Any) -> None:
    settings = IdentifierSettings(popularity_accounts=10, popularity_share=0.05)
    result = load_frames(crowd(11, 100), identifiers=settings)
    assert result.refused.to_pylist() == [
        {"entity_type": "device", "value": "shared", "reason": "shared by 11 accounts, too many", "n_rows": 11}
    ]
    assert "shared" not in result.graph.names.to_pylist()
    assert len(result.graph.links) == 100


@pytest.mark.parametrize(
    ("n_sharing", "n_accounts", "kind"),
    [(10, 100, "device"), (11, 1000, "device"), (50, 100, "ip"), (50, 100, "address")],
)
def test_popular_values_below_either_limit_and_popular_places_are_kept(
    load_frames: Any, n_sharing: int, n_accounts: int, kind: str
) -> None:
    settings = IdentifierSettings(popularity_accounts=10, popularity_share=0.05)
    world = crowd(n_sharing, n_accounts, kind)
    world["links"]["signal_id"] = ["ip-1" if value == "shared" else value for value in world["links"]["signal_id"]]
    result = load_frames(world, identifiers=settings)
    assert result.refused.num_rows == 0
    assert len(result.graph.links) == n_sharing + n_accounts


def test_popularity_counts_accounts_and_not_rows(load_frames: Any) -> None:
    settings = IdentifierSettings(popularity_accounts=2, popularity_share=0.01)
    rows = [("a", "device", "x")] * 20 + [("b", "device", "x")]
    assert len(load_frames(links_of(*rows), identifiers=settings).graph.links) == 2


def test_subnets_link_as_a_type_of_their_own(load_frames: Any) -> None:
    rows = [("a", "ip", "8.8.8.8"), ("b", "ip", "8.8.8.9"), ("c", "ip", "2001:4860:4860::1")]
    graph = load_frames(links_of(*rows), identifiers=IdentifierSettings(ip_subnets=True)).graph
    names = [graph.name_of(node) for node in graph.nodes_of("ip_subnet")]
    assert names == ["2001:4860:4860::/64", "8.8.8.0/24"]
    assert len(graph.links) == 6
    assert len(load_frames(links_of(*rows)).graph.links) == 3


def hashed(load_frames: Any, monkeypatch: pytest.MonkeyPatch, world: dict[str, Any], key: str = KEY) -> LoadResult:
    monkeypatch.setenv("TEST_HASH_KEY", key)
    result: LoadResult = load_frames(
        world, identifiers=IdentifierSettings(hash_key_env="TEST_HASH_KEY", ip_subnets=True)
    )
    return result


def test_hashes_stand_for_all_identifiers_and_link_as_before(load_frames: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world = links_of(("ann", "email", "Ann+1@mail.org"), ("bob", "email", "ann@mail.org"), ("bob", "ip", "8.8.8.8"))
    world |= {
        "transfers": {"source_id": ["ann"], "target_id": ["w-77"], "target_type": ["wallet"]},
        "events": {"account_id": ["bob"], "event_type": ["referral"], "target_id": ["ann"]},
        "labels": {"entity_id": ["ann"], "label": ["sybil"]},
    }
    result, plain = hashed(load_frames, monkeypatch, world), load_frames(world)
    names = result.graph.names.to_pylist()
    assert all(len(name) == 32 for name in names)
    assert len(names) == len(plain.graph.names) + 1  # the subnet
    assert len(set(result.graph.links.signals.tolist())) == 3
    expected = hashlib.blake2b(b"ann", key=KEY.encode(), digest_size=16).hexdigest()
    assert result.labels["entity_id"].to_pylist() == [expected]
    assert expected in names


def test_another_key_gives_other_hashes(load_frames: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world = links_of(("ann", "device", "x"))
    one = hashed(load_frames, monkeypatch, world).graph.names.to_pylist()
    two = hashed(load_frames, monkeypatch, world, KEY * 5).graph.names.to_pylist()
    assert not set(one) & set(two)


def test_refused_values_are_hashed_too_but_for_placeholders(load_frames: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world = links_of(("a", "email", "secret-address"), ("a", "email", "unknown"), ("a", "card", CARD))
    shown = hashed(load_frames, monkeypatch, world).refused["value"].to_pylist()
    assert {"unknown", "(card number)"} < set(shown)
    assert "secret-address" not in shown


@pytest.mark.parametrize(("key", "found"), [(None, "is not set"), ("short", "has 5 bytes")])
def test_a_key_that_is_absent_or_short_is_told(
    load_frames: Any, monkeypatch: pytest.MonkeyPatch, key: str | None, found: str
) -> None:
    monkeypatch.delenv("TEST_HASH_KEY", raising=False)
    if key is not None:
        monkeypatch.setenv("TEST_HASH_KEY", key)
    with pytest.raises(ConfigError, match=f"variable TEST_HASH_KEY {found}; set it to a secret of 16 bytes or more"):
        load_frames(links_of(("a", "device", "x")), identifiers=IdentifierSettings(hash_key_env="TEST_HASH_KEY"))


def test_absent_values_stay_absent_when_hashed() -> None:
    assert hash_identifiers(pa.array([None, "x"], pa.large_string()), b"k" * 16).is_null().to_pylist() == [True, False]


def test_a_raw_card_number_is_in_no_table_and_no_log(load_frames: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    rows = [
        ("a", "card", CARD),
        ("b", "instrument", "4111 1111 1111 1111"),
        ("b", "payment_card", "4111-1111-1111-1111"),
    ]
    world = links_of(*rows) | {
        "transfers": {"source_id": [CARD], "source_type": ["card"], "target_id": ["a"]},
        "labels": {"entity_id": [CARD], "entity_type": ["card"]},
    }
    result = load_frames(world)
    tables = [
        result.refused.to_pylist(),
        result.rejected.to_pylist(),
        result.labels.to_pylist(),
        result.graph.names.to_pylist(),
    ]
    assert "1111" not in repr(tables)
    assert "1111" not in caplog.text
    assert set(result.refused["value"].to_pylist()) == {"(card number)"}
    assert result.refused["n_rows"].to_pylist() == [3, 1, 1]


def test_a_raw_card_number_is_hidden_before_it_is_stored_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tables are all that a load keeps, in memory or spilled to disk: none has ever held the number."""
    plain = "plain-0042"
    (tmp_path / "l.csv").write_text(f"account_id,signal_type,signal_id\na,card,{CARD}\nb,gadget,{plain}\n")
    opened: list[duckdb.DuckDBPyConnection] = []

    @contextmanager
    def opening(config: LoadConfig) -> Iterator[duckdb.DuckDBPyConnection]:
        with open_database(config) as con:
            opened.append(con)
            yield con

    seen = {plain: 0, CARD: 0}

    def look(stage: str, done: int, total: int | None) -> None:
        con = opened[0].cursor()
        for (table,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall():
            for value in seen:
                where = f"WHERE contains(CAST(t AS VARCHAR), '{value}')"
                seen[value] += con.execute(f'SELECT count(*) FROM "{table}" AS t {where}').fetchall()[0][0]

    monkeypatch.setattr(import_module("loaders.load"), "open_database", opening)
    load(LoadConfig(sources=[SourceConfig(path="l.csv", table="links")], base_dir=tmp_path), progress=look)
    assert seen[plain] > 0
    assert seen[CARD] == 0


@given(st.text("0123456789", min_size=13, max_size=19))
def test_the_check_digit_in_sql_agrees_with_that_in_python(digits: str) -> None:
    con = duckdb.connect()
    con.execute(LUHN_MACRO)
    assert con.execute("SELECT passes_luhn(?)", [digits]).fetchall() == [(passes_luhn(digits),)]
    con.close()


def test_the_temporary_folder_is_gone_after_a_load(tmp_path: Path) -> None:
    config = LoadConfig(sources=[SourceConfig(path="x", table="links")], temp_dir=tmp_path)
    with open_database(config) as con:
        con.execute("CREATE TABLE t AS SELECT 1")
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []
