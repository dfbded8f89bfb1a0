"""`graphrisk case …`."""

from __future__ import annotations

import getpass
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from graphrisk.cli.output import JsonOption, UsageError, check_folder, plain, print_json, print_table

if TYPE_CHECKING:
    from graphrisk.cases.book import CaseBook
    from graphrisk.cases.chain import Entity
    from graphrisk.cases.state import Case

app = typer.Typer(no_args_is_help=True, help="Open, decide and follow cases about rings.")

Store = Annotated[Path, typer.Option(envvar="GRAPHRISK_STORE", help="Folder of the results.")]
Scan = Annotated[str | None, typer.Option(help="Scan that the ring is judged in; the newest by default.")]
Key = Annotated[str, typer.Argument(help="Case, or its ring: an id, the beginning of it, or its place in the list.")]
Actor = Annotated[
    str | None, typer.Option(envvar="GRAPHRISK_ACTOR", help="Who does it; the user of the machine by default.")
]
Note = Annotated[str | None, typer.Option(help="In your own words.")]

SPAN = re.compile(r"(\d{1,4})([hdw])")
HOURS = {"h": 1, "d": 24, "w": 168}


def _book(store: Path) -> CaseBook:
    from graphrisk.cases.book import CaseBook

    return CaseBook(store)


def _who(actor: str | None) -> str:
    return actor or getpass.getuser()


def _ring(store: Path, scan: str | None, key: str) -> tuple[str, str]:
    """Scan and id of a ring."""
    from graphrisk.explain import find_ring
    from graphrisk.store import ResultStore

    results = ResultStore(store)
    scan_id = scan or results.latest()
    try:
        return scan_id, find_ring({"ring": results.table("ring", scan_id)}, key)
    except ValueError as error:
        raise UsageError(str(error)) from error


def _find(book: CaseBook, store: Path, key: str) -> Case:
    from graphrisk.cases.database import CaseError

    try:
        return book.find(key)
    except CaseError as error:
        try:
            _, ring_id = _ring(store, None, key)
        except UsageError:
            raise error from None
        return book.find(ring_id)


def _members(store: Path, scan: str | None, ring_id: str) -> tuple[str, list[Entity]]:
    """Scan and members of a ring."""
    from graphrisk.explain import rows_of
    from graphrisk.store import ResultStore

    results = ResultStore(store)
    scan_id = scan or results.latest()
    rows = rows_of({"ring_member": results.table("ring_member", scan_id)}, "ring_member", ring_id)
    if not rows:
        raise UsageError(f"scan {scan_id} does not list ring {ring_id}; name a scan that does with `--scan`")
    return scan_id, [(row["entity_type"], row["entity_id"]) for row in rows]


def _facts(case: Case) -> dict[str, Any]:
    values = {**vars(case), "status": case.status(datetime.now(UTC))}
    if case.block is not None:
        values["block"] = {**vars(case.block), "is_effective": case.block.is_effective}
    return values


def _told(case: Case, json: bool) -> None:
    if json:
        print_json(_facts(case))
        return
    typer.echo(plain(f"case {case.case_id} of ring {case.ring_id}: {_state(case)}"))


def _state(case: Case) -> str:
    parts = [case.status(datetime.now(UTC)).replace("_", " ")]
    parts += [f"assigned to {case.assignee}"] if case.assignee else []
    if case.block is not None:
        n = len(case.block.entities)
        by = f"asked for by {case.block.requested_by}"
        state = f"approved by {case.block.approved_by}" if case.block.is_effective else "waits for a second person"
        parts.append(f"block of {n:,} account{'' if n == 1 else 's'} {by}, {state}")
    return ", ".join(parts)


