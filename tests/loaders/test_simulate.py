import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.stats import kstest

from loaders import LoadConfig, SourceConfig, load
from loaders.simulate import WorldSettings, WorldSummary, simulate
from loaders.simulate.plan import GROUP_SHARES, TYPOLOGIES

TABLES = ("accounts", "links", "transfers", "events")
START, END = pd.Timestamp("2025-01-01", tz="UTC"), pd.Timestamp("2026-01-01", tz="UTC")


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> WorldSummary:
    return simulate(tmp_path_factory.mktemp("worlds") / "world", WorldSettings(seed=5))


def read(summary: WorldSummary, table: str) -> pd.DataFrame:
    return pd.read_parquet(summary.path / f"{table}.parquet")


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_the_same_settings_give_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    small = WorldSettings(n_accounts=1_500, seed=3)
    simulate(tmp_path / "a", small)
    simulate(tmp_path / "b", small)
    simulate(tmp_path / "c", WorldSettings(n_accounts=1_500, seed=4))
    a, b, c = (digests(tmp_path / name) for name in "abc")
    assert a == b
    assert [name for name in a if a[name] == c[name]] == ["scan.toml"]


def test_two_worlds_share_no_identifier(tmp_path: Path) -> None:
    one = simulate(tmp_path / "a", WorldSettings(n_accounts=1_000, seed=1))
    two = simulate(tmp_path / "b", WorldSettings(n_accounts=1_000, seed=2))
    links = [read(one, "links"), read(two, "links")]
    opaque = [set(table[table.signal_type != "ip"].signal_id) for table in links]
    assert not opaque[0] & opaque[1]


def test_tables_have_the_canonical_columns_and_times_in_utc(summary: WorldSummary) -> None:
    schemas = {name: pq.read_schema(summary.path / f"{name}.parquet") for name in TABLES}
    assert schemas["accounts"].names[:2] == ["account_id", "created_at"]
    assert schemas["links"].names == ["account_id", "signal_type", "signal_id", "first_seen", "last_seen", "n_events"]
    assert schemas["events"].names == ["account_id", "event_type", "occurred_at", "target_id", "value"]
    parties = ["source_type", "source_id", "target_type", "target_id"]
    money = ["amount", "currency", "amount_usd"]
    assert schemas["transfers"].names == ["transfer_id", "occurred_at", *parties, *money]
    for schema in schemas.values():
        times = [field.type for field in schema if pa.types.is_timestamp(field.type)]
        assert times
        assert set(times) == {pa.timestamp("us", "UTC")}
        assert b"pandas" not in (schema.metadata or {})


def test_the_summary_counts_what_is_in_the_tables(summary: WorldSummary) -> None:
    for name in TABLES:
        assert getattr(summary, f"n_{name}") == len(read(summary, name)) > 0
    rings, members = read(summary, "truth_rings"), read(summary, "truth_members")
    assert (summary.n_rings, summary.n_ring_members) == (len(rings), len(members))
    assert summary.rings == {name: int((rings.typology == name).sum()) for name in TYPOLOGIES}
    assert summary.n_lookalike_groups == read(summary, "lookalikes").group.nunique()


def test_sizes_follow_the_settings(summary: WorldSummary) -> None:
    members = read(summary, "truth_members")
    n_in_rings = (members.entity_type == "account").sum()
    assert summary.n_accounts == 20_000
    assert n_in_rings == pytest.approx(0.02 * 20_000, rel=0.05)
    groups = read(summary, "lookalikes")
    assert (groups.kind != "household").sum() == pytest.approx(0.1 * 20_000, rel=0.35)


def test_a_loader_takes_every_row_and_every_identifier(summary: WorldSummary) -> None:
    sources = [SourceConfig(path=f"{name}.parquet", table=name) for name in TABLES]
    result = load(LoadConfig(sources=sources, base_dir=summary.path))
    assert len(result.rejected) == 0
    assert len(result.refused) == 0
    assert result.n_unlisted_accounts == 0
    assert result.graph.n_accounts == summary.n_accounts
    assert len(result.graph.links) == summary.n_links
    assert len(result.graph.transfers) == summary.n_transfers


def test_everything_happens_inside_the_days_of_the_world(summary: WorldSummary) -> None:
    columns = {"accounts": ["created_at"], "links": ["first_seen", "last_seen"]}
    columns |= {"transfers": ["occurred_at"], "events": ["occurred_at"]}
    for name, times in columns.items():
        table = read(summary, name)[times]
        assert table.min().min() >= START
        assert table.max().max() < END


def test_nothing_happens_to_an_account_before_it_exists(summary: WorldSummary) -> None:
    created = read(summary, "accounts").set_index("account_id").created_at
    links, events, transfers = (read(summary, name) for name in ("links", "events", "transfers"))
    assert (links.first_seen.to_numpy() >= created[links.account_id].to_numpy()).all()
    assert (links.last_seen >= links.first_seen).all()
    assert (events.occurred_at.to_numpy() >= created[events.account_id].to_numpy()).all()
    for side in ("source", "target"):
        own = transfers[transfers[f"{side}_type"] == "account"]
        assert (own.occurred_at.to_numpy() >= created[own[f"{side}_id"]].to_numpy()).all()


