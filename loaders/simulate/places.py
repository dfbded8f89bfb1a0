"""Innocent groups that share much: dormitories, offices, cafés, businesses, followers, staff, savings clubs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loaders.simulate.chance import LongArray
from loaders.simulate.naming import DEVICE, INSTRUMENT, IP, WALLET
from loaders.simulate.plan import Groups
from loaders.simulate.settings import DAY, START_SECONDS
from loaders.simulate.world import NO_DEVICE, USDT, World, spread_amounts


@dataclass(frozen=True)
class Place:
    """What a group shares.

    Parameters
    ----------
    address_share : float
        Share of the members who are seen at the address of the place.
    stay_days : float
        For how long they are seen there on average; 0: to the end.
    machines : int
        Shared machines.
    machine_share : float
        Share of the members who use one, for some weeks.
    """

    address_share: float
    stay_days: float
    machines: int
    machine_share: float


PLACES = {
    "dormitory": Place(0.95, 0.0, 2, 0.25),
    "office": Place(0.95, 0.0, 3, 0.3),
    "cafe": Place(0.9, 25.0, 5, 0.85),
    "business": Place(0.9, 0.0, 1, 0.4),
    "payroll": Place(0.5, 0.0, 1, 0.1),
}


def arrange(world: World, groups: Groups) -> None:
    """Set when the members of innocent groups sign up, who invited them and how soon they claim."""
    arrangers = {"dormitory": _arrange_dormitories, "influencer": _arrange_influencers}
    if groups.kind in arrangers and len(groups.positions):
        arrangers[groups.kind](world, groups, world.chance.generator(f"arrange/{groups.kind}"))


def share_signals(world: World, groups: Groups) -> None:
    """Add the links that the members of innocent groups have in common."""
    rng, at = world.chance.generator(f"place/{groups.kind}"), groups.positions
    if len(at) == 0:
        return
    if groups.kind in PLACES:
        _use_place(world, groups, PLACES[groups.kind], rng)
    if groups.kind == "business":
        index = groups.ids - groups.first_id
        card, wallet = world.reserve(INSTRUMENT, len(groups.sizes)), world.reserve(WALLET, len(groups.sizes))
        world.add_links(at, INSTRUMENT, card + index, world.created[at], world.end)
        pays_out = at[world.chance.uniform("business wallet", groups.ids) < 0.4]
        world.add_links(pays_out, WALLET, wallet + index[pays_out - at[0]], world.created[pays_out], world.end)
    if groups.kind == "cafe":
        # those who have no device of their own come for the machines
        world.skip[at[rng.random(len(at)) < 0.2]] |= NO_DEVICE


def pay_groups(world: World, groups: Groups) -> None:
    """Add salaries from employers to staff, and the rounds of savings clubs."""
    if len(groups.positions) == 0:
        return
    rng = world.chance.generator(f"pay/{groups.kind}")
    if groups.kind == "payroll":
        _pay_salaries(world, groups, rng)
    if groups.kind == "savings_club":
        _go_round(world, groups, rng)


def _begins(world: World, groups: Groups) -> LongArray:
    """When each group comes together, aligned with the members."""
    u = world.chance.uniform("group begins", groups.ids)
    return START_SECONDS + (u * (world.settings.days - 10) * DAY).astype(np.int64)


def _sign_up_at(world: World, rng: np.random.Generator, positions: LongArray, seconds: LongArray) -> None:
    """Set sign-up times, moved to the people's own hours where that leaves them in the world."""
    day = (seconds - START_SECONDS) // DAY
    moved = START_SECONDS + day * DAY + world.hours(rng, positions)
    world.created[positions] = np.where(moved < world.end, moved, world.end - 1 - rng.integers(0, DAY, len(positions)))


def _arrange_dormitories(world: World, groups: Groups, rng: np.random.Generator) -> None:
    at = groups.positions
    week = rng.random(len(at)) < 0.7
    delay = (rng.random(len(at)) * 7 * DAY).astype(np.int64)
    _sign_up_at(world, rng, at[week], (_begins(world, groups) + delay)[week])
    claims = rng.random(len(at)) < 0.5
    world.claim_delay[at[claims]] = rng.exponential(3 * DAY, int(claims.sum()))
    friend = groups.companions(rng)
    invited = (world.created[friend] < world.created[at]) & (rng.random(len(at)) < 0.35)
    world.inviter[at[invited]] = friend[invited]


