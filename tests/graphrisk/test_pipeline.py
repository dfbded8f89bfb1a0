import math

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import graphrisk
from graphrisk.config import ScanConfig, read_config
from graphrisk.pipeline import run_scan
from graphrisk.rings.settings import PATTERN_NAMES
from graphrisk.tables import SCHEMAS
from loaders.simulate import WorldSettings, simulate

ALL_AT_ONCE = pd.Timestamp("2026-03-01T12:00:00Z")


def frames_with_a_ring(n_others=200, n_members=12, seed=0):
    """Ordinary accounts with a device each, and a ring on three devices that signed up within an hour."""
    rng = np.random.default_rng(seed)
    names = [f"a{k:04d}" for k in range(n_others + n_members)]
    created = pd.Timestamp("2025-01-01", tz="UTC") + pd.to_timedelta(rng.integers(0, 400 * 86400, len(names)), unit="s")
    created = created.to_series().reset_index(drop=True)
    created[n_others:] = [ALL_AT_ONCE - pd.Timedelta(minutes=400 - 3 * k) for k in range(n_members)]
    device = [f"d{k:04d}" for k in range(n_others)] + [f"ring-{k % 3}" for k in range(n_members)]
    card = [f"c{k:04d}" for k in range(n_others)] + [f"ring-card-{k % 4}" for k in range(n_members)]
    accounts = pd.DataFrame({"account_id": names, "created_at": created})
    links = pd.DataFrame({"account_id": names, "device": device, "card": card, "first_seen": created})
    links["last_seen"] = links.first_seen + pd.Timedelta(hours=2)
    return {"accounts": accounts, "links": links}


def config_for_frames(**scan):
    sources = [
        {"frame": "accounts", "table": "accounts"},
        {"frame": "links", "table": "links", "signals": {"device": "device", "instrument": "card"}},
    ]
    return ScanConfig.model_validate({"scan": {"as_of": "2026-04-01", **scan}, "source": sources})


def test_a_planted_ring_is_found_with_its_evidence():
    result = run_scan(config_for_frames(), frames=frames_with_a_ring())
    assert len(result.rings) == 1
    assert set(result.members.entity_id) == {f"a{k:04d}" for k in range(200, 212)}
    codes = set(result.evidence.reason_code)
    assert {"sign_up_burst", "shared_device", "shared_instrument", "short_use"} <= codes
    assert result.features.set_index("entity_id").score["a0205"] > 0.5 > result.features.score[0]


def test_without_the_ring_nothing_is_listed():
    result = run_scan(config_for_frames(), frames=frames_with_a_ring(n_members=0))
    assert result.rings.empty
    assert result.alerts == []


def test_evidence_sums_to_the_score(scanned):
    nats = scanned.evidence.groupby("ring_id").weight.sum()
    assert len(scanned.rings) > 5
    for ring in scanned.rings.itertuples():
        assert ring.score == pytest.approx(1 / (1 + math.exp(-nats[ring.ring_id])), abs=1e-9)


def test_the_last_line_of_evidence_says_where_the_score_starts(scanned):
    last = scanned.evidence.sort_values("evidence_id").groupby("ring_id").tail(1)
    assert set(last.reason_code) == {"prior"}
    assert last.weight.nunique() == 1
    assert (scanned.evidence.reason_code == "prior").sum() == len(scanned.rings)


def test_the_null_model_is_drawn_often_enough_for_the_upper_bands(scanned):
    draws = scanned._frame("metric").set_index("name").n["rings.null_model"]
    above = int((scanned.rings.score >= 0.5).sum())
    assert 0 < above < len(scanned.rings)
    assert draws == math.ceil(1 / (0.05 * above))


def test_every_ring_says_something_against_or_shows_that_it_looked(scanned):
    against = set(scanned.evidence[scanned.evidence.direction == "against"].ring_id)
    assert len(against) >= 0.8 * len(scanned.rings)
    assert not scanned.evidence.text.str.contains("nan", case=False).any()


def test_every_account_and_wallet_has_one_row(scanned):
    features = scanned.features
    assert not features.duplicated(["entity_type", "entity_id"]).any()
    graph = scanned.graph
    assert len(features) == graph.n_accounts + len(graph.nodes_of("wallet"))
    assert features.score.between(0, 1).all()
    assert (features.score_low <= features.score + 1e-12).all()
    assert (features.score_high >= features.score - 1e-12).all()


def test_members_agree_between_tables(scanned):
    in_ring = set(map(tuple, scanned.features[scanned.features.has_ring][["entity_type", "entity_id"]].to_numpy()))
    assert in_ring == set(map(tuple, scanned.members[["entity_type", "entity_id"]].to_numpy()))
    sizes = scanned.members.groupby("ring_id").size()
    assert (scanned.rings.set_index("ring_id").n_members == sizes.reindex(scanned.rings.ring_id)).all()


