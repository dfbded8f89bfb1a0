"""The page around the picture: one HTML document that asks nothing of any network and runs no script but its own."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import unicodedata
from datetime import datetime
from pathlib import Path
from typing import Any

from graphrisk.explain import score_meaning

LONGEST_TEXT = 300

STYLE = """
:root { --ink: #1b2430; --soft: #5c6876; --line: #d8dee6; --paper: #ffffff; --for: #a4262c; --against: #0b6e4f; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: var(--paper); font: 15px/1.45 system-ui, sans-serif; }
main { display: grid; grid-template-columns: minmax(340px, 460px) 1fr; min-height: 100vh; }
.text { padding: 20px 22px; border-right: 1px solid var(--line); overflow-y: auto; max-height: 100vh; }
.picture { position: sticky; top: 0; height: 100vh; display: flex; flex-direction: column; min-width: 0; }
#network { flex: 1; min-height: 320px; }
h1 { font-size: 20px; margin: 0 0 2px; } h2 { font-size: 16px; margin: 20px 0 6px; }
p { margin: 4px 0; } .soft { color: var(--soft); } code { font-size: 13px; overflow-wrap: anywhere; }
ul { list-style: none; margin: 0; padding: 0; }
li { padding: 6px 0 6px 10px; border-left: 3px solid var(--line); margin: 6px 0; }
.for li { border-color: var(--for); } .against li { border-color: var(--against); }
.weight { float: right; margin-left: 8px; font-variant-numeric: tabular-nums; color: var(--soft); }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th, td { text-align: left; vertical-align: top; padding: 3px 6px 3px 0; border-bottom: 1px solid var(--line);
  white-space: nowrap; }
td.id { white-space: normal; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 2px 12px; margin: 4px 0; } dd { margin: 0; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; padding: 8px 16px; border-top: 1px solid var(--line);
  font-size: 13px; }
.legend span::before { content: attr(data-mark); margin-right: 5px; color: var(--mark); }
div.vis-tooltip { position: absolute; visibility: hidden; padding: 6px 9px; white-space: pre-line; max-width: 340px;
  overflow-wrap: anywhere; font: 13px/1.4 system-ui, sans-serif; color: var(--ink); background: #fffef5;
  border: 1px solid var(--line); border-radius: 4px; pointer-events: none; z-index: 5; }
@media (max-width: 800px) {
  main { display: block; } .text { max-height: none; border: 0; } .picture { position: static; height: 85vh; }
}
"""

SCRIPT = """
const page = JSON.parse(document.getElementById("graph").textContent);
const network = new vis.Network(document.getElementById("network"),
  { nodes: new vis.DataSet(page.nodes), edges: new vis.DataSet(page.edges) }, page.options);
network.once("afterDrawing", () => network.fit());
"""


def clean(text: object, longest: int = LONGEST_TEXT) -> str:
    """Take control and direction characters out of a text from the data, and shorten it.

    Parameters
    ----------
    text : object
    longest : int
        Most characters to keep.

    Returns
    -------
    str
        Not yet escaped for HTML.
    """
    kept = str(text)
    if not kept.isprintable():  # which is what nearly every text is, and quick to see
        kept = "".join(
            c if c in " \n" or unicodedata.category(c)[0] not in "CZ" else "\N{REPLACEMENT CHARACTER}" for c in kept
        )
    return kept if len(kept) <= longest else kept[: longest - 1] + "…"


def escaped(text: object) -> str:
    """Clean a text and escape it for HTML."""
    return html.escape(clean(text), quote=True)


def _moment(value: datetime | None) -> str:
    return "unknown" if value is None else f"{value:%Y-%m-%d %H:%M} UTC"


def _span(first: datetime, last: datetime | None) -> str:
    return f"{_moment(first)} to {_moment(last)}"


def _weight(nats: float) -> str:
    return f"{nats:+.2f}" if nats else "context"


def _evidence(rows: list[dict[str, Any]], direction: str) -> str:
    chosen = [row for row in rows if row["direction"] == direction]
    items = [
        f'<li><span class="weight">{_weight(row["weight"])}</span>{escaped(row["text"])} '
        f'<span class="soft">({escaped(row["reason_code"])})</span></li>'
        for row in sorted(chosen, key=lambda row: row["evidence_id"])
    ]
    return f'<ul class="{direction}">{"".join(items) or "<li>nothing was found</li>"}</ul>'


def _members(rows: list[dict[str, Any]]) -> str:
    order = sorted(rows, key=lambda row: (-row["member_score"], row["entity_id"]))
    lines = [
        f"<tr><td>{escaped(row['entity_type'])}</td><td class='id'>{escaped(row['entity_id'])}</td>"
        f"<td>{escaped(row['role'])}</td><td>{_moment(row['joined_at'])}</td></tr>"
        for row in order
    ]
    head = "<thead><tr><th>type</th><th>id</th><th>role</th><th>started</th></tr></thead>"
    return f"<table>{head}<tbody>{''.join(lines)}</tbody></table>"


def _score(ring: dict[str, Any]) -> str:
    value = ring["value_at_stake"]
    meaning, note = score_meaning(ring["model"])
    facts = {
        "score": f"{ring['score']:.3f} (band {ring['band']})",
        "interval": meaning.format(ring["score_low"], ring["score_high"]),
        "scored by": ring["model"],
        "q-value": f"{ring['q_value']:.3f}",
        "value at stake": "unknown" if value is None else f"{value:,.2f} {ring['currency'] or ''}",
        "seen": "unknown" if ring["first_seen"] is None else _span(ring["first_seen"], ring["last_seen"]),
        "scan": ring["scan_id"],
    }
    listed = "".join(f"<dt class='soft'>{escaped(key)}</dt><dd>{escaped(fact)}</dd>" for key, fact in facts.items())
    return f"<dl>{listed}</dl><p class='soft'>{escaped(note)}</p>"


def _digest(script: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def render(
    ring: dict[str, Any],
    members: list[dict[str, Any]],
    evidence: list[dict[str, Any]],
    graph: dict[str, Any],
    legend: list[tuple[str, str, str]],
    shown: str,
    library: Path,
) -> str:
    """Write the page.

    Parameters
    ----------
    ring : dict
        Row of the `ring` table.
    members, evidence : list of dict
        Rows of their tables.
    graph : dict
        Nodes, edges and options for vis-network.
    legend : list of (mark, colour, meaning)
    shown : str
        What part of the ring the picture shows.
    library : Path
        Folder with ``vis-network.min.js`` and ``vis-network.css``.

    Returns
    -------
    str
        The HTML document.
    """
    code = (library / "vis-network.min.js").read_text(encoding="utf-8")
    look = (library / "vis-network.css").read_text(encoding="utf-8")
    policy = (
        f"default-src 'none'; script-src '{_digest(code)}' '{_digest(SCRIPT)}'; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    # in a data block only the end tag and comment openers could end it early
    data = json.dumps(graph, sort_keys=True, ensure_ascii=True).replace("<", "\\u003c").replace(">", "\\u003e")
    marks = "".join(
        f'<span data-mark="{mark}" style="--mark:{colour}">{escaped(meaning)}</span>'
        for mark, colour, meaning in legend
    )
    title = f"Ring {escaped(ring['ring_id'])}, {escaped(ring['typology']).replace('_', ' ')}"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>{look}</style>
<style>{STYLE}</style>
</head>
<body>
<main>
<section class="text">
<h1>{title}</h1>
<p class="soft">{len(members):,} members. Shared signals are a reason to look, not proof.</p>
<h2>Evidence for</h2>
{_evidence(evidence, "for")}
<h2>Evidence against</h2>
{_evidence(evidence, "against")}
<h2>Score</h2>
{_score(ring)}
<h2>Members</h2>
{_members(members)}
</section>
<section class="picture">
<div id="network" role="img" aria-label="Members and what they share; the same facts stand in the text."></div>
<div class="legend">{marks}<em class="soft">{escaped(shown)}</em></div>
</section>
</main>
<script type="application/json" id="graph">{data}</script>
<script>{code}</script>
<script>{SCRIPT}</script>
</body>
</html>
"""
