"""Patterns of growth abuse: each planted one is found with its evidence, and its benign twin is not."""

from __future__ import annotations

import numpy as np
import pytest
from _growth_worlds import (
    DAY,
    DAYS,
    HOUR,
    PLANTS,
    START,
    Tables,
    drawn,
    jaccard,
    plant_tree,
    plant_wash,
    scan,
    searched,
)
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from graphrisk.explain import explain_ring, explain_why, find_ring
from graphrisk.rings.patterns.growth import GROWTH_TYPOLOGIES
from graphrisk.rings.patterns.growth.finding import joint_nats, share_nats
from graphrisk.rings.settings import GROWTH_NAMES


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
        for what in ("fact", "pattern"):
            assert lines.reason_code.isin([f"rests_on_one_{what}", f"rests_on_many_{what}s"]).sum() == 1
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


@given(st.lists(st.floats(0, 150), min_size=1, max_size=4))
def test_nats_of_several_tests_are_joined_as_fisher_did(parts):
    assert joint_nats(parts) == pytest.approx(-chi2.logsf(2 * sum(parts), 2 * len(parts)), abs=1e-9)


def test_what_is_surprising_beyond_all_floats_is_still_a_number():
    assert share_nats(900, 900, 10, 10_000) == pytest.approx(900 * -np.log(10.5 / 10_001))
    assert joint_nats([5000.0, 0.0]) == pytest.approx(5000 - np.log(5001))


def test_a_burst_of_hundreds_within_a_minute_is_listed():
    tables = Tables(n_people=400)
    names = [f"s{k:03}" for k in range(500)]
    for name in names:
        tables.sleeper(name, START + 50 * DAY + 10 * HOUR + int(tables.rng.integers(60)))
    rings, _ = searched(tables, ["sign_up_burst"])
    assert [len(ring.found.members) for ring in rings] == [500]
    assert np.isfinite(rings[0].nats)
