"""`graphrisk ring …`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graphrisk.cli.output import JsonOption, UsageError, check_folder, plain, print_json, print_table
from graphrisk.cli.scan import print_rings

if TYPE_CHECKING:
    import pyarrow as pa

app = typer.Typer(no_args_is_help=True, help="List rings, and say what joins their members.")

Store = Annotated[Path, typer.Option(envvar="GRAPHRISK_STORE", help="Folder of the results.")]
Scan = Annotated[str | None, typer.Option(help="Scan; the newest by default.")]
Ring = Annotated[
    str, typer.Argument(help="Ring: its id, the beginning of it, or its place in the list (1 is the worst).")
]
TABLES = ("ring", "ring_member", "ring_link", "ring_evidence")
LINEAGE = ("ring_history", "ring_event")


def _tables(store: Path, scan: str | None) -> dict[str, pa.Table]:
    from graphrisk.store import ResultStore

    results = ResultStore(store)
    scan_id = scan or results.latest()
    return {name: results.table(name, scan_id) for name in (*TABLES, *LINEAGE)}


def _find(tables: dict[str, pa.Table], key: str) -> str:
    from graphrisk.explain import find_ring

    try:
        return find_ring(tables, key)
    except ValueError as error:
        raise UsageError(str(error)) from error


@app.command("list")
def list_rings(
    store: Store = Path("store"),
    scan: Scan = None,
    band: Annotated[str | None, typer.Option(help="Only this band: high, medium or low.")] = None,
    typology: Annotated[str | None, typer.Option(help="Only this typology.")] = None,
    fdr: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Only the longest list in which this share is expected to be wrong."),
    ] = None,
    conformal: Annotated[
        bool, typer.Option(help="With `--fdr`: by p-values against innocent groups instead of by the scores.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="Most rings to list.")] = 50,
    json: JsonOption = False,
) -> None:
    """List rings, worst first.

    Example: graphrisk ring list --band high --limit 20
    """
    from graphrisk.store import ResultStore

    if band not in (None, "high", "medium", "low"):
        raise UsageError(f"`--band` must be high, medium or low, got {band!r}")
    if conformal and fdr is None:
        raise UsageError("`--conformal` must stand beside `--fdr`, got it alone")
    results = ResultStore(store)
    rings = results.table("ring", scan or results.latest())
    allowed = _conformal(rings, fdr, store) if conformal and fdr is not None else None
    for column, value in (("band", band), ("typology", typology)):
        if value is not None:
            rings = rings.filter([cell == value for cell in rings[column].to_pylist()])
    if allowed is not None:
        rings = rings.filter([cell in allowed for cell in rings["ring_id"].to_pylist()])
    elif fdr is not None:
        rings = rings.slice(0, _bounded(rings, fdr))
    shown = rings.slice(0, limit)
    if json:
        print_json(shown.to_pylist())
        return
    print_rings(shown, len(rings))


def _conformal(rings: pa.Table, rate: float, store: Path) -> set[str]:
    """Rings of the longest list that bounds the share of innocent ones, over all that the scan lists."""
    import numpy as np

    from gnn.conformal import conformal_p_values, longest_conformal_list
    from gnn.scoring import logit
    from gnn.transparent import Transparent
    from graphrisk.models.choice import model_folder
    from graphrisk.models.innocent import read_innocent

    models = set(rings["model"].to_pylist())
    if len(models) > 1 or Transparent.name in models:
        raise UsageError(f"`--conformal` needs rings that one trained model scored, got {sorted(models)}")
    if not models:
        return set()
    innocent = read_innocent(model_folder(store, models.pop()))
    nats = np.array([logit(score) for score in rings["score"].to_pylist()])
    n = longest_conformal_list(conformal_p_values(nats, innocent), rate)
    best = np.argsort(-nats, kind="stable")[:n]
    return set(rings["ring_id"].take(best).to_pylist())


def _bounded(rings: pa.Table, rate: float) -> int:
    """How many of the rings make the longest list with a bounded share of wrong ones."""
    import numpy as np

    from gnn.calibration import longest_list
    from gnn.transparent import Transparent

    if Transparent.name in rings["model"].to_pylist():
        raise UsageError("`--fdr` needs scores that are probabilities, got rings with the transparent score")
    return longest_list(np.asarray(rings["score"].to_numpy()), rate)


@app.command("show")
def show_ring(ring: Ring, store: Store = Path("store"), scan: Scan = None, json: JsonOption = False) -> None:
    """Show a ring: its evidence for and against, its members and what they share.

    Example: graphrisk ring show 1
    """
    from graphrisk.explain import rows_of
    from graphrisk.lineage.story import lineage_sentence

    tables = _tables(store, scan)
    ring_id = _find(tables, ring)
    parts = {name: rows_of(tables, name, ring_id) for name in TABLES}
    lineage = lineage_sentence(tables, ring_id)
    if json:
        events = {"ring_event": rows_of(tables, "ring_event", ring_id), "lineage": lineage}
        print_json({"ring": parts["ring"][0], **{name: parts[name] for name in TABLES[1:]}, **events})
        return
    evidence = [(row["direction"], row["weight"], row["reason_code"], row["text"]) for row in parts["ring_evidence"]]
    print_table(f"ring {ring_id}: evidence", ["", "nats", "reason", "fact"], evidence, wide=("fact",))
    summary = parts["ring"][0]
    keys = ["typology", "band", "score", "score_low", "score_high", "q_value", "n_members", "n_signals"]
    columns = ["typology", "band", "score", "low", "high", "q", "members", "signals", "at stake", "from", "to"]
    days = [
        None if moment is None else f"{moment:%Y-%m-%d}" for moment in (summary["first_seen"], summary["last_seen"])
    ]
    print_table("score", columns, [[*(summary[key] for key in keys), summary["value_at_stake"], *days]])
    members = [
        (row["entity_type"], row["entity_id"], row["role"], row["member_score"], row["joined_at"])
        for row in parts["ring_member"]
    ]
    print_table(f"{len(members)} members", ["type", "id", "role", "score", "started"], members)
    if lineage is not None:
        typer.echo(plain(lineage))


@app.command("lineage")
def show_lineage(
    ring: Annotated[
        str, typer.Argument(help="Ring: its id, the beginning of it, or its place; listed or not any more.")
    ],
    store: Store = Path("store"),
    scan: Scan = None,
    out: Annotated[Path | None, typer.Option("--out", help="Also draw it: a page (.html) or a picture (.svg).")] = None,
    json: JsonOption = False,
) -> None:
    """Tell what became of a ring from scan to scan; one that is not listed any more has a lineage too.

    Example: graphrisk ring lineage 1 --out lineage.html
    """
    from graphrisk.explain import find_id
    from graphrisk.lineage.picture import draw_lineage, lineage_page
    from graphrisk.lineage.story import tell_story
    from graphrisk.store import ResultStore

    if out is not None:
        check_folder(out, "--out")
        if out.suffix not in (".html", ".svg"):
            raise UsageError(f"`--out` must end in .html or .svg, got {out.name!r}")
    results = ResultStore(store)
    scan_id = scan or results.latest()
    listed: list[str] = results.table("ring", scan_id)["ring_id"].to_pylist()
    ever: list[str] = results.table("ring_history", scan_id)["ring_id"].to_pylist()
    # a place is one in the list; an id may be that of any ring that was ever listed
    names = listed if ring.isdecimal() else list(dict.fromkeys([*listed, *ever]))
    try:
        ring_id = find_id(names, ring)
        story = tell_story(results, ring_id, scan_id)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if out is not None:
        out.write_text(lineage_page(story) if out.suffix == ".html" else draw_lineage(story), encoding="utf-8")
    if json:
        print_json(story.to_dict())
        return
    for line in story.text().splitlines():
        typer.echo(plain(line))


@app.command("explain")
def explain_ring(ring: Ring, store: Store = Path("store"), scan: Scan = None, json: JsonOption = False) -> None:
    """Explain a ring in sentences that can go into a report.

    Example: graphrisk ring explain 1
    """
    from graphrisk.explain import explain_ring

    tables = _tables(store, scan)
    explanation = explain_ring(tables, _find(tables, ring))
    if json:
        print_json(explanation.to_dict())
        return
    for line in explanation.text().splitlines():
        typer.echo(plain(line))


@app.command("why")
def why(
    ring: Ring,
    account_a: Annotated[str, typer.Argument(help="A member.")],
    account_b: Annotated[str, typer.Argument(help="Another member.")],
    store: Store = Path("store"),
    scan: Scan = None,
    json: JsonOption = False,
) -> None:
    """Say what joins two members: the strongest chain of evidence, and its weakest link.

    Example: graphrisk ring why 1 a0000017 a0000042
    """
    from graphrisk.explain import explain_why

    tables = _tables(store, scan)
    try:
        chain = explain_why(tables, _find(tables, ring), account_a, account_b)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if json:
        print_json(chain.to_dict())
        return
    for line in chain.text().splitlines():
        typer.echo(plain(line))


@app.command("view")
def view(
    ring: Ring,
    out: Annotated[Path, typer.Option("--out", help="HTML page to write.")] = Path("ring.html"),
    store: Store = Path("store"),
    scan: Scan = None,
    json: JsonOption = False,
) -> None:
    """Write one HTML page with the picture and the evidence of a ring; it needs no network.

    Example: graphrisk ring view 1 --out ring.html
    """
    from graphrisk.view import write_view

    check_folder(out, "--out")
    tables = _tables(store, scan)
    ring_id = _find(tables, ring)
    write_view(tables, ring_id, out)
    if json:
        print_json({"ring_id": ring_id, "page": str(out)})
        return
    typer.echo(f"{out}: ring {ring_id}")


@app.command("export")
def export(
    out: Annotated[Path, typer.Argument(help="File or folder to write; .csv, .jsonl or .parquet.")],
    store: Store = Path("store"),
    scan: Scan = None,
    ring: Annotated[list[str] | None, typer.Option(help="Only this ring; may be given again.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
    json: JsonOption = False,
) -> None:
    """Export rings with their members and evidence.

    Example: graphrisk ring export rings.jsonl
    """
    from graphrisk.export import export_rings
    from graphrisk.store import ResultStore

    check_folder(out, "OUT")
    results = ResultStore(store)
    scan_id = scan or results.latest()
    chosen = None
    if ring:
        tables = _tables(store, scan_id)
        chosen = [_find(tables, key) for key in ring]
    try:
        export_rings(results, out, scan_id=scan_id, ring_ids=chosen, overwrite=overwrite)
    except (ValueError, FileExistsError) as error:
        raise UsageError(str(error)) from error
    if json:
        print_json({"out": str(out), "scan_id": scan_id, "ring_ids": chosen})
        return
    typer.echo(f"{out}: rings of scan {scan_id}")
