"""Transfers between strangers: where patterns of laundering are sought, and what chance would make of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from algorithms.account_features import pair_counts
from algorithms.cuts import k_cores
from algorithms.graph import Graph
from algorithms.tails import poisson_tail
from algorithms.times import MISSING_TIME
from algorithms.transfers import Transfers

LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

DAY = 86400
NULL = "each transfer between strangers dealt out anew, at its time and amount, by how busy accounts are"


@dataclass(frozen=True, eq=False)
class Pool:
    """Timed transfers between accounts that hardly deal with each other, in order of time.

    Parameters
    ----------
    n_actors : int
    sources, targets : array of int64, shape (n,)
        Actor indices.
    seconds : array of int64, shape (n,)
    amounts : array of float64, shape (n,)
        NaN where absent.
    payers, payees : array of int64
        Who paid and who received in all transfers, busy actors often: from these chance draws.
    activity : array of int64, shape (n_actors,)
        All transfers of each actor.
    expected : array of float64, shape (n_actors,)
        How many of the transfers here each actor would take part in by chance.
    is_deep : bool
        Of a deeper core than chance makes.
    n_cut : list of int
        One entry: how often a search was cut at its bound.
    """

    n_actors: int
    sources: LongArray
    targets: LongArray
    seconds: LongArray
    amounts: FloatArray
    payers: LongArray
    payees: LongArray
    activity: LongArray
    expected: FloatArray
    is_deep: bool = False
    n_cut: list[int] = field(default_factory=lambda: [0])
    found: dict[Any, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.sources)

    @cached_property
    def _ends(self) -> tuple[tuple[LongArray, LongArray], ...]:
        out = []
        for ends in (self.sources, self.targets):
            order = np.argsort(ends, kind="stable")
            out.append((order, np.searchsorted(ends[order], np.arange(self.n_actors + 1))))
        return tuple(out)

    def paid_by(self, actor: int) -> LongArray:
        """Transfers that an actor paid, in order of time."""
        order, starts = self._ends[0]
        return order[starts[actor] : starts[actor + 1]]

    def paid_to(self, actor: int) -> LongArray:
        """Transfers that an actor received, in order of time."""
        order, starts = self._ends[1]
        return order[starts[actor] : starts[actor + 1]]

    @cached_property
    def degrees(self) -> LongArray:
        """Transfers here that each actor takes part in."""
        n = self.n_actors
        return np.bincount(self.sources, minlength=n) + np.bincount(self.targets, minlength=n)

    @cached_property
    def surprise(self) -> FloatArray:
        """Nats of how surprisingly many strangers each actor deals with, given how busy it is."""
        return poisson_tail(self.degrees, np.maximum(self.expected, self.expected.mean()))

    @cached_property
    def rate(self) -> float:
        """Mean transfers here that an actor pays on a day, which is also the mean that one receives."""
        days = (self.seconds[-1] - self.seconds[0]) / DAY + 1 if len(self) else 1.0
        return len(self) / max(self.n_actors, 1) / days

    @cached_property
    def rates(self) -> FloatArray:
        """The same of each actor: what its activity lets expect, and no less than the mean."""
        days = (self.seconds[-1] - self.seconds[0]) / DAY + 1 if len(self) else 1.0
        return np.asarray(np.maximum(self.expected / 2 / days, self.rate))

    @cached_property
    def cores(self) -> LongArray:
        """Core number of every actor: it deals with as many strangers that do the same."""
        return np.asarray(k_cores(Graph.from_edges(self.n_actors, self.sources, self.targets)), dtype=np.int64)

    def only(self, keep: npt.NDArray[np.bool_]) -> Pool:
        """Return the pool of some of its transfers; what is known of the actors stays."""
        part = replace(
            self,
            sources=self.sources[keep],
            targets=self.targets[keep],
            seconds=self.seconds[keep],
            amounts=self.amounts[keep],
            found={},
        )
        for name in ("degrees", "surprise", "rate", "rates", "cores"):
            part.__dict__[name] = getattr(self, name)
        return part

    def deeper(self, depth: int, cores: LongArray | None = None) -> Pool:
        """Return the part among accounts of at least a core number, marked as deep."""
        cores = self.cores if cores is None else cores
        return replace(self.only((cores[self.sources] >= depth) & (cores[self.targets] >= depth)), is_deep=True)

    def by_chance(self, seed: int) -> Pool:
        """Deal the transfers out anew: the null model, in which strangers meet by chance."""
        rng = np.random.default_rng([seed, 0xC4A5])
        sources = self.payers[rng.integers(0, len(self.payers), len(self))]
        targets = self.payees[rng.integers(0, len(self.payees), len(self))]
        apart = sources != targets
        return replace(
            self,
            sources=sources[apart],
            targets=targets[apart],
            seconds=self.seconds[apart],
            amounts=self.amounts[apart],
            n_cut=[0],
            found={},
        )


def make_pools(transfers: Transfers, n_actors: int, most_meetings: int) -> tuple[Pool, Pool]:
    """Pick the transfers between strangers.

    Parameters
    ----------
    transfers : Transfers
        Between actors; those without a time and self-transfers are left out.
    n_actors : int
    most_meetings : int
        How many transfers, in both directions, a pair in the second pool may have between them.

    Returns
    -------
    tuple of Pool
        Pairs that met just once, and pairs that met a few times. O(n log n).
    """
    assert transfers.seconds is not None
    known = (transfers.seconds != MISSING_TIME) & (transfers.sources != transfers.targets)
    meetings = pair_counts(transfers)
    amounts = transfers.amounts if transfers.amounts_usd is None else transfers.amounts_usd
    amounts = np.full(len(transfers), np.nan) if amounts is None else amounts
    # by all columns: the order in which rows were read must not matter
    order = np.lexsort((amounts, transfers.targets, transfers.sources, transfers.seconds))
    order = order[known[order]]
    payers, payees = transfers.sources[order].astype(np.int64), transfers.targets[order].astype(np.int64)
    busy = np.bincount(payers, minlength=n_actors) + np.bincount(payees, minlength=n_actors)
    pools = []
    for most in (1, most_meetings):
        rows = order[meetings[order] <= most]
        pools.append(
            Pool(
                n_actors=n_actors,
                sources=transfers.sources[rows].astype(np.int64),
                targets=transfers.targets[rows].astype(np.int64),
                seconds=transfers.seconds[rows],
                amounts=amounts[rows],
                payers=payers,
                payees=payees,
                activity=busy,
                expected=busy.astype(np.float64) * (len(rows) / max(len(order), 1)),
            )
        )
    return pools[0], pools[1]