@app.command("list")
def list_cases(
    store: Store = Path("store"),
    status: Annotated[str | None, typer.Option(help="Only this status.")] = None,
    assignee: Annotated[str | None, typer.Option(help="Only cases of this person.")] = None,
    json: JsonOption = False,
) -> None:
    """List cases, the one changed last first.

    Example: graphrisk case list --status open
    """
    from graphrisk.cases.state import STATUSES

    if status is not None and status not in STATUSES[1:]:
        raise UsageError(f"`--status` must be one of {', '.join(STATUSES[1:])}, got {status!r}")
    now = datetime.now(UTC)
    cases = [
        case
        for case in _book(store).cases().values()
        if status in (None, case.status(now)) and assignee in (None, case.assignee)
    ]
    cases.sort(key=lambda case: -case.version)
    if json:
        print_json([_facts(case) for case in cases])
        return
    rows = [(case.case_id, case.ring_id, _state(case), case.opened_by, case.opened_at) for case in cases]
    print_table(f"{len(cases):,} cases", ["case", "ring", "state", "opened by", "at"], rows, wide=("state",))


@app.command("show")
def show(key: Key, store: Store = Path("store"), json: JsonOption = False) -> None:
    """Show a case with all that happened in it.

    Example: graphrisk case show c000001
    """
    book = _book(store)
    case = _find(book, store, key)
    events = book.events(case.case_id)
    if json:
        print_json({**_facts(case), "events": [event.to_dict() for event in events]})
        return
    _told(case, json=False)
    rows = [(event.at, event.actor, event.event_type, event.new, event.note) for event in events]
    print_table("events", ["at", "who", "what", "new", "note"], rows, wide=("note",))


@app.command("open")
def open_case(
    ring: Key,
    store: Store = Path("store"),
    scan: Scan = None,
    actor: Actor = None,
    note: Note = None,
    json: JsonOption = False,
) -> None:
    """Open the case of a ring.

    Example: graphrisk case open 1
    """
    scan_id, ring_id = _ring(store, scan, ring)
    _told(_book(store).open(ring_id, _who(actor), scan_id=scan_id, note=note), json)


@app.command("assign")
def assign(
    key: Key,
    person: Annotated[str, typer.Argument(help="Whose case it is from now on; `-` for nobody's.")],
    store: Store = Path("store"),
    actor: Actor = None,
    json: JsonOption = False,
) -> None:
    """Give a case to a person.

    Example: graphrisk case assign c000001 ana
    """
    book = _book(store)
    case = _find(book, store, key)
    _told(book.assign(case.case_id, _who(actor), None if person == "-" else person), json)


@app.command("note")
def write_note(
    key: Key,
    text: Annotated[str, typer.Argument(help="What to note.")],
    store: Store = Path("store"),
    actor: Actor = None,
    json: JsonOption = False,
) -> None:
    """Write a note.

    Example: graphrisk case note c000001 "asked the payments team"
    """
    book = _book(store)
    _told(book.note(_find(book, store, key).case_id, _who(actor), text), json)


@app.command("decide")
def decide(
    key: Key,
    decision: Annotated[str, typer.Argument(help="confirmed, false_positive or needs_more.")],
    store: Store = Path("store"),
    scan: Scan = None,
    actor: Actor = None,
    note: Note = None,
    json: JsonOption = False,
) -> None:
    """Decide a case; the members of the ring get the decision as their label.

    Example: graphrisk case decide c000001 confirmed --note "one person, 17 accounts"
    """
    book = _book(store)
    case = _find(book, store, key)
    scan_id, members = _members(store, scan, case.ring_id)
    done = book.decide(case.case_id, _who(actor), decision, members=members, scan_id=scan_id, note=note)
    _told(done, json)


@app.command("snooze")
def snooze(
    key: Key,
    until: Annotated[str, typer.Argument(help="A date or time (UTC), or a span such as 12h, 3d or 2w; 0h wakes.")],
    store: Store = Path("store"),
    actor: Actor = None,
    note: Note = None,
    json: JsonOption = False,
) -> None:
    """Put a case aside until a moment, after which it is back by itself.

    Example: graphrisk case snooze c000001 3d
    """
    book = _book(store)
    case_id = _find(book, store, key).case_id
    if until == "0h":
        _told(book.wake(case_id, _who(actor)), json)
        return
    _told(book.snooze(case_id, _who(actor), _moment(until), note=note), json)


