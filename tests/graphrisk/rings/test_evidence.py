"""What is said for rings of every typology, and against innocent groups that look like them."""

import numpy as np
import pandas as pd
import pytest

from graphrisk.config import ScanConfig
from graphrisk.pipeline import run_scan

AS_OF = pd.Timestamp("2026-04-01", tz="UTC")
DAY, HOUR = pd.Timedelta(days=1), pd.Timedelta(hours=1)
SIGNALS = {"device": "device", "ip": "ip", "instrument": "instrument"}


class Town:
    """Tables of people with a device, an address, a card and log-ins of their own, to which groups are added."""

    def __init__(self, n=150, claims=False):
        self.rng, self.rows = np.random.default_rng(3), {"accounts": [], "links": [], "events": [], "transfers": []}
        for k in range(n):
            born = AS_OF - DAY * self.rng.uniform(60, 800)
            self.account(f"p{k:03d}", born, hour=self.rng.uniform(0, 24), device=f"d{k}", ip=f"9.1.{k}.9", card=f"c{k}")
            if claims and k % 3 == 0:
                self.act(f"p{k:03d}", "claim", born + DAY * self.rng.uniform(1, 40), value=10.0)

    def account(self, name, born, *, hour, until=None, device=None, ip=None, card=None):
        """Add an account that logs in at an hour of the day, and what it uses until some moment."""
        until = until or AS_OF - DAY
        self.rows["accounts"].append({"account_id": name, "created_at": born})
        used = {"device": device, "ip": ip, "instrument": card}
        self.rows["links"].append({"account_id": name, "first_seen": born, "last_seen": until, **used})
        for share in (0.2, 0.5, 0.8, 1.0):
            moment = (born + (until - born) * share).normalize() + HOUR * hour
            self.act(name, "login", min(max(moment, born), AS_OF - HOUR))

    def act(self, name, kind, at, target=None, value=None):
        row = {"account_id": name, "event_type": kind, "occurred_at": at, "target_id": target, "value": value}
        self.rows["events"].append(row)

    def pay(self, source, target, at, amount, kinds=("account", "account")):
        row = {"source_id": source, "target_id": target, "occurred_at": at, "amount": amount}
        self.rows["transfers"].append(row | dict(zip(("source_type", "target_type"), kinds, strict=True)))

    def scan(self, **rings):
        """Scan by the transparent score; gives the ring of one group and its evidence by reason code."""
        tables = {name: pd.DataFrame(rows) for name, rows in self.rows.items() if rows}
        sources = [{"frame": name, "table": name} for name in tables]
        sources[1]["signals"] = SIGNALS
        config = {"scan": {"as_of": AS_OF.isoformat()}, "source": sources, "model": {"name": "transparent"}}
        return run_scan(ScanConfig.model_validate(config | {"rings": rings}), frames=tables)


def ring_of(result, *members):
    """Row and evidence of the ring that holds some members."""
    held = result.members.groupby("ring_id").entity_id.apply(set)
    (ring_id,) = held.index[[set(members) <= some for some in held]]
    lines = result.evidence[result.evidence.ring_id == ring_id].set_index("reason_code")
    return result.rings.set_index("ring_id").loc[ring_id], lines


@pytest.fixture(scope="module")
def family():
    """Five people who have shared a tablet and an address for two years, each with a card and hours of their own."""
    town = Town()
    for k in range(5):
        born = AS_OF - DAY * (780 - 70 * k)
        town.account(f"f{k}", born, hour=1 + 4.8 * k, device="tablet", ip="9.9.9.9", card=f"own{k}")
    return ring_of(town.scan(min_score=0), "f0", "f1", "f2", "f3", "f4")


def test_a_household_has_its_size_its_years_its_hours_and_its_cards_said_for_it(family):
    ring, lines = family
    for code in ("household_size", "long_shared_use", "spread_sign_ups", "different_hours"):
        assert lines.direction[code] == "against", code
        assert lines.weight[code] < 0, code
    for code in ("separate_funding", "long_history"):
        assert (lines.direction[code], lines.weight[code]) == ("against", 0), code
    assert lines.text["household_size"].startswith("5 members at a shared address or IP for a long time")
    assert lines.text["separate_funding"].startswith("100 % of the members pay with an instrument of their own")
    assert ring.score < 0.1
    assert ring.band == "low"