def test_listed_rings_do_not_repeat_each_other(scanned):
    typologies = scanned.rings.set_index("ring_id").typology
    groups = scanned.members.groupby("ring_id").entity_id.apply(set)
    by_transfers = typologies.reindex(groups.index).isin(PATTERN_NAMES)
    sharing, patterns = groups[~by_transfers].to_list(), groups[by_transfers].to_list()
    assert sharing
    for at, one in enumerate(sharing):
        for other in sharing[:at]:
            assert len(one & other) < 0.5 * min(len(one), len(other))
    # one account may have a part in several patterns, but no pattern is listed twice
    for at, one in enumerate(patterns):
        for other in patterns[:at]:
            assert len(one & other) < 0.6 * len(one | other)


def test_most_members_of_the_bands_high_and_medium_are_planted(tmp_path):
    # of a world with some 200 of them: hangers-on come by whole handfuls
    simulate(tmp_path / "world", WorldSettings(n_accounts=20_000, seed=1))
    result = run_scan(read_config(tmp_path / "world" / "scan.toml"))
    planted = set(pd.read_parquet(tmp_path / "world" / "truth_members.parquet").entity_id)
    sure = result.rings[result.rings.band.isin(["high", "medium"])].ring_id
    members = result.members[result.members.ring_id.isin(sure)]
    assert len(members) > 150
    assert members.entity_id.isin(planted).mean() > 0.9


@settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 250), st.integers(0, 5), st.integers(0, 90)), min_size=1, max_size=30))
def test_rows_after_as_of_change_nothing(later):
    frames = frames_with_a_ring()
    plain = run_scan(config_for_frames(), frames=frames)
    after = pd.Timestamp("2026-04-01", tz="UTC")
    more = pd.DataFrame(later, columns=["account", "signal", "days"])
    extra = pd.DataFrame(
        {
            "account_id": [f"a{k:04d}" for k in more.account],
            "device": [f"ring-{k}" for k in more.signal],
            "card": [f"later-card-{k}" for k in more.signal],
            "first_seen": after + pd.to_timedelta(more.days, unit="D"),
            "last_seen": after + pd.to_timedelta(more.days + 1, unit="D"),
        }
    )
    newcomers = pd.DataFrame({"account_id": ["zz1", "zz2"], "created_at": [after, after + pd.Timedelta(days=2)]})
    grown = {"accounts": pd.concat([frames["accounts"], newcomers]), "links": pd.concat([frames["links"], extra])}
    other = run_scan(config_for_frames(), frames=grown)
    assert plain.scan_id == other.scan_id
    for name in set(SCHEMAS) - {"scan"}:
        assert plain.tables[name].equals(other.tables[name]), name


def test_the_order_of_rows_changes_nothing():
    frames = frames_with_a_ring()
    mixed = {name: frame.sample(frac=1, random_state=5) for name, frame in frames.items()}
    one, two = (run_scan(config_for_frames(), frames=given) for given in (frames, mixed))
    for name in set(SCHEMAS) - {"scan"}:
        assert one.tables[name].equals(two.tables[name]), name


def test_a_known_hub_joins_nobody():
    config = config_for_frames()
    config.hubs.known = {"device": ["RING-0", "ring-1", "ring-2"], "instrument": [f"ring-card-{k}" for k in range(4)]}
    config.hubs.known["device"][0] = "ring-0"
    result = run_scan(config, frames=frames_with_a_ring())
    assert result.rings.empty
    assert set(result.tables["hub"]["rule"].to_pylist()) == {"known"}


def test_half_and_double_caps_are_reported_on_demand():
    config = config_for_frames()
    config.hubs.caps, config.hubs.what_if = {"device": 6, "instrument": 6}, True
    metrics = run_scan(config, frames=frames_with_a_ring())._frame("metric").set_index("name").value
    assert (metrics["rings"], metrics["rings.at_half_cap"], metrics["rings.lost_at_half_cap"]) == (1, 0, 1)
    assert metrics["rings.gained_at_double_cap"] == 0


def test_a_scan_from_python_is_published_where_it_is_told(tmp_path):
    result = graphrisk.scan(config_for_frames(), frames=frames_with_a_ring(), store=tmp_path / "store")
    file = tmp_path / "store" / f"scan={result.scan_id}" / "ring.parquet"
    with file.open("rb") as handle:
        assert pq.read_table(handle).equals(result.tables["ring"])


def test_members_bear_the_time_of_their_first_bonus(world, scanned):
    with (world / "events.parquet").open("rb") as handle:
        events = pq.read_table(handle).to_pandas()
    claims = events[events.event_type == "claim"]
    first = claims.groupby("account_id").occurred_at.min()
    members = scanned.members.dropna(subset=["claimed_at"])
    assert len(members) > 10
    # whole seconds are what the graph keeps
    assert (members.claimed_at - members.entity_id.map(first)).abs().max() <= pd.Timedelta(seconds=1)
    assert (members.claimed_at >= members.joined_at).all()