def _moment(text: str) -> datetime:
    if span := SPAN.fullmatch(text):
        return datetime.now(UTC) + timedelta(hours=int(span[1]) * HOURS[span[2]])
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"a moment must be a date, a time or a span such as 3d, got {text!r}") from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


@app.command("block")
def block(
    key: Key,
    store: Store = Path("store"),
    scan: Scan = None,
    actor: Actor = None,
    note: Note = None,
    json: JsonOption = False,
) -> None:
    """Ask that the accounts of a ring be blocked; a second person must approve.

    Example: graphrisk case block c000001
    """
    book = _book(store)
    case = _find(book, store, key)
    scan_id, members = _members(store, scan, case.ring_id)
    _told(book.request_block(case.case_id, _who(actor), members=members, scan_id=scan_id, note=note), json)


@app.command("approve")
def approve(
    key: Key, store: Store = Path("store"), actor: Actor = None, note: Note = None, json: JsonOption = False
) -> None:
    """Approve a block that another person asked for.

    Example: graphrisk case approve c000001 --actor ben
    """
    book = _book(store)
    _told(book.approve_block(_find(book, store, key).case_id, _who(actor), note=note), json)


@app.command("withdraw")
def withdraw(
    key: Key, store: Store = Path("store"), actor: Actor = None, note: Note = None, json: JsonOption = False
) -> None:
    """Take back the request for a block, or lift a block.

    Example: graphrisk case withdraw c000001
    """
    book = _book(store)
    _told(book.withdraw_block(_find(book, store, key).case_id, _who(actor), note=note), json)


@app.command("blocked")
def blocked(store: Store = Path("store"), json: JsonOption = False) -> None:
    """List the accounts whose block two people stand behind.

    Example: graphrisk case blocked --json
    """
    rows: list[dict[str, Any]] = [
        {"account_id": name, "case_id": case.case_id, "ring_id": case.ring_id}
        | {"requested_by": case.block.requested_by, "approved_by": case.block.approved_by}
        for case in _book(store).cases().values()
        if case.block is not None and case.block.is_effective
        for _, name in case.block.entities
    ]
    if json:
        print_json(rows)
        return
    print_table(
        f"{len(rows):,} accounts", ["account", "case", "ring", "asked", "approved"], [tuple(r.values()) for r in rows]
    )


@app.command("labels")
def labels(
    out: Annotated[Path | None, typer.Argument(help="File to write; .parquet or .jsonl.")] = None,
    store: Store = Path("store"),
    as_of: Annotated[str | None, typer.Option(help="Only what was decided strictly before.")] = None,
    json: JsonOption = False,
) -> None:
    """Write decisions as the canonical table `labels`, each with the time it was known.

    Example: graphrisk case labels labels.parquet
    """
    from graphrisk.cases.labels import decision_labels, write_labels

    if out is not None:
        check_folder(out, "OUT")
    with _book(store).database.reading() as connection:
        table = decision_labels(connection, None if as_of is None else _moment(as_of))
    if out is not None:
        try:
            write_labels(table, out)
        except ValueError as error:
            raise UsageError(str(error)) from error
    if json:
        print_json({"out": str(out), "n_labels": len(table)} if out is not None else table.to_pylist())
    elif out is not None:
        typer.echo(f"{out}: {len(table):,} labels")
    else:
        rows = [tuple(row.values()) for row in table.to_pylist()]
        print_table(f"{len(rows):,} labels", ["type", "id", "label", "ring", "known at", "source"], rows)


@app.command("verify")
def verify(
    store: Store = Path("store"),
    head: Annotated[
        str | None, typer.Option(help="Hash that an earlier check gave; the log must still hold it.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Check the hash chain of all events, and print its head; keep that somewhere else.

    Example: graphrisk case verify
    """
    found = _book(store).verify(head)
    if json:
        print_json(vars(found))
        return
    typer.echo(f"{found.n_events:,} events as written; head {found.hash}")
