"""One offline HTML page about the newest scans: what changed, in words first, with plots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from graphrisk.monitor.changes import Change
from graphrisk.monitor.drift import REPORTS, Drift
from graphrisk.monitor.lead_times import LeadTimes, read_lead_times
from graphrisk.monitor.plots import plot, short
from graphrisk.monitor.signs import FAMILIES, Signs, find_signs
from graphrisk.monitor.words import SERIES, SIGNS, WORDS, change_sentence, drift_sentence, lead_sentence
from graphrisk.store import ResultStore

STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:760px;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;width:100%;font-size:14px}td,th{text-align:right;padding:.25rem .5rem}
td:first-child,th:first-child{text-align:left}.alarm{font-weight:600;color:#a30}.calm{color:#275}svg{width:100%;height:auto}
text{font-size:11px;fill:#555}h2{margin-top:2rem}p.note{color:#555;font-size:14px;margin:.2rem 0 1rem}"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


@dataclass(frozen=True)
class MonitorReport:
    """A page and what it tells of.

    Parameters
    ----------
    page : str
        HTML without scripts that loads nothing.
    signs : Signs
    """

    page: str
    signs: Signs


def monitor_report(store: ResultStore, *, n_scans: int = 30, rate: float = 0.05) -> MonitorReport:
    """Write the page.

    Parameters
    ----------
    store : ResultStore
    n_scans : int
        How many of the newest scans it covers.
    rate : float
        In how many quiet weeks of nightly reports there may be a false alarm (see `find_signs`).

    Returns
    -------
    MonitorReport

    Raises
    ------
    StoreError
        If there is no scan.
    """
    newest = store.latest()
    signs = find_signs(store, n_scans=n_scans, rate=rate)
    alerts = store.table("alert", newest).to_pylist()
    since = {change.metric: change.since for change in signs.changes if change.is_alarm}
    parts = [_summary(signs, alerts), _alerts(alerts)]
    parts += [
        plot(title, note, signs.points[name], since.get(name)) for name, title, note in SERIES if name in signs.points
    ]
    parts += [_drift_table(signs.drifts, rate), _change_table(signs.changes, rate), _lead_times(read_lead_times())]
    head = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    page = f"<!DOCTYPE html>\n<html lang=en><head>{head}<title>Ring scans</title><style>{STYLE}</style></head>\n<body>"
    return MonitorReport(page + "\n".join(parts) + "</body></html>\n", signs)


def _summary(signs: Signs, alerts: list[dict[str, Any]]) -> str:
    lines = [f"<h1>Ring scans up to {signs.moments[-1]:%Y-%m-%d %H:%M} UTC</h1>"]
    moved = [drift_sentence(drift) for drift in signs.drifts if drift.is_alarm]
    stepped = [change_sentence(change) for change in signs.changes if change.is_alarm]
    if not signs.drifts:
        text = "There are too few scans, or too few new accounts, to say whether new accounts differ from those before."
        lines.append(f"<p>{text}</p>")
    elif not moved:
        lines.append("<p class=calm>The newest accounts look like those before.</p>")
    else:
        lines.append(f"<p class=alarm>The newest accounts have changed:</p>{_list(moved)}")
    if stepped:
        lines.append(
            f"<p class=alarm>Figures have taken a step that trend and weekday do not explain:</p>{_list(stepped)}"
        )
    if moved or stepped:
        lines.append("<p>Look at the newest rings first. A change is a reason to look, not proof of fraud.</p>")
    count = f"{len(alerts)} alert" + ("" if len(alerts) == 1 else "s")
    lines.append(f"<p>The newest scan raised {count}. The page covers {len(signs.moments)} scans.</p>")
    return "\n".join(lines)


def _list(items: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>"


def _alerts(alerts: list[dict[str, Any]]) -> str:
    return "<h2>Alerts</h2>" + _list([escape(alert["text"]) for alert in alerts]) if alerts else ""


def _table(names: Sequence[str], rows: Sequence[tuple[bool, Sequence[str]]]) -> str:
    """Draw rows, those that are alarms marked; cells are HTML."""
    head = "".join(f"<th>{name}</th>" for name in names)
    body = "".join(
        f"<tr class={'alarm' if is_alarm else 'calm'}>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
        for is_alarm, cells in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _drift_table(drifts: list[Drift], rate: float) -> str:
    if not drifts:
        return ""
    note = (
        "Each row compares the accounts that the newest scans saw first with those that earlier scans saw first. "
        f"A chance up to {rate / FAMILIES / REPORTS:.2g} and an index over 0.1 and over its noise mark a change: with "
        f"a report every night, at most {rate / FAMILIES:.1%} of all quiet weeks see one marked by chance."
    )
    rows = []
    for drift in drifts:
        cells = [escape(WORDS[drift.feature]), str(drift.n_scans), short(drift.mean_before), short(drift.mean_now)]
        cells += [f"{drift.ks:.3f}", f"{drift.adjusted_p:.3g}", f"{drift.psi:.3f}", f"{drift.psi_noise:.3f}"]
        rows.append((drift.is_alarm, cells))
    names = ("mean of", "scans", "before", "now", "distance (KS)", "chance", "index (PSI)", "its noise")
    return f"<h2>New accounts</h2><p class=note>{note}</p>{_table(names, rows)}"


def _change_table(changes: list[Change], rate: float) -> str:
    if not changes:
        return ""
    note = (
        "The greatest step of each figure in the last week, beside its trend and the days of the week. A q-value up to "
        f"{rate / FAMILIES / REPORTS:.2g} marks a change."
    )
    rows = []
    for change in changes:
        cells = [
            escape(change.words),
            f"{change.since:%Y-%m-%d}",
            short(change.usual),
            short(change.usual + change.size),
        ]
        rows.append((change.is_alarm, [*cells, f"{change.q_value:.3g}"]))
    return f"<h2>Steps</h2><p class=note>{note}</p>{_table(('figure', 'since', 'usual', 'now', 'q-value'), rows)}"


def _lead_times(leads: LeadTimes) -> str:
    note = (
        f"How early each sign was on {leads.n_histories} simulated histories in which a crew signs up more and more "
        f"accounts a night and cashes out five nights later, and how often it was wrong on as many quiet ones, six "
        "nightly reports each. Your own attackers may be slower or hide better."
    )
    rows = []
    for lead in leads.signs:
        nights = "" if lead.median_nights is None else f"{lead.median_nights:g}"
        rows.append((False, [escape(SIGNS[lead.sign]), f"{lead.found:.0%}", nights, f"{lead.false_alarms:.0%}"]))
    best = max(leads.signs[1:], key=lambda lead: (lead.found, lead.median_nights or 0))
    names = ("sign", "attacks told before the loss", "nights before (median)", "quiet histories with a false alarm")
    return (
        f"<h2>How early these signs are</h2><p>{lead_sentence(best)}.</p><p class=note>{note}</p>{_table(names, rows)}"
    )
