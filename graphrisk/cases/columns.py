"""The columns of `case_event` and what each means; the data dictionary of the README is made from here."""

from __future__ import annotations

CASE_EVENT: tuple[tuple[str, str, str], ...] = (
    ("seq", "integer", "place in the log, from 1 without a gap"),
    ("case_id", "text", "the case; null for events about none, such as a look at identifiers or a login"),
    ("ring_id", "text", "the ring that the case is about, or that was looked at"),
    ("scan_id", "text", "the scan that the actor had before them"),
    (
        "event_type",
        "text",
        "`opened`, `assigned`, `noted`, `decided`, `snoozed`, `woken`, `block_requested`, `block_approved`, "
        "`block_withdrawn`; about no case `looked`, `exported`, `login`, `login_failed`, `logout`, `user_set`, "
        "`user_removed`",
    ),
    ("actor", "text", "who did it"),
    ("at", "time (UTC)", "when, never before the event that stands before it"),
    ("old", "text", "what held before: the assignee, the decision, the end of the snooze; else null"),
    ("new", "text", "what holds from now on"),
    ("note", "text", "in the actor's own words"),
    ("entities", "list", "type and id of those judged, to be blocked, or looked at; null if none"),
    ("prev_hash", "text", "`hash` of the event before; 64 zeros in the first"),
    ("hash", "text", "SHA-256 of `prev_hash` and all columns before it, as JSON"),
)

NAMES = tuple(name for name, _, _ in CASE_EVENT)


def case_event_markdown() -> str:
    """Write the columns as a table in Markdown."""
    rows = [f"| `{name}` | {kind} | {meaning} |" for name, kind, meaning in CASE_EVENT]
    return "\n".join(["#### `case_event`", "", "| column | type | meaning |", "|---|---|---|", *rows])
