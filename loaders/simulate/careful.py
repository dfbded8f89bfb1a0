"""Rings of the careful: every account has a device, a home and a card of its own, and only what they do in time tells.

Whoever runs them has a rack of phones and a pool of residential addresses, or buys accounts that others made.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from loaders.simulate.chance import BoolArray, FloatArray, LongArray
from loaders.simulate.money import Money
from loaders.simulate.naming import WALLET
from loaders.simulate.plan import Plan
from loaders.simulate.ring_signals import hidden
from loaders.simulate.rings import recruit
from loaders.simulate.settings import DAY, START_SECONDS
from loaders.simulate.world import (
    CLAIM,
    LOGIN,
    NO_ACTS,
    NO_INVITER,
    ORDER,
    TRADE,
    USDT,
    Ring,
    World,
    spread_amounts,
)

HOUR, MINUTE = 3600, 60


def make_careful_ring(world: World, plan: Plan, money: Money, ring: Ring, rng: np.random.Generator) -> None:
    """Make the members of one ring act together.

    Parameters
    ----------
    world : World
    plan : Plan
    money : Money
    ring : Ring
        Its `roles` and `wallets` are filled in.
    rng : numpy.random.Generator
    """
    makers: dict[str, Callable[[World, Plan, Money, Ring, np.random.Generator], None]] = {
        "referral_tree": _grow_tree,
        "sign_up_burst": _sign_up_at_once,
        "claim_burst": _claim_at_once,
        "lockstep": _order_in_step,
        "same_sequence": _run_script,
        "wash_trade": _trade_to_and_fro,
        "airdrop_farm": _bring_bonuses,
    }
    ring.roles = ["member"] * len(ring.positions)
    makers[ring.typology](world, plan, money, ring, rng)


def _forsake(world: World, positions: LongArray) -> None:
    """Leave accounts without the acts and friends that people have."""
    world.skip[positions] |= NO_ACTS | NO_INVITER


def _come(world: World, ring: Ring, rng: np.random.Generator, days: float) -> LongArray:
    """Let members sign up over some days from the start of the ring on, in the order of their positions."""
    days = min(days, (world.end - ring.start) / DAY - 5)
    begin = ring.start + np.sort(rng.random(len(ring.positions))) * max(days, 1.0) * DAY
    world.created[ring.positions] = np.clip(begin.astype(np.int64), START_SECONDS, world.end - DAY)
    return world.created[ring.positions]


def _claim_after(world: World, at: LongArray, days: FloatArray) -> LongArray:
    """Set when members claim; returns the times."""
    world.claim_delay[at] = days * DAY
    return world.created[at] + MINUTE + world.claim_delay[at].astype(np.int64)


def _grow_tree(world: World, plan: Plan, money: Money, ring: Ring, rng: np.random.Generator) -> None:
    """Invite oneself: a few a day, each takes the bonus, does the least that it asks for, and sends it up the tree."""
    at, size = ring.positions, len(ring.positions)
    _come(world, ring, rng, rng.uniform(5, 45))
    world.skip[at[:1]] |= NO_INVITER
    later = np.arange(1, size)
    parent = np.zeros(size - 1, np.int64) if rng.random() < 0.5 else (rng.random(size - 1) * later).astype(np.int64)
    shown = ~hidden(rng, ring)[1:] & (world.created[at[parent]] < world.created[at[later]])
    child, above = at[later[shown]], at[parent[shown]]
    world.inviter[child] = above
    for index in np.unique(parent[shown]).tolist():
        ring.roles[index] = "recruiter"
    _forsake(world, child)
    claimed = _claim_after(world, child, rng.exponential(0.8, len(child)))
    world.add_events(child, ORDER, world.created[child] + rng.uniform(0.05, 3, len(child)) * DAY, values=20.0)
    pays = rng.random(len(child)) < 0.75
    when = claimed[pays] + HOUR + rng.exponential(2 * DAY, int(pays.sum())).astype(np.int64)
    usd = np.round(rng.uniform(15, 24, int(pays.sum())), 2)
    world.add_transfers(when, world.account_party(child[pays]), world.account_party(above[pays]), usd, USDT)


def _sign_up_at_once(world: World, plan: Plan, money: Money, ring: Ring, rng: np.random.Generator) -> None:
    """Make accounts in bulk, to be sold when they have aged; most lie idle, some are tried or used by a buyer."""
    at, shown = ring.positions, ~hidden(rng, ring)
    span = float(rng.choice([10 * MINUTE, HOUR, 6 * HOUR]))
    spread = np.where(shown, rng.random(len(at)) * span, rng.uniform(-20, 20, len(at)) * DAY)
    world.created[at] = np.clip(ring.start + spread, START_SECONDS, world.end - DAY).astype(np.int64)
    made = at[shown]
    _forsake(world, made)
    claims = made[rng.random(len(made)) < 0.5]
    _claim_after(world, claims, rng.exponential(5, len(claims)))
    sold = made[rng.random(len(made)) < 0.3]
    when = world.created[sold] + rng.uniform(20, 100, len(sold)) * DAY
    world.add_events(sold, LOGIN, when)
    used = rng.random(len(sold)) < 0.4
    world.add_events(sold[used], TRADE, when[used] + HOUR, values=spread_amounts(rng, int(used.sum()), 180.0, 1.2))


def _claim_at_once(world: World, plan: Plan, money: Money, ring: Ring, rng: np.random.Generator) -> None:
    """Lie in wait for a bonus with accounts some days old, and take it with all of them within minutes."""
    at, shown = ring.positions, ~hidden(rng, ring)
    ring.start = max(ring.start, START_SECONDS + 15.0 * DAY)
    world.created[at] = (ring.start - rng.uniform(0.1, 14, len(at)) * DAY).astype(np.int64)
    opens = ring.start + rng.random(len(at)) * float(rng.choice([2, 10, 30])) * MINUTE
    world.claim_delay[at] = np.where(shown, opens - world.created[at] - MINUTE, rng.exponential(5, len(at)) * DAY)
    _forsake(world, at[shown])
    world.add_events(at[shown], LOGIN, world.created[at[shown]] + rng.exponential(HOUR, int(shown.sum())))


def _order_in_step(world: World, plan: Plan, money: Money, ring: Ring, rng: np.random.Generator) -> None:
    """Order at the same seller within seconds of each other on many days, with accounts that live as others do."""
    recruit(world, ring, rng)
    at = ring.positions
    sellers = plan.rest + rng.integers(0, money.n_merchants, int(rng.integers(1, 4)))
    for _ in range(int(rng.integers(5, 21))):
        moment = ring.start + rng.uniform(1, 50) * DAY
        shown = ~hidden(rng, ring)
        # who hides orders hours before or after, or not at all
        when = moment + np.where(shown, rng.uniform(0, 15, len(at)), rng.uniform(-12, 12, len(at)) * HOUR)
        orders = shown | (rng.random(len(at)) < 0.5)
        seller = np.full(int(orders.sum()), rng.choice(sellers))
        world.add_events(at[orders], ORDER, when[orders], seller, spread_amounts(rng, len(seller), 45.0, 0.3))


def _run_script(world: World, plan: Plan, money: Money, ring: Ring, rng: np.random.Generator) -> None:
    """Run a script for one account after the other: the same acts, with pauses that differ a little."""
    size, n_steps = len(ring.positions), int(rng.integers(7, 13))
    begin = _come(world, ring, rng, rng.uniform(10, 60))
    _forsake(world, ring.positions)
    route = rng.choice([LOGIN, TRADE, ORDER], n_steps)
    route[int(rng.integers(1, n_steps))] = CLAIM
    pauses = np.clip(rng.lognormal(np.log(2 * MINUTE), 2.0, n_steps), 5, DAY)
    jitter, at = rng.uniform(0.05, 0.3), begin.astype(np.float64)
    for kind, pause in zip(route.tolist(), pauses.tolist(), strict=True):
        hides = hidden(rng, ring)
        as_others = rng.lognormal(np.log(3 * HOUR), 2.0, size)
        at = at + np.where(hides, as_others, pause * rng.uniform(1 - jitter, 1 + jitter, size))
        # who hides does something else half of the time, unless it is the bonus
        other = hides & (rng.random(size) < 0.5) & (kind != CLAIM)
        kinds = np.where(other, rng.choice([LOGIN, TRADE, ORDER], size), kind)
        for one in np.unique(kinds).tolist():
            does = kinds == one
            n = int(does.sum())
            usd = 20.0 if one == CLAIM else np.nan if one == LOGIN else spread_amounts(rng, n, 30.0, 0.2)
            world.add_events(ring.positions[does], one, at[does], values=usd)


def _trade_to_and_fro(world: World, plan: Plan, money: Money, ring: Ring, rng: np.random.Generator) -> None:
    """Send each other the same money back and forth for the volume, and live as others do beside it."""
    recruit(world, ring, rng)
    n = int(rng.integers(10, 31)) * (len(ring.positions) - 1)
    one = rng.integers(0, len(ring.positions), n)
    two = (one + rng.integers(1, len(ring.positions), n)) % len(ring.positions)
    when = (ring.start + rng.uniform(0, 45, n) * DAY).astype(np.int64)
    usd = spread_amounts(rng, n, 800.0, 0.8)
    a, b = world.account_party(ring.positions[one]), world.account_party(ring.positions[two])
    world.add_transfers(when, a, b, usd, USDT)
    shown: BoolArray = ~hidden(rng, ring, n)
    back = when + 5 * MINUTE + rng.exponential(np.where(shown, 2 * HOUR, 4 * DAY)).astype(np.int64)
    part = np.where(shown, rng.uniform(0.99, 1.0, n), rng.uniform(0.3, 1.0, n))
    world.add_transfers(back, b, a, np.round(usd * part, 2), USDT)


def _bring_bonuses(world: World, plan: Plan, money: Money, ring: Ring, rng: np.random.Generator) -> None:
    """Take the bonus with every account and bring it to one of them, or to a wallet."""
    at = ring.positions
    _come(world, ring, rng, rng.uniform(5, 40))
    brings = at[~hidden(rng, ring)]
    if rng.random() < 0.5:
        ring.roles[0] = "collector"
        brings, target = brings[brings != at[0]], world.account_party(at[:1])
    else:
        wallet = world.reserve(WALLET, 1)
        ring.wallets.append(wallet)
        ring.wallet_roles.append("collector")
        target = world.wallet_party([wallet])
    _forsake(world, brings)
    claimed = _claim_after(world, brings, rng.exponential(1.0, len(brings)))
    when = claimed + 10 * MINUTE + rng.exponential(12 * HOUR, len(brings)).astype(np.int64)
    usd = np.round(rng.uniform(17, 20, len(brings)), 2)
    world.add_transfers(when, world.account_party(brings), np.repeat(target, len(brings)), usd, USDT)
    if len(when):
        leaves = np.array([int(when.max()) + 2 * HOUR])
        world.add_transfers(leaves, target, money.venue(rng, 1), round(0.98 * float(usd.sum()), 2), USDT)
