"""Who is who: which accounts make rings, innocent groups and households, and when they sign up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loaders.simulate.chance import LongArray
from loaders.simulate.settings import DAY, MIN_RING, START_SECONDS, WorldSettings
from loaders.simulate.world import Ring, World

TYPOLOGIES = {
    "multi_account": 0.27,
    "bonus_farm": 0.19,
    "referral_farm": 0.19,
    "airdrop_sybil": 0.16,
    "fan_in": 0.07,
    "fan_out": 0.06,
    "cycle": 0.06,
}
WALLET_RINGS = 0.09
"""Rings of wallets alone, which come on top of the rings of accounts, as a share of those."""
CAREFUL = {
    "referral_tree": 0.15,
    "sign_up_burst": 0.15,
    "claim_burst": 0.15,
    "lockstep": 0.15,
    "same_sequence": 0.15,
    "wash_trade": 0.1,
    "airdrop_farm": 0.15,
}
"""Rings that share nothing, and their shares among such rings."""
MOST_WASHERS = 6
LAUNDERING = {
    "bipartite": 0.125,
    "gather_scatter": 0.125,
    "multi_step_flow": 0.125,
    "pass_through": 0.125,
    "peel_chain": 0.125,
    "random": 0.125,
    "scatter_gather": 0.125,
    "stack": 0.125,
}
"""Shapes of laundering that a world has only where they are asked for, and their shares among such rings."""
# of the accounts in look-alike groups
GROUP_SHARES = {
    "dormitory": 0.18,
    "office": 0.26,
    "cafe": 0.1,
    "business": 0.11,
    "influencer": 0.2,
    "payroll": 0.1,
    "savings_club": 0.05,
}
# smallest, largest, and how heavy the tail is
GROUP_SIZES = {
    "dormitory": (30, 400, 1.5),
    "office": (10, 200, 1.5),
    "cafe": (20, 150, 1.5),
    "business": (3, 12, 1.5),
    "influencer": (30, 1500, 1.0),
    "payroll": (8, 120, 1.3),
    "savings_club": (5, 15, 2.0),
}
# the same of groups that act together in time
TWIN_SHARES = {"class": 0.15, "campaign": 0.25, "drop": 0.15, "quest": 0.15, "shop": 0.15, "market_maker": 0.15}
TWIN_SIZES = {
    "class": (15, 60, 2.0),
    "campaign": (150, 1500, 1.5),
    "drop": (30, 300, 1.5),
    "quest": (30, 300, 1.5),
    "shop": (20, 200, 1.5),
    "market_maker": (20, 150, 1.5),
}
HOME_SIZES = np.array([0.85, 0.08, 0.035, 0.02, 0.01, 0.005])
UTC_OFFSETS = np.array([0, 1, 1, 2, -3, -5, 3, 8])
COUNTRIES = ("GB", "DE", "FR", "PL", "BR", "US", "TR", "SG")


@dataclass(frozen=True)
class Groups:
    """Innocent groups of one kind, one after another in position order.

    Parameters
    ----------
    kind : str
    first_id : int
        Number of the first group; ids count on over all kinds.
    positions : array of int64, shape (n_members,)
    sizes : array of int64, shape (n_groups,)
    """

    kind: str
    first_id: int
    positions: LongArray
    sizes: LongArray

    @property
    def ids(self) -> LongArray:
        """Group of each member."""
        return self.first_id + np.repeat(np.arange(len(self.sizes)), self.sizes)

    @property
    def leaders(self) -> LongArray:
        """First member of each group."""
        return self.positions[np.concatenate([[0], np.cumsum(self.sizes)[:-1]])[: len(self.sizes)].astype(np.int64)]

    def companions(self, rng: np.random.Generator) -> LongArray:
        """Return some member of the same group for each member, perhaps themselves."""
        start, size = np.repeat(self.leaders, self.sizes), np.repeat(self.sizes, self.sizes)
        return start + (rng.random(len(start)) * size).astype(np.int64)


@dataclass(frozen=True)
class Plan:
    """Rings, groups and the first position of the rest."""

    rings: list[Ring]
    groups: list[Groups]
    rest: int
    n_homes: int


def _heavy_sizes(rng: np.random.Generator, total: int, low: int, high: int, power: float) -> LongArray:
    """Group sizes with a heavy tail that add up to about `total`, one group at least."""
    if total < low:
        return np.empty(0, np.int64)
    drawn = (
        (low * (rng.pareto(power, 1 + total // low) + 1)).clip(low, min(high, max(low, total // 2))).astype(np.int64)
    )
    return drawn[: int(np.searchsorted(np.cumsum(drawn), total)) or 1]


def _ring_sizes(settings: WorldSettings, rng: np.random.Generator, total: int) -> LongArray:
    """Lognormal sizes that add up to `total`; the last one is what is left."""
    if total < MIN_RING:
        return np.empty(0, np.int64)
    drawn = rng.lognormal(np.log(settings.ring_size_median), 0.8, 1 + total // MIN_RING)
    largest = min(settings.ring_size_max, max(MIN_RING, total // 4))
    sizes = np.round(drawn).clip(MIN_RING, largest).astype(np.int64)
    ends = np.cumsum(sizes)
    n_whole = int(np.searchsorted(ends, total, side="right"))
    left = total - (int(ends[n_whole - 1]) if n_whole else 0)
    whole = sizes[:n_whole]
    return np.append(whole, left) if left >= MIN_RING else whole


def _typologies(rng: np.random.Generator, n: int, shares_of: dict[str, float]) -> list[str]:
    """Names in their shares, every name once before any comes by its share alone."""
    names, shares = list(shares_of), np.array(list(shares_of.values()))
    exact = shares / shares.sum() * max(0, n - len(names))
    drawn = (
        names + list(rng.choice(names, max(0, n - len(names)), p=exact / exact.sum())) if n > len(names) else names[:n]
    )
    return [str(name) for name in rng.permutation(drawn)]


def _plan_rings(world: World) -> list[Ring]:
    """Draw rings with their members, camouflage and times, in no order."""
    settings, rng = world.settings, world.chance.generator("rings")
    sizes = _ring_sizes(settings, rng, round(settings.ring_share * world.n))
    rings, at = [], 0
    for size, typology in zip(sizes.tolist(), _typologies(rng, len(sizes), TYPOLOGIES), strict=True):
        rings.append(_plan_ring(settings, rng, typology, at + np.arange(size), size))
        at += size
    n_wallet_rings = round(WALLET_RINGS * len(rings) + 0.4)
    for size in rng.choice(sizes, n_wallet_rings).tolist() if len(rings) else []:
        rings.append(_plan_ring(settings, rng, "airdrop_sybil", np.empty(0, np.int64), size))
    return [rings[k] for k in rng.permutation(len(rings))]


def _plan_careful(world: World, at: int) -> list[Ring]:
    """Draw the rings that share nothing, from a position on."""
    settings, rng = world.settings, world.chance.generator("careful")
    sizes = _ring_sizes(settings, rng, round(settings.careful_share * world.n))
    rings = []
    for size, typology in zip(sizes.tolist(), _typologies(rng, len(sizes), CAREFUL), strict=True):
        n = int(rng.integers(2, MOST_WASHERS + 1)) if typology == "wash_trade" else size
        rings.append(_plan_ring(settings, rng, typology, at + np.arange(n), n))
        at += n
    return rings


def _plan_laundering(world: World, at: int) -> list[Ring]:
    """Draw the rings whose money takes other shapes, from a position on."""
    settings, rng = world.settings, world.chance.generator("laundering")
    sizes = _ring_sizes(settings, rng, round(settings.laundering_share * world.n))
    rings = []
    for size, typology in zip(sizes.tolist(), _typologies(rng, len(sizes), LAUNDERING), strict=True):
        rings.append(_plan_ring(settings, rng, typology, at + np.arange(size), size))
        at += size
    return rings


def _plan_ring(
    settings: WorldSettings, rng: np.random.Generator, typology: str, positions: LongArray, size: int
) -> Ring:
    mean = settings.camouflage
    camouflage = mean if mean in (0.0, 1.0) else float(rng.beta(8 * mean, 8 * (1 - mean)))
    width = rng.uniform(60, 150) if rng.random() < 0.2 else float(rng.choice([0.5, 3.0, 14.0]))
    width = min(width, settings.days * 0.4)
    # rings come as people do: three times as many at the end as at the beginning
    start = START_SECONDS + (np.sqrt(0.25 + 2 * rng.random()) - 0.5) * (settings.days * 0.97 - width) * DAY
    return Ring(typology, positions, camouflage, start, width * DAY, size)


def _plan_groups(world: World, at: int) -> tuple[list[Groups], int]:
    settings, groups = world.settings, list[Groups]()
    kinds = [("groups", settings.lookalike_share, GROUP_SHARES, GROUP_SIZES)]
    if settings.twin_share:
        kinds.append(("twins", settings.twin_share, TWIN_SHARES, TWIN_SIZES))
    n_groups = 0
    for topic, share_of_all, shares, bounds in kinds:
        rng = world.chance.generator(topic)
        for kind, share in shares.items():
            sizes = _heavy_sizes(rng, round(share * share_of_all * world.n), *bounds[kind])
            n_members = int(sizes.sum())
            groups.append(Groups(kind, n_groups, at + np.arange(n_members), sizes))
            n_groups, at = n_groups + len(sizes), at + n_members
    return groups, at


def _settle(world: World, n_in_rings: int, rest: int) -> int:
    """Give every account a home: those in groups live alone, the rest in households."""
    rng = world.chance.generator("homes")
    n_rest = world.n - rest
    sizes = 1 + rng.choice(len(HOME_SIZES), n_rest, p=HOME_SIZES)
    sizes = sizes[: int(np.searchsorted(np.cumsum(sizes), n_rest)) + 1]
    world.home[:rest] = np.arange(rest)
    world.home[rest:] = rest + np.repeat(np.arange(len(sizes)), sizes)[:n_rest]
    # some members of rings live with people who know nothing
    lodgers = np.flatnonzero(rng.random(n_in_rings) < 0.3)
    world.home[lodgers] = world.home[rng.integers(rest, world.n, len(lodgers))]
    return rest + len(sizes)


def _sign_up(world: World) -> None:
    """Let people come over the whole time, more of them later, in waves of a week, in the evening."""
    days, rng = world.settings.days, world.chance.generator("sign_up")
    rate = np.linspace(0.5, 1.5, days) * (1 + 0.3 * np.sin(np.arange(days) / 7 * 2 * np.pi))
    by_day = np.searchsorted(np.cumsum(rate / rate.sum()), rng.random(world.n)).clip(0, days - 1)
    country = world.chance.below("country", world.home, len(COUNTRIES))
    evening = np.where(rng.random(world.n) < 0.6, 19.5, 12.5)
    world.peak_hour[:] = evening - UTC_OFFSETS[country] + rng.normal(0, 1.5, world.n)
    everyone = np.arange(world.n)
    world.created[:] = START_SECONDS + by_day * DAY + world.hours(rng, everyone)


def make_plan(world: World) -> Plan:
    """Decide who is who and when they sign up.

    Parameters
    ----------
    world : World
        Its homes, hours and sign-up times are set.

    Returns
    -------
    Plan
    """
    rings = _plan_rings(world)
    rings += _plan_careful(world, sum(len(ring.positions) for ring in rings))
    rings += _plan_laundering(world, sum(len(ring.positions) for ring in rings))
    n_in_rings = sum(len(ring.positions) for ring in rings)
    groups, rest = _plan_groups(world, n_in_rings)
    n_homes = _settle(world, n_in_rings, rest)
    _sign_up(world)
    return Plan(rings, groups, rest, n_homes)
