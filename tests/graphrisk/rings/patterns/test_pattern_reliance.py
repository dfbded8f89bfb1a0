"""What a ring of a pattern would be without one of its facts, or without the pattern."""

import numpy as np
import pytest
from _growth_worlds import Tables, plant_claims, plant_tree, plant_wash, searched

from gnn.scoring import probability
from graphrisk.rings.evidence import AGAINST, FOR
from graphrisk.rings.patterns.reliance import fact_reliance, pattern_reliance


def test_the_strongest_fact_and_the_rest_are_told():
    line = fact_reliance({"a": 1.0, "b": 2.5, "c": -1.0}, 1.2, 0.5)
    assert line.text == (
        f"Without `b` the score would be {probability(-1.3):.2f} instead of {probability(1.2):.2f}; "
        f"without any other fact that speaks for the ring, {probability(0.2):.2f} or more."
    )
    assert (line.reason_code, line.direction, line.weight) == ("rests_on_one_fact", AGAINST, 0.0)
    assert fact_reliance({"a": 1.0, "b": 1.1}, 1.2, 0.5).reason_code == "rests_on_many_facts"


def test_one_fact_alone_is_said_to_be_alone():
    line = fact_reliance({"lockstep": 3.0, "out_of_step": -0.2}, 0.8, 0.5)
    assert (line.reason_code, line.text) == ("rests_on_one_fact", "Nothing but `lockstep` speaks for the ring.")
    assert fact_reliance({"out_of_step": -0.2}, 0.8, 0.5) is None


def test_what_stands_in_the_place_of_a_ring_is_told():
    line = pattern_reliance(3, ("claim_burst", 12, 0.661), 14)
    assert line.text == "Without this pattern, `claim_burst` would list 12 of the 14 members, with a score of 0.66."
    assert (line.reason_code, line.direction) == ("rests_on_many_patterns", FOR)
    alone = pattern_reliance(3, None, 14)
    assert (alone.reason_code, alone.direction) == ("rests_on_one_pattern", AGAINST)
    assert pattern_reliance(0, None, 14) is None


def tree_of(tables, **rules):
    rings, _ = searched(tables, ["referral_tree"], 1e-6, max_q_value=1.0, **rules)
    return max(rings, key=lambda ring: len(ring.found.members))


def without(ring, code):
    return ring.nats - next(line.loss for line in ring.found.lines if line.reason_code == code)


def test_a_tree_without_one_of_its_facts_is_what_the_search_makes_of_it_then():
    tables = Tables(n_people=400)
    tree = plant_tree(tables)
    whole = tree_of(tables)
    # nobody came so long ago that dormancy could be told
    assert without(whole, "dormant_invitees") == pytest.approx(tree_of(tables, dormant_days=1000.0).nats)
    tables.links = [(who, kind, f"d-{who}" if who in tree else what, at) for who, kind, what, at in tables.links]
    tables.transfers = [row for row in tables.transfers if row[0] not in tree]
    assert without(whole, "referral_tree") == pytest.approx(tree_of(tables).nats)


def test_wash_trades_without_the_common_signal_are_between_strangers():
    tables = Tables(n_people=400)
    plant_wash(tables)
    (whole,), _ = searched(tables, ["wash_trade"], 1e-6)
    tables.links = [(who, kind, f"d-{who}", at) for who, kind, _, at in tables.links]
    (strangers,), _ = searched(tables, ["wash_trade"], 1e-6)
    assert without(whole, "own_accounts") == pytest.approx(strangers.nats)


def test_without_its_pattern_another_that_finds_the_same_stands_in_its_place():
    tables = Tables()
    plant_claims(tables)
    for name, at in list(tables.accounts):
        if name.startswith("c"):
            tables.transfers.append((name, "p0001", at + 90_000, 19.5))
    both, _ = searched(tables, ["claim_burst", "airdrop_farm"])
    assert len(both) == 1
    other = ({"claim_burst", "airdrop_farm"} - {both[0].pattern.typology}).pop()
    (alone,), _ = searched(tables, [other])
    assert (both[0].instead.pattern.typology, both[0].instead.score) == (other, alone.score)
    assert np.array_equal(both[0].instead.found.members, alone.found.members)
    assert alone.instead is None
    assert (alone.n_others, both[0].n_others) == (0, 1)
