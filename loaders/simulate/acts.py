"""What every account does: sign-up, log-ins, trades, orders, invitations among friends, and claims of the bonus."""

from __future__ import annotations

import numpy as np

from loaders.simulate.chance import BoolArray, FloatArray, LongArray
from loaders.simulate.plan import Plan
from loaders.simulate.settings import DAY
from loaders.simulate.world import (
    CLAIM,
    LOGIN,
    NO_ACTS,
    NO_INVITER,
    ORDER,
    REFERRAL,
    SIGN_UP,
    TRADE,
    World,
    spread_amounts,
)

SIGN_UP_BONUS, INVITED_BONUS, INVITER_BONUS = 20.0, 25.0, 10.0
ACTS = {LOGIN: (3.5, None), TRADE: (1.5, 180.0), ORDER: (0.4, 45.0)}


def invite_friends(world: World, plan: Plan, block: int, positions: LongArray) -> None:
    """Give ordinary people inviters: somebody of the household, or somebody older, some of whom invite many."""
    rng = world.chance.generator("invite", block)
    open_to = (world.inviter[positions] < 0) & (world.skip[positions] & NO_INVITER == 0)
    invited = positions[open_to & (rng.random(len(positions)) < 0.2)]
    # the square makes some popular; the steps scatter them over the plan
    popular = (world.n * rng.random(len(invited)) ** 2).astype(np.int64)
    friend = (popular * _step(world.n) + 17) % world.n
    older = world.created[friend] < world.created[invited]
    world.inviter[invited[older]] = friend[older]
    at_home = positions[(positions >= plan.rest) & open_to]
    family = np.maximum(at_home - 1, plan.rest)
    joined = (world.home[family] == world.home[at_home]) & (world.created[family] < world.created[at_home])
    joined &= rng.random(len(at_home)) < 0.4
    world.inviter[at_home[joined]] = family[joined]
    unset = positions[np.isnan(world.claim_delay[positions]) & (world.skip[positions] & NO_INVITER == 0)]
    share = np.where(world.inviter[unset] >= 0, 0.7, 0.3)
    claims = unset[rng.random(len(unset)) < share]
    quick = np.where(world.inviter[claims] >= 0, 2.0, 5.0)
    world.claim_delay[claims] = rng.exponential(quick * DAY)


def act(world: World, block: int, positions: LongArray) -> None:
    """Add the events of a block of accounts."""
    rng = world.chance.generator("acts", block)
    world.add_events(positions, SIGN_UP, world.created[positions])
    active = positions[world.skip[positions] & NO_ACTS == 0]
    eagerness = rng.gamma(0.6, 1.7, len(active))
    stays = rng.exponential(150 * DAY, len(active))
    for kind, (mean, median) in ACTS.items():
        count = np.minimum(rng.poisson(mean * eagerness), 40)
        who, span = np.repeat(active, count), np.repeat(stays, count)
        seconds = world.at_hours(rng, who, world.created[who] + rng.random(len(who)) * span)
        values: FloatArray | float = np.nan if median is None else spread_amounts(rng, len(who), median, 1.2)
        world.add_events(who, kind, seconds, values=values)
    _claim(world, rng, positions)


def _claim(world: World, rng: np.random.Generator, positions: LongArray) -> None:
    """Add invitations and the bonuses of both sides."""
    invited = positions[world.inviter[positions] >= 0]
    world.add_events(invited, REFERRAL, world.created[invited], world.inviter[invited].astype(np.int64))
    claims: BoolArray = ~np.isnan(world.claim_delay[positions])
    who = positions[claims]
    when = world.created[who] + 60 + world.claim_delay[who].astype(np.int64)
    bonus = np.where(world.inviter[who] >= 0, INVITED_BONUS, SIGN_UP_BONUS)
    world.add_events(who, CLAIM, when, values=bonus)
    by_friend = (world.inviter[who] >= 0) & (rng.random(len(who)) < 0.6)
    when = when[by_friend] + 60 + rng.exponential(1.5 * DAY, int(by_friend.sum())).astype(np.int64)
    world.add_events(world.inviter[who[by_friend]].astype(np.int64), CLAIM, when, values=INVITER_BONUS)


def _step(n: int) -> int:
    """Return a step that visits all of 0 .. n - 1, near the golden section."""
    step = int(n * 0.618) | 1
    while np.gcd(step, n) != 1:
        step += 2
    return step
