"""Every single act of the members of rings that has a time: sign-ups, bonuses, invitations and transfers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms.entity_graph import EntityGraph
from algorithms.rows import entries_of
from algorithms.times import MISSING_TIME
from graphrisk.rings.direct_pairs import REFERRAL
from graphrisk.rings.history import History
from graphrisk.rings.settings import RingSettings
from graphrisk.rings.sharing import Sharing, actor_of_nodes

LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

SIGN_UP, BONUS, INVITATION, PAYMENT = range(4)
ACT_KINDS = ("sign_up", "bonus", "referral", "transfer")
MOST_ACTS = 500
"""Most acts of one kind that are kept of one ring."""


@dataclass(frozen=True, eq=False)
class RingActs:
    """Acts of rings; sorted by ring and then by time.

    Parameters
    ----------
    rings : array of int64, shape (n,)
        Position of the ring in the list.
    kinds : array of int64, shape (n,)
        Index into `ACT_KINDS`.
    seconds : array of int64, shape (n,)
    sources, targets : array of int64, shape (n,)
        Node ids: who signed up, took, invited or paid; and who was invited or paid, -1 where nobody.
    values : array of float64, shape (n,)
        Of a bonus or a transfer; NaN where unknown.
    currencies : array of int64, shape (n,)
        Index into `currency_names`, -1 where the data name none.
    n_acts : array of int64, shape (n,)
        How many acts of this kind the ring has, kept or not.
    currency_names : tuple of str
    """

    rings: LongArray
    kinds: LongArray
    seconds: LongArray
    sources: LongArray
    targets: LongArray
    values: FloatArray
    currencies: LongArray
    n_acts: LongArray
    currency_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.rings)


class _Memberships:
    """Which rings an actor is in; an actor may be in several.

    Parameters
    ----------
    rings : sequence of array of int
        Actor indices of the members of each ring.
    n_actors : int
    """

    def __init__(self, rings: Sequence[npt.NDArray[np.integer]], n_actors: int) -> None:
        flat = np.concatenate([np.empty(0, np.int64), *rings]).astype(np.int64)
        ring = np.repeat(np.arange(len(rings)), [len(members) for members in rings])
        order = np.lexsort((ring, flat))
        self.actors, self.rings = flat[order], ring[order]
        self.starts = np.searchsorted(self.actors, np.arange(n_actors + 1))
        self._keys = np.sort(ring * n_actors + flat)
        self._n_actors = n_actors

    @property
    def in_any(self) -> npt.NDArray[np.bool_]:
        """Whether each actor is in a ring."""
        return np.diff(self.starts) > 0

    def spread(self, actors: LongArray) -> tuple[LongArray, LongArray]:
        """One entry per act and ring of its actor: position of the act, and the ring."""
        entries, begins = entries_of(self.starts, actors)
        return np.repeat(np.arange(len(actors)), np.diff(begins)), self.rings[entries]

    def holds(self, rings: LongArray, actors: LongArray) -> npt.NDArray[np.bool_]:
        """Whether each ring has the actor beside it as a member."""
        keys = rings * self._n_actors + actors
        place = np.searchsorted(self._keys, keys)
        place[place == len(self._keys)] = 0
        return self._keys[place] == keys if len(self._keys) else np.zeros(len(keys), bool)


def find_acts(
    graph: EntityGraph,
    sharing: Sharing,
    history: History,
    settings: RingSettings,
    rings: Sequence[npt.NDArray[np.integer]],
    *,
    most: int = MOST_ACTS,
) -> RingActs:
    """Collect what the members of each ring did, act by act.

    Invitations are those that members got, from whomever; transfers are those from one member to another, where a
    wallet of one account acts for that account. Of more than `most` acts of a kind in a ring, so many are kept, evenly
    over their order in time, the first and the last among them.

    Parameters
    ----------
    graph : EntityGraph
    sharing : Sharing
    history : History
    settings : RingSettings
    rings : sequence of array of int
        Actor indices of the members of each ring.
    most : int
        At least 2.

    Returns
    -------
    RingActs
        O(events + transfers), and O(k log k) for the k acts of members.
    """
    known = _Memberships(rings, sharing.n_actors)
    names = ("USD",) if graph.transfers.amounts_usd is not None else graph.transfers.currency_names
    parts = [
        _sign_ups(sharing, history, known),
        *_events(graph, settings, known),
        _payments(graph, sharing, settings, known),
    ]
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    ring, kind, seconds, source, target, value, currency = columns
    # values last, so that equal acts stand in an order of their own, not in that of the rows
    order = np.lexsort((currency, value, target, source, seconds, kind, ring))
    columns = [column[order] for column in columns]
    keep, n_acts = _thin(columns[0] * len(ACT_KINDS) + columns[1], most)
    columns, n_acts = [column[keep] for column in columns], n_acts[keep]
    order = np.lexsort((np.arange(len(n_acts)), columns[2], columns[0]))
    ring, kind, seconds, source, target, value, currency = (column[order] for column in columns)
    return RingActs(ring, kind, seconds, source, target, value, currency, n_acts[order], tuple(names))


_Columns = tuple[LongArray, LongArray, LongArray, LongArray, LongArray, FloatArray, LongArray]


def _columns(
    ring: LongArray,
    kind: int,
    seconds: LongArray,
    source: npt.NDArray[np.integer],
    target: npt.NDArray[np.integer] | None = None,
    value: FloatArray | None = None,
    currency: npt.NDArray[np.integer] | None = None,
) -> _Columns:
    n = len(ring)
    return (
        ring,
        np.full(n, kind),
        seconds,
        source.astype(np.int64),
        np.full(n, -1) if target is None else target.astype(np.int64),
        np.full(n, np.nan) if value is None else value,
        np.full(n, -1) if currency is None else currency.astype(np.int64),
    )


def _sign_ups(sharing: Sharing, history: History, known: _Memberships) -> _Columns:
    """Recorded starts; a start that is only the first thing seen of an actor is no sign-up."""
    use = history.recorded[known.actors] & (history.started[known.actors] != MISSING_TIME)
    actors = known.actors[use]
    return _columns(known.rings[use], SIGN_UP, history.started[actors], sharing.actors[actors])


def _events(graph: EntityGraph, settings: RingSettings, known: _Memberships) -> tuple[_Columns, _Columns]:
    """Bonuses that members took, and the invitations that brought them."""
    events = graph.events
    timed = (events.seconds != MISSING_TIME) & known.in_any[events.accounts]
    paid = [k for k, name in enumerate(events.type_names) if name in settings.bonus_events]
    rows = np.flatnonzero(timed & np.isin(events.types, paid))
    act, ring = known.spread(events.accounts[rows].astype(np.int64))
    row = rows[act]
    bonuses = _columns(ring, BONUS, events.seconds[row], events.accounts[row], value=events.values[row])
    rows = events.of_type(REFERRAL)
    rows = rows[timed[rows] & (events.targets[rows] >= 0) & (events.targets[rows] < graph.n_accounts)]
    rows = rows[events.targets[rows] != events.accounts[rows]]
    act, ring = known.spread(events.accounts[rows].astype(np.int64))
    row = rows[act]
    return bonuses, _columns(ring, INVITATION, events.seconds[row], events.targets[row], events.accounts[row])


def _payments(graph: EntityGraph, sharing: Sharing, settings: RingSettings, known: _Memberships) -> _Columns:
    """Transfers from one member to another."""
    transfers = graph.transfers
    empty = np.empty(0, np.int64)
    if transfers.seconds is None or not len(transfers):
        return _columns(empty, PAYMENT, empty, empty)
    _, acts_for = actor_of_nodes(graph, "wallet" in settings.member_types)
    inside = (acts_for >= 0) & known.in_any[acts_for]
    use = inside[transfers.sources] & inside[transfers.targets] & (transfers.seconds != MISSING_TIME)
    rows = np.flatnonzero(use)
    payer, payee = acts_for[transfers.sources[rows]], acts_for[transfers.targets[rows]]
    act, ring = known.spread(payer)
    both = known.holds(ring, payee[act]) & (payer[act] != payee[act])
    act, ring = act[both], ring[both]
    row = rows[act]
    ends = sharing.actors[payer[act]], sharing.actors[payee[act]]
    if transfers.amounts_usd is not None:
        return _columns(
            ring, PAYMENT, transfers.seconds[row], *ends, transfers.amounts_usd[row], np.zeros(len(row), np.int64)
        )
    amounts = None if transfers.amounts is None else transfers.amounts[row]
    currency = None if transfers.currencies is None else transfers.currencies[row]
    return _columns(ring, PAYMENT, transfers.seconds[row], *ends, amounts, currency)


def _thin(groups: LongArray, most: int) -> tuple[npt.NDArray[np.bool_], LongArray]:
    """Which rows of each group to keep, evenly over their order and the two ends always; and the size of the group.

    Rows of a group stand together.
    """
    if not len(groups):
        return np.empty(0, bool), np.empty(0, np.int64)
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    counts = np.diff(np.r_[starts, len(groups)])
    size = np.repeat(counts, counts)
    rank = np.arange(len(groups)) - np.repeat(starts, counts)
    step = np.maximum(size - 1, 1)
    is_next = (rank * (most - 1)) // step != ((rank - 1) * (most - 1)) // step
    return (size <= most) | is_next, size