def test_numbers_of_a_household_are_those_of_the_tables(family):
    _, lines = family
    used = np.mean([min(780 - 70 * k - 1, 365) for k in range(5)])
    assert f"by each for {used:.3g} days on average" in lines.text["long_shared_use"]
    # half of them were active from their start to the day before the scan: the third of five
    assert f"active for {780 - 140 - 1:.0f} days or more" in lines.text["long_history"]


def test_people_at_one_large_place_are_joined_by_a_hub_alone():
    town = Town()
    for k in range(45):
        town.account(
            f"o{k:02d}", AS_OF - DAY * (700 - 11 * k), hour=9, device=f"od{k}", ip="9.9.9.8", card=f"oc{k // 2}"
        )
    result = town.scan(min_score=0)
    hubs = result.tables["hub"].to_pandas()
    assert hubs[hubs.rule == "cap"].entity_id.tolist() == ["9.9.9.8"]
    assert not result.members.groupby("ring_id").entity_id.apply(lambda some: some.str.startswith("o").sum() > 2).any()


def test_a_farm_on_shared_devices_is_multi_accounting_and_says_what_is_shared_and_when_it_came():
    town = Town()
    for k in range(9):
        born = AS_OF - DAY * 40 + HOUR * 0.1 * k
        town.account(f"m{k}", born, hour=3, until=born + DAY * 5, device=f"farm{k // 3}", card=f"mc{k % 3}")
    ring, lines = ring_of(town.scan(), *(f"m{k}" for k in range(9)))
    assert (ring.typology, ring.band) == ("multi_account", "high")
    assert lines.text["shared_device"].startswith(
        "9 of 9 members share 3 devices; the widest joins 3 members and nobody"
    )
    assert {row["entity_id"] for row in lines.entities["shared_device"]} == {"farm0", "farm1", "farm2"}
    assert lines.text["sign_up_burst"].startswith("6 of 9 members started within 30 minutes")
    for code in ("shared_device", "sign_up_burst", "short_use"):
        assert (lines.direction[code], lines.weight[code] > 0) == ("for", True), code
    assert lines.first_seen["shared_device"] == AS_OF - DAY * 40


def test_a_farm_that_takes_bonuses_at_once_is_a_bonus_farm():
    town = Town(claims=True)
    for k in range(9):
        born = AS_OF - DAY * 40 + HOUR * 0.1 * k
        town.account(f"b{k}", born, hour=3, until=born + DAY * 5, device=f"farm{k // 3}", card=f"bc{k % 3}")
        town.act(f"b{k}", "claim", born + HOUR, value=25.0)
    ring, lines = ring_of(town.scan(), *(f"b{k}" for k in range(9)))
    assert ring.typology == "bonus_farm"
    assert ring.value_at_stake == 9 * 25
    claimed = "100 % of the members took a bonus, against 37 % of all accounts."
    assert (lines.text["bonus_claimed"], lines.direction["bonus_claimed"]) == (claimed, "for")
    assert lines.weight["fast_bonus"] > 0


def test_accounts_that_one_of_them_invited_are_a_referral_farm_with_an_inviter():
    town = Town()
    for k in range(9):
        born = AS_OF - DAY * 40 + HOUR * 0.1 * k
        town.account(f"r{k}", born, hour=3, until=born + DAY * 5, device=f"farm{k // 3}", card=f"rc{k}")
        if k:
            town.act(f"r{k}", "referral", born, target="r0")
    result = town.scan()
    ring, lines = ring_of(result, *(f"r{k}" for k in range(9)))
    assert ring.typology == "referral_farm"
    roles = result.members[result.members.ring_id == ring.name].set_index("entity_id").role
    assert roles[roles != "member"].to_dict() == {"r0": "inviter"}
    assert {"referral", "shared_referrer"} <= set(lines.index)


def test_wallets_that_one_wallet_funded_and_that_pay_one_are_an_airdrop_sybil():
    town = Town()
    for k in range(10):
        at = AS_OF - DAY * 30 + HOUR * 0.2 * k
        town.pay("funder", f"w{k}", at, 30.0, ("wallet", "wallet"))
        town.pay(f"w{k}", "collector", at + DAY * 3, 29.0, ("wallet", "wallet"))
    result = town.scan(min_score=0)
    ring, lines = ring_of(result, *(f"w{k}" for k in range(10)))
    assert ring.typology == "airdrop_sybil"
    assert {"shared_funder", "shared_payee"} <= set(lines.index)
    of_ring = result.members[result.members.ring_id == ring.name]
    assert set(of_ring.entity_type) == {"wallet"}
