"""What every account has: devices, addresses, cards, wallets and phones, some of them shared or handed on."""

from __future__ import annotations

import numpy as np

from loaders.simulate.chance import BoolArray, FloatArray, LongArray
from loaders.simulate.naming import DEVICE, INSTRUMENT, IP, IPV6, PHONE, WALLET
from loaders.simulate.plan import Plan
from loaders.simulate.settings import DAY, START_SECONDS
from loaders.simulate.world import NO_ADDRESS, NO_CARD, NO_DEVICE, NO_PHONE, NO_WALLET, World

MAX_LEASES = 4


class People:
    """The signals of ordinary life; a ring member has those that the ring's own do not replace.

    Parameters
    ----------
    world : World
    plan : Plan
    """

    def __init__(self, world: World, plan: Plan) -> None:
        n = world.n
        self._world = world
        self.devices = world.reserve(DEVICE, 3 * n)
        self.tablets = world.reserve(DEVICE, plan.n_homes)
        self.n_kiosks = max(3, n // 400)
        self.kiosks = world.reserve(DEVICE, self.n_kiosks)
        self.n_home_addresses = int(1.3 * plan.n_homes)
        self.home_addresses = world.reserve(IP, self.n_home_addresses)
        self.n_carrier = max(12, n // 1500)
        self.carrier = world.reserve(IP, self.n_carrier)
        self.n_vpn = max(6, n // 4000)
        self.vpn = world.reserve(IP, self.n_vpn)
        self.n_hotspots = max(5, n // 150)
        self.hotspots = world.reserve(IP, self.n_hotspots)
        self.cards = world.reserve(INSTRUMENT, 2 * n)
        self.family_cards = world.reserve(INSTRUMENT, plan.n_homes)
        self.phones = world.reserve(PHONE, n)
        self.wallets = world.reserve(WALLET, 2 * n)
        self.family_wallets = world.reserve(WALLET, plan.n_homes)
        self.n_services = max(4, n // 1500)
        self.services = world.reserve(WALLET, self.n_services)

    def live(self, block: int, positions: LongArray) -> None:
        """Add the links of a block of accounts."""
        rng = self._world.chance.generator("people", block)
        self._use_devices(rng, positions)
        self._use_homes(rng, positions)
        self._use_public_addresses(rng, positions)
        self._use_cards(rng, positions)
        self._use_wallets(rng, positions)
        self._use_phones(rng, positions)

    def address_of_home(self, homes: LongArray, seconds: LongArray) -> LongArray:
        """IPv4 address that a home has at a time; providers hand it to another home later."""
        return self._leased_address(homes, self._lease(homes, seconds))

    def carrier_address(self, rng: np.random.Generator, n: int) -> LongArray:
        """Addresses behind which a mobile carrier puts thousands, some far more used than others."""
        return self.carrier + (self.n_carrier * rng.random(n) ** 2).astype(np.int64)

    def owns_wallet(self, positions: LongArray) -> BoolArray:
        """Who keeps a wallet outside the exchange; it is `wallets` + 2 * position."""
        own: BoolArray = self._world.chance.uniform("wallet", positions) < 0.5
        own &= self._world.skip[positions] & NO_WALLET == 0
        return own

    def _has(self, positions: LongArray, bit: int, topic: str, share: float) -> LongArray:
        has: LongArray = positions[self._world.skip[positions] & bit == 0]
        return has[self._world.chance.uniform(topic, has) < share]

    def _with_family(self, positions: LongArray, bit: int, topic: str, share: float) -> LongArray:
        """Who lives in a home that has something for all; many homes have one person."""
        has: LongArray = positions[self._world.skip[positions] & bit == 0]
        return has[self._world.chance.uniform(topic, self._world.home[has]) < share]

    def _replaced(self, positions: LongArray) -> LongArray:
        """When people buy their next device."""
        delay = self._world.chance.exponential("next device", positions, 300.0 * DAY)
        return self._world.created[positions] + 5 * DAY + delay.astype(np.int64)

    def _use_devices(self, rng: np.random.Generator, positions: LongArray) -> None:
        world = self._world
        own = self._has(positions, NO_DEVICE, "device", 0.985)
        sold = self._replaced(own)
        world.add_links(own, DEVICE, self.devices + 3 * own, world.created[own], sold)
        later = rng.random(len(own)) < 0.6
        world.add_links(own[later], DEVICE, self.devices + 3 * own[later] + 1, sold[later], world.end)
        laptop = own[rng.random(len(own)) < 0.45]
        begin = world.created[laptop] + rng.exponential(20 * DAY, len(laptop))
        world.add_links(laptop, DEVICE, self.devices + 3 * laptop + 2, begin, world.end)
        # the old device of somebody else, after they stopped using it
        buyer = own[rng.random(len(own)) < 0.05]
        seller = rng.integers(0, world.n, len(buyer))
        fine = world.skip[seller] & NO_DEVICE == 0
        buyer, seller = buyer[fine], seller[fine]
        begin = np.maximum(self._replaced(seller) + rng.exponential(15 * DAY, len(buyer)), world.created[buyer])
        world.add_links(buyer, DEVICE, self.devices + 3 * seller, begin, begin + 250 * DAY)
        family = self._with_family(positions, NO_DEVICE, "tablet", 0.25)
        family = family[rng.random(len(family)) < 0.8]
        begin = world.created[family] + rng.exponential(10 * DAY, len(family))
        world.add_links(family, DEVICE, self.tablets + world.home[family], begin, world.end)
        kiosk = np.concatenate([positions[rng.random(len(positions)) < 0.015], np.setdiff1d(positions, own)])
        kiosk = kiosk[world.skip[kiosk] & NO_DEVICE == 0]
        begin = world.created[kiosk] + rng.exponential(15 * DAY, len(kiosk)) * (rng.random(len(kiosk)) < 0.5)
        world.add_links(kiosk, DEVICE, self.kiosks + rng.integers(0, self.n_kiosks, len(kiosk)), begin, begin + DAY)

    def _lease_terms(self, homes: LongArray) -> tuple[FloatArray, FloatArray]:
        """Length of a home's leases in seconds, one for good or up to `MAX_LEASES`, and how far in it begins."""
        u = self._world.chance.uniform("lease length", homes)
        span = self._world.settings.days * DAY
        length = np.where(u < 0.4, 2.0 * span, span / MAX_LEASES * (0.7 + 2 * (u - 0.4)))
        return length, self._world.chance.uniform("lease shift", homes) * 0.5 * length

    def _lease(self, homes: LongArray, seconds: LongArray) -> LongArray:
        """Which of its leases a home is in."""
        length, shift = self._lease_terms(homes)
        return np.minimum((seconds - START_SECONDS + shift) // length, MAX_LEASES - 1).astype(np.int64)

    def _use_homes(self, rng: np.random.Generator, positions: LongArray) -> None:
        world = self._world
        at_home = self._has(positions, NO_ADDRESS, "at home", 0.92)
        home = world.home[at_home].astype(np.int64)
        six = world.chance.uniform("ipv6", home) < 0.15
        # prefixes of IPv6 homes stay, and every person has an interface of their own behind it
        world.add_links(
            at_home[six],
            IP,
            IPV6 | (home[six] << 20) | (at_home[six] & 0xFFFFF),
            world.created[at_home[six]],
            world.end,
        )
        four, home = at_home[~six], home[~six]
        begin = world.created[four]
        stays = begin + rng.exponential(150 * DAY, len(four)).astype(np.int64)
        stays = np.minimum(np.where(rng.random(len(four)) < 0.5, world.end, stays), world.end)
        current, last = self._lease(home, begin), self._lease(home, stays)
        length, shift = self._lease_terms(home)
        for step in range(MAX_LEASES):
            lease = current + step
            use = lease <= last
            moved_in = START_SECONDS - shift + lease * length
            moved_out = np.where(lease == MAX_LEASES - 1, world.end, moved_in + length)
            address = self._leased_address(home[use], lease[use])
            first, stop = np.maximum(begin, moved_in)[use], np.minimum(stays, moved_out)[use]
            world.add_links(four[use], IP, address, first, stop)

    def _leased_address(self, homes: LongArray, lease: LongArray) -> LongArray:
        drawn = self._world.chance.below("lease", homes * MAX_LEASES + lease, self.n_home_addresses)
        return self.home_addresses + drawn

    def _use_public_addresses(self, rng: np.random.Generator, positions: LongArray) -> None:
        world = self._world
        for _ in range(2):
            mobile = self._has(positions, NO_ADDRESS, "mobile", 0.95)
            mobile = mobile[rng.random(len(mobile)) < 0.5]
            begin = world.created[mobile] + rng.random(len(mobile)) * 100 * DAY
            stop = begin + rng.exponential(30 * DAY, len(mobile))
            world.add_links(mobile, IP, self.carrier_address(rng, len(mobile)), begin, stop)
        private = positions[rng.random(len(positions)) < 0.03]
        address = self.vpn + rng.integers(0, self.n_vpn, len(private))
        stop = world.created[private] + rng.exponential(90 * DAY, len(private))
        world.add_links(private, IP, address, world.created[private], stop)
        visitor = positions[rng.random(len(positions)) < 0.12]
        begin = world.created[visitor] + rng.exponential(40 * DAY, len(visitor))
        address = self.hotspots + rng.integers(0, self.n_hotspots, len(visitor))
        world.add_links(visitor, IP, address, begin, begin + 2 * DAY * rng.random(len(visitor)))

    def _use_cards(self, rng: np.random.Generator, positions: LongArray) -> None:
        world = self._world
        own = self._has(positions, NO_CARD, "card", 0.7)
        first = world.created[own] + rng.exponential(4 * DAY, len(own))
        world.add_links(own, INSTRUMENT, self.cards + 2 * own, first, first + rng.exponential(300 * DAY, len(own)))
        second = own[rng.random(len(own)) < 0.2]
        begin = world.created[second] + rng.exponential(80 * DAY, len(second))
        world.add_links(second, INSTRUMENT, self.cards + 2 * second + 1, begin, world.end)
        family = self._with_family(positions, NO_CARD, "family card", 0.22)
        begin = world.created[family] + rng.exponential(10 * DAY, len(family))
        world.add_links(family, INSTRUMENT, self.family_cards + world.home[family], begin, world.end)

    def _use_wallets(self, rng: np.random.Generator, positions: LongArray) -> None:
        world = self._world
        own = positions[self.owns_wallet(positions)]
        begin = world.created[own] + rng.exponential(8 * DAY, len(own))
        world.add_links(own, WALLET, self.wallets + 2 * own, begin, begin + rng.exponential(250 * DAY, len(own)))
        second = own[rng.random(len(own)) < 0.15]
        begin = world.created[second] + rng.exponential(60 * DAY, len(second))
        world.add_links(second, WALLET, self.wallets + 2 * second + 1, begin, world.end)
        family = self._with_family(positions, NO_WALLET, "family wallet", 0.08)
        world.add_links(family, WALLET, self.family_wallets + world.home[family], world.created[family], world.end)
        # a service that keeps one wallet for many
        user = positions[rng.random(len(positions)) < 0.025]
        begin = world.created[user] + rng.exponential(20 * DAY, len(user))
        world.add_links(user, WALLET, self.services + rng.integers(0, self.n_services, len(user)), begin, world.end)

    def _use_phones(self, rng: np.random.Generator, positions: LongArray) -> None:
        world = self._world
        own = self._has(positions, NO_PHONE, "phone", 0.65)
        gives_up = world.created[own] + 30 * DAY + world.chance.exponential("phone", own, 900.0 * DAY)
        world.add_links(own, PHONE, self.phones + own, world.created[own], gives_up)
        # a number that the carrier hands out again
        heir = np.setdiff1d(positions, own)
        heir = heir[rng.random(len(heir)) < 0.03]
        before = rng.integers(0, world.n, len(heir))
        free = world.created[before] + 60 * DAY + world.chance.exponential("phone", before, 900.0 * DAY)
        begin = np.maximum(free, world.created[heir])
        world.add_links(heir, PHONE, self.phones + before, begin, world.end)
