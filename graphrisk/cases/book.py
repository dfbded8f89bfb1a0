"""Open, assign, note, decide, snooze, block: everything that can be done to a case."""

from __future__ import annotations

import sqlite3
import threading
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from graphrisk.cases.chain import Entity, Event, Head, append, format_time, to_event, verify_chain
from graphrisk.cases.database import CaseDatabase, CaseError
from graphrisk.cases.state import DECISIONS, Case, apply

LONGEST_NAME = 100


def clean_actor(name: str) -> str:
    """Bring the name of a person to one form, so that nobody is two people by writing themselves in two ways.

    Raises
    ------
    CaseError
        If it is empty, too long or holds what cannot be seen.
    """
    text = unicodedata.normalize("NFKC", name).strip().casefold()
    if not text or len(text) > LONGEST_NAME or any(unicodedata.category(c)[0] in "CZ" and c != " " for c in text):
        raise CaseError(f"a person must have a name of 1 to {LONGEST_NAME} visible characters, got {name[:120]!r}")
    return text


class CaseBook:
    """All cases of a store.

    Every call that changes something appends one event and returns the case as it then is. `seen` is the `version`
    of the case that the actor had before them; if somebody else has changed it since, the call is refused.

    Parameters
    ----------
    store : str or Path
        Folder of the results store.
    """

    def __init__(self, store: str | Path) -> None:
        self.database = CaseDatabase(store)
        self._lock = threading.Lock()
        self._cases: dict[str, Case] = {}
        self._ids: dict[str, str] = {}
        self._known = 0

    def cases(self) -> dict[str, Case]:
        """Cases by the id of their ring; reads only the events that came since the last call."""
        with self._lock, self.database.reading() as connection:
            self._catch_up(connection)
            return dict(self._cases)

    def case(self, ring_id: str) -> Case | None:
        """The case of a ring, if there is one."""
        return self.cases().get(ring_id)

    def find(self, key: str) -> Case:
        """Find a case by its own id or that of its ring.

        Raises
        ------
        CaseError
            If there is none.
        """
        cases = self.cases()
        for case in cases.values():
            if key in (case.case_id, case.ring_id):
                return case
        raise CaseError(f"there is no case {key!r}; `graphrisk case open RING` opens one")

    def _catch_up(self, connection: sqlite3.Connection) -> None:
        rows = connection.execute(
            "SELECT * FROM case_event WHERE seq > ? AND case_id IS NOT NULL ORDER BY seq", (self._known,)
        )
        for row in rows:
            event = to_event(row)
            assert event.case_id is not None
            ring_id = self._ids.setdefault(event.case_id, event.ring_id or "")
            self._cases[ring_id] = apply(self._cases.get(ring_id), event)
            self._known = event.seq

    def events(self, case_id: str) -> list[Event]:
        """Events of one case, oldest first."""
        with self.database.reading() as connection:
            rows = connection.execute("SELECT * FROM case_event WHERE case_id = ? ORDER BY seq", (case_id,))
            return [to_event(row) for row in rows]

    def audit(self, *, before: int | None = None, limit: int = 100) -> list[Event]:
        """Events of the whole log, newest first, from just before a place in it."""
        with self.database.reading() as connection:
            rows = connection.execute(
                "SELECT * FROM case_event WHERE ? IS NULL OR seq < ? ORDER BY seq DESC LIMIT ?",
                (before, before, limit),
            )
            return [to_event(row) for row in rows]

    def verify(self, head: str | None = None) -> Head:
        """Check the log; see `verify_chain`."""
        with self.database.reading() as connection:
            return verify_chain(connection, head)

    def record(self, event_type: str, actor: str, **facts: Any) -> Event:
        """Append an event about no case: a look at identifiers, a login."""
        with self.database.writing() as connection:
            return append(connection, event_type, clean_actor(actor), at=datetime.now(UTC), **facts)

    def open(self, ring_id: str, actor: str, *, scan_id: str | None = None, note: str | None = None) -> Case:
        """Open the case of a ring.

        Raises
        ------
        CaseError
            If it has one already.
        """
        with self._lock, self.database.writing() as connection:
            self._catch_up(connection)
            if ring_id in self._cases:
                raise CaseError(f"ring {ring_id} has the case {self._cases[ring_id].case_id} already")
            case_id = f"c{len(self._cases) + 1:06d}"
            return self._append(
                connection, "opened", actor, case_id=case_id, ring_id=ring_id, scan_id=scan_id, note=_text(note)
            )

    def assign(self, case_id: str, actor: str, assignee: str | None, *, seen: int | None = None) -> Case:
        """Give a case to a person, or to nobody."""
        new = None if assignee is None else clean_actor(assignee)
        return self._change(case_id, actor, "assigned", seen, new=new)

    def note(self, case_id: str, actor: str, note: str, *, seen: int | None = None) -> Case:
        """Write a note."""
        if _text(note) is None:
            raise CaseError("a note must say something")
        return self._change(case_id, actor, "noted", seen, note=note)

    def decide(
        self,
        case_id: str,
        actor: str,
        decision: str,
        *,
        members: Sequence[Entity],
        scan_id: str | None,
        note: str | None = None,
        seen: int | None = None,
    ) -> Case:
        """Decide a case; a later decision takes the place of an earlier one.

        Parameters
        ----------
        case_id, actor : str
        decision : {"confirmed", "false_positive", "needs_more"}
        members : sequence of (type, id)
            Members of the ring that the actor had before them: the labels are theirs, whatever the ring becomes.
        scan_id : str or None
            The scan that they are members in.
        note : str, optional
        seen : int, optional
        """
        if decision not in DECISIONS:
            raise CaseError(f"a decision must be one of {', '.join(DECISIONS)}, got {decision!r}")
        return self._change(case_id, actor, "decided", seen, new=decision, note=note, entities=members, scan_id=scan_id)

    def snooze(
        self, case_id: str, actor: str, until: datetime, *, note: str | None = None, seen: int | None = None
    ) -> Case:
        """Put a case aside until a moment to come."""
        if until <= datetime.now(UTC):
            raise CaseError(f"a snooze must end in the future, got {until.isoformat()}")
        return self._change(case_id, actor, "snoozed", seen, new=format_time(until), note=note)

    def wake(self, case_id: str, actor: str, *, seen: int | None = None) -> Case:
        """End a snooze early."""
        return self._change(case_id, actor, "woken", seen)

    def request_block(
        self,
        case_id: str,
        actor: str,
        *,
        members: Sequence[Entity],
        scan_id: str | None,
        note: str | None = None,
        seen: int | None = None,
    ) -> Case:
        """Ask that accounts be blocked; nothing is effective before another person approves."""
        accounts = [pair for pair in members if pair[0] == "account"]
        if not accounts:
            raise CaseError("a block must name at least one account")
        return self._change(case_id, actor, "block_requested", seen, note=note, entities=accounts, scan_id=scan_id)

    def approve_block(self, case_id: str, actor: str, *, note: str | None = None, seen: int | None = None) -> Case:
        """Approve a block that another person asked for; from now on it is effective."""
        return self._change(case_id, actor, "block_approved", seen, note=note)

    def withdraw_block(self, case_id: str, actor: str, *, note: str | None = None, seen: int | None = None) -> Case:
        """Take back a request, or lift a block."""
        return self._change(case_id, actor, "block_withdrawn", seen, note=note)

    def _change(self, case_id: str, actor: str, event_type: str, seen: int | None, **facts: Any) -> Case:
        with self._lock, self.database.writing() as connection:
            self._catch_up(connection)
            case = self._cases.get(self._ids.get(case_id, ""))
            if case is None:
                raise CaseError(f"there is no case {case_id!r}")
            if seen is not None and seen != case.version:
                raise CaseError("somebody else has changed this case since you looked; look again before you act")
            old = _before(case, event_type, clean_actor(actor))
            facts["note"] = _text(facts.get("note"))
            return self._append(connection, event_type, actor, case_id=case_id, ring_id=case.ring_id, old=old, **facts)

    def _append(self, connection: sqlite3.Connection, event_type: str, actor: str, **facts: Any) -> Case:
        # not taken into memory here: the transaction may yet fail
        event = append(connection, event_type, clean_actor(actor), at=datetime.now(UTC), **facts)
        return apply(self._cases.get(event.ring_id or ""), event)


def _text(note: str | None) -> str | None:
    return note if note is not None and note.strip() else None


def _before(case: Case, event_type: str, actor: str) -> str | None:
    """What held before an event, after a check that the event fits the case."""
    block = case.block
    match event_type:
        case "assigned":
            return case.assignee
        case "decided":
            return case.decision
        case "snoozed":
            return None if case.snoozed_until is None else format_time(case.snoozed_until)
        case "woken":
            if case.snoozed_until is None:
                raise CaseError(f"case {case.case_id} is not snoozed")
            return format_time(case.snoozed_until)
        case "block_requested" if block is not None:
            raise CaseError(f"case {case.case_id} has a block already, asked for by {block.requested_by}")
        case "block_approved" | "block_withdrawn" if block is None:
            raise CaseError(f"nobody has asked for a block in case {case.case_id}")
        case "block_approved" if block is not None and block.is_effective:
            raise CaseError(f"the block of case {case.case_id} is approved already, by {block.approved_by}")
        case "block_approved" if block is not None and block.requested_by == actor:
            raise CaseError(f"a second person must approve the block: {actor} asked for it")
        case "block_withdrawn" if block is not None:
            return "effective" if block.is_effective else "requested"
    return None
