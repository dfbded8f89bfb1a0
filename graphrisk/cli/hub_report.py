"""What the hub policy did, and what half and double the caps would do: the report of `scan run --hub-report`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import typer

from graphrisk.cli.output import print_table
from graphrisk.rings.settings import HubSettings

SHOWN_HUBS = 10


def hub_values(tables: Mapping[str, pa.Table], settings: HubSettings) -> dict[str, Any]:
    """Gather the report from the tables of a scan that looked at half and double the caps.

    Parameters
    ----------
    tables : mapping of str to pyarrow.Table
        `hub` and `metric` of the scan.
    settings : HubSettings
        Those in force.

    Returns
    -------
    dict
        ``signals``: per signal type the cap, how many hubs there are by each rule, the pairs of accounts that they do
        not join, and the pairs that half the cap would take and double the cap would add. ``rings``: how many are
        listed, and how many half and double the caps would list, take and add. ``widest``: the hubs that most
        accounts share, with their rule and in how many rings at least two members share them.
    """
    metric = dict(zip(tables["metric"]["name"].to_pylist(), tables["metric"]["value"].to_pylist(), strict=True))
    hubs = tables["hub"].filter(pa.compute.is_in(tables["hub"]["rule"], pa.array(["cap", "known"]))).to_pylist()
    kinds = [name.split(".")[1] for name in metric if name.startswith("hubs.") and name.count(".") == 1]
    signals = []
    for kind in kinds:
        own = [hub for hub in hubs if hub["signal_type"] == kind]
        signals.append(
            {
                "signal_type": kind,
                "cap": settings.cap_of(kind),
                "hubs_over_cap": sum(hub["rule"] == "cap" for hub in own),
                "known_hubs": sum(hub["rule"] == "known" for hub in own),
                "pairs_removed": sum(hub["n_pairs_removed"] for hub in own),
                "pairs_lost_at_half_cap": int(metric[f"hubs.{kind}.pairs_lost_at_half_cap"]),
                "pairs_gained_at_double_cap": int(metric[f"hubs.{kind}.pairs_gained_at_double_cap"]),
            }
        )
    rings: dict[str, Any] = {"listed": int(metric["rings"])}
    for change in ("half_cap", "double_cap"):
        keys = {"listed": "rings.at", "lost": "rings.lost_at", "gained": "rings.gained_at"}
        rings[change] = {key: int(metric[f"{name}_{change}"]) for key, name in keys.items()}
    widest = ("entity_type", "entity_id", "signal_type", "n_accounts", "rule", "n_pairs_removed", "n_rings_touched")
    return {
        "signals": signals,
        "rings": rings,
        "widest": [{key: hub[key] for key in widest} for hub in hubs[:SHOWN_HUBS]],
    }


def print_hub_report(report: dict[str, Any]) -> None:
    """Print the report as two tables and a sentence about rings."""
    columns = ["signal", "cap", "over the cap", "known", "pairs not joined", "half the cap takes", "double adds"]
    print_table("hubs by signal", columns, [list(row.values()) for row in report["signals"]])
    columns = ["hub", "joins as", "accounts", "rule", "pairs not joined", "in rings"]
    keys = ["entity_id", "signal_type", "n_accounts", "rule", "n_pairs_removed", "n_rings_touched"]
    if report["widest"]:
        print_table("the widest hubs", columns, [[hub[key] for key in keys] for hub in report["widest"]])
    rings = report["rings"]
    said = []
    for name, key in (("half", "half_cap"), ("double", "double_cap")):
        counts = {what: f"{n:,}" for what, n in rings[key].items()}
        said.append(f"with {name} the caps {counts['listed']}: {counts['lost']} would go and {counts['gained']} come")
    typer.echo(f"rings listed: {rings['listed']:,} now; {'; '.join(said)}")
