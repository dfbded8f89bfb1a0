"""The lineage of one ring as a picture: a strip as wide as the ring has members, with what happened to it."""

from __future__ import annotations

from datetime import datetime
from html import escape
from itertools import pairwise
from typing import Any

from graphrisk.lineage.story import RingStory
from graphrisk.view_page import clean

Row = dict[str, Any]

WIDTH, HEIGHT = 880, 272
LEFT, RIGHT, MIDDLE = 60, 40, 130
WIDEST, REACH = 80.0, 46.0
MOST_OTHERS, MOST_WORDS = 4, 16
COLOURS = {"high": "#a4262c", "medium": "#c77700", "low": "#5c6876"}
INK, SOFT = "#1b2430", "#5c6876"
STYLE = """body{font:15px/1.45 system-ui,sans-serif;max-width:900px;margin:2rem auto;padding:0 1rem;color:#1b2430}
svg{width:100%;height:auto}h1{font-size:20px}li{margin:.3rem 0}.soft{color:#5c6876}"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


class _Scale:
    """Where moments and numbers of members lie in the picture."""

    def __init__(self, story: RingStory) -> None:
        moments = [row["as_of"] for row in (*story.events, *story.states)] or [story.history["born_at"]]
        self.first, self.last = min(moments), max(moments)
        sizes = [row["n_members"] for row in story.states] or [1]
        self.most = max(*sizes, 1)

    def x(self, moment: datetime) -> float:
        span = (self.last - self.first).total_seconds()
        share: float = (moment - self.first).total_seconds() / span if span else 0.5
        return LEFT + (WIDTH - LEFT - RIGHT) * share

    def half(self, n_members: int) -> float:
        return float(max(WIDEST * n_members / self.most / 2, 1.5))


def draw_lineage(story: RingStory) -> str:
    """Draw what became of a ring.

    Parameters
    ----------
    story : RingStory

    Returns
    -------
    str
        One SVG element without scripts, links or styles from elsewhere: the ring as a strip over time, coloured by its
        band, a number at every event, and other rings where they came in, went out or took it over.
    """
    scale = _Scale(story)
    title = f"Lineage of ring {clean(story.ring_id)}"
    parts = [f"<title>{escape(title)}</title>"]
    for run in _runs(story):
        parts += _ribbon(run, scale)
    same_night = 0
    for number, event in enumerate(story.events, 1):
        again = number > 1 and story.events[number - 2]["as_of"] == event["as_of"]
        same_night = same_night + 1 if again else 0
        parts += _event(number, event, story, scale, same_night)
    for moment, anchor in ((scale.first, "start"), (scale.last, "end")):
        parts.append(_text(scale.x(moment), HEIGHT - 8, f"{moment:%Y-%m-%d}", anchor))
        if scale.first == scale.last:
            break
    if not story.complete:
        parts.append(_text(4, 16, "earlier scans are not in the store any more", "start"))
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img" aria-label="{escape(title)}" font-size="12"'
    return f'{head} font-family="system-ui, sans-serif">{"".join(parts)}</svg>'


def lineage_page(story: RingStory) -> str:
    """Write the picture and the story below it as one HTML page that loads nothing."""
    text = story.text().splitlines()
    events = "".join(
        f"<li>{row['as_of']:%Y-%m-%d} <b>{escape(clean(row['event']))}</b> {escape(clean(row['text']))}</li>"
        for row in story.events
    )
    head = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    title = f"Ring {escape(clean(story.ring_id))}"
    legend = "The strip is as wide as the ring has members; red is band high, orange medium, grey low."
    return (
        f"<!DOCTYPE html>\n<html lang=en><head>{head}<title>{title}</title><style>{STYLE}</style></head>\n<body>"
        f"<h1>{title} from scan to scan</h1><p>{escape(clean(text[0]))}</p>{draw_lineage(story)}"
        f"<p class=soft>{legend}</p><ol>{events}</ol></body></html>\n"
    )


def _runs(story: RingStory) -> list[list[Row]]:
    """States between which the ring was always listed."""
    ends = [row["as_of"] for row in story.events if _is_end(row, story.ring_id)]
    runs: list[list[Row]] = []
    for state in story.states:
        before = runs[-1][-1]["as_of"] if runs else None
        if before is None or any(before < end <= state["as_of"] for end in ends):
            runs.append([])
        runs[-1].append(state)
    return runs


def _is_end(event: Row, ring_id: str) -> bool:
    return bool(event["event"] == "dissolved" or (event["event"] == "merged" and event["ring_id"] != ring_id))


def _ribbon(run: list[Row], scale: _Scale) -> list[str]:
    """One piece of the strip for every pair of states that follow each other; a lone state is a bar."""
    if len(run) == 1:
        x, half = scale.x(run[0]["as_of"]), scale.half(run[0]["n_members"])
        return [_piece([(x - 2, half), (x + 2, half)], run[0])]
    pieces = []
    for one, other in pairwise(run):
        ends = [(scale.x(state["as_of"]), scale.half(state["n_members"])) for state in (one, other)]
        pieces.append(_piece(ends, other))
    return pieces


def _piece(ends: list[tuple[float, float]], state: Row) -> str:
    above = [f"{x:.1f},{MIDDLE - half:.1f}" for x, half in ends]
    below = [f"{x:.1f},{MIDDLE + half:.1f}" for x, half in reversed(ends)]
    told = f"{state['as_of']:%Y-%m-%d}: {state['n_members']} members, band {clean(state['band'])}"
    colour = COLOURS.get(state["band"], SOFT)
    return f'<polygon points="{" ".join(above + below)}" fill="{colour}"><title>{escape(told)}</title></polygon>'


def _event(number: int, event: Row, story: RingStory, scale: _Scale, same_night: int) -> list[str]:
    """A numbered mark; events of one night stand side by side."""
    x = scale.x(event["as_of"])
    told = f"{event['as_of']:%Y-%m-%d} {clean(event['event'])}: {clean(event['text'])}"
    drawn = _others(event, story.ring_id, x)
    x += 22 * same_night
    circle = f'<circle cx="{x:.1f}" cy="{MIDDLE + 70}" r="10" fill="#fff" stroke="{INK}"/>'
    drawn.append(f"<g><title>{escape(told)}</title>{circle}{_text(x, MIDDLE + 74, str(number), 'middle')}</g>")
    if len(story.events) <= MOST_WORDS:
        drawn.append(_text(x, MIDDLE + 94 + 13 * same_night, clean(event["event"]), "middle"))
    return drawn


def _others(event: Row, ring_id: str, x: float) -> list[str]:
    """Curves of other rings: from above where they came in or it came from, to above where another took it over."""
    if event["ring_id"] != ring_id:
        return _curve(x, REACH, event["ring_id"], 0)
    sources = [ring for ring in event["from_ring_ids"] if ring != ring_id]
    drawn = []
    for row, ring in enumerate(sources[:MOST_OTHERS]):
        drawn += _curve(x, -REACH, ring, row)
    if len(sources) > MOST_OTHERS:
        drawn.append(_text(x - REACH, 14, f"and {len(sources) - MOST_OTHERS} more", "middle"))
    return drawn


def _curve(x: float, aside: float, ring: str, row: int) -> list[str]:
    y = 70 - 14 * row
    far = min(max(x + aside, 4.0), WIDTH - 4.0)
    path = f"M {far:.1f} {y} C {far:.1f} {MIDDLE - 30}, {x:.1f} {y + 20}, {x:.1f} {MIDDLE}"
    anchor = "start" if far < LEFT + 40 else "end" if far > WIDTH - RIGHT - 40 else "middle"
    return [f'<path d="{path}" fill="none" stroke="{INK}" stroke-width="2"/>', _text(far, y - 4, clean(ring), anchor)]


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{INK}">{escape(text)}</text>'
