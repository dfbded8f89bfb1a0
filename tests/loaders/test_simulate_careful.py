"""Rings that share nothing, and the innocents who act together in time: made only where they are asked for."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from loaders.simulate import WorldSettings, WorldSummary, simulate
from loaders.simulate.plan import CAREFUL, TWIN_SHARES, TYPOLOGIES

DAY = pd.Timedelta(days=1)
MINUTE = pd.Timedelta(minutes=1)
# the rows of the world of 1,000 accounts with seed 0, as text
ROWS = {
    "accounts": "a3226f0a969216c0",
    "links": "c1323244f262d978",
    "transfers": "cafccda9bee2be72",
    "events": "cac72994e1c86e11",
    "truth": "a57b2eff73f48fac",
    "truth_members": "e94dc968010fffdf",
    "truth_rings": "21c5c3d125bd45f7",
    "lookalikes": "3e9a0f964f591478",
}


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> dict[float, WorldSummary]:
    folder = tmp_path_factory.mktemp("careful")
    made = {}
    for camouflage in (0.0, 0.7):
        settings = WorldSettings(8_000, 2, ring_share=0.01, careful_share=0.2, twin_share=0.3, camouflage=camouflage)
        made[camouflage] = simulate(folder / f"world-{camouflage}", settings)
    return made


def read(summary: WorldSummary, table: str) -> pd.DataFrame:
    return pd.read_parquet(summary.path / f"{table}.parquet")


def members_of(summary: WorldSummary, typology: str) -> pd.DataFrame:
    rings = read(summary, "truth_rings")
    members = read(summary, "truth_members")
    members = members[members.entity_type == "account"].rename(columns={"entity_id": "account_id"})
    return members.merge(rings[rings.typology == typology][["ring_id"]], on="ring_id")


def acts_of(summary: WorldSummary, typology: str, *kinds: str) -> pd.DataFrame:
    events = read(summary, "events")
    return members_of(summary, typology).merge(events[events.event_type.isin(kinds)], on="account_id")


def in_tightest(times: pd.Series, width: pd.Timedelta) -> float:
    """Largest share of some times that lie within a width of each other."""
    at = np.sort((times - times.min()).dt.total_seconds().to_numpy())
    return float((np.searchsorted(at, at + width.total_seconds(), "right") - np.arange(len(at))).max() / len(at))


def test_a_world_without_them_is_what_it_was(tmp_path: Path) -> None:
    made = simulate(tmp_path / "world", WorldSettings(n_accounts=1_000))
    assert set(made.rings) == set(TYPOLOGIES)
    rows = {}
    for table in ("accounts", "links", "transfers", "events", "truth", "truth_members", "truth_rings", "lookalikes"):
        text = read(made, table).to_csv(index=False, float_format="%.6g")
        rows[table] = hashlib.sha256(text.encode()).hexdigest()[:16]
    assert rows == ROWS


def test_every_kind_is_there_with_its_truth(worlds: dict[float, WorldSummary]) -> None:
    made = worlds[0.0]
    assert all(made.rings[name] > 0 for name in (*CAREFUL, *TYPOLOGIES))
    assert set(TWIN_SHARES) <= set(made.lookalikes)
    truth, members = read(made, "truth"), read(made, "truth_members")
    assert set(CAREFUL) <= set(truth.kind)
    assert set(truth[truth.label == 1].entity_id) == set(members.entity_id)
    assert not set(read(made, "lookalikes").entity_id) & set(members.entity_id)
    created = read(made, "accounts").set_index("account_id").created_at
    events = read(made, "events")
    assert (events.occurred_at.to_numpy() >= created[events.account_id].to_numpy()).all()


@pytest.mark.parametrize("typology", CAREFUL)
def test_members_share_no_device_card_phone_or_wallet(worlds: dict[float, WorldSummary], typology: str) -> None:
    links = members_of(worlds[0.0], typology).merge(read(worlds[0.0], "links"), on="account_id")
    own = links[links.signal_type.isin(["device", "instrument", "phone", "wallet"])]
    together = own.groupby(["ring_id", "signal_type", "signal_id"]).account_id.transform("nunique") > 1
    # kiosks, and devices and numbers that change hands, join strangers everywhere
    assert own[together].account_id.nunique() < 0.06 * links.account_id.nunique()


def shares_of(summary: WorldSummary) -> dict[str, float]:
    """How far the acts of each typology go together, as a median over its rings."""
    out = {}
    for typology, kind, width in (
        ("sign_up_burst", "sign_up", 6 * 60 * MINUTE),
        ("claim_burst", "claim", 30 * MINUTE),
    ):
        acts = acts_of(summary, typology, kind)
        out[typology] = acts.groupby("ring_id").occurred_at.apply(in_tightest, width).median()
    orders = acts_of(summary, "lockstep", "order")
    orders = orders[orders.target_id.notna()]
    near = orders.groupby(["ring_id", "target_id", orders.occurred_at.dt.floor("min")]).account_id.transform("nunique")
    out["lockstep"] = float((near > 2).mean())
    referrals = acts_of(summary, "referral_tree", "referral")
    members = members_of(summary, "referral_tree")
    inside = referrals.target_id.isin(members.account_id)
    out["referral_tree"] = float(inside.sum() / (len(members) - members.ring_id.nunique()))
    script = acts_of(summary, "same_sequence", "login", "trade", "order", "claim").sort_values("occurred_at")
    routes = script.groupby(["ring_id", "account_id"]).event_type.agg(" ".join)
    out["same_sequence"] = float(
        routes.groupby("ring_id").agg(lambda some: some.value_counts(normalize=True).iloc[0]).median()
    )
    transfers = read(summary, "transfers")
    for typology in ("wash_trade", "airdrop_farm"):
        who = members_of(summary, typology)
        paid = who.merge(transfers, left_on="account_id", right_on="source_id")
        if typology == "airdrop_farm":
            most = paid.groupby(["ring_id", "target_id"]).account_id.nunique().groupby("ring_id").max()
            out[typology] = float((most / who.groupby("ring_id").size()).median())
        else:
            ring_of = who.set_index("account_id").ring_id
            paid = paid[paid.target_id.map(ring_of) == paid.ring_id].sort_values("occurred_at")
            pair = paid[["source_id", "target_id"]].apply(lambda row: "-".join(sorted(row)), axis=1)
            last = paid.groupby(pair).amount_usd.shift()
            out[typology] = float((np.abs(paid.amount_usd / last - 1) < 0.011).mean())
    return out


def test_acts_go_together_and_camouflage_tears_them_apart(worlds: dict[float, WorldSummary]) -> None:
    shown, hidden = shares_of(worlds[0.0]), shares_of(worlds[0.7])
    assert set(shown) == set(CAREFUL)
    least = {"wash_trade": 0.25, "same_sequence": 0.7}
    assert all(share >= least.get(name, 0.8) for name, share in shown.items()), shown
    assert all(hidden[name] < 0.75 * shown[name] for name in CAREFUL), (shown, hidden)


def test_twins_go_together_as_well(worlds: dict[float, WorldSummary]) -> None:
    groups, events, links = (read(worlds[0.0], table) for table in ("lookalikes", "events", "links"))
    acts = groups.merge(events, left_on="entity_id", right_on="account_id")
    lesson = acts[(acts.kind == "class") & (acts.event_type == "sign_up")].groupby("group").occurred_at
    assert (lesson.max() - lesson.min() < 41 * MINUTE).all()
    addresses = links[links.signal_type == "ip"]
    campus = groups[groups.kind == "class"].merge(addresses, left_on="entity_id", right_on="account_id")
    assert campus.groupby(["group", "signal_id"]).size().groupby("group").max().min() >= 10
    drops = acts[(acts.kind == "drop") & (acts.event_type == "order") & acts.target_id.notna()]
    together = drops.groupby(["group", "target_id", drops.occurred_at.dt.floor("5min")]).size()
    assert (together.groupby("group").max() >= 8).all()
    claims = acts[(acts.kind == "campaign") & (acts.event_type == "claim")].groupby("group").occurred_at
    assert all(in_tightest(times, 3 * DAY) > 0.6 for _, times in claims)
    transfers = read(worlds[0.0], "transfers")
    for kind, least in (("market_maker", 0.9), ("shop", 0.4)):
        members = groups[groups.kind == kind]
        paid = members.merge(transfers, left_on="entity_id", right_on="source_id")
        most = paid.groupby(["group", "target_id"]).entity_id.nunique().groupby("group").max()
        assert (most / members.groupby("group").size()).median() >= least
    quest = acts[(acts.kind == "quest") & (acts.event_type == "claim") & (acts.value == 5.0)]
    assert quest.account_id.nunique() > 0.5 * (groups.kind == "quest").sum()


@pytest.mark.parametrize("name", ["careful_share", "twin_share", "laundering_share"])
def test_shares_out_of_range_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"`{name}` must be between 0.0 and 0.[34], got 0.9"):
        WorldSettings(**{name: 0.9})  # type: ignore[arg-type]


def test_the_smallest_world_has_room_for_them(tmp_path: Path) -> None:
    small = WorldSettings(n_accounts=1_000, days=60, careful_share=0.3, twin_share=0.4, lookalike_share=0.05)
    made = simulate(tmp_path / "small", small)
    assert sum(made.rings[name] for name in CAREFUL) >= len(CAREFUL)
    assert {"class", "shop"} <= set(made.lookalikes)
