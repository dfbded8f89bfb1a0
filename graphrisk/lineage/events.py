"""What happened to rings since the scan before: the rows of the `ring_event` table."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from graphrisk.lineage.matching import Match
from graphrisk.lineage.ring_set import MEMBER, SIGNAL, RingSet

EVENTS = ("merged", "split", "revived", "born", "grown", "shrunk", "dissolved")
"""The first that fits is what `ring.lineage` says of a ring."""
SAME = "same"


@dataclass(frozen=True)
class RingEvent:
    """One event of one ring.

    Parameters
    ----------
    ring_id, event : str
    from_ring_ids : tuple of str
    n_members, n_before, n_added, n_removed, n_shared_signals : int
        As in the `ring_event` table.
    overlap : float or None
    """

    ring_id: str
    event: str
    from_ring_ids: tuple[str, ...]
    n_members: int
    n_before: int
    n_added: int
    n_removed: int
    n_shared_signals: int
    overlap: float | None

    def text(self) -> str:
        """Write the event in one sentence."""
        came, left = _members(self.n_added), _members(self.n_removed)
        others = [ring for ring in self.from_ring_ids if ring != self.ring_id]
        change = f"{self.n_before} before, {self.n_members} now"
        sentences = {
            "born": f"Born with {_members(self.n_members)}.",
            "revived": f"Listed again with {_members(self.n_members)}, {self.n_before} when last listed.",
            "grown": f"{came} came: {change}.",
            "shrunk": f"{left} left: {change}.",
            "merged": f"Merged with {', '.join(others)}: {_members(self.n_members)}, {self.n_before} in all before.",
            "split": f"Split from {', '.join(others)} with {_members(self.n_members)}."
            if others
            else f"Split into several: {change} under this id.",
            "dissolved": f"Not listed any more; it had {_members(self.n_before)}.",
        }
        return sentences[self.event]

    def row(self) -> dict[str, Any]:
        """Return the event as a row of the table, but for the scans."""
        return {**vars(self), "from_ring_ids": list(self.from_ring_ids), "text": self.text()}


def _members(n: int) -> str:
    return f"{n} member" + ("" if n == 1 else "s")


def find_events(old: RingSet, new: RingSet, remembered: RingSet, match: Match) -> list[RingEvent]:
    """Say what happened to every ring.

    `grown` and `shrunk` are told of rings that were listed in the scan before: members came that were in none of the
    rings it came from, or left to none that came from them. A ring that merged or split has that event as well.

    Parameters
    ----------
    old, new, remembered : RingSet
        `new` bears its final ids.
    match : Match

    Returns
    -------
    list of RingEvent
        In the order of `new`, then the dissolved ones by id.
    """
    families = _Families(old, new, remembered, match)
    out = [event for ring in range(len(new)) for event in families.events_of(ring)]
    gone = [k for k in range(len(old)) if k not in families.heirs]
    for ring in sorted(gone, key=lambda k: old.ids[k]):
        n = len(families.members[ring])
        out.append(RingEvent(old.ids[ring], "dissolved", (old.ids[ring],), 0, n, 0, n, 0, None))
    return out


class _Families:
    """Which rings came from which, and what is in them; old, remembered and new rings stand one after the other."""

    def __init__(self, old: RingSet, new: RingSet, remembered: RingSet, match: Match) -> None:
        every = old + remembered + new
        self.old, self.new, self.match = old, new, match
        self.first_remembered, self.first_new = len(old), len(old) + len(remembered)
        self.members, self.signals = _sets(every, MEMBER), _sets(every, SIGNAL)
        self.sources = _sources(match, len(new))
        self.heads = {ring for before in match.parents.values() for ring in before}
        self.heirs: dict[int, list[int]] = {}
        for after, before in self.sources.items():
            for ring in before:
                self.heirs.setdefault(ring, []).append(after)

    def events_of(self, ring: int) -> list[RingEvent]:
        """Return the events of one new ring."""
        match, own, before = self.match, self.new.ids[ring], self.sources[ring]
        kept, returned = match.same.get(ring), match.revived.get(ring)
        counts = self._counts(ring)
        overlap = match.overlaps[kept, ring] if kept is not None else match.revived_overlaps.get(ring)
        names = tuple(sorted(self.old.ids[k] for k in before))
        happened: dict[str, tuple[str, ...] | None] = {
            "merged": names if len(before) > 1 and kept is not None else None,
            "split": names if kept is None and before else (own,) if kept in self.heads else None,
            "revived": None if returned is None else (own,),
            "born": () if returned is None and not before else None,
            "grown": names if kept is not None and counts[2] > 0 else None,
            "shrunk": names if kept is not None and counts[3] > 0 else None,
        }
        return [
            RingEvent(own, event, origin, *counts, overlap) for event, origin in happened.items() if origin is not None
        ]

    def _counts(self, ring: int) -> tuple[int, int, int, int, int]:
        """Members now and before, members that came and that left, and signals in common."""
        at, before = self.first_new + ring, list(self.sources[ring])
        heirs = {self.first_new + after for k in before for after in self.heirs[k]}
        if not before and ring in self.match.revived:
            before, heirs = [self.first_remembered + self.match.revived[ring]], {at}
        was: set[int] = set().union(*(self.members[k] for k in before))
        signals: set[int] = set().union(*(self.signals[k] for k in before))
        still: set[int] = set().union(*(self.members[k] for k in heirs))
        now = self.members[at]
        return len(now), len(was), len(now - was), len(was - still), len(self.signals[at] & signals)


def _sets(rings: RingSet, part: str) -> list[set[int]]:
    """Members or signals of rings as sets of numbers, the same number for the same thing."""
    owner, codes, _ = rings.coded(part)
    order = np.argsort(owner, kind="stable")
    ends = np.searchsorted(owner[order], np.arange(len(rings) + 1))
    return [set(codes[order[a:b]].tolist()) for a, b in pairwise(ends)]


def _sources(match: Match, n_new: int) -> dict[int, list[int]]:
    """Old rings that each new ring came from: what it was, what merged into it, or what it split from."""
    sources = {ring: sorted(match.parents.get(ring, ())) for ring in range(n_new)}
    for after, before in match.same.items():
        sources[after] = [before]
    for before, after in sorted(match.absorbed.items()):
        sources[after].append(before)
    return sources


def lineage_of(events: list[RingEvent]) -> dict[str, str]:
    """Return the main event of every ring that had one."""
    out: dict[str, str] = {}
    for event in sorted(events, key=lambda each: EVENTS.index(each.event)):
        out.setdefault(event.ring_id, event.event)
    return out
