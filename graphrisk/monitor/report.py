"""One offline HTML page about the newest scans: what changed, in words first, with plots."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Any

from graphrisk.feature_export import scan_moments
from graphrisk.monitor.cohorts import find_cohorts
from graphrisk.monitor.drift import Drift, find_drift
from graphrisk.monitor.plots import Point, plot, short
from graphrisk.store import ResultStore

SERIES = (
    ("rings", "Listed rings", "Groups of accounts that the scan lists."),
    ("rings.band.high", "Rings of band high", "The strongest of them."),
    ("accounts.in_rings.share", "Share of accounts in rings", "The shaded range is the 95 % interval."),
    ("rings.event.born", "New rings", "Rings that the scan before did not list."),
    ("growth.mean", "Mean growth of rings", "0.1 means that an average ring grew by 10 %."),
    ("days_to_detection.median", "Days from first act to detection", "Of the new rings; the range holds the median."),
)
WORDS = {
    "score": "score",
    "has_ring": "share in rings",
    "n_devices": "devices",
    "n_ips": "IP addresses",
    "n_instruments": "cards and bank accounts",
    "n_wallets": "wallets",
    "n_links": "links",
    "n_shared_signals": "signals shared with others",
    "max_shared_accounts": "accounts on their most shared signal",
    "affinity_degree": "accounts they are tied to",
    "affinity_weight": "strength of these ties",
    "n_transfers_in": "transfers received",
    "n_transfers_out": "transfers sent",
    "n_events": "events",
}
STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:760px;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;width:100%;font-size:14px}td,th{text-align:right;padding:.25rem .5rem}
td:first-child,th:first-child{text-align:left}.alarm{font-weight:600;color:#a30}.calm{color:#275}svg{width:100%;height:auto}
text{font-size:11px;fill:#555}h2{margin-top:2rem}p.note{color:#555;font-size:14px;margin:.2rem 0 1rem}"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def monitor_report(store: ResultStore, *, n_scans: int = 30, rate: float = 0.05) -> tuple[str, list[Drift]]:
    """Write the page.

    Parameters
    ----------
    store : ResultStore
    n_scans : int
        How many of the newest scans it covers.
    rate : float
        False-discovery rate of the comparison of new accounts.

    Returns
    -------
    page : str
        HTML without scripts that loads nothing.
    drifts : list of Drift
        What `find_drift` says of the newest accounts.

    Raises
    ------
    StoreError
        If there is no scan.
    """
    newest = store.latest()
    moments = scan_moments(store)[-n_scans:]
    drifts = find_drift(find_cohorts(store, n_scans), rate=rate)
    metrics: dict[str, list[Point]] = {name: [] for name, _, _ in SERIES}
    for scan_id, as_of in moments:
        rows = {row["name"]: row for row in store.table("metric", scan_id).to_pylist()}
        for name, points in metrics.items():
            if name in rows:
                row = rows[name]
                points.append(Point(as_of, row["value"], row["low"], row["high"]))
    alerts = store.table("alert", newest).to_pylist()
    parts = [_summary(moments, drifts, alerts), _alerts(alerts), _drift_table(drifts, rate)]
    parts += [plot(title, note, metrics[name]) for name, title, note in SERIES if metrics[name]]
    head = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    page = f"<!DOCTYPE html>\n<html lang=en><head>{head}<title>Ring scans</title><style>{STYLE}</style></head>\n<body>"
    return page + "\n".join(parts) + "</body></html>\n", drifts


def _summary(moments: Sequence[tuple[str, datetime]], drifts: list[Drift], alerts: list[dict[str, Any]]) -> str:
    moved = [drift for drift in drifts if drift.is_alarm]
    lines = [f"<h1>Ring scans up to {moments[-1][1]:%Y-%m-%d %H:%M} UTC</h1>"]
    if not drifts:
        text = "There are too few scans, or too few new accounts, to say whether new accounts differ from those before."
        lines.append(f"<p>{text}</p>")
    elif not moved:
        lines.append("<p class=calm>The newest accounts look like those before.</p>")
    if moved:
        items = "".join(f"<li>{_sentence(drift)}</li>" for drift in moved)
        lines.append(f"<p class=alarm>The newest accounts have changed:</p><ul>{items}</ul>")
    count = f"{len(alerts)} alert" + ("" if len(alerts) == 1 else "s")
    lines.append(f"<p>The newest scan raised {count}. The page covers {len(moments)} scans.</p>")
    return "\n".join(lines)


def _sentence(drift: Drift) -> str:
    way = "more" if drift.mean_now > drift.mean_before else "less"
    means = f"{short(drift.mean_before)} before, {short(drift.mean_now)} now"
    return f"{escape(WORDS[drift.feature])}: {way} than before (on average {means})"


def _alerts(alerts: list[dict[str, Any]]) -> str:
    if not alerts:
        return ""
    return "<h2>Alerts</h2><ul>" + "".join(f"<li>{escape(alert['text'])}</li>" for alert in alerts) + "</ul>"


def _drift_table(drifts: list[Drift], rate: float) -> str:
    if not drifts:
        return ""
    note = (
        "Each row compares accounts that the newest scan saw first with those that earlier scans saw first. A q-value "
        f"up to {rate:g} and an index over 0.1 and over its noise mark a change: of all changes marked so, at most "
        f"{rate:.0%} are chance."
    )
    rows = []
    for drift in drifts:
        numbers = [short(drift.mean_before), short(drift.mean_now), f"{drift.ks:.3f}", f"{drift.q_value:.3g}"]
        numbers += [f"{drift.psi:.3f}", f"{drift.psi_noise:.3f}"]
        cells = "".join(f"<td>{cell}</td>" for cell in (escape(WORDS[drift.feature]), *numbers))
        rows.append(f"<tr class={'alarm' if drift.is_alarm else 'calm'}>{cells}</tr>")
    names = ("mean of", "before", "now", "distance (KS)", "q-value", "index (PSI)", "its noise")
    head = "".join(f"<th>{name}</th>" for name in names)
    return f"<h2>New accounts</h2><p class=note>{note}</p><table><tr>{head}</tr>{''.join(rows)}</table>"
