"""Innocent groups that act together in time: a class, a campaign, a drop, a quest, a shop, a market maker."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from loaders.simulate.chance import FloatArray, LongArray
from loaders.simulate.naming import IP
from loaders.simulate.plan import Groups, Plan
from loaders.simulate.settings import DAY, START_SECONDS
from loaders.simulate.world import CLAIM, LOGIN, NO_ACTS, ORDER, TRADE, USDT, World, spread_amounts

HOUR, MINUTE = 3600, 60
LATE = 0.4
"""Part of the time of the world before which no drop and no quest begins, so that people are there."""


def arrange(world: World, groups: Groups) -> None:
    """Set when the members of such groups sign up, who invited them and how soon they claim."""
    arrangers = {
        "class": _arrange_classes,
        "campaign": _arrange_campaigns,
        "drop": _be_there_in_time,
        "quest": _be_there_in_time,
        "shop": _arrange_shoppers,
    }
    if groups.kind in arrangers and len(groups.positions):
        arrangers[groups.kind](world, groups, world.chance.generator(f"arrange/{groups.kind}"))


def act_together(world: World, plan: Plan, groups: Groups) -> None:
    """Add what the members of such groups do at the same time or in the same order, and what they share."""
    actors: dict[str, Callable[[World, Plan, Groups, np.random.Generator], None]] = {
        "class": _meet_at_campus,
        "drop": _wait_for_drops,
        "quest": _go_on_quests,
        "shop": _spend_bonuses,
        "market_maker": _make_markets,
    }
    if groups.kind in actors and len(groups.positions):
        actors[groups.kind](world, plan, groups, world.chance.generator(f"together/{groups.kind}"))


def _when(world: World, groups: Groups, after: float = 0.0) -> LongArray:
    """Give each group a day of its own, after a part of the time of the world; aligned with the members."""
    u = after + (1 - after) * world.chance.uniform("group together", groups.ids)
    return START_SECONDS + (u * (world.settings.days - 40)).astype(np.int64) * DAY


def _be_there_in_time(world: World, groups: Groups, rng: np.random.Generator) -> None:
    """Let those who would come too late come earlier."""
    at, begins = groups.positions, _when(world, groups, LATE)
    share = (begins - START_SECONDS) / (world.end - START_SECONDS)
    late = world.created[at] > begins
    day, second = np.divmod(world.created[at] - START_SECONDS, DAY)
    world.created[at[late]] = (START_SECONDS + (day * share).astype(np.int64) * DAY + second)[late]


def _arrange_classes(world: World, groups: Groups, rng: np.random.Generator) -> None:
    """A lesson begins with everybody signing up, some by the link of whoever was first, and taking the bonus."""
    at = groups.positions
    lesson = _when(world, groups) + (9 + world.chance.below("lesson hour", groups.ids, 7)) * HOUR
    world.created[at] = lesson + (rng.random(len(at)) ** 2 * 40 * MINUTE).astype(np.int64)
    world.created[groups.leaders] = lesson[groups.leaders - at[0]] - 1
    first = np.repeat(groups.leaders, groups.sizes)
    invited = (at != first) & (rng.random(len(at)) < 0.4)
    world.inviter[at[invited]] = first[invited]
    claims = at[rng.random(len(at)) < 0.8]
    world.claim_delay[claims] = rng.uniform(3, 45, len(claims)) * MINUTE


def _meet_at_campus(world: World, plan: Plan, groups: Groups, rng: np.random.Generator) -> None:
    at, campus = groups.positions, world.reserve(IP, len(groups.sizes))
    stop = world.created[at] + rng.exponential(90 * DAY, len(at))
    world.add_links(at, IP, campus + groups.ids - groups.first_id, world.created[at], stop)


def _arrange_campaigns(world: World, groups: Groups, rng: np.random.Generator) -> None:
    """An announcement at noon brings a third within the hour and the rest in three days; four in ten do not stay."""
    at = groups.positions
    noon = _when(world, groups) + 12 * HOUR
    later = (noon // DAY + rng.integers(0, 3, len(at))) * DAY + world.hours(rng, at)
    at_once = rng.random(len(at)) < 0.33
    soon = noon + rng.exponential(20 * MINUTE, len(at)).astype(np.int64)
    world.created[at] = np.where(at_once | (later < noon), soon, later)
    claims = at[rng.random(len(at)) < 0.9]
    world.claim_delay[claims] = rng.exponential(0.2 * DAY, len(claims))
    world.skip[at[rng.random(len(at)) < 0.4]] |= NO_ACTS


def _wait_for_drops(world: World, plan: Plan, groups: Groups, rng: np.random.Generator) -> None:
    """Fans of one seller sit there when something new is sold at an announced minute, and order within moments."""
    at, begins = groups.positions, _when(world, groups, LATE)
    seller = plan.rest + world.chance.below("drop seller", groups.ids, max(5, world.n // 500))
    for number in range(8):
        moment = begins + number * 5 * DAY + 18 * HOUR
        takes_part = rng.random(len(at)) < 0.5
        when = moment + rng.exponential(90, len(at))
        usd = spread_amounts(rng, int(takes_part.sum()), 90.0, 0.4)
        world.add_events(at[takes_part], ORDER, when[takes_part], seller[takes_part], usd)


def _go_on_quests(world: World, plan: Plan, groups: Groups, rng: np.random.Generator) -> None:
    """A campaign gives a bonus for some acts in an order; everybody does them at their own pace within two weeks."""
    begins = _when(world, groups, LATE)
    for group in range(len(groups.sizes)):
        low = int(groups.sizes[:group].sum())
        at = groups.positions[low : low + int(groups.sizes[group])]
        quest = [*rng.choice([LOGIN, TRADE, ORDER], int(rng.integers(5, 9))).tolist(), CLAIM]
        takes_long = np.exp(rng.uniform(np.log(MINUTE), np.log(HOUR), len(quest)))
        slow = rng.lognormal(0, 0.7, len(at))
        when = np.maximum(begins[low] + rng.random(len(at)) * 14 * DAY, world.created[at] + MINUTE)
        for kind, pause in zip(quest, takes_long.tolist(), strict=True):
            usd = 5.0 if kind == CLAIM else np.nan if kind == LOGIN else spread_amounts(rng, len(at), 30.0, 0.5)
            world.add_events(at, kind, when, values=usd)
            when = when + pause * slow * rng.lognormal(0, 0.9, len(at))


def _arrange_shoppers(world: World, groups: Groups, rng: np.random.Generator) -> None:
    at = groups.positions
    claims = at[rng.random(len(at)) < 0.8]
    world.claim_delay[claims] = rng.exponential(2 * DAY, len(claims))
    world.created[groups.leaders] = START_SECONDS + rng.integers(0, 20 * DAY, len(groups.leaders))


def _spend_bonuses(world: World, plan: Plan, groups: Groups, rng: np.random.Generator) -> None:
    """A shop that everybody knows takes the bonus; some pay there with money of their own, again and again."""
    at, shop = groups.positions, np.repeat(groups.leaders, groups.sizes)
    claims = (at != shop) & ~np.isnan(world.claim_delay[at]) & (rng.random(len(at)) < 0.6)
    delay = world.claim_delay[at[claims]].astype(np.int64) + rng.exponential(2 * DAY, int(claims.sum())).astype(
        np.int64
    )
    _pay(
        world, at[claims], shop[claims], world.created[at[claims]] + 5 * MINUTE + delay, rng.uniform(15, 20, len(delay))
    )
    again = np.repeat(np.flatnonzero(at != shop), rng.poisson(1.2, int((at != shop).sum())))
    when = world.created[at[again]] + rng.exponential(60 * DAY, len(again)).astype(np.int64)
    _pay(world, at[again], shop[again], when, spread_amounts(rng, len(again), 30.0, 0.8))


def _make_markets(world: World, plan: Plan, groups: Groups, rng: np.random.Generator) -> None:
    """Customers send money to a market maker and get nearly the same sum back in another coin, many times."""
    at, maker = groups.positions, np.repeat(groups.leaders, groups.sizes)
    world.created[groups.leaders] = START_SECONDS + rng.integers(0, 20 * DAY, len(groups.leaders))
    deals = np.repeat(np.flatnonzero(at != maker), 1 + rng.geometric(0.12, int((at != maker).sum())))
    when = world.created[at[deals]] + (rng.random(len(deals)) * (world.end - world.created[at[deals]])).astype(np.int64)
    usd = spread_amounts(rng, len(deals), 300.0, 1.0)
    _pay(world, at[deals], maker[deals], when, usd)
    back = when + MINUTE + rng.exponential(10 * MINUTE, len(deals)).astype(np.int64)
    _pay(world, maker[deals], at[deals], back, np.round(usd * rng.uniform(0.985, 0.998, len(deals)), 2))


def _pay(world: World, payers: LongArray, payees: LongArray, when: LongArray, usd: FloatArray) -> None:
    """Pay between accounts that are both there."""
    there = (when >= world.created[payers]) & (when >= world.created[payees])
    source, target = world.account_party(payers[there]), world.account_party(payees[there])
    world.add_transfers(when[there], source, target, np.maximum(np.round(usd[there], 2), 0.01), USDT)
