"""What actors do, in one table: where patterns of growth abuse are sought."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from algorithms.entity_graph import EntityGraph
from algorithms.rows import entries_of
from algorithms.times import MISSING_TIME
from algorithms.transfers import Transfers
from gnn.surroundings import GROUPS
from graphrisk.hubs import HubPolicy
from graphrisk.rings.history import History
from graphrisk.rings.sharing import Sharing, actor_of_nodes

LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

DAY = 86_400
TRANSFER = "transfer"
IDLE = ("sign_up", "login", "referral", TRANSFER)
"""Acts that a farm does with its accounts as well."""


@dataclass(frozen=True, eq=False)
class Acts:
    """Timed acts of actors: events, and transfers that they made.

    Parameters
    ----------
    sharing : Sharing
    policy : HubPolicy
    history : History
    transfers : Transfers
        All transfers between nodes.
    acts_for : array of int64, shape (n_nodes,)
        Actor that acts for each node, or -1.
    actors, kinds, targets, seconds : array of int64, shape (n_acts,)
        In order of time. Kinds are indices into `kind_names`, targets node ids or -1.
    values : array of float64, shape (n_acts,)
        NaN where absent.
    kind_names : tuple of str
        Event types, and `TRANSFER` last.
    bonus_kinds : tuple of int
        Kinds that pay something out.
    dormant_days : float
        Who makes no use of an account later than so long after the start is dormant; see `last_use`.
    """

    sharing: Sharing
    policy: HubPolicy
    history: History
    transfers: Transfers
    acts_for: LongArray
    actors: LongArray
    kinds: LongArray
    targets: LongArray
    seconds: LongArray
    values: FloatArray
    kind_names: tuple[str, ...]
    bonus_kinds: tuple[int, ...]
    dormant_days: float

    @property
    def n_actors(self) -> int:
        """Number of actors."""
        return self.sharing.n_actors

    def __len__(self) -> int:
        return len(self.actors)

    @cached_property
    def span(self) -> tuple[int, int]:
        """First and last second of which anything is known."""
        times = np.concatenate([self.seconds, self.history.started[self.history.started != MISSING_TIME]])
        return (int(times.min()), int(times.max())) if len(times) else (0, 0)

    @cached_property
    def first(self) -> LongArray:
        """Oldest act of each actor; the end of the data where it has none."""
        out = np.full(self.n_actors, self.span[1])
        np.minimum.at(out, self.actors, self.seconds)
        return out

    @cached_property
    def last(self) -> LongArray:
        """Newest act of each actor, or its start; `MISSING_TIME` where nothing has a time."""
        out = self.history.last_active.copy()
        np.maximum.at(out, self.actors, self.seconds)
        return np.maximum(out, self.history.started)

    @cached_property
    def last_use(self) -> LongArray:
        """Newest act of each actor that is more than coming, inviting, claiming and passing money on.

        Where the data have no such acts, the newest of all: then a transfer has to do for a sign of life.
        """
        idle = [k for k, name in enumerate(self.kind_names) if name in IDLE or k in self.bonus_kinds]
        uses = ~np.isin(self.kinds, idle)
        if not uses.any():
            return self.last
        out = self.history.started.copy()
        np.maximum.at(out, self.actors[uses], self.seconds[uses])
        return out

    @cached_property
    def judged(self) -> BoolArray:
        """Actors that came long enough ago to tell whether they are dormant."""
        started = self.history.started
        judged: BoolArray = (started != MISSING_TIME) & (self.span[1] - started >= 2 * self.dormant_days * DAY)
        return judged

    @cached_property
    def dormant(self) -> BoolArray:
        """Actors that made no use of their account any more once they had been there for some days."""
        dormant: BoolArray = self.judged & (self.last_use - self.history.started < self.dormant_days * DAY)
        return dormant

    @cached_property
    def bonuses(self) -> FloatArray:
        """Sum of the bonuses of each actor; NaN where none has a value."""
        rows = np.isin(self.kinds, self.bonus_kinds) & ~np.isnan(self.values)
        total = np.bincount(self.actors[rows], self.values[rows], self.n_actors)
        none = np.bincount(self.actors[rows], minlength=self.n_actors) == 0
        return np.where(none, np.nan, total)

    @cached_property
    def open_rows(self) -> LongArray:
        """Rows of the sharing whose signal is a thing of one person, not a place or another person, and no hub."""
        sharing = self.sharing
        things = ~np.isin(sharing.kinds, [k for k, name in enumerate(sharing.signal_types) if name in GROUPS])
        return np.flatnonzero((things & ~self.policy.is_hub)[sharing.row_signals])

    def share_a_signal(self, one: LongArray, other: LongArray) -> BoolArray:
        """Whether two actors share a device, card or the like that is no hub, for each pair. O(n log n)."""
        starts, signals, n = self.sharing.row_starts, self.sharing.row_signals, max(self.sharing.n_signals, 1)
        rows = self.open_rows
        keys = self.sharing.row_actors[rows].astype(np.int64) * n + signals[rows]
        out = np.zeros(len(one), bool)
        at, begins = entries_of(starts, one)
        pair = np.repeat(np.arange(len(one)), np.diff(begins))
        wanted = other[pair] * n + signals[at]
        if len(keys):
            place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
            out[pair[keys[place] == wanted]] = True
        return out

    def value_of(self, members: LongArray) -> float:
        """Bonuses of some actors, NaN where none has a value."""
        taken = self.bonuses[members]
        return float(np.nansum(taken)) if not np.isnan(taken).all() else float("nan")


def make_acts(
    graph: EntityGraph,
    sharing: Sharing,
    policy: HubPolicy,
    history: History,
    bonus_events: Collection[str],
    dormant_days: float,
) -> Acts:
    """Put events and transfers of actors into one table.

    Parameters
    ----------
    graph : EntityGraph
    sharing : Sharing
    policy : HubPolicy
    history : History
    bonus_events : collection of str
    dormant_days : float

    Returns
    -------
    Acts
        Rows without a time are left out. O(n log n).
    """
    _, acts_for = actor_of_nodes(graph, sharing.n_actors > graph.n_accounts)
    events, transfers = graph.events, graph.transfers
    paid_at = np.full(len(transfers), MISSING_TIME) if transfers.seconds is None else transfers.seconds
    amounts = transfers.amounts if transfers.amounts_usd is None else transfers.amounts_usd
    amounts = np.full(len(transfers), np.nan) if amounts is None else amounts
    payer = acts_for[transfers.sources]
    made = (payer >= 0) & (payer != acts_for[transfers.targets])
    columns = [
        np.concatenate([events.accounts.astype(np.int64), payer[made]]),
        np.concatenate([events.types.astype(np.int64), np.full(int(made.sum()), len(events.type_names))]),
        np.concatenate([events.targets.astype(np.int64), transfers.targets[made].astype(np.int64)]),
        np.concatenate([events.seconds, paid_at[made]]),
    ]
    values = np.concatenate([events.values, amounts[made]])
    order = np.lexsort((values, columns[2], columns[1], columns[0], columns[3]))
    order = order[columns[3][order] != MISSING_TIME]
    actors, kinds, targets, seconds = (column[order] for column in columns)
    return Acts(
        sharing=sharing,
        policy=policy,
        history=history,
        transfers=transfers,
        acts_for=acts_for,
        actors=actors,
        kinds=kinds,
        targets=targets,
        seconds=seconds,
        values=values[order],
        kind_names=(*events.type_names, TRANSFER),
        bonus_kinds=tuple(k for k, name in enumerate(events.type_names) if name in bonus_events),
        dormant_days=dormant_days,
    )
