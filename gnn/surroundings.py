"""The data around candidate rings: what their features are measured from, and against."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from algorithms.graph import Graph
from algorithms.times import MISSING_TIME
from gnn._shared_kernels import DAY, IDENTITY, MONEY, PLACE, REFERRAL
from gnn.payments import Payments
from gnn.shared_uses import SharedUses, instruments

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

GROUPS = {
    **{"ip": PLACE, "ip_subnet": PLACE, "address": PLACE, "referrer": REFERRAL, "funder": MONEY, "payee": MONEY},
    **dict.fromkeys(("deposit_address", "first_funder", "last_sweep"), MONEY),
}


@dataclass(frozen=True, eq=False)
class Surroundings:
    """The data around the candidates: who shares what, who is near whom, and what is known of each actor.

    Parameters
    ----------
    affinity : Graph
        Probability of each pair of actors.
    evidence : Graph
        Every pair of actors with any evidence, without weights.
    row_starts, row_signals, first_seen, last_seen
        The incidence of actors and signals, rows sorted by actor and signal; times in seconds.
    signal_types : tuple of str
    kinds, degrees : arrays, shape (n_signals,)
        Signal type and number of actors of each signal.
    nats : array of float64, shape (n_signals,)
        Evidence of each signal, 0 for hubs.
    inviters : array of int32, shape (n_actors,)
    n_invited : array of int64, shape (n_actors,)
        How many each invited.
    started, last_active : array of int64, shape (n_actors,)
    recorded, claimed : array of bool, shape (n_actors,)
    delay : array of float64, shape (n_actors,)
    hours : array of complex128, shape (n_actors,)
    n_acts : array of int64, shape (n_actors,)
    taken : array of float64, shape (n_actors,)
    is_account : array of bool, shape (n_actors,)
        The others are wallets, which take no bonuses.
    payments : Payments, optional
        None where there are none to be told of.
    """

    affinity: Graph
    evidence: Graph
    row_starts: LongArray
    row_signals: IntArray
    first_seen: LongArray
    last_seen: LongArray
    signal_types: tuple[str, ...]
    kinds: npt.NDArray[np.int16]
    degrees: LongArray
    nats: FloatArray
    inviters: IntArray
    n_invited: LongArray
    started: LongArray
    recorded: BoolArray
    last_active: LongArray
    claimed: BoolArray
    delay: FloatArray
    hours: npt.NDArray[np.complex128]
    n_acts: LongArray
    taken: FloatArray
    is_account: BoolArray
    payments: Payments | None = None

    @cached_property
    def uses(self) -> SharedUses:
        """Uses of the signals that can be shared."""
        groups = np.array([GROUPS.get(kind, IDENTITY) for kind in self.signal_types] or [0], dtype=np.int64)
        rows = self.row_starts, self.row_signals, self.first_seen, self.last_seen
        return SharedUses.of(*rows, self.kinds, groups, self.degrees, self.nats)

    @cached_property
    def instruments(self) -> npt.NDArray[np.int8]:
        """Whether each actor has a payment instrument (1), and one that nobody else has (2)."""
        kind = self.signal_types.index("instrument") if "instrument" in self.signal_types else -1
        return instruments(self.row_starts, self.row_signals, self.kinds, self.degrees, kind)

    @cached_property
    def claimed_at(self) -> LongArray:
        """When each actor first took a bonus, `MISSING_TIME` where it did not."""
        took = ~np.isnan(self.delay)
        out = np.full(len(self.delay), MISSING_TIME)
        out[took] = self.started[took] + self.delay[took].astype(np.int64)
        return out

    @cached_property
    def sums(self) -> tuple[FloatArray, FloatArray]:
        """`hours` as two coordinates."""
        return self.hours.real.copy(), self.hours.imag.copy()

    @cached_property
    def directions(self) -> tuple[FloatArray, FloatArray]:
        """`hours` as two coordinates of a vector of length one, 0 where there are none."""
        length = np.abs(self.hours)
        pointing = np.where(length > 0, self.hours / np.maximum(length, 1e-12), 0)
        return pointing.real.copy(), pointing.imag.copy()

    @cached_property
    def usual(self) -> Usual:
        """What the features of candidates among these actors are measured against."""
        return Usual.of(self)

    @property
    def days(self) -> FloatArray:
        """Days from the start of each actor to its last activity, NaN where unknown."""
        known = (self.started != MISSING_TIME) & (self.last_active != MISSING_TIME)
        return np.where(known, (self.last_active - self.started) / DAY, np.nan)


@dataclass(frozen=True, eq=False)
class Usual:
    """What is known of the actors of a population, in ascending order where it is an array."""

    starts: LongArray
    ends: LongArray
    claims: LongArray
    delays: FloatArray
    acts: LongArray
    days: FloatArray
    taken: FloatArray
    paid: LongArray
    got: LongArray
    claim_rate: float

    @staticmethod
    def of(population: Surroundings) -> Usual:
        """Sort it; O(n log n) in the actors."""
        days, dealt = population.days, population.payments
        return Usual(
            starts=_known(population.started),
            ends=_known(population.last_active),
            claims=_known(population.claimed_at),
            delays=np.sort(population.delay[~np.isnan(population.delay)]),
            acts=np.sort(population.n_acts),
            days=np.sort(days[~np.isnan(days)]),
            taken=np.sort(population.taken[population.taken > 0]),
            paid=np.empty(0, np.int64) if dealt is None else np.sort(dealt.paid.counts),
            got=np.empty(0, np.int64) if dealt is None else np.sort(dealt.got.counts),
            claim_rate=float(population.claimed.sum() / max(population.is_account.sum(), 1)),
        )


def _known(seconds: LongArray) -> LongArray:
    return np.sort(seconds[seconds != MISSING_TIME])
