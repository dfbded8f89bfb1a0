"""Every pattern finds its hand-made example, with the right members and roles, and not a near miss."""

import numpy as np
import pytest

from algorithms import Transfers
from graphrisk.rings.patterns import PATTERNS, TYPOLOGIES
from graphrisk.rings.patterns.match import joined, roles
from graphrisk.rings.patterns.pool import DAY, make_pools
from graphrisk.rings.settings import GROWTH_NAMES, PATTERN_NAMES
from graphrisk.rings.typology import TYPOLOGIES as BY_SHARING
from loaders.simulate import plan

N = 40
# (payer, payee, day, amount); accounts not named do nothing
EXAMPLES = {
    "fan_out": [(0, k, k, 500.0) for k in range(1, 6)],
    "fan_in": [(k, 0, k, 500.0) for k in range(1, 6)],
    "bipartite": [(a, b, 1, 500.0) for a in (0, 1) for b in (2, 3, 4)],
    "scatter_gather": [(0, k, 1, 500.0) for k in (1, 2, 3)] + [(k, 4, 2, 450.0) for k in (1, 2, 3)],
    "gather_scatter": [(k, 0, 1, 500.0) for k in (1, 2)] + [(0, k, 2, 460.0) for k in (3, 4)],
    "cycle": [(0, 1, 1, 500.0), (1, 2, 2, 300.0), (2, 3, 3, 800.0), (3, 0, 4, 100.0)],
    "stack": [(0, 2, 1, 500.0), (1, 2, 1, 500.0), (2, 3, 2, 950.0), (3, 4, 3, 450.0), (3, 5, 3, 450.0)],
    "peel_chain": [(0, 1, 1, 1000.0), (1, 2, 2, 900.0), (1, 5, 2, 60.0), (2, 3, 3, 850.0)],
    "pass_through": [(0, 1, 1, 500.0), (2, 1, 1, 400.0), (1, 3, 2, 850.0)],
    "multi_step_flow": [(0, 1, 1, 500.0), (0, 2, 1, 500.0), (1, 3, 2, 450.0), (2, 3, 2, 450.0), (9, 1, 1, 1.0)],
    "random": [(a, b, (a + b) / 4, 100.0) for a in range(5) for b in range(a)],
}
BY_NAME = {pattern.typology: pattern for pattern in PATTERNS}


def pool_of(rows, deep=True):
    sources, targets, days, amounts = (list(column) for column in zip(*rows, strict=True))
    t = Transfers(sources, targets, (np.array(days) * DAY).astype(np.int64), amounts)
    pool, _ = make_pools(t, N, 3)
    return pool if not deep else pool.deeper(0)


def matches(name, rows, days=10):
    pool = pool_of(rows)
    return pool, list(BY_NAME[name].find(pool, days * DAY))


def test_there_is_a_setting_for_every_pattern():
    assert set(TYPOLOGIES) == set(PATTERN_NAMES) == set(EXAMPLES)


@pytest.mark.parametrize("name", TYPOLOGIES)
def test_a_pattern_finds_its_example_whole(name):
    pool, found = matches(name, EXAMPLES[name])
    wanted = {account for payer, payee, _, _ in EXAMPLES[name] for account in (payer, payee)} - {9}
    assert any(wanted <= set(match.members(pool).tolist()) for match in found)
    assert all(match.nats > 0 for match in found)


@pytest.mark.parametrize("name", TYPOLOGIES)
def test_a_pattern_that_takes_too_long_is_none(name):
    slow = [(a, b, 100 * k, amount) for k, (a, b, _, amount) in enumerate(EXAMPLES[name])]
    assert not matches(name, slow)[1]


@pytest.mark.parametrize("name", ["gather_scatter", "stack", "peel_chain", "pass_through", "multi_step_flow"])
def test_a_flow_that_keeps_most_of_the_money_is_none(name):
    last = max(day for _, _, day, _ in EXAMPLES[name])
    kept = [(a, b, day, amount / 10 if day == last else amount) for a, b, day, amount in EXAMPLES[name]]
    wanted = {account for payer, payee, _, _ in kept for account in (payer, payee)} - {9}
    pool, found = matches(name, kept)
    assert not any(wanted <= set(match.members(pool).tolist()) for match in found)