def _arrange_influencers(world: World, groups: Groups, rng: np.random.Generator) -> None:
    at, begins = groups.positions, _begins(world, groups)
    _sign_up_at(world, rng, at, begins + rng.exponential(2 * DAY, len(at)).astype(np.int64))
    star = np.repeat(groups.leaders, groups.sizes)
    begins_by_group = begins[groups.leaders - at[0]]
    lead = (5 * DAY * (1 + rng.random(len(groups.sizes)))).astype(np.int64)
    world.created[groups.leaders] = np.maximum(START_SECONDS, begins_by_group - lead)
    follower = at != star
    world.inviter[at[follower]] = star[follower]
    claims = rng.random(len(at)) < 0.85
    world.claim_delay[at[claims]] = rng.exponential(0.5 * DAY, int(claims.sum()))


def _use_place(world: World, groups: Groups, place: Place, rng: np.random.Generator) -> None:
    at, index = groups.positions, groups.ids - groups.first_id
    # a large place has a second address
    addresses = world.reserve(IP, 2 * len(groups.sizes))
    second = (np.repeat(groups.sizes, groups.sizes) > 100) & (rng.random(len(at)) < 0.5)
    seen = rng.random(len(at)) < place.address_share
    begin = world.created[at] + rng.exponential(3 * DAY, len(at)) * (rng.random(len(at)) < 0.5)
    stop = begin + rng.exponential(place.stay_days * DAY, len(at)) if place.stay_days else np.full(len(at), world.end)
    world.add_links(at[seen], IP, addresses + (2 * index + second)[seen], begin[seen], stop[seen])
    machines = world.reserve(DEVICE, place.machines * len(groups.sizes))
    uses = rng.random(len(at)) < place.machine_share
    machine = machines + place.machines * index + rng.integers(0, place.machines, len(at))
    begin = world.created[at] + rng.exponential(30 * DAY, len(at)) * (rng.random(len(at)) < 0.6)
    world.add_links(
        at[uses], DEVICE, machine[uses], begin[uses], begin[uses] + rng.exponential(25 * DAY, int(uses.sum()))
    )


def _pay_salaries(world: World, groups: Groups, rng: np.random.Generator) -> None:
    """Pay all staff at the same hour of the same day, month after month."""
    at, employer = groups.positions, np.repeat(groups.leaders, groups.sizes)
    staff = at != employer
    wage = spread_amounts(rng, len(at), 1_800.0, 0.4)
    payday = START_SECONDS + (24 + world.chance.below("payday", groups.ids, 5)) * DAY + 9 * 3600
    for month in range(world.settings.days // 30):
        when = payday + month * 30 * DAY + rng.integers(0, 1200, len(at))
        paid = staff & (when > world.created[at]) & (when > world.created[employer])
        source, target = world.account_party(employer[paid]), world.account_party(at[paid])
        world.add_transfers(when[paid], source, target, wage[paid], USDT)


def _go_round(world: World, groups: Groups, rng: np.random.Generator) -> None:
    """Let everybody pay the same sum each month, and another member receive it each time."""
    at, index = groups.positions, groups.ids - groups.first_id
    size, leader = np.repeat(groups.sizes, groups.sizes), np.repeat(groups.leaders, groups.sizes)
    sum_of = np.round(world.chance.uniform("club sum", groups.ids) * 20 + 1) * 25
    for month in range(world.settings.days // 30):
        receiver = leader + (month + index) % size
        when = START_SECONDS + (month * 30 + world.chance.below("club day", groups.ids, 28)) * DAY
        when = when + rng.exponential(1.5 * DAY, len(at)).astype(np.int64)
        pays = (at != receiver) & (when > world.created[at]) & (when > world.created[receiver])
        source, target = world.account_party(at[pays]), world.account_party(receiver[pays])
        world.add_transfers(when[pays], source, target, sum_of[pays], USDT)
