"""Wallets outside the exchange that belong to nobody we know; on the days of an airdrop many of them act alike."""

from __future__ import annotations

import numpy as np

from loaders.simulate.chance import LongArray
from loaders.simulate.money import AIRDROP_DAYS, Money
from loaders.simulate.settings import DAY, START_SECONDS
from loaders.simulate.world import ETH, World, part_of, spread_amounts


def use_wallets(world: World, money: Money, block: int, numbers: LongArray) -> None:
    """Add the transfers of a block of wallets: funding, contracts, other wallets, airdrops.

    Parameters
    ----------
    world : World
    money : Money
    block : int
    numbers : array of int64, shape (n,)
        Of 0 .. `money.n_free` - 1.
    """
    rng, n = world.chance.generator("strangers", block), len(numbers)
    wallet = world.wallet_party(money.free + numbers)
    airdrop = rng.integers(0, len(AIRDROP_DAYS), n)
    hunter = rng.random(n) < 0.2
    any_time = START_SECONDS + rng.random(n) * (world.settings.days - 5) * DAY
    before = money.airdrop_opens(airdrop) - rng.exponential(25 * DAY, n)
    begin = np.maximum(np.where(hunter, before, any_time).astype(np.int64), START_SECONDS)
    usd, currency = spread_amounts(rng, n, 120.0, 1.3), money.draw_currency(rng, n)
    world.add_transfers(begin, _funders(world, money, rng, numbers), wallet, usd, currency)
    for _ in range(3):
        acts = np.flatnonzero(rng.random(n) < 0.5)
        when = begin[acts] + 300 + rng.exponential(25 * DAY, len(acts)).astype(np.int64)
        other = _others(world, money, rng, len(acts))
        target = np.where(rng.random(len(acts)) < 0.7, money.contract(rng, len(acts)), other)
        world.add_transfers(when, wallet[acts], target, part_of(rng, usd[acts], 0.05, 0.3), currency[acts])
    _hunt(world, money, rng, wallet[hunter], airdrop[hunter])


def _others(world: World, money: Money, rng: np.random.Generator, n: int) -> LongArray:
    return world.wallet_party(money.free + rng.integers(0, money.n_free, n))


def _funders(world: World, money: Money, rng: np.random.Generator, numbers: LongArray) -> LongArray:
    """Exchanges, other wallets, or one's own: some people fill three or four from the same."""
    n = len(numbers)
    own, kind = world.wallet_party(money.free + numbers // 4 * 4), rng.random(n)
    return np.where(kind < 0.65, money.venue(rng, n), np.where(kind < 0.85, _others(world, money, rng, n), own))


def _hunt(world: World, money: Money, rng: np.random.Generator, wallet: LongArray, airdrop: LongArray) -> None:
    """Take what an airdrop pays in its first days; many sell it at once."""
    when = money.airdrop_opens(airdrop) + rng.exponential(1.5 * DAY, len(wallet)).astype(np.int64)
    paid = spread_amounts(rng, len(wallet), 600.0, 0.5)
    world.add_transfers(when, money.airdrop_contract(airdrop), wallet, paid, ETH)
    sells = np.flatnonzero(rng.random(len(wallet)) < 0.6)
    later = when[sells] + rng.exponential(2 * DAY, len(sells)).astype(np.int64)
    world.add_transfers(later, wallet[sells], money.venue(rng, len(sells)), np.round(paid[sells] * 0.98, 2), ETH)
