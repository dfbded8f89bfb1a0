"""What holds of each case now, worked out from its events."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from graphrisk.cases.chain import Entity, Event, parse_time

Decision = Literal["confirmed", "false_positive", "needs_more"]
DECISIONS: tuple[Decision, ...] = ("confirmed", "false_positive", "needs_more")
STATUSES = ("new", "open", "snoozed", *DECISIONS)
"""`new`: nobody has opened a case yet."""


@dataclass(frozen=True)
class Block:
    """A request that accounts be blocked; it is effective once another person has approved it.

    Parameters
    ----------
    requested_by, approved_by : str or None
    entities : tuple of (type, id)
    """

    requested_by: str
    entities: tuple[Entity, ...]
    approved_by: str | None = None

    @property
    def is_effective(self) -> bool:
        """Whether two people stand behind it."""
        return self.approved_by is not None


@dataclass(frozen=True)
class Case:
    """The state of one case.

    Parameters
    ----------
    case_id, ring_id, scan_id : str
        `scan_id` is the scan in which the ring was when the case was opened.
    opened_at : datetime
    opened_by : str
    assignee : str or None
    decision : {"confirmed", "false_positive", "needs_more"} or None
        The last one.
    decided_by : str or None
    decided_at : datetime or None
    snoozed_until : datetime or None
    block : Block or None
    version : int
        `seq` of its last event.
    """

    case_id: str
    ring_id: str
    scan_id: str | None
    opened_at: datetime
    opened_by: str
    assignee: str | None = None
    decision: Decision | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    snoozed_until: datetime | None = None
    block: Block | None = None
    version: int = 0

    def status(self, now: datetime) -> str:
        """One of `STATUSES`; a snooze ends by itself."""
        if self.snoozed_until is not None and now < self.snoozed_until:
            return "snoozed"
        return self.decision or "open"


def apply(case: Case | None, event: Event) -> Case:
    """State of a case after one more of its events."""
    if case is None:
        assert event.case_id is not None
        assert event.ring_id is not None
        return Case(event.case_id, event.ring_id, event.scan_id, event.at, event.actor, version=event.seq)
    case = replace(case, version=event.seq)
    match event.event_type:
        case "assigned":
            return replace(case, assignee=event.new)
        case "decided":
            decision: Decision = event.new  # type: ignore[assignment]
            return replace(case, decision=decision, decided_by=event.actor, decided_at=event.at, snoozed_until=None)
        case "snoozed":
            return replace(case, snoozed_until=parse_time(event.new or ""))
        case "woken":
            return replace(case, snoozed_until=None)
        case "block_requested":
            return replace(case, block=Block(event.actor, event.entities or ()))
        case "block_approved" if case.block is not None:
            return replace(case, block=replace(case.block, approved_by=event.actor))
        case "block_withdrawn":
            return replace(case, block=None)
    return case
