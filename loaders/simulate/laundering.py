"""Rings that launder: the shapes that money takes among mules beside fan-in, fan-out and cycle."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from loaders.simulate.chance import FloatArray, LongArray
from loaders.simulate.money import Money
from loaders.simulate.ring_money import HOUR, delays, victims
from loaders.simulate.settings import DAY
from loaders.simulate.world import USDT, Ring, World, spread_amounts

LAYER_HOURS = 6.0
SPARE_DAYS = 20
"""A run begins so many days before the world ends, so that it comes to its own end."""
MOST_HOPS = 15
Step = tuple[LongArray, LongArray]
"""Who pays and who is paid, aligned; the transfers of one step wait for those of the steps before."""


def launder(world: World, money: Money, ring: Ring, rng: np.random.Generator) -> None:
    """Move money through a ring in the shape of its typology, once or twice.

    In half of the runs it comes from strangers and leaves for other exchanges; else what was before and what comes
    after is not seen.
    """
    steps = SHAPES[ring.typology](len(ring.positions), rng)
    ring.roles = _roles(len(ring.positions), steps)
    begin = int(ring.start) + DAY
    end = max(begin + DAY, min(begin + 40 * DAY, world.end - SPARE_DAYS * DAY))
    for day in np.sort(rng.integers(begin, end, int(rng.integers(1, 3)))).tolist():
        _move(world, money, ring, rng, day, steps)


def _move(world: World, money: Money, ring: Ring, rng: np.random.Generator, day: int, steps: list[Step]) -> None:
    """Pass money on step by step: each account divides what it holds, keeps a little, and waits for some hours."""
    n, parties = len(ring.positions), world.account_party(ring.positions)
    first, last = (np.unique(side) for side in (steps[0][0], steps[-1][1]))
    is_seen = rng.random() < 0.5
    holds, since = np.zeros(n), np.full(n, float(day))
    holds[first] = spread_amounts(rng, len(first), 4_000.0, 0.6)
    if is_seen:
        stranger = victims(money, world, rng, len(first))
        world.add_transfers(since[first] - HOUR, stranger, parties[first], holds[first], USDT)
    for senders, receivers in steps:
        when = since[senders] + delays(rng, ring, len(senders), LAYER_HOURS)
        usd = _parts(rng, holds, senders)
        world.add_transfers(when, parties[senders], parties[receivers], usd, USDT)
        holds[senders] = 0.0
        np.add.at(holds, receivers, usd)
        np.maximum.at(since, receivers, when)
    if is_seen:
        out = np.round(holds[last] * 0.98, 2)
        world.add_transfers(since[last] + 3 * HOUR, parties[last], money.venue(rng, len(last)), out, USDT)


def _parts(rng: np.random.Generator, holds: FloatArray, senders: LongArray) -> FloatArray:
    """Divide what each sender holds, but for a few per cent, among the transfers that it makes."""
    share = rng.uniform(0.8, 1.2, len(senders))
    share /= np.bincount(senders, share, len(holds))[senders]
    parts: FloatArray = np.maximum(np.round(holds[senders] * share * rng.uniform(0.93, 0.99, len(senders)), 2), 0.01)
    return parts


def _roles(n: int, steps: list[Step]) -> list[str]:
    sends, gets = np.zeros(n, bool), np.zeros(n, bool)
    for senders, receivers in steps:
        sends[senders], gets[receivers] = True, True
    names = np.array(["collector", "source", "mule"])  # who gets only, who sends only, who does both
    return [str(name) for name in names[np.where(sends & gets, 2, sends)]]


def _all_pairs(senders: LongArray, receivers: LongArray) -> Step:
    return np.repeat(senders, len(receivers)), np.tile(receivers, len(senders))


def _layer(senders: LongArray, receivers: LongArray, rng: np.random.Generator, width: int = 2) -> Step:
    """Let every sender pay some receivers, or all if there are fewer, so that every receiver is paid."""
    width = max(min(width, len(receivers)), -(-len(receivers) // len(senders)))
    begin = np.arange(len(senders)) * len(receivers) // len(senders) + rng.integers(0, len(receivers))
    target = (begin[:, None] + np.arange(width)) % len(receivers)
    return np.repeat(senders, width), receivers[target.ravel()]


def _bipartite(n: int, rng: np.random.Generator) -> list[Step]:
    """Several pay several others, each of them two to six of those."""
    senders, receivers = np.array_split(np.arange(n), 2)
    return [_layer(senders, receivers, rng, int(rng.integers(2, 7)))]


def _gather_scatter(n: int, rng: np.random.Generator) -> list[Step]:
    """One collects from some, then pays others."""
    hub, rest = np.arange(1), np.arange(1, n)
    least = min(2, len(rest) // 2)
    gets, pays = np.split(rest, [int(np.clip(round(len(rest) * rng.uniform(0.35, 0.65)), least, len(rest) - least))])
    return [_all_pairs(gets, hub), _all_pairs(hub, pays)]


def _scatter_gather(n: int, rng: np.random.Generator) -> list[Step]:
    """One pays several, who pay one other."""
    source, sink, middle = np.array([0]), np.array([1]), np.arange(2, n)
    return [_all_pairs(source, middle), _all_pairs(middle, sink)]


def _stack(n: int, rng: np.random.Generator) -> list[Step]:
    """Layer pays layer pays layer, three to five of them."""
    n_layers = min(n // 2, int(rng.integers(3, 6)))
    # of so few that a layer would be of one, one pays two who pay the others
    layers = np.array_split(np.arange(n), n_layers) if n_layers > 2 else np.split(np.arange(n), [1, 3])
    return [_layer(one, two, rng) for one, two in pairwise(layers)]


def _multi_step_flow(n: int, rng: np.random.Generator) -> list[Step]:
    """A few pay many side by side, who pass it to a few others."""
    few = max(1, n // 6)
    sources, sinks, middle = np.arange(few), np.arange(few, 2 * few), np.arange(2 * few, n)
    width = np.arange(len(middle)) % few
    return [(sources[width], middle), (middle, sinks[width])]


def _pass_through(n: int, rng: np.random.Generator) -> list[Step]:
    """One passes on at once what one other paid it to many, or what many paid it to one other."""
    mule, one, many = np.array([0]), np.array([1]), np.arange(2, n)
    if rng.random() < 0.5:
        return [_all_pairs(one, mule), _all_pairs(mule, many)]
    return [_all_pairs(many, mule), _all_pairs(mule, one)]


def _peel_chain(n: int, rng: np.random.Generator) -> list[Step]:
    """From hand to hand; a large ring sends it along several chains at once."""
    chains = np.array_split(np.arange(1, n), -(-(n - 1) // MOST_HOPS))
    steps = [(np.zeros(len(chains), np.int64), np.array([chain[0] for chain in chains]))]
    for hop in range(1, len(chains[0])):
        longer = [chain for chain in chains if len(chain) > hop]
        steps.append((np.array([chain[hop - 1] for chain in longer]), np.array([chain[hop] for chain in longer])))
    return steps


def _random(n: int, rng: np.random.Generator) -> list[Step]:
    """Everybody deals with three others or more, in no order."""
    ring, at = rng.permutation(n), np.arange(n)
    gaps = (1, int(rng.integers(2, max(3, (n + 1) // 2))))
    one, two = np.tile(ring, 2), np.concatenate([ring[(at + gap) % n] for gap in gaps])
    swaps = rng.random(len(one)) < 0.5
    return [(np.where(swaps, two, one), np.where(swaps, one, two))]


SHAPES: dict[str, Callable[[int, np.random.Generator], list[Step]]] = {
    "bipartite": _bipartite,
    "gather_scatter": _gather_scatter,
    "scatter_gather": _scatter_gather,
    "stack": _stack,
    "multi_step_flow": _multi_step_flow,
    "pass_through": _pass_through,
    "peel_chain": _peel_chain,
    "random": _random,
}
