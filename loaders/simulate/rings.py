"""Rings at work: when members sign up, whom they invite, when they claim and log in, what they share and move."""

from __future__ import annotations

import numpy as np

from loaders.simulate.laundering import launder
from loaders.simulate.money import Money
from loaders.simulate.people import People
from loaders.simulate.plan import LAUNDERING
from loaders.simulate.ring_money import move_ring_money
from loaders.simulate.ring_signals import hidden, share_ring_signals
from loaders.simulate.settings import DAY, START_SECONDS
from loaders.simulate.world import LOGIN, NO_ACTS, NO_INVITER, Ring, World

# share of members who claim, and the mean delay in days where they do not hide
CLAIMS = {
    "multi_account": (0.6, 0.8),
    "bonus_farm": (0.97, 0.3),
    "referral_farm": (0.95, 0.4),
    "airdrop_sybil": (0.5, 1.0),
}


def make_ring(world: World, people: People, money: Money, ring: Ring, rng: np.random.Generator) -> None:
    """Make the members of one ring act together.

    Parameters
    ----------
    world : World
    people : People
    money : Money
    ring : Ring
        Its `roles` and `wallets` are filled in.
    rng : numpy.random.Generator
    """
    ring.roles = ["member"] * len(ring.positions)
    if ring.typology in CLAIMS:
        _sign_up_together(world, ring, rng)
        _live_little(world, ring, rng)
        _claim_together(world, ring, rng)
    else:
        recruit(world, ring, rng)
    if ring.typology == "referral_farm":
        _invite(world, ring, rng)
    share_ring_signals(world, people, ring, rng)
    if ring.typology in CLAIMS:
        _log_in_together(world, ring, rng)
    if ring.typology in LAUNDERING:
        launder(world, money, ring, rng)
    else:
        move_ring_money(world, money, ring, rng)


def _sign_up_together(world: World, ring: Ring, rng: np.random.Generator) -> None:
    """Set sign-ups within the ring's time, at the operator's hours; who hides comes any time in the weeks around it."""
    at, size = ring.positions, len(ring.positions)
    if size == 0:
        return
    operator = rng.uniform(0, 24)
    shown = ~hidden(rng, ring)
    world.peak_hour[at[shown]] = operator + rng.normal(0, 1.0, int(shown.sum()))
    low = np.where(shown, ring.start, max(ring.start - 20 * DAY, START_SECONDS))
    high = np.where(shown, ring.start + ring.width, min(ring.start + ring.width + 20 * DAY, world.end - DAY))
    begin = rng.uniform(low, high).astype(np.int64)
    hurried = shown & (ring.width <= DAY)
    moved = np.sort(np.where(hurried, begin, begin // DAY * DAY + world.hours(rng, at, 1.5)))
    world.created[at] = moved if ring.typology == "referral_farm" else rng.permutation(moved)


def recruit(world: World, ring: Ring, rng: np.random.Generator) -> None:
    """Take members who have accounts when the ring begins; those who came later come earlier."""
    ring.start = START_SECONDS + rng.uniform(0.4, 0.9) * world.settings.days * DAY
    share = (ring.start - START_SECONDS) / (world.end - START_SECONDS)
    late = ring.positions[world.created[ring.positions] > ring.start]
    day, hour = np.divmod(world.created[late] - START_SECONDS, DAY)
    world.created[late] = START_SECONDS + (day * share).astype(np.int64) * DAY + hour


def _live_little(world: World, ring: Ring, rng: np.random.Generator) -> None:
    """Leave many members without the acts and friends that people have."""
    idle = ~hidden(rng, ring) & (rng.random(len(ring.positions)) < rng.uniform(0.1, 0.9))
    world.skip[ring.positions[idle]] |= NO_ACTS
    world.skip[ring.positions] |= NO_INVITER


def _claim_together(world: World, ring: Ring, rng: np.random.Generator) -> None:
    share, delay_days = CLAIMS[ring.typology]
    size = len(ring.positions)
    delay = rng.exponential(np.where(hidden(rng, ring), 5.0, delay_days) * DAY)
    world.claim_delay[ring.positions] = np.where(rng.random(size) < share, delay, np.nan)


def _invite(world: World, ring: Ring, rng: np.random.Generator) -> None:
    """Join the members into a star, chains or a random tree; positions are in order of sign-up."""
    at, size = ring.positions, len(ring.positions)
    later = np.arange(1, size)
    shape = rng.choice(["star", "chains", "tree"], p=[0.35, 0.25, 0.4])
    if shape == "star":
        parent = np.zeros(size - 1, np.int64)
    elif shape == "chains":
        parent = np.maximum(later - rng.integers(1, 4), 0)
    else:
        parent = (rng.random(size - 1) * later).astype(np.int64)
    shown = ~hidden(rng, ring)[1:] & (world.created[at[parent]] < world.created[at[1:]])
    world.inviter[at[1:][shown]] = at[parent[shown]]
    for index in np.unique(parent).tolist():
        ring.roles[index] = "recruiter"


def _log_in_together(world: World, ring: Ring, rng: np.random.Generator) -> None:
    """Let the operator go through the accounts one after another, some minutes each, on a few days."""
    at = ring.positions
    for _ in range(int(rng.integers(1, 6))):
        begin = ring.start + ring.width + rng.exponential(20 * DAY)
        order = rng.permutation(at[~hidden(rng, ring)])
        step = rng.exponential(rng.uniform(60, 900), len(order)).astype(np.int64)
        world.add_events(order, LOGIN, int(begin) + np.cumsum(step))
