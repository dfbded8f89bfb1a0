"""What the accounts of a ring share, and what they have of their own to hide it."""

from __future__ import annotations

import numpy as np

from loaders.simulate.chance import BoolArray, LongArray
from loaders.simulate.naming import DEVICE, INSTRUMENT, IP, PHONE, WALLET
from loaders.simulate.people import People
from loaders.simulate.plan import LAUNDERING
from loaders.simulate.settings import DAY
from loaders.simulate.world import NO_ADDRESS, NO_CARD, NO_DEVICE, NO_PHONE, NO_WALLET, Ring, World

# typology -> signal type -> (chance that a ring shares such, accounts per signal)
SHARED: dict[str, dict[int, tuple[float, float]]] = {
    "multi_account": {DEVICE: (0.85, 3.5), IP: (0.8, 8), INSTRUMENT: (0.35, 4), WALLET: (0.35, 12), PHONE: (0.2, 3)},
    "bonus_farm": {DEVICE: (0.5, 3), IP: (0.7, 7), INSTRUMENT: (0.65, 3.5), WALLET: (0.6, 12), PHONE: (0.25, 2.5)},
    "referral_farm": {DEVICE: (0.6, 2.5), IP: (0.7, 7), INSTRUMENT: (0.2, 4), WALLET: (0.45, 12), PHONE: (0.15, 2)},
    "airdrop_sybil": {DEVICE: (0.35, 4), IP: (0.5, 8)},
    "fan_in": {IP: (0.25, 5), DEVICE: (0.15, 3)},
    "fan_out": {IP: (0.25, 5), DEVICE: (0.15, 3)},
    "cycle": {IP: (0.3, 5), DEVICE: (0.15, 3)},
    **{name: {IP: (0.25, 5), DEVICE: (0.15, 3)} for name in LAUNDERING},
}
# a farm without one of these would be no farm
NEEDED = {"multi_account": DEVICE, "bonus_farm": INSTRUMENT, "referral_farm": DEVICE}
REPLACES = {DEVICE: NO_DEVICE, IP: NO_ADDRESS, INSTRUMENT: NO_CARD, WALLET: NO_WALLET, PHONE: NO_PHONE}
# mean days from sign-up to first use
BEGINS_DAYS = {DEVICE: 0.0, INSTRUMENT: 1.0, WALLET: 5.0, PHONE: 0.0}


def hidden(rng: np.random.Generator, ring: Ring, n: int | None = None) -> BoolArray:
    """Return which of a ring's acts look honest."""
    mask: BoolArray = rng.random(len(ring.positions) if n is None else n) < ring.camouflage
    return mask


def share_ring_signals(world: World, people: People, ring: Ring, rng: np.random.Generator) -> None:
    """Link a ring's accounts to its devices, addresses, cards, wallets and phones.

    Where a link is hidden the member keeps a signal of its own instead, so that camouflage costs the ring a tie and
    not the member its looks.
    """
    shared = SHARED[ring.typology]
    kinds = [kind for kind, (share, _) in shared.items() if rng.random() < share]
    needed = NEEDED.get(ring.typology)
    if needed is not None and not {DEVICE, INSTRUMENT} & set(kinds):
        kinds.append(needed)
    lives_days = np.exp(rng.uniform(np.log(15), np.log(200)))
    for kind in kinds:
        for days, members, signals in _assignments(world, people, ring, kind, shared[kind][1], rng):
            shown = ~hidden(rng, ring, len(members))
            begin = world.created[members] + rng.exponential(days * DAY, len(members))
            stop = begin + rng.exponential(lives_days * DAY, len(members))
            world.add_links(members[shown], kind, signals[shown], begin[shown], stop[shown])
            replaced = members[shown & (rng.random(len(members)) < 0.75)]
            world.skip[replaced] |= REPLACES[kind]


def _assignments(
    world: World, people: People, ring: Ring, kind: int, per_signal: float, rng: np.random.Generator
) -> list[tuple[float, LongArray, LongArray]]:
    """Return (mean days from sign-up to use, members, signals) by which a ring uses one type of signal."""
    members = rng.permutation(ring.positions)
    size = len(members)
    if kind == IP:
        return [(0.0, members, _addresses(world, people, members, per_signal, rng))]
    n_signals = max(1, round(size / per_signal / rng.uniform(0.7, 1.4)))
    base = world.reserve(kind, n_signals)
    # one signal after another, and some members on the next one too
    at = np.arange(size) * n_signals // size
    uses = [(BEGINS_DAYS[kind], members, base + at)]
    if n_signals > 1:
        again = rng.random(size) < 0.4
        uses.append((BEGINS_DAYS[kind] + 2.0, members[again], base + (at[again] + 1) % n_signals))
    return uses


def _addresses(
    world: World, people: People, members: LongArray, per_signal: float, rng: np.random.Generator
) -> LongArray:
    """Addresses of the members: a few of the ring's own, a VPN, homes of others, or one carrier."""
    size = len(members)
    way = rng.choice(["own", "vpn", "homes", "carrier"], p=[0.45, 0.2, 0.2, 0.15])
    if way == "own":
        n_own = max(1, round(size / per_signal / rng.uniform(0.7, 1.4)))
        return world.reserve(IP, n_own) + rng.integers(0, n_own, size)
    if way == "vpn":
        some = rng.integers(0, people.n_vpn, 3)
        return people.vpn + some[rng.integers(0, 3, size)]
    if way == "homes":
        homes = rng.integers(0, int(world.home.max()) + 1, max(1, size // 3))
        lived = homes[rng.integers(0, len(homes), size)]
        return people.address_of_home(lived, world.created[members])
    some = people.carrier_address(rng, 2)
    return some[rng.integers(0, 2, size)]