def test_every_reference_is_to_an_account_that_is_listed(summary: WorldSummary) -> None:
    listed = set(read(summary, "accounts").account_id)
    events, members = read(summary, "events"), read(summary, "truth_members")
    assert set(events.account_id) == listed
    assert set(events.target_id.dropna()) <= listed
    assert set(members[members.entity_type == "account"].entity_id) <= listed
    assert set(read(summary, "lookalikes").entity_id) <= listed


def test_an_account_is_invited_once_and_by_somebody_older(summary: WorldSummary) -> None:
    created = read(summary, "accounts").set_index("account_id").created_at
    events = read(summary, "events")
    referrals = events[events.event_type == "referral"]
    assert referrals.account_id.is_unique
    assert (created[referrals.target_id].to_numpy() < created[referrals.account_id].to_numpy()).all()


def test_rows_are_in_the_order_of_ids_or_times(summary: WorldSummary) -> None:
    links = read(summary, "links")
    opaque = links[links.signal_type.isin(["device", "instrument", "wallet"])]
    in_order = opaque.sort_values(["account_id", "signal_type", "signal_id"], kind="stable").index
    assert np.array_equal(in_order, opaque.index)
    assert read(summary, "accounts").account_id.is_monotonic_increasing
    assert links.account_id.is_monotonic_increasing
    assert read(summary, "transfers").occurred_at.is_monotonic_increasing
    assert read(summary, "events").occurred_at.is_monotonic_increasing


def test_ids_tell_nothing_of_rings(summary: WorldSummary) -> None:
    accounts, links = read(summary, "accounts"), read(summary, "links")
    members = set(read(summary, "truth_members").entity_id)
    at = np.flatnonzero(accounts.account_id.isin(members))
    assert kstest(at / len(accounts), "uniform").pvalue > 0.01
    used = links[links.account_id.isin(members)]
    for kind, start in (("device", 0), ("instrument", 3), ("wallet", 2)):
        signals = used[used.signal_type == kind].signal_id.drop_duplicates()
        part = signals.str[start : start + 8].map(lambda text: int(text, 16)) / 2**32
        assert kstest(part, "uniform").pvalue > 0.01


def test_transfer_ids_tell_nothing_of_rings(summary: WorldSummary) -> None:
    transfers = read(summary, "transfers")
    members = set(read(summary, "truth_members").entity_id)
    inside = transfers[transfers.source_id.isin(members) & transfers.target_id.isin(members)]
    part = inside.transfer_id.str[1:9].map(lambda text: int(text, 16)) / 2**32
    assert len(inside) > 30
    assert kstest(part, "uniform").pvalue > 0.01


def test_a_link_is_there_once_and_a_transfer_moves_something(summary: WorldSummary) -> None:
    links, transfers = read(summary, "links"), read(summary, "transfers")
    assert not links.duplicated(["account_id", "signal_type", "signal_id"]).any()
    assert (links.n_events >= 1).all()
    assert transfers.transfer_id.is_unique
    assert (transfers[["amount", "amount_usd"]] > 0).all(axis=None)
    assert not ((transfers.source_id == transfers.target_id) & (transfers.source_type == transfers.target_type)).any()


def test_the_smallest_world_has_rings_and_lookalikes(tmp_path: Path) -> None:
    summary = simulate(tmp_path / "small", WorldSettings(n_accounts=1_000, ring_share=0.2, days=60))
    assert all(n > 0 for n in summary.rings.values())
    assert {"household", "office", "business"} <= set(summary.lookalikes)


def test_a_world_without_rings_has_none(tmp_path: Path) -> None:
    summary = simulate(tmp_path / "honest", WorldSettings(n_accounts=1_000, ring_share=0.0, lookalike_share=0.0))
    assert summary.n_rings == summary.n_ring_members == 0
    assert set(summary.lookalikes) == {"household"}
    assert read(summary, "truth").label.sum() == 0


def test_all_kinds_of_groups_are_there_and_hold_no_member_of_a_ring(summary: WorldSummary) -> None:
    groups, members = read(summary, "lookalikes"), read(summary, "truth_members")
    assert set(groups.kind) == {*GROUP_SHARES, "household"}
    assert not groups.entity_id.isin(members.entity_id).any()
    assert groups.entity_id.is_unique
    assert groups.groupby("group").kind.nunique().max() == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_accounts", 999),
        ("seed", -1),
        ("days", 10),
        ("ring_share", 0.5),
        ("camouflage", 1.5),
        ("lookalike_share", -1),
    ],
)
def test_settings_out_of_range_are_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"`{name}` must be between .* got"):
        WorldSettings(**{name: value})  # type: ignore[arg-type]


def test_the_largest_ring_is_not_smaller_than_the_median() -> None:
    with pytest.raises(ValueError, match=r"`ring_size_max` must be at least `ring_size_median` \(50\), got 20"):
        WorldSettings(ring_size_median=50, ring_size_max=20)
