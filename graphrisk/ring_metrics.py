"""Metrics of the listed rings, from the result tables and the labels alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, Field

from graphrisk.intervals import median_interval, wilson
from graphrisk.tables import SCHEMAS, conform

Tables = Mapping[str, pa.Table]
Row = tuple[str, float | None, float | None, float | None, int]

BANDS = ("high", "medium", "low")
PLACES = (10, 50, 100)
DAY_SECONDS = 86400


class MetricSettings(BaseModel):
    """Which labels say that an account was found guilty, and which that it was found innocent."""

    model_config = ConfigDict(extra="forbid")

    bad_labels: list[str] = Field(
        default_factory=lambda: ["fraud", "fraudulent", "confirmed", "bad", "mule", "sybil", "laundering", "banned"]
    )
    good_labels: list[str] = Field(
        default_factory=lambda: ["legitimate", "innocent", "good", "cleared", "false_positive", "not_fraud"]
    )


def ring_metrics(tables: Tables, labels: pa.Table, settings: MetricSettings) -> list[Row]:
    """Measure the listed rings.

    Parameters
    ----------
    tables : mapping of str to pyarrow.Table
        `ring`, `ring_member` and `entity_feature` of a scan.
    labels : pyarrow.Table
        The canonical table, known before `as_of`. Of several labels of an account, the last known counts.
    settings : MetricSettings

    Returns
    -------
    list of (name, value, low, high, n)
        As the catalogue defines them. Where `n` is 0, a share is None.
    """
    rings = tables["ring"].to_pylist()
    members = _accounts(tables["ring_member"])
    features = tables["entity_feature"]
    n_accounts = pc.sum(pc.equal(features["entity_type"], "account")).as_py() or 0
    inside = set().union(*members.values())
    rows: list[Row] = [("accounts.in_rings", float(len(inside)), None, None, n_accounts)]
    rows.append(_share("accounts.in_rings.share", len(inside), n_accounts))
    for key, names in (("band", BANDS), ("typology", sorted({ring["typology"] for ring in rings}))):
        for name in names:
            there = set().union(*(members.get(ring["ring_id"], set()) for ring in rings if ring[key] == name))
            rows.append((f"accounts.{key}.{name}", float(len(there)), None, None, len(inside)))
    rows += _values(rings)
    return rows + _judged(rings, members, labels, settings)


def _accounts(members: pa.Table) -> dict[str, set[str]]:
    of_accounts = members.filter(pc.equal(members["entity_type"], "account"))
    out: dict[str, set[str]] = {}
    for ring, name in zip(of_accounts["ring_id"].to_pylist(), of_accounts["entity_id"].to_pylist(), strict=True):
        out.setdefault(ring, set()).add(name)
    return out


def _share(name: str, successes: int, n: int) -> Row:
    return (name, successes / n if n else None, *wilson(successes, n), n)


def _values(rings: list[dict[str, Any]]) -> list[Row]:
    sums: dict[tuple[str, str], list[float]] = {}
    for ring in rings:
        if ring["value_at_stake"] is not None:
            sums.setdefault((ring["currency"] or "unnamed", ring["band"]), []).append(ring["value_at_stake"])
    return [
        (f"value_at_stake.{currency}.{band}", sum(values), None, None, len(values))
        for (currency, band), values in sorted(sums.items())
    ]


def _verdicts(labels: pa.Table, settings: MetricSettings) -> dict[str, bool]:
    """Whether each labelled account was found guilty."""
    out: dict[str, bool] = {}
    rows = [row for row in labels.to_pylist() if row["entity_type"] == "account"]
    for row in sorted(rows, key=lambda row: (row["known_at"] is not None, row["known_at"], row["label"] or "")):
        if row["label"] in settings.bad_labels or row["label"] in settings.good_labels:
            out[row["entity_id"]] = row["label"] in settings.bad_labels
    return out


def _judged(
    rings: list[dict[str, Any]], members: dict[str, set[str]], labels: pa.Table, settings: MetricSettings
) -> list[Row]:
    verdicts = _verdicts(labels, settings)
    judged = {ring: [verdicts[name] for name in names if name in verdicts] for ring, names in members.items()}
    confirmed = {ring: 2 * sum(found) >= len(found) for ring, found in judged.items() if found}
    rows: list[Row] = []
    for band in BANDS:
        ids = [ring["ring_id"] for ring in rings if ring["band"] == band]
        there = set().union(*(members.get(ring, set()) for ring in ids)) & set(verdicts)
        rows.append(_share(f"precision.accounts.{band}", sum(verdicts[name] for name in there), len(there)))
        known = [confirmed[ring] for ring in ids if ring in confirmed]
        rows.append(_share(f"precision.rings.{band}", sum(known), len(known)))
    for k in PLACES:
        known = [confirmed[ring["ring_id"]] for ring in rings[:k] if ring["ring_id"] in confirmed]
        rows.append(_share(f"precision.at.{k}", sum(known), len(known)))
    bad = {name for name, guilty in verdicts.items() if guilty}
    rows.append(_share("recall.labelled", len(bad & set().union(*members.values())), len(bad)))
    accused = [ring["ring_id"] for ring in rings if ring["band"] != "low"]
    wronged = set().union(*(members.get(ring, set()) for ring in accused)) & (set(verdicts) - bad)
    n_confirmed = sum(confirmed.get(ring, False) for ring in accused)
    per_ring = len(wronged) / n_confirmed if n_confirmed else None
    return [*rows, ("false_accusations_per_confirmed_ring", per_ring, None, None, n_confirmed)]


def lineage_metrics(tables: Tables) -> list[Row]:
    """Measure what happened since the scan before.

    Parameters
    ----------
    tables : mapping of str to pyarrow.Table
        With `ring_event` of the lineage.

    Returns
    -------
    list of (name, value, low, high, n)
    """
    events = tables["ring_event"].to_pylist()
    kinds = ("born", "revived", "grown", "shrunk", "merged", "split", "dissolved")
    touched = len({row["ring_id"] for row in events})
    rows: list[Row] = [
        (f"rings.event.{kind}", float(sum(row["event"] == kind for row in events)), None, None, touched)
        for kind in kinds
    ]
    as_of = tables["scan"]["as_of"][0].as_py()
    first = {row["ring_id"]: row["first_seen"] for row in tables["ring"].to_pylist()}
    born = [first[row["ring_id"]] for row in events if row["event"] == "born"]
    days = [(as_of - moment).total_seconds() / DAY_SECONDS for moment in born if moment is not None]
    rows.append(("days_to_detection.median", *(median_interval(days) if days else (None, None, None)), len(days)))
    return [*rows, _growth(events, tables)]


def _growth(events: list[dict[str, Any]], tables: Tables) -> Row:
    """Mean growth of the rings that were listed before, and neither merged nor split."""
    kinds: dict[str, set[str]] = {}
    change: dict[str, float] = {}
    for row in events:
        kinds.setdefault(row["ring_id"], set()).add(row["event"])
        if row["n_before"]:
            change[row["ring_id"]] = row["n_members"] / row["n_before"] - 1
    steady = [
        0.0 if ring not in kinds else change[ring]
        for ring in tables["ring"]["ring_id"].to_pylist()
        if not kinds.get(ring, set()) & {"born", "revived", "merged", "split"}
    ]
    return ("growth.mean", sum(steady) / len(steady) if steady else None, None, None, len(steady))


def with_metrics(tables: Tables, rows: list[Row]) -> dict[str, pa.Table]:
    """Add metrics to those that a scan has.

    Parameters
    ----------
    tables : mapping of str to pyarrow.Table
    rows : list of (name, value, low, high, n)

    Returns
    -------
    dict of str to pyarrow.Table
    """
    scan_id = tables["scan"]["scan_id"][0].as_py()
    keys = ("name", "value", "low", "high", "n")
    made = [{"scan_id": scan_id, **dict(zip(keys, row, strict=True))} for row in rows]
    more = pa.Table.from_pylist(made, schema=SCHEMAS["metric"])
    return {**tables, "metric": conform("metric", pa.concat_tables([tables["metric"], more]))}
