"""Tables in, entity graph out: numbering, merging, determinism."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from algorithms.times import MISSING_TIME
from loaders import LoadConfig, LoadResult, SourceConfig, load

DAY = 86_400


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def small_world() -> dict[str, dict[str, list[Any]]]:
    return {
        "accounts": {"account_id": ["b", "a", "c"], "created_at": [DAY, 2 * DAY, None]},
        "links": {
            "account_id": ["b", "a", "a", "a"],
            "signal_type": ["device", "device", "ip", "device"],
            "signal_id": ["d1", "d1", "8.8.8.8", "d1"],
            "first_seen": [DAY, 5 * DAY, None, 3 * DAY],
            "last_seen": [DAY, 6 * DAY, None, 4 * DAY],
            "n_events": [1, 2, None, 3],
        },
        "transfers": {
            "source_id": ["a", "b"],
            "target_id": ["w1", "a"],
            "target_type": ["wallet", "account"],
            "occurred_at": [9 * DAY, 8 * DAY],
            "amount": [10.0, 2.5],
            "currency": ["USD", "EUR"],
        },
        "events": {
            "account_id": ["a", "b", "a"],
            "event_type": ["Sign Up", "referral", "claim"],
            "occurred_at": [2 * DAY, 3 * DAY, 4 * DAY],
            "target_id": [None, "c", "bonus-7"],
        },
    }


def shuffled(tables: dict[str, dict[str, list[Any]]], seed: int) -> dict[str, dict[str, list[Any]]]:
    mixed = {}
    for name, columns in tables.items():
        order = list(range(len(next(iter(columns.values())))))
        random.Random(seed).shuffle(order)
        mixed[name] = {key: [values[i] for i in order] for key, values in columns.items()}
    return mixed


def arrays_of(result: LoadResult) -> list[np.ndarray[Any, Any]]:
    graph = result.graph
    parts = [vars(graph.links), vars(graph.transfers), vars(graph.events)]
    return [
        graph.type_starts,
        graph.created_at,
        *(v for part in parts for v in part.values() if isinstance(v, np.ndarray)),
    ]


def test_accounts_come_first_and_names_are_sorted_within_a_type(load_frames: Any) -> None:
    graph = load_frames(small_world()).graph
    assert graph.types == ("account", "device", "ip", "target", "wallet")
    assert graph.names.to_pylist() == ["a", "b", "c", "d1", "8.8.8.8", "bonus-7", "w1"]
    assert graph.type_starts.tolist() == [0, 3, 4, 5, 6, 7]


def test_rows_of_one_pair_become_one_link_with_first_last_and_sum(load_frames: Any) -> None:
    links = load_frames(small_world()).graph.links
    assert links.accounts.tolist() == [0, 0, 1]
    assert links.signals.tolist() == [3, 4, 3]
    assert links.first_seen.tolist() == [3 * DAY, MISSING_TIME, DAY]
    assert links.last_seen.tolist() == [6 * DAY, MISSING_TIME, DAY]
    assert links.n_events.tolist() == [5, 1, 1]


def test_a_link_with_one_of_its_times_was_seen_at_that_time(load_frames: Any) -> None:
    columns = {"account_id": ["a", "b"], "signal_type": ["device"] * 2, "signal_id": ["x", "x"]}
    links = load_frames({"links": columns | {"first_seen": [DAY, None], "last_seen": [None, 2 * DAY]}}).graph.links
    assert links.first_seen.tolist() == [DAY, 2 * DAY]
    assert links.last_seen.tolist() == [DAY, 2 * DAY]


def test_transfers_are_in_time_order_with_amounts_and_currencies(load_frames: Any) -> None:
    transfers = load_frames(small_world()).graph.transfers
    assert transfers.sources.tolist() == [1, 0]
    assert transfers.targets.tolist() == [0, 6]
    assert transfers.amounts.tolist() == [2.5, 10.0]
    assert [transfers.currency_names[code] for code in transfers.currencies] == ["EUR", "USD"]
    np.testing.assert_array_equal(transfers.amounts_usd, [np.nan, 10.0])


def test_transfers_without_time_or_amount_have_neither_never_zero(load_frames: Any) -> None:
    transfers = load_frames({"transfers": {"source_id": ["a"], "target_id": ["b"]}}).graph.transfers
    assert len(transfers) == 1
    assert transfers.seconds is None
    assert transfers.amounts is None
    assert transfers.amounts_usd is None
    assert transfers.currencies is None


def test_a_referral_points_at_an_account_and_other_events_at_targets(load_frames: Any) -> None:
    graph = load_frames(small_world()).graph
    events = graph.events
    assert events.type_names == ("claim", "referral", "sign_up")
    assert events.targets[events.of_type("referral")].tolist() == [2]
    assert graph.name_of(events.targets[events.of_type("claim")][0]) == "bonus-7"
    assert events.targets[events.of_type("sign_up")].tolist() == [-1]


def test_unlisted_accounts_are_added_and_counted(load_frames: Any) -> None:
    world = small_world() | {"accounts": {"account_id": ["a"], "created_at": [DAY]}}
    result = load_frames(world)
    assert result.graph.n_accounts == 3
    assert result.n_unlisted_accounts == 2
    assert result.graph.created_at.tolist() == [DAY, MISSING_TIME, MISSING_TIME]


def test_rows_about_unlisted_accounts_can_be_rejected(load_frames: Any) -> None:
    world = small_world() | {"accounts": {"account_id": ["a"], "created_at": [DAY]}}
    result = load_frames(world, unlisted_accounts="reject")
    assert result.graph.n_accounts == 1
    assert result.n_unlisted_accounts == 0
    assert set(result.rejected["column"].to_pylist()) == {"account_id", "source_id"}
    assert "the account is not listed in `accounts`" in result.rejected["reason"].to_pylist()


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_rows_changes_nothing(load_frames: Any, seed: int) -> None:
    base, mixed = load_frames(small_world()), load_frames(shuffled(small_world(), seed))
    assert mixed.input_hash == base.input_hash
    for expected, actual in zip(arrays_of(base), arrays_of(mixed), strict=True):
        np.testing.assert_array_equal(actual, expected)


def test_one_and_two_threads_give_the_same_bytes(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    columns = {
        "account_id": [f"a{i}" for i in rng.integers(0, 20_000, 200_000)],
        "signal_type": ["device"] * 200_000,
        "signal_id": [f"d{i}" for i in rng.integers(0, 30_000, 200_000)],
        "first_seen": rng.integers(0, 10**9, 200_000),
    }
    pd.DataFrame(columns).to_parquet(tmp_path / "links.parquet", row_group_size=10_000)
    source = SourceConfig(path="links.parquet", table="links")
    results = [load(LoadConfig(sources=[source], base_dir=tmp_path, threads=n)) for n in (1, 2)]
    assert results[0].input_hash == results[1].input_hash
    for one, two in zip(arrays_of(results[0]), arrays_of(results[1]), strict=True):
        assert one.tobytes() == two.tobytes()


def test_any_change_of_content_changes_the_hash(load_frames: Any) -> None:
    hashes = {load_frames(small_world()).input_hash}
    for table, column, value in (
        ("links", "signal_id", "d2"),
        ("transfers", "amount", 11.0),
        ("events", "target_id", "b"),
    ):
        world = small_world()
        world[table][column][-1] = value
        hashes.add(load_frames(world).input_hash)
    assert len(hashes) == 4


def test_attributes_follow_the_accounts(load_frames: Any) -> None:
    frame = pd.DataFrame({"id": ["b", "a"], "country": ["DE", None], "limit": [5, 7]})
    source = SourceConfig(frame="f", table="accounts", account_id="id", attributes=["country", "limit"])
    links = SourceConfig(frame="l", table="links")
    others = pa.table({"account_id": ["aa"], "signal_type": ["device"], "signal_id": ["x"]})
    graph = load(LoadConfig(sources=[source, links]), frames={"f": frame, "l": others}).graph
    assert graph.names.to_pylist()[:3] == ["a", "aa", "b"]
    assert graph.attributes is not None
    assert graph.attributes.to_pydict() == {"country": [None, None, "DE"], "limit": [7, None, 5]}


def test_labels_keep_their_columns_and_may_name_entities_outside_the_graph(load_frames: Any) -> None:
    labels = {"entity_id": ["a", "zz"], "label": ["sybil", "honest"], "ring_id": [7, None], "known_at": [DAY, None]}
    result = load_frames(small_world() | {"labels": labels})
    assert result.labels.column_names == ["entity_type", "entity_id", "label", "ring_id", "known_at", "source"]
    assert result.labels["entity_id"].to_pylist() == ["a", "zz"]
    assert result.labels["ring_id"].to_pylist() == ["7", None]
    assert result.labels["known_at"].to_pylist() == [moment(DAY), None]
    assert "zz" not in result.graph.names.to_pylist()


def test_wallets_of_links_and_of_transfers_are_the_same_nodes(load_frames: Any) -> None:
    wallet = "0x" + "aB" * 20
    links = {"account_id": ["a"], "signal_type": ["wallet"], "signal_id": [wallet]}
    transfers = {
        "source_id": [wallet.lower()],
        "source_type": ["wallet"],
        "target_id": ["w2"],
        "target_type": ["wallet"],
    }
    graph = load_frames({"links": links, "transfers": transfers}).graph
    assert len(graph.nodes_of("wallet")) == 2
    assert graph.links.signals.tolist() == [graph.transfers.sources[0]]


def test_progress_tells_stages_with_rows(tmp_path: Path) -> None:
    pd.DataFrame({"account_id": ["a", "b"]}).to_parquet(tmp_path / "a.parquet")
    told: list[tuple[str, int, int | None]] = []
    config = LoadConfig(sources=[SourceConfig(path="a.parquet", table="accounts")], base_dir=tmp_path)
    load(config, progress=lambda *step: told.append(step))
    assert ("read", 2, 2) in told
    assert ("identifiers", 2, 2) in told
    assert told[-1] == ("graph", 2, 2)


def test_a_link_takes_28_bytes(load_frames: Any) -> None:
    links = load_frames(small_world()).graph.links
    assert sum(array.nbytes for array in vars(links).values()) == 28 * len(links)


def paid(ids: list[str | None]) -> dict[str, dict[str, list[Any]]]:
    n = len(ids)
    sides = {"source_id": [f"w{k}" for k in range(n)], "target_id": ["x"] * n, "source_type": ["wallet"] * n}
    return {"transfers": {"transfer_id": ids, "occurred_at": [DAY] * n, **sides}}


def test_rows_that_share_a_transfer_id_are_one_transaction_where_that_is_asked_for(load_frames):
    ids = ["t9", "t9", None, None, "t1", "t5", "t5"]
    transfers = load_frames(paid(ids), transactions=True).graph.transfers
    assert transfers.transactions.tolist() == [1, 1, -1, -1, -1, 0, 0]
    assert load_frames(paid(ids)).graph.transfers.transactions is None


def test_transactions_change_neither_rows_nor_the_hash_of_data_without_any(load_frames):
    tables = paid(["a", "b", None])
    plain, asked = load_frames(tables), load_frames(tables, transactions=True)
    assert asked.graph.transfers.transactions is None
    assert plain.input_hash == asked.input_hash


def test_transfers_are_found_again_by_their_ids(load_frames):
    ids = ["t9", "t9", None, "t1", "t5"]
    graph = load_frames(paid(ids), transactions=["t5", "none", "t9"]).graph
    names = graph.names.take(graph.transfers.sources).to_pylist()
    assert dict(zip(names, graph.transfers.transactions.tolist(), strict=True)) == {
        **{"w0": 2, "w1": 2},
        **{"w2": -1, "w3": -1, "w4": 0},
    }
    assert load_frames(paid(ids), transactions=["none"]).graph.transfers.transactions is None
