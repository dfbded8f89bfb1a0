"""The world while it is made: who exists since when, and the rows that others add to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from loaders.simulate.chance import BoolArray, Chance, FloatArray, LongArray
from loaders.simulate.naming import SIGNAL_TYPES, WALLET
from loaders.simulate.settings import DAY, START_SECONDS, WorldSettings
from loaders.simulate.spill import Spill

EVENT_TYPES = ("claim", "login", "order", "referral", "sign_up", "trade")
CLAIM, LOGIN, ORDER, REFERRAL, SIGN_UP, TRADE = range(6)
CURRENCIES = ("BTC", "ETH", "EUR", "USDT")
BTC, ETH, EUR, USDT = range(4)
PRICES = np.array([60_000.0, 3_000.0, 1.1, 1.0])

# what a ring's signals take the place of in a member's life
NO_DEVICE, NO_ADDRESS, NO_CARD, NO_WALLET, NO_PHONE, NO_ACTS, NO_INVITER = (1 << bit for bit in range(7))

LINK_ROW = np.dtype(
    [("account", "i4"), ("kind", "i1"), ("signal", "i8"), ("first", "i8"), ("last", "i8"), ("n_events", "i4")]
)
EVENT_ROW = np.dtype([("account", "i4"), ("kind", "i1"), ("seconds", "i8"), ("target", "i4"), ("value", "f8")])
TRANSFER_ROW = np.dtype(
    [("seconds", "i8"), ("number", "i8"), ("source", "i8"), ("target", "i8"), ("usd", "f8"), ("currency", "i1")]
)
ROWS_PER_PART = 500_000


@dataclass
class Ring:
    """One planted ring.

    Parameters
    ----------
    typology : str
    positions : array of int64, shape (n_members,)
        Accounts of the ring; empty where only wallets belong to it.
    camouflage : float
        Share of its acts that look honest.
    start, width : float
        When it begins and within what time its members sign up, in seconds.
    wallets : list of int
        Wallets that belong to the ring themselves, with their roles in `wallet_roles`.
    roles : list of str
        One per position.
    """

    typology: str
    positions: LongArray
    camouflage: float
    start: float
    width: float
    size: int
    wallets: list[int] = field(default_factory=list)
    wallet_roles: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)


class World:
    """All accounts by position, and the rows that were added.

    Positions follow the plan (rings first, then innocent groups, then the rest); `numbers` scatters them, and only
    numbers reach the tables.

    Parameters
    ----------
    settings : WorldSettings
    folder : Path
        For rows that wait to be sorted.
    """

    def __init__(self, settings: WorldSettings, folder: Path) -> None:
        n = settings.n_accounts
        self.settings, self.chance, self.n = settings, Chance(settings.seed), n
        self.end = settings.end_seconds
        self.numbers = self.chance.generator("numbers").permutation(n).astype(np.int32)
        self.created: LongArray = np.zeros(n, np.int64)
        self.home = np.zeros(n, np.int32)
        self.peak_hour = np.zeros(n, np.float32)
        self.skip = np.zeros(n, np.uint8)
        self.inviter = np.full(n, -1, np.int32)
        self.claim_delay = np.full(n, np.nan, np.float32)
        self._reserved = [0] * len(SIGNAL_TYPES)
        self._n_transfers = 0
        self._moved, self._linked = np.zeros(1024, bool), np.zeros(1024, bool)
        self._scratch = self.chance.generator("rows")
        span = (START_SECONDS, self.end)
        parts = [1 + n * per_account // ROWS_PER_PART for per_account in (8, 8, 5)]
        self.links = Spill(folder / "links", LINK_ROW, "account", 0, n, parts[0])
        self.events = Spill(folder / "events", EVENT_ROW, "seconds", *span, parts[1])
        self.transfers = Spill(folder / "transfers", TRANSFER_ROW, "seconds", *span, parts[2])

    def reserve(self, kind: int, count: int) -> int:
        """Return the first of `count` new signals of one type."""
        base = self._reserved[kind]
        self._reserved[kind] += count
        return base

    def hours(self, rng: np.random.Generator, positions: LongArray, spread: float = 3.0) -> LongArray:
        """Seconds into the day at which accounts act."""
        hour = (self.peak_hour[positions] + rng.normal(0, spread, len(positions))) % 24
        return (hour * 3600).astype(np.int64)

    def at_hours(self, rng: np.random.Generator, positions: LongArray, seconds: npt.ArrayLike) -> LongArray:
        """Move times to the accounts' own hours of the day, never before they exist."""
        day = (np.asarray(seconds, np.float64) - START_SECONDS) // DAY
        moved = START_SECONDS + day.astype(np.int64) * DAY + self.hours(rng, positions)
        late = np.where(moved < self.created[positions], moved + DAY, moved)
        return np.maximum(late, self.created[positions])

    def add_links(
        self, positions: LongArray, kind: int, signals: npt.ArrayLike, first: npt.ArrayLike, last: npt.ArrayLike
    ) -> None:
        """Add links; nothing is seen before its account exists or after the world ends."""
        begin = np.maximum(np.broadcast_to(np.asarray(first), positions.shape), self.created[positions])
        use = begin < self.end
        positions, begin = positions[use], begin[use].astype(np.int64)
        stop = np.broadcast_to(np.asarray(last), use.shape)[use].astype(np.int64)
        # what is still in use was last seen some days before the end
        recent = self.end - 1 - self._scratch.exponential(4 * DAY, len(stop)).astype(np.int64)
        stop = np.maximum(np.where(stop >= self.end, recent, stop), begin)
        rows = np.empty(len(positions), LINK_ROW)
        rows["account"], rows["kind"] = self.numbers[positions], kind
        rows["signal"] = np.broadcast_to(np.asarray(signals, np.int64), use.shape)[use]
        rows["first"], rows["last"] = begin, stop
        rows["n_events"] = 1 + self._scratch.poisson(np.minimum(stop - begin, 60 * DAY) / (3 * DAY))
        if kind == WALLET:
            self._linked = _marked(self._linked, rows["signal"])
        self.links.append(rows)

    def add_events(
        self,
        positions: LongArray,
        kind: int,
        seconds: npt.ArrayLike,
        targets: LongArray | None = None,
        values: npt.ArrayLike = np.nan,
    ) -> None:
        """Add acts; those after the end did not happen. `targets` are positions."""
        at = np.broadcast_to(np.asarray(seconds), positions.shape).astype(np.int64)
        use: BoolArray = (at < self.end) & (at >= self.created[positions])
        rows = np.empty(int(use.sum()), EVENT_ROW)
        rows["account"], rows["kind"], rows["seconds"] = self.numbers[positions[use]], kind, at[use]
        rows["target"] = -1 if targets is None else self.numbers[targets[use]]
        rows["value"] = np.broadcast_to(np.asarray(values), use.shape)[use]
        self.events.append(rows)

    def add_transfers(
        self,
        seconds: npt.ArrayLike,
        sources: LongArray,
        targets: LongArray,
        usd: npt.ArrayLike,
        currency: npt.ArrayLike,
    ) -> BoolArray:
        """Add transfers between parties (see `account_party`, `wallet_party`); returns which of them happened."""
        at = np.maximum(np.broadcast_to(np.asarray(seconds), sources.shape).astype(np.int64), START_SECONDS)
        use: BoolArray = (at < self.end) & (sources != targets)
        rows = np.empty(int(use.sum()), TRANSFER_ROW)
        rows["number"] = self._n_transfers + np.arange(len(rows))
        self._n_transfers += len(rows)
        rows["seconds"], rows["source"], rows["target"] = at[use], sources[use], targets[use]
        rows["usd"] = np.broadcast_to(np.asarray(usd, np.float64), use.shape)[use]
        rows["currency"] = np.broadcast_to(np.asarray(currency), use.shape)[use]
        for side in ("source", "target"):
            wallets = rows[side][rows[side] < 0]
            self._moved = _marked(self._moved, -1 - wallets)
        self.transfers.append(rows)
        return use

    def account_party(self, positions: LongArray) -> LongArray:
        """Accounts as sides of a transfer: their numbers."""
        return self.numbers[positions].astype(np.int64)

    @staticmethod
    def wallet_party(wallets: npt.ArrayLike) -> LongArray:
        """Wallets as sides of a transfer: below zero."""
        return -1 - np.asarray(wallets, np.int64)

    def free_wallets(self) -> LongArray:
        """Wallets that moved money and are linked to no account."""
        moved = self._moved.copy()
        common = min(len(moved), len(self._linked))
        moved[:common] &= ~self._linked[:common]
        return np.flatnonzero(moved)


def _marked(mask: BoolArray, at: LongArray) -> BoolArray:
    """Set marks, in a longer array where the mask is too short."""
    if len(at) and int(at.max()) >= len(mask):
        mask = np.concatenate([mask, np.zeros(int(at.max()) + 1, bool)])
    mask[at] = True
    return mask


def spread_amounts(rng: np.random.Generator, n: int, median: float, sigma: float) -> FloatArray:
    """Lognormal amounts in dollars and cents, at least one cent."""
    return np.maximum(np.round(rng.lognormal(np.log(median), sigma, n), 2), 0.01)


def part_of(rng: np.random.Generator, usd: FloatArray, low: float, high: float) -> FloatArray:
    """Part of each amount, drawn between two shares, at least one cent."""
    return np.maximum(np.round(usd * rng.uniform(low, high, len(usd)), 2), 0.01)
