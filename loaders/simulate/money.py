"""Money of ordinary people: funding, deposits that are swept, withdrawals, friends and merchants."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from loaders.simulate.chance import LongArray
from loaders.simulate.naming import WALLET
from loaders.simulate.people import People
from loaders.simulate.plan import Plan
from loaders.simulate.settings import DAY, START_SECONDS
from loaders.simulate.world import BTC, ETH, EUR, NO_ACTS, USDT, World, part_of, spread_amounts

CURRENCY_SHARES = {BTC: 0.15, ETH: 0.2, EUR: 0.1, USDT: 0.55}
AIRDROP_DAYS = (0.3, 0.55, 0.8)
"""Parts of the world's time at which an airdrop opens: then the innocent hurry too."""


class Money:
    """The wallets of the world and what ordinary people move.

    Parameters
    ----------
    world : World
    plan : Plan
    people : People
    """

    def __init__(self, world: World, plan: Plan, people: People) -> None:
        n = world.n
        self._world, self._people, self._plan = world, people, plan
        self.deposit_addresses = world.reserve(WALLET, n)
        self.hot = world.reserve(WALLET, 5)
        self.n_venues = 15
        self.venues = world.reserve(WALLET, self.n_venues)
        self.n_contracts = 25
        self.contracts = world.reserve(WALLET, self.n_contracts)
        self.n_free = n // 6
        self.free = world.reserve(WALLET, self.n_free)
        self.n_merchants = max(5, n // 500)

    def draw_currency(self, rng: np.random.Generator, n: int) -> npt.NDArray[np.int8]:
        """Currencies in their shares."""
        return rng.choice(np.array(list(CURRENCY_SHARES), np.int8), n, p=list(CURRENCY_SHARES.values()))

    def venue(self, rng: np.random.Generator, n: int) -> LongArray:
        """Hot wallets of other exchanges, a few of them large."""
        return self._world.wallet_party(self.venues + (self.n_venues * rng.random(n) ** 2).astype(np.int64))

    def contract(self, rng: np.random.Generator, n: int) -> LongArray:
        """Contracts that everybody uses."""
        return self._world.wallet_party(self.contracts + (self.n_contracts * rng.random(n) ** 1.5).astype(np.int64))

    def airdrop_contract(self, airdrop: npt.ArrayLike) -> LongArray:
        """Contract that pays out one of the airdrops."""
        return self._world.wallet_party(self.contracts + np.asarray(airdrop))

    def airdrop_opens(self, airdrop: npt.ArrayLike) -> LongArray:
        """When an airdrop opens, in seconds."""
        part = np.array(AIRDROP_DAYS)[np.asarray(airdrop)]
        opens: LongArray = START_SECONDS + (part * self._world.settings.days).astype(np.int64) * DAY
        return opens

    def deposit(
        self,
        rng: np.random.Generator,
        positions: LongArray,
        seconds: npt.ArrayLike,
        sources: LongArray,
        usd: npt.ArrayLike,
        currency: npt.ArrayLike,
    ) -> None:
        """Send money to the accounts' own deposit addresses, from where the exchange sweeps it."""
        world, address = self._world, self.deposit_addresses + positions
        seconds, usd = np.broadcast_to(seconds, positions.shape), np.broadcast_to(usd, positions.shape)
        currency = np.broadcast_to(currency, positions.shape)
        done = world.add_transfers(seconds, sources, world.wallet_party(address), usd, currency)
        world.add_links(positions[done], WALLET, address[done], seconds[done], seconds[done])
        swept = seconds[done] + 600 + rng.exponential(7200, int(done.sum()))
        hot = world.wallet_party(self.hot + rng.integers(0, 5, int(done.sum())))
        world.add_transfers(
            swept, world.wallet_party(address[done]), hot, np.round(usd[done] * 0.999, 2), currency[done]
        )

    def move(self, block: int, positions: LongArray) -> None:
        """Add the transfers of a block of accounts."""
        rng = self._world.chance.generator("money", block)
        active = positions[self._world.skip[positions] & NO_ACTS == 0]
        self._fund_and_withdraw(rng, active)
        self._pay_people(rng, active)

    def _fund_and_withdraw(self, rng: np.random.Generator, positions: LongArray) -> None:
        world = self._world
        owner = positions[self._people.owns_wallet(positions)]
        wallet = world.wallet_party(self._people.wallets + 2 * owner)
        begin = world.created[owner] + rng.exponential(6 * DAY, len(owner))
        usd, currency = spread_amounts(rng, len(owner), 350.0, 1.1), self.draw_currency(rng, len(owner))
        stranger = world.wallet_party(self.free + rng.integers(0, self.n_free, len(owner)))
        source = np.where(rng.random(len(owner)) < 0.75, self.venue(rng, len(owner)), stranger)
        world.add_transfers(begin, source, wallet, usd, currency)
        for _ in range(2):
            pays = np.flatnonzero(rng.random(len(owner)) < 0.5)
            when = world.at_hours(rng, owner[pays], begin[pays] + rng.exponential(20 * DAY, len(pays)))
            when = np.maximum(when, begin[pays].astype(np.int64) + 600)
            self.deposit(rng, owner[pays], when, wallet[pays], part_of(rng, usd[pays], 0.2, 0.9), currency[pays])
        others = positions[rng.random(len(positions)) < 0.25]
        when = world.created[others] + rng.exponential(8 * DAY, len(others)).astype(np.int64)
        usd = spread_amounts(rng, len(others), 220.0, 1.1)
        self.deposit(rng, others, when, self.venue(rng, len(others)), usd, self.draw_currency(rng, len(others)))
        leaves = np.flatnonzero(rng.random(len(owner)) < 0.4)
        later = begin[leaves] + rng.exponential(60 * DAY, len(leaves))
        usd = spread_amounts(rng, len(leaves), 260.0, 1.2)
        world.add_transfers(later, world.account_party(owner[leaves]), wallet[leaves], usd, currency[leaves])

    def _pay_people(self, rng: np.random.Generator, positions: LongArray) -> None:
        """Let people pay friends, most of them again and again, and merchants."""
        world = self._world
        payer = np.repeat(positions, np.minimum(rng.poisson(rng.gamma(0.4, 1.0, len(positions))), 12))
        near = np.clip(payer + rng.integers(-3, 4, len(payer)), 0, world.n - 1)
        friend = np.where(world.home[near] == world.home[payer], near, world.inviter[payer])
        # friends elsewhere stay the same from one payment to the next
        elsewhere = world.chance.below("friend", 4 * payer + rng.integers(0, 3, len(payer)), world.n)
        friend = np.where((friend < 0) | (rng.random(len(payer)) < 0.4), elsewhere, friend)
        self._pay(rng, payer, friend, 60.0, 40.0, self.draw_currency(rng, len(payer)))
        buyer = np.repeat(positions, np.minimum(rng.poisson(rng.gamma(0.3, 1.7, len(positions))), 20))
        merchant = self._plan.rest + (self.n_merchants * rng.random(len(buyer)) ** 2).astype(np.int64)
        self._pay(rng, buyer, merchant, 80.0, 25.0, np.full(len(buyer), USDT))

    def _pay(
        self,
        rng: np.random.Generator,
        payers: LongArray,
        payees: LongArray,
        mean_days: float,
        median_usd: float,
        currency: npt.NDArray[np.integer],
    ) -> None:
        """Pay between accounts, some time after both are there."""
        world = self._world
        begin = np.maximum(world.created[payers], world.created[payees])
        when = world.at_hours(rng, payers, begin + rng.exponential(mean_days * DAY, len(payers)))
        fine = np.flatnonzero(when >= begin)
        source, target = world.account_party(payers[fine]), world.account_party(payees[fine])
        world.add_transfers(when[fine], source, target, spread_amounts(rng, len(fine), median_usd, 1.0), currency[fine])
