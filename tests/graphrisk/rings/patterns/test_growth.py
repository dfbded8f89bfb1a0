"""Patterns of growth abuse: each planted one is found with its evidence, and its benign twin is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import graphrisk
from graphrisk.config import ScanConfig
from graphrisk.explain import explain_ring, explain_why, find_ring
from graphrisk.hubs import find_hubs
from graphrisk.rings.history import find_history
from graphrisk.rings.patterns.growth import GROWTH_TYPOLOGIES
from graphrisk.rings.patterns.growth.acts import make_acts
from graphrisk.rings.patterns.growth.search import search_growth
from graphrisk.rings.settings import GROWTH_NAMES
from graphrisk.rings.sharing import find_sharing
from loaders import load

DAY, HOUR = 86_400, 3_600
START = int(pd.Timestamp("2025-01-01", tz="UTC").timestamp())
DAYS = 120


class Tables:
    """A small world of ordinary people, to which tests add abuse and its benign twins."""

    def __init__(self, seed=1, n_people=1500):
        self.rng = np.random.default_rng(seed)
        self.accounts, self.events, self.transfers, self.links = [], [], [], []
        for k in range(n_people):
            self.person(f"p{k:04}", self.evening(int(self.rng.integers(DAYS - 5))))

    def evening(self, day):
        return START + day * DAY + int((19 + self.rng.normal(0, 1.5)) % 24 * HOUR)

    def person(self, name, at, device=None, claims=0.3, stays=0.7, inviter=None):
        """Somebody who signs up, and mostly stays."""
        self.accounts.append((name, at))
        self.links.append((name, "device", device or f"d-{name}", at))
        if self.rng.random() < claims:
            self.events.append((name, "claim", at + int(self.rng.exponential(4 * DAY)), None, 20.0))
        if inviter or self.rng.random() < 0.25:
            self.events.append((name, "referral", at + 60, inviter or f"p{self.rng.integers(1500):04}", np.nan))
        n_acts = int(self.rng.geometric(0.08)) if self.rng.random() < stays else int(self.rng.integers(3))
        for _ in range(n_acts):
            when = at + int(self.rng.random() * (START + DAYS * DAY - at))
            kind = str(self.rng.choice(["login", "trade", "order"]))
            self.events.append((name, kind, when, f"market-{self.rng.integers(8)}", np.nan))
        for _ in range(int(self.rng.poisson(1.0))):
            when = at + int(self.rng.random() * (START + DAYS * DAY - at))
            self.transfers.append((name, f"p{self.rng.integers(1500):04}", when, float(self.rng.gamma(2, 100))))

    def sleeper(self, name, at, device=None, claim=None, inviter=None):
        """An account made to take a bonus and nothing else."""
        self.accounts.append((name, at))
        self.links.append((name, "device", device or f"d-{name}", at))
        if claim is not None:
            self.events.append((name, "claim", claim, None, 20.0))
        if inviter:
            self.events.append((name, "referral", at + 60, inviter, np.nan))

    def frames(self):
        def timed(rows, columns, at):
            frame = pd.DataFrame(rows, columns=columns)
            return frame.assign(**{at: pd.to_datetime(frame[at], unit="s", utc=True)})

        links = timed(self.links, ["account_id", "signal_type", "signal_id", "first_seen"], "first_seen")
        act = ["account_id", "event_type", "occurred_at", "target_id", "value"]
        return {
            "accounts": timed(self.accounts, ["account_id", "created_at"], "created_at"),
            "links": links.assign(last_seen=links.first_seen, n_events=1),
            "events": timed(self.events, act, "occurred_at"),
            "transfers": timed(self.transfers, ["source_id", "target_id", "occurred_at", "amount"], "occurred_at"),
        }


def config_of(frames, search):
    config = {
        "source": [{"frame": name, "table": name} for name in frames],
        "patterns": {"search": list(search)},
        "scan": {"as_of": pd.Timestamp(START + DAYS * DAY, unit="s", tz="UTC").isoformat()},
    }
    return ScanConfig.model_validate(config)


def scan(tables, search=GROWTH_TYPOLOGIES):
    """Scan for rings of all kinds."""
    frames = tables.frames()
    return graphrisk.scan(config_of(frames, search), frames=frames)


def drawn(tables, search=GROWTH_TYPOLOGIES):
    """Search for patterns of growth abuse alone: typology and member set of each ring."""
    frames = tables.frames()
    config = config_of(frames, search)
    graph = load(config.load_config(), frames=frames, as_of=config.scan.as_of).graph
    sharing = find_sharing(graph)
    history, policy = find_history(graph, sharing, config.rings), find_hubs(graph, sharing, config.hubs)
    acts = make_acts(graph, sharing, policy, history, config.rings.bonus_events, config.patterns.dormant_days)
    found = search_growth(acts, config.patterns, 0.5)
    assert found.n_tested
    names = np.array(graph.names.to_pylist())
    return [(ring.pattern.typology, set(names[sharing.actors[ring.found.members]])) for ring in found.rings]


def jaccard(a, b):
    return len(a & b) / len(a | b)


def plant_tree(tables, n=25):
    names = [f"t{k:02}" for k in range(n)]
    for k, name in enumerate(names):
        at = START + 30 * DAY + k * HOUR
        tables.sleeper(name, at, f"farm-{k // 8}", at + HOUR, names[(k - 1) // 3] if k else None)
        if k:
            tables.transfers.append((name, names[(k - 1) // 3], at + 2 * HOUR, 19.0))
    return set(names)


def plant_sign_ups(tables, n=30):
    names = [f"s{k:02}" for k in range(n)]
    for name in names:
        at = START + 50 * DAY + 10 * HOUR + int(tables.rng.integers(500))
        tables.sleeper(name, at, claim=at + int(tables.rng.integers(10 * DAY)))
    return set(names)


def plant_claims(tables, n=30):
    names = [f"c{k:02}" for k in range(n)]
    for name in names:
        at = START + 60 * DAY + 9 * HOUR
        tables.sleeper(name, at - int(tables.rng.integers(20 * HOUR)), claim=at + int(tables.rng.integers(300)))
    return set(names)


def plant_lockstep(tables, n=12):
    names = [f"l{k:02}" for k in range(n)]
    for name in names:
        tables.person(name, tables.evening(10), stays=0.3)
    for _ in range(10):
        at, market = START + int(tables.rng.integers(20, DAYS - 1)) * DAY, f"market-{tables.rng.integers(8)}"
        at += int(tables.rng.integers(DAY // 2))
        tables.events += [(name, "order", at + int(tables.rng.integers(20)), market, np.nan) for name in names]
    return set(names)


def plant_wash(tables):
    for k, name in enumerate(("w0", "w1")):
        tables.person(name, tables.evening(5 + k), device="wash")
    for k in range(15):
        at, amount = START + (20 + 3 * k) * DAY, float(tables.rng.gamma(2, 500))
        tables.transfers += [("w0", "w1", at, amount), ("w1", "w0", at + HOUR, amount * 0.99)]
    return {"w0", "w1"}


def plant_airdrop(tables, n=20):
    names = [f"a{k:02}" for k in range(n)]
    tables.person("boss", tables.evening(8))
    for name in names:
        at = START + int(tables.rng.integers(40, 60)) * DAY
        tables.sleeper(name, at, claim=at + DAY)
        tables.transfers.append((name, "boss", at + DAY + 2 * HOUR, 19.5))
    return {*names, "boss"}


def plant_sequence(tables, n=10):
    """A script signs up one account a day and does the same with each, with pauses that differ by a fifth."""
    names, route = [f"q{k:02}" for k in range(n)], [("login", 40), ("trade", 300), ("order", 90), ("claim", 3600)]
    route += [("trade", 20 * HOUR), ("login", 600), ("order", 45), ("trade", 8 * HOUR)]
    for k, name in enumerate(names):
        at = START + (30 + 2 * k) * DAY + int(tables.rng.integers(DAY))
        tables.sleeper(name, at)
        for what, pause in route:
            at += int(pause * tables.rng.uniform(0.85, 1.15))
            tables.events.append((name, what, at, None if what == "claim" else "market-3", np.nan))
    return set(names)


PLANTS = {
    "referral_tree": plant_tree,
    "sign_up_burst": plant_sign_ups,
    "claim_burst": plant_claims,
    "lockstep": plant_lockstep,
    "wash_trade": plant_wash,
    "airdrop_farm": plant_airdrop,
    "same_sequence": plant_sequence,
}


def world():
    tables = Tables()
    return {typology: plant(tables) for typology, plant in PLANTS.items()}, tables


@pytest.fixture(scope="module")
def planted():
    truth, tables = world()
    return truth, drawn(tables)


@pytest.fixture(scope="module")
def result():
    return scan(world()[1])


def test_every_pattern_has_a_name_in_the_settings_and_an_example():
    assert set(GROWTH_TYPOLOGIES) == set(GROWTH_NAMES) == set(PLANTS)


@pytest.mark.parametrize("typology", PLANTS)
def test_a_planted_ring_is_found_by_its_pattern(planted, typology):
    truth, rings = planted
    assert max((jaccard(truth[typology], ring) for kind, ring in rings if kind == typology), default=0.0) >= 0.8


def test_nothing_else_is_listed(planted):
    truth, rings = planted
    for _, ring in rings:
        assert max(jaccard(ring, members) for members in truth.values()) >= 0.5


def test_the_evidence_adds_up_to_the_score_and_names_the_null_model(result):
    rings = result.rings[result.rings.typology.isin(GROWTH_TYPOLOGIES)]
    assert len(rings) >= 4  # what shared signals show as well is listed once, with the better score
    for ring in rings.itertuples():
        lines = result.evidence[result.evidence.ring_id == ring.ring_id]
        assert 1 / (1 + np.exp(-lines.weight.sum())) == pytest.approx(ring.score)
        assert {ring.typology, "prior", "beyond_chance"} <= set(lines.reason_code)
        assert ring.score_low <= ring.score <= ring.score_high
        assert ring.q_value <= 0.25


def test_roles_value_and_ties_tell_what_happened(result):
    farm = result.rings[result.rings.typology == "airdrop_farm"].iloc[0]
    role = result.members[result.members.ring_id == farm.ring_id].set_index("entity_id").role
    assert (role["boss"], role["a00"]) == ("collector", "member")
    links = result.links[result.links.ring_id == farm.ring_id]
    assert (set(links.link_type), set(links.target_id), len(links)) == ({"shared_payee"}, {"boss"}, 20)
    assert set(links.n_accounts) == {20}
    burst = result.links[result.links.link_type == "lockstep"].iloc[0]
    steps = explain_why(result.tables, burst.ring_id, burst.source_id, burst.target_id).steps
    assert "did the same to the same targets at the same times" in steps[0].text()
    wash = result.rings[result.rings.typology == "wash_trade"].iloc[0]
    assert wash.n_members == 2
    assert wash.value_at_stake > 1000
    assert explain_ring(result.tables, find_ring(result.tables, wash.ring_id))


def test_metrics_count_what_was_looked_at(result):
    metrics = result.tables["metric"].to_pandas().set_index("name").value
    assert metrics["growth_abuse.rings"] >= len(PLANTS)
    assert metrics["growth_abuse.tested"] > 1000
    assert metrics["rings.typology.lockstep"] == 1


def class_together(tables):
    """A class signs up in one lesson at one campus, claims, and uses its accounts."""
    for k in range(30):
        at = START + 50 * DAY + 10 * HOUR + int(tables.rng.integers(500))
        tables.person(f"class{k:02}", at, claims=0, stays=0.95, inviter="class00" if k else None)
        tables.events.append((f"class{k:02}", "claim", at + 600 + int(tables.rng.integers(200)), None, 20.0))
        tables.links.append((f"class{k:02}", "ip", "198.51.100.7", at))


def popular_campaign(tables):
    """Hundreds come on the days of a campaign, many only for its bonus."""
    for k in range(500):
        at = tables.evening(70 + int(tables.rng.integers(4)))
        tables.person(f"camp{k:03}", at, claims=0.9, stays=0.5)


def campaign_at_noon(tables):
    """A bonus opens at noon, and its announcement brings hundreds within the hour."""
    at = START + 90 * DAY + 12 * HOUR
    there = [name for name, came in tables.accounts if came < at]
    for who in tables.rng.choice(there, 600, replace=False).tolist():
        tables.events.append((who, "claim", at + int(tables.rng.exponential(1200)), "noon", 5.0))


def influencer(tables):
    """Somebody with a large following invites people who go on as others do."""
    tables.person("star", tables.evening(3))
    for k in range(200):
        tables.person(f"fan{k:03}", tables.evening(30 + int(tables.rng.integers(40))), inviter="star")


def payroll(tables):
    """An employer pays thirty people in the same second every month, and ten of them pay one landlord then."""
    tables.person("employer", tables.evening(1))
    for month in range(4):
        at = START + (25 + 30 * month) * DAY
        tables.transfers += [("employer", f"p{k:04}", at, 2500.0) for k in range(30)]
        tables.transfers += [(f"p{k:04}", "p0999", at + int(tables.rng.integers(2 * DAY)), 800.0) for k in range(10)]


def market_maker(tables):
    """Somebody who buys from all and sells to all, all the time, at nearly the same price."""
    tables.person("maker", tables.evening(1))
    for _ in range(2000):
        who, at = f"p{tables.rng.integers(60):04}", START + int(tables.rng.integers(10 * DAY, (DAYS - 1) * DAY))
        amount = float(tables.rng.gamma(2, 300))
        tables.transfers += [(who, "maker", at, amount), ("maker", who, at + HOUR, amount * 0.995)]
        tables.events.append(("maker", "order", at, f"market-{tables.rng.integers(8)}", np.nan))


def exchange_deposits(tables):
    """People pay the exchange that everybody pays, those who took a bonus like the others, when they like."""
    for k in range(300):
        at = START + int(tables.rng.integers(5 * DAY, (DAYS - 1) * DAY))
        tables.transfers.append((f"p{k:04}", "p1400", at, 100.0))


def quest_at_own_pace(tables):
    """A campaign asks for seven acts in an order; those who take part do them all, each at their own pace."""
    quest = ("login", "trade", "order", "login", "trade", "order", "claim")
    for k in range(150):
        who, at = f"p{k:04}", START + 60 * DAY + int(tables.rng.integers(10 * DAY))
        for step, what in enumerate(quest):
            tables.events.append((who, what, int(at), f"quest-{step}", np.nan))
            at += tables.rng.lognormal(np.log(600), 1.2)


def three_steps_of_a_campaign(tables):
    """Hundreds come by one link that leads everybody through the same three steps within minutes."""
    for k in range(300):
        name, at = f"three{k:03}", tables.evening(60 + int(tables.rng.integers(8)))
        tables.person(name, at, claims=0)
        tables.events.append((name, "login", at + int(tables.rng.integers(20, 60)), "landing", np.nan))
        tables.events.append((name, "claim", at + int(tables.rng.integers(70, 200)), "landing", 5.0))


def standing_orders(tables):
    """People let the exchange buy for them every week at the hour at which they set it up."""
    for k in range(120):
        at = START + int(tables.rng.integers(20 * DAY))
        for week in range(12):
            when = at + 7 * DAY * week + int(tables.rng.integers(30))
            tables.events.append((f"p{k:04}", "order", when, "market-1", np.nan))


TWINS = (quest_at_own_pace, three_steps_of_a_campaign, standing_orders)
TWINS += (class_together, popular_campaign, campaign_at_noon, influencer, payroll, market_maker, exchange_deposits)


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.__name__)
def test_a_benign_twin_is_not_listed(twin):
    tables = Tables(seed=2)
    twin(tables)
    assert drawn(tables) == []


def test_only_what_is_asked_for_is_sought():
    tables = Tables(n_people=200)
    plant_tree(tables)
    plant_wash(tables)
    assert drawn(tables, search=["wash_trade"]) == [("wash_trade", {"w0", "w1"})]


def test_the_order_of_rows_and_what_comes_later_change_nothing(planted):
    _, tables = world()
    for rows in (tables.accounts, tables.events, tables.transfers, tables.links):
        rows[:] = [rows[k] for k in np.random.default_rng(5).permutation(len(rows))]
    late = START + (DAYS + 3) * DAY
    tables.events += [(f"l{k:02}", "order", late + k, "market-1", np.nan) for k in range(12)]
    tables.transfers += [("w0", "w1", late, 70.0), ("w1", "w0", late + 60, 70.0)]
    assert drawn(tables) == planted[1]


def test_a_world_in_which_nothing_happens_is_no_harm():
    tables = Tables(n_people=60)
    tables.events, tables.transfers = [("p0001", "login", START, None, np.nan)], [("p0001", "p0002", START, 1.0)]
    assert drawn(tables) == []
