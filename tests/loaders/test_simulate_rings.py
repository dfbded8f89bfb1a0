import numpy as np
import pandas as pd
import pytest

from loaders.simulate import WorldSettings, WorldSummary, simulate
from loaders.simulate.plan import TYPOLOGIES

HUB = 60


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> dict[float, WorldSummary]:
    folder = tmp_path_factory.mktemp("rings")
    made = {}
    for camouflage in (0.0, 0.8):
        settings = WorldSettings(seed=11, ring_share=0.05, camouflage=camouflage)
        made[camouflage] = simulate(folder / f"world-{camouflage}", settings)
    return made


def read(summary: WorldSummary, table: str) -> pd.DataFrame:
    return pd.read_parquet(summary.path / f"{table}.parquet")


def members_of(summary: WorldSummary, *typologies: str) -> pd.DataFrame:
    rings = read(summary, "truth_rings")[["ring_id", "typology"]]
    members = read(summary, "truth_members").merge(rings, on="ring_id")
    return members[members.typology.isin(typologies) & (members.entity_type == "account")]


def share_with_a_tie(summary: WorldSummary) -> float:
    """Share of the accounts of farms that share a signal, no hub, with another account of their ring."""
    members = members_of(summary, "multi_account", "bonus_farm", "referral_farm")
    links = read(summary, "links")
    links["degree"] = links.groupby(["signal_type", "signal_id"]).account_id.transform("size")
    links = links[links.degree <= HUB].merge(members, left_on="account_id", right_on="entity_id")
    together = links.groupby(["ring_id", "signal_type", "signal_id"]).account_id.transform("size") > 1
    return links[together].account_id.nunique() / len(members)


def test_every_typology_is_there(worlds: dict[float, WorldSummary]) -> None:
    assert all(worlds[0.0].rings[name] > 0 for name in TYPOLOGIES)
    rings = read(worlds[0.0], "truth_rings")
    assert (rings.n_members >= 4).all()
    assert rings.n_members.std() > 3
    assert ((rings.n_wallets > 0) & (rings.n_accounts == 0)).any()


def test_truth_names_each_account_and_each_wallet_of_its_own_once(worlds: dict[float, WorldSummary]) -> None:
    truth, members = read(worlds[0.0], "truth"), read(worlds[0.0], "truth_members")
    links, transfers = read(worlds[0.0], "links"), read(worlds[0.0], "transfers")
    assert truth.entity_id.is_unique
    assert set(truth[truth.label == 1].entity_id) == set(members.entity_id)
    assert ((truth.ring == -1) == (truth.label == 0)).all()
    moved = {
        *transfers[transfers.source_type == "wallet"].source_id,
        *transfers[transfers.target_type == "wallet"].target_id,
    }
    assert set(truth[truth.entity_type == "wallet"].entity_id) == moved - set(links.signal_id)


def test_camouflage_takes_ties_from_rings(worlds: dict[float, WorldSummary]) -> None:
    open_ties, hidden_ties = share_with_a_tie(worlds[0.0]), share_with_a_tie(worlds[0.8])
    assert open_ties > 0.9
    assert 0.1 < hidden_ties < 0.75


def test_camouflage_varies_from_ring_to_ring(worlds: dict[float, WorldSummary]) -> None:
    camouflage = read(worlds[0.8], "truth_rings").camouflage
    assert camouflage.mean() == pytest.approx(0.8, abs=0.08)
    assert camouflage.std() > 0.05


def test_referral_farms_invite_their_own(worlds: dict[float, WorldSummary]) -> None:
    ring = members_of(worlds[0.0], "referral_farm").set_index("entity_id").ring_id
    events = read(worlds[0.0], "events")
    referrals = events[(events.event_type == "referral") & events.account_id.isin(ring.index)]
    assert len(referrals) > 0.8 * len(ring)
    inside = ring.reindex(referrals.target_id).to_numpy() == ring[referrals.account_id].to_numpy()
    assert inside.all()


