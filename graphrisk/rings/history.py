"""When actors came and what they claimed: the part of the data that a null model shuffles."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from algorithms.entity_graph import EntityGraph
from algorithms.times import MISSING_TIME
from graphrisk.rings.settings import RingSettings
from graphrisk.rings.sharing import Sharing

LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

LATEST = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class History:
    """What is known about the past of every actor.

    Parameters
    ----------
    started : array of int64, shape (n_actors,)
        Sign-up, or else the first thing seen of the actor; `MISSING_TIME` where nothing has a time.
    recorded : array of bool, shape (n_actors,)
        Whether the start is a recorded sign-up.
    claimed : array of bool, shape (n_actors,)
        Took a bonus at least once.
    delay : array of float64, shape (n_actors,)
        Seconds from the start to the first bonus, NaN without one.
    taken : array of float64, shape (n_actors,)
        Sum of its bonuses, NaN where none has a value.
    last_active : array of int64, shape (n_actors,)
        Newest time seen of the actor.
    hours : array of complex128, shape (n_actors,)
        Sum of unit vectors that point at the hour of the day of each timed act.
    n_acts : array of int64, shape (n_actors,)
        Number of timed acts in `hours`.
    timed : bool
        Whether starts differ enough to say anything.
    claims : bool
        Whether bonuses are recorded at all.
    n_accounts : int
        Actors ``0 .. n_accounts - 1`` are accounts; wallets take no bonuses.
    order : array of int64, shape (n_actors,), optional
        Whose history each has, where they were dealt out anew.
    """

    started: LongArray
    recorded: npt.NDArray[np.bool_]
    claimed: npt.NDArray[np.bool_]
    delay: FloatArray
    taken: FloatArray
    last_active: LongArray
    hours: npt.NDArray[np.complex128]
    n_acts: LongArray
    timed: bool
    claims: bool
    n_accounts: int
    order: LongArray | None = None

    @property
    def claim_rate(self) -> float:
        """Share of the accounts that took a bonus; 0 where bonuses are not recorded."""
        return float(self.claimed.sum() / self.n_accounts) if self.claims else 0.0

    @property
    def claimed_at(self) -> LongArray:
        """First bonus of every actor; `MISSING_TIME` without one, or where its start has no time."""
        none = np.isnan(self.delay)
        return np.where(none, MISSING_TIME, self.started + np.where(none, 0.0, self.delay).astype(np.int64))

    def shuffled(self, seed: int) -> History:
        """Deal the histories out to the actors anew: the null model in which sharing says nothing about acting alike.

        Parameters
        ----------
        seed : int

        Returns
        -------
        History
        """
        rng, n = np.random.default_rng([seed, 0x5EED]), self.n_accounts
        # accounts and wallets have histories of different kinds and keep to themselves
        order = np.concatenate([rng.permutation(n), n + rng.permutation(len(self.started) - n)])
        return replace(
            self,
            order=order if self.order is None else self.order[order],
            started=self.started[order],
            recorded=self.recorded[order],
            claimed=self.claimed[order],
            delay=self.delay[order],
            taken=self.taken[order],
            last_active=self.last_active[order],
            hours=self.hours[order],
            n_acts=self.n_acts[order],
        )


def _earliest(into: LongArray, actors: LongArray, seconds: LongArray) -> None:
    use = seconds != MISSING_TIME
    np.minimum.at(into, actors[use], seconds[use])


def find_history(graph: EntityGraph, sharing: Sharing, settings: RingSettings) -> History:
    """Collect starts, bonuses and hours of activity of every actor.

    Parameters
    ----------
    graph : EntityGraph
    sharing : Sharing
        Gives the actors.
    settings : RingSettings
        Gives the event types that pay something out.

    Returns
    -------
    History
        O(links + events + transfers).
    """
    n = sharing.n_actors
    events = graph.events
    event_actor = events.accounts.astype(np.int64)
    created = np.full(n, MISSING_TIME)
    created[: graph.n_accounts] = graph.created_at
    first, last = np.full(n, LATEST), np.full(n, MISSING_TIME)
    row_actor = sharing.row_actors.astype(np.int64)
    _earliest(first, row_actor, sharing.first_seen)
    _earliest(first, event_actor, events.seconds)
    np.maximum.at(last, row_actor, sharing.last_seen)
    np.maximum.at(last, event_actor, events.seconds)
    first[first == LATEST] = MISSING_TIME
    started = np.where(created == MISSING_TIME, first, created)

    paid = np.isin(events.types, [k for k, name in enumerate(events.type_names) if name in settings.bonus_events])
    paid &= events.seconds != MISSING_TIME
    claim = np.full(n, LATEST)
    _earliest(claim, event_actor[paid], events.seconds[paid])
    claimed = claim != LATEST
    delay = np.full(n, np.nan)
    both = claimed & (started != MISSING_TIME)
    delay[both] = np.maximum(claim[both] - started[both], 0)

    worth = paid & ~np.isnan(events.values)
    taken = np.bincount(event_actor[worth], events.values[worth], n).astype(np.float64)
    taken[np.bincount(event_actor[worth], minlength=n) == 0] = np.nan

    timed_act = events.seconds != MISSING_TIME
    angle = (events.seconds[timed_act] % 86400) * (2 * np.pi / 86400)
    who = event_actor[timed_act]
    east, north = np.bincount(who, np.cos(angle), n), np.bincount(who, np.sin(angle), n)
    return History(
        started=started,
        recorded=created != MISSING_TIME,
        claimed=claimed,
        delay=delay,
        taken=taken,
        last_active=last,
        hours=east + 1j * north,
        n_acts=np.bincount(who, minlength=n),
        timed=_has_spread(started),
        claims=bool(claimed.sum() > 0.002 * graph.n_accounts),
        n_accounts=graph.n_accounts,
    )


def _has_spread(started: LongArray) -> bool:
    """Whether at least half the actors have a start and no single second holds half of those."""
    known = started[started != MISSING_TIME]
    if len(known) < max(2, len(started) / 2):
        return False
    return bool(np.unique(known, return_counts=True)[1].max() < len(known) / 2)
