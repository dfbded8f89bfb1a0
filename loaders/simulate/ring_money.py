"""Money of rings: cash-out of farms, funded wallets of an airdrop, and mules that collect, spread or circle money."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from loaders.simulate.chance import FloatArray, LongArray
from loaders.simulate.money import AIRDROP_DAYS, Money
from loaders.simulate.naming import WALLET
from loaders.simulate.ring_signals import hidden
from loaders.simulate.settings import DAY, START_SECONDS
from loaders.simulate.world import ETH, NO_WALLET, USDT, Ring, World, spread_amounts

HOUR = 3600


def move_ring_money(world: World, money: Money, ring: Ring, rng: np.random.Generator) -> None:
    """Add the transfers by which a ring is funded, passes money on and cashes out."""
    movers: dict[str, Callable[[World, Money, Ring, np.random.Generator], None]] = {
        "airdrop_sybil": _farm_airdrop,
        "fan_in": _collect,
        "fan_out": _spread,
        "cycle": _circle,
    }
    movers.get(ring.typology, _cash_out)(world, money, ring, rng)


def delays(rng: np.random.Generator, ring: Ring, n: int, hours: float) -> LongArray:
    """Seconds until each of `n` acts: some hours where the ring shows itself, days where it hides."""
    mean = np.where(hidden(rng, ring, n), 96.0, hours) * HOUR
    return (60 + rng.exponential(mean)).astype(np.int64)


def _new_wallets(world: World, n: int) -> LongArray:
    return world.reserve(WALLET, n) + np.arange(n)


def _cash_out(world: World, money: Money, ring: Ring, rng: np.random.Generator) -> None:
    """Fund the accounts of a farm from one wallet and bring the bonus to another; not every farm does both."""
    at, size = ring.positions, len(ring.positions)
    if rng.random() < 0.45:
        funder = _new_wallets(world, 1)
        _own(ring, funder, "funder")
        world.add_transfers(int(ring.start) - HOUR, money.venue(rng, 1), world.wallet_party(funder), 30.0 * size, USDT)
        shown = at[~hidden(rng, ring)]
        source = np.broadcast_to(world.wallet_party(funder), shown.shape)
        when = world.created[shown] + delays(rng, ring, len(shown), 5.0)
        money.deposit(rng, shown, when, source, np.round(rng.uniform(18, 24, len(shown)), 2), USDT)
    if rng.random() < 0.6:
        n_out = max(1, size // 25)
        wallet = world.wallet_party(_collectors(world, ring, n_out))
        brings = at[~hidden(rng, ring)]
        when = world.created[brings] + 2 * DAY + delays(rng, ring, len(brings), 24.0)
        account = world.account_party(brings)
        target = wallet[rng.integers(0, n_out, len(account))]
        world.add_transfers(when, account, target, np.round(rng.uniform(17, 45, len(account)), 2), USDT)
        if len(when):
            leaves = np.full(n_out, when.max() + 2 * HOUR)
            world.add_transfers(leaves, wallet, money.venue(rng, n_out), round(25.0 * size / n_out, 2), USDT)


def _own(ring: Ring, wallets: LongArray, role: str) -> None:
    ring.wallets += wallets.tolist()
    ring.wallet_roles += [role] * len(wallets)


def _collectors(world: World, ring: Ring, n: int) -> LongArray:
    wallets = _new_wallets(world, n)
    _own(ring, wallets, "collector")
    return wallets


def _farm_airdrop(world: World, money: Money, ring: Ring, rng: np.random.Generator) -> None:
    """Fund wallets, use the same contracts on the same days, claim what is paid out, and gather it."""
    n, wallets = ring.size, _new_wallets(world, ring.size)
    parties = world.wallet_party(wallets)
    if len(ring.positions):
        begin, airdrop = _accounts_take_wallets(world, ring, wallets, rng), _next_airdrop(world, money, ring)
    else:
        airdrop = int(rng.integers(0, len(AIRDROP_DAYS)))
        begin = _wallets_begin(money, ring, wallets, airdrop, rng)
    funded = _fund(world, money, ring, parties, begin, rng)
    for _ in range(int(rng.integers(2, 5))):
        together = int(funded.max()) + rng.exponential(12 * DAY) + np.cumsum(rng.exponential(180, n))
        when = np.where(hidden(rng, ring, n), funded + rng.exponential(20 * DAY, n), together)
        contract = np.broadcast_to(money.contract(rng, 1), (n,))
        world.add_transfers(when, parties, contract, spread_amounts(rng, n, 6.0, 0.15), ETH)
    claimed = np.maximum(int(money.airdrop_opens(airdrop)), funded) + delays(rng, ring, n, 8.0)
    paid = spread_amounts(rng, n, 600.0, 0.25)
    source = np.broadcast_to(money.airdrop_contract(airdrop), (n,))
    world.add_transfers(claimed, source, parties, paid, ETH)
    gathers = np.flatnonzero(~hidden(rng, ring, n))
    collector = np.broadcast_to(world.wallet_party(_collectors(world, ring, 1)), gathers.shape)
    swept = claimed[gathers] + delays(rng, ring, len(gathers), 10.0)
    world.add_transfers(swept, parties[gathers], collector, np.round(paid[gathers] * 0.98, 2), ETH)


def _accounts_take_wallets(world: World, ring: Ring, wallets: LongArray, rng: np.random.Generator) -> LongArray:
    """Give every account of a ring one of its wallets; returns when each can be funded."""
    world.skip[ring.positions] |= NO_WALLET
    begin: LongArray = world.created[ring.positions]
    linked = begin + rng.exponential(3 * DAY, ring.size)
    world.add_links(ring.positions, WALLET, wallets, linked, linked + rng.exponential(60 * DAY, ring.size))
    return begin


def _next_airdrop(world: World, money: Money, ring: Ring) -> int:
    """Return the first airdrop after the ring is there, or the last one."""
    opens = money.airdrop_opens(np.arange(len(AIRDROP_DAYS)))
    return min(int(np.searchsorted(opens, world.created[ring.positions].max())), len(opens) - 1)


def _wallets_begin(money: Money, ring: Ring, wallets: LongArray, airdrop: int, rng: np.random.Generator) -> LongArray:
    """Let wallets be members themselves, made in the weeks before an airdrop."""
    _own(ring, wallets, "wallet")
    opens = int(money.airdrop_opens(airdrop))
    first = max(START_SECONDS + DAY, opens - int(rng.uniform(5, 60) * DAY))
    ring.start, ring.width = float(first), min(ring.width, float(opens - first))
    return np.sort(first + (rng.random(ring.size) * ring.width).astype(np.int64))


def _fund(
    world: World, money: Money, ring: Ring, parties: LongArray, begin: LongArray, rng: np.random.Generator
) -> LongArray:
    """Fund wallets; returns when each has its money."""
    n = len(parties)
    order = np.argsort(begin, kind="stable")
    funder = world.wallet_party(_new_wallets(world, 1))
    _own(ring, -1 - funder, "funder")
    shape = rng.choice(["star", "chain", "tree"], p=[0.5, 0.3, 0.2])
    rank = np.empty(n, np.int64)
    rank[order] = np.arange(n)
    previous = {"star": np.full(n, -1), "chain": rank - 1, "tree": np.where(rank, (rank - 1) // 3, -1)}[str(shape)]
    source = np.where(previous < 0, funder, parties[order[np.maximum(previous, 0)]])
    when = begin + 600 + (rank * rng.uniform(60, 1200)).astype(np.int64)
    hides = hidden(rng, ring, n)
    source = np.where(hides, money.venue(rng, n), source)
    left = np.where(shape == "chain", n - rank, 1)
    usd = np.round(rng.uniform(20, 60) * left * rng.uniform(0.97, 1.03, n), 2)
    world.add_transfers(int(when.min()) - HOUR, money.venue(rng, 1), funder, float(usd.sum()), ETH)
    world.add_transfers(when, source, parties, usd, ETH)
    return when


def _mule_days(world: World, ring: Ring, rng: np.random.Generator) -> LongArray:
    """Times at which a mule ring works, from its start on."""
    begin = int(ring.start) + DAY
    latest = max(begin + DAY, min(begin + 40 * DAY, world.end - 5 * DAY))
    return np.sort(rng.integers(begin, latest, int(rng.integers(2, 6))))


def victims(money: Money, world: World, rng: np.random.Generator, n: int) -> LongArray:
    """Wallets of strangers whose money it was."""
    return world.wallet_party(money.free + rng.integers(0, money.n_free, n))


def _less(rng: np.random.Generator, usd: FloatArray, low: float, high: float) -> FloatArray:
    """What is left when the mule has kept a part."""
    return np.maximum(np.round(usd * (1 - rng.uniform(low, high, len(usd))), 2), 0.01)


def _collect(world: World, money: Money, ring: Ring, rng: np.random.Generator) -> None:
    """Let mules receive stolen money and pass it to one account within hours."""
    head, mules = ring.positions[0], ring.positions[1:]
    ring.roles = ["collector", *["mule"] * len(mules)]
    for day in _mule_days(world, ring, rng).tolist():
        busy = rng.permutation(mules)[: max(3, int(len(mules) * rng.uniform(0.6, 1.0)))]
        usd = spread_amounts(rng, len(busy), 900.0, 0.6)
        arrives = day + (rng.random(len(busy)) * 20 * HOUR).astype(np.int64)
        world.add_transfers(arrives, victims(money, world, rng, len(busy)), world.account_party(busy), usd, USDT)
        passes = arrives + delays(rng, ring, len(busy), 4.0)
        target = world.account_party(np.full(len(busy), head))
        rest = _less(rng, usd, 0.03, 0.1)
        world.add_transfers(passes, world.account_party(busy), target, rest, USDT)
        out = np.array([passes.max() + 3 * HOUR])
        world.add_transfers(out, target[:1], money.venue(rng, 1), round(float(rest.sum()) * 0.97, 2), USDT)


def _spread(world: World, money: Money, ring: Ring, rng: np.random.Generator) -> None:
    """Let one account split what it received among mules, who send it out of sight."""
    head, mules = ring.positions[0], ring.positions[1:]
    ring.roles = ["source", *["mule"] * len(mules)]
    for day in _mule_days(world, ring, rng).tolist():
        busy = rng.permutation(mules)[: max(3, int(len(mules) * rng.uniform(0.6, 1.0)))]
        usd = np.round(rng.uniform(400, 3000) * rng.uniform(0.85, 1.15, len(busy)), 2)
        source = world.account_party(np.full(len(busy), head))
        world.add_transfers(day, victims(money, world, rng, 1), source[:1], round(float(usd.sum()) * 1.03, 2), USDT)
        splits = day + HOUR + delays(rng, ring, len(busy), 3.0)
        world.add_transfers(splits, source, world.account_party(busy), usd, USDT)
        leaves = splits + delays(rng, ring, len(busy), 6.0)
        target = np.where(
            rng.random(len(busy)) < 0.5, money.venue(rng, len(busy)), victims(money, world, rng, len(busy))
        )
        world.add_transfers(leaves, world.account_party(busy), target, _less(rng, usd, 0.03, 0.1), USDT)


def _circle(world: World, money: Money, ring: Ring, rng: np.random.Generator) -> None:
    """Let money go round through the members, a little less at every hop, and come back to where it began."""
    size = len(ring.positions)
    ring.roles = ["layer"] * size
    for day in _mule_days(world, ring, rng).tolist():
        length = min(size, int(rng.integers(3, 13)))
        path = world.account_party(rng.permutation(ring.positions)[:length])
        when = day + np.cumsum(delays(rng, ring, length, 6.0))
        usd = np.round(rng.uniform(2_000, 20_000) * np.cumprod(1 - rng.uniform(0.005, 0.03, length)), 2)
        world.add_transfers(when, path, np.roll(path, -1), usd, USDT)