def test_bonus_farms_claim_sooner_than_people(worlds: dict[float, WorldSummary]) -> None:
    events, created = read(worlds[0.0], "events"), read(worlds[0.0], "accounts").set_index("account_id").created_at
    first = events[events.event_type == "claim"].groupby("account_id").occurred_at.min()
    delay = (first - created[first.index]).dt.total_seconds() / 86_400
    farmed = first.index.isin(members_of(worlds[0.0], "bonus_farm").entity_id)
    assert delay[farmed].median() < 0.5 < delay[~farmed].median()


def test_money_goes_round_in_a_cycle_ring(worlds: dict[float, WorldSummary]) -> None:
    members = members_of(worlds[0.0], "cycle")
    transfers = read(worlds[0.0], "transfers")
    for _, ring in members.groupby("ring_id"):
        inside = transfers[transfers.source_id.isin(ring.entity_id) & transfers.target_id.isin(ring.entity_id)]
        begin = inside.iloc[0]
        holder, steps = begin.target_id, 0
        while holder != begin.source_id and steps < len(inside):
            later = inside[(inside.source_id == holder) & (inside.occurred_at > begin.occurred_at)]
            holder, steps = later.iloc[0].target_id, steps + 1
        assert holder == begin.source_id


def test_mules_of_a_fan_in_pay_their_collector(worlds: dict[float, WorldSummary]) -> None:
    members = members_of(worlds[0.0], "fan_in")
    transfers = read(worlds[0.0], "transfers")
    for _, ring in members.groupby("ring_id"):
        head = ring[ring.role == "collector"].entity_id.item()
        payers = set(transfers[transfers.target_id == head].source_id)
        mules = set(ring[ring.role == "mule"].entity_id)
        assert len(mules & payers) > 0.6 * len(mules)


def test_wallets_of_an_airdrop_ring_come_from_one_funder(worlds: dict[float, WorldSummary]) -> None:
    rings, members = read(worlds[0.0], "truth_rings"), read(worlds[0.0], "truth_members")
    transfers = read(worlds[0.0], "transfers")
    alone = rings[(rings.n_accounts == 0) & (rings.n_members > 5)].ring_id
    assert len(alone) > 0
    for ring_id in alone:
        ring = members[members.ring_id == ring_id]
        reached = set(ring[ring.role == "funder"].entity_id)
        for _ in range(len(ring)):
            paid = transfers[transfers.source_id.isin(reached) & transfers.target_id.isin(ring.entity_id)]
            reached |= set(paid.target_id)
        assert set(ring[ring.role == "wallet"].entity_id) <= reached


def test_innocent_groups_share_as_rings_do(worlds: dict[float, WorldSummary]) -> None:
    groups, links = read(worlds[0.0], "lookalikes"), read(worlds[0.0], "links")
    shared = links.merge(groups, left_on="account_id", right_on="entity_id")
    users = shared.groupby(["group", "kind", "signal_type", "signal_id"]).size().reset_index(name="n")
    most = users[users.n > 1].groupby(["kind", "signal_type"]).n.max()
    assert most["business", "instrument"] >= 3
    assert most["cafe", "device"] >= 3
    assert most["household", "device"] >= 3
    assert most["dormitory", "ip"] >= 20
    referrals = read(worlds[0.0], "events").query("event_type == 'referral'")
    stars = groups[groups.kind == "influencer"].entity_id
    assert referrals[referrals.target_id.isin(stars)].groupby("target_id").size().max() >= 20


def test_second_hand_devices_change_hands_without_overlap(worlds: dict[float, WorldSummary]) -> None:
    links, truth = read(worlds[0.0], "links"), read(worlds[0.0], "truth")
    innocent = truth[(truth.label == 0)].entity_id
    alone = innocent[~innocent.isin(read(worlds[0.0], "lookalikes").entity_id)]
    devices = links[(links.signal_type == "device") & links.account_id.isin(alone)].sort_values("first_seen")
    pairs = devices.groupby("signal_id").filter(lambda rows: len(rows) == 2)
    gap = pairs.groupby("signal_id").agg(start=("first_seen", "last"), end=("last_seen", "first"))
    assert np.mean(gap.start > gap.end) > 0.2