@pytest.mark.parametrize("name", ["cycle", "scatter_gather"])
def test_money_that_runs_backwards_in_time_is_no_pattern(name):
    backwards = [(a, b, 10 - day, amount) for a, b, day, amount in EXAMPLES[name]]
    assert not matches(name, backwards)[1]


@pytest.mark.parametrize("name", TYPOLOGIES)
def test_evidence_is_one_sentence_with_numbers(name):
    pool, found = matches(name, EXAMPLES[name])
    for match in found:
        text = BY_NAME[name].sentence(pool, match)
        assert text.endswith(".")
        assert "\n" not in text
        assert any(letter.isdigit() for letter in text)
        assert "nan" not in text


def test_amounts_that_are_absent_are_left_out_of_the_sentence():
    rows = [(a, b, day, np.nan) for a, b, day, _ in EXAMPLES["cycle"]]
    pool, (match,) = matches("cycle", rows)
    assert "in all" not in BY_NAME["cycle"].sentence(pool, match)
    assert not matches("gather_scatter", [(a, b, d, np.nan) for a, b, d, _ in EXAMPLES["gather_scatter"]])[1]


def test_roles_say_who_pays_who_receives_and_who_does_both():
    pool, found = matches("stack", EXAMPLES["stack"])
    assert roles(pool, found[0]) == {
        0: "originator", 1: "originator", 2: "mule", 3: "mule", 4: "collector", 5: "collector",
    }  # fmt: skip


def test_partners_of_old_are_no_strangers():
    often = [(0, 1, day, 10.0) for day in range(5)] + [(0, 2, 1, 10.0), (3, 2, 1, 10.0), (2, 3, 2, 10.0)]
    sources, targets, days, amounts = (np.array(column) for column in zip(*often, strict=True))
    once, few = make_pools(Transfers(sources, targets, days * DAY, amounts), N, 3)
    assert list(zip(once.sources.tolist(), once.targets.tolist(), strict=True)) == [(0, 2)]
    assert len(few) == 3


def test_the_order_of_rows_does_not_matter():
    rng = np.random.default_rng(4)
    rows = np.stack([rng.integers(0, N, 200), rng.integers(0, N, 200), rng.integers(0, 9, 200)], axis=1)
    order = rng.permutation(200)
    pools = [
        make_pools(Transfers(part[:, 0], part[:, 1], part[:, 2] * DAY, part[:, 2] * 1.0), N, 3)[0]
        for part in (rows, rows[order])
    ]
    for name in ("sources", "targets", "seconds", "payers"):
        np.testing.assert_array_equal(getattr(pools[0], name), getattr(pools[1], name))
    np.testing.assert_array_equal(pools[0].by_chance(1).targets, pools[1].by_chance(1).targets)


def test_chance_keeps_times_and_amounts_and_draws_by_how_busy_accounts_are():
    rng = np.random.default_rng(5)
    t = Transfers(np.arange(300) % 3, 3 + rng.integers(0, 30, 300), np.arange(300) * 60, np.arange(300) + 1.0)
    pool, _ = make_pools(t, N, 300)
    null = pool.by_chance(0)
    assert set(null.sources.tolist()) <= {0, 1, 2}
    assert set(null.amounts.tolist()) <= set(pool.amounts.tolist())
    assert (null.targets != null.sources).all()


def test_groups_with_something_in_common_are_joined():
    assert joined([(1, 2), (5, 6), (2, 3), (6, 7), (9, 10)]) == [(1, 2, 3), (5, 6, 7), (9, 10)]


def test_the_simulator_plants_every_typology_that_a_scan_can_list():
    planted = {*plan.TYPOLOGIES, *plan.CAREFUL, *plan.LAUNDERING}
    assert planted == {*BY_SHARING, *PATTERN_NAMES, *GROWTH_NAMES}
