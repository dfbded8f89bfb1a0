"""One metric over the scans as an SVG picture."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from html import escape

WIDTH, HEIGHT, MARGIN = 640, 150, 34
COLOUR = "#246"


@dataclass(frozen=True)
class Point:
    """What one scan says of a metric; None where nothing is known."""

    at: datetime
    value: float | None
    low: float | None
    high: float | None


class _Frame:
    """Where moments and values lie in the picture."""

    def __init__(self, moments: list[datetime], values: list[float]) -> None:
        self.first, self.last = moments[0].timestamp(), moments[-1].timestamp()
        self.low, self.high = min([0.0, *values]), max(values)
        if self.high <= self.low:
            self.high = self.low + 1

    def x(self, at: datetime) -> float:
        share = (at.timestamp() - self.first) / (self.last - self.first) if self.last > self.first else 0.5
        return MARGIN + (WIDTH - 2 * MARGIN) * share

    def y(self, value: float) -> float:
        return HEIGHT - MARGIN / 2 - (HEIGHT - MARGIN) * (value - self.low) / (self.high - self.low)

    def spot(self, at: datetime, value: float) -> str:
        return f"{self.x(at):.1f},{self.y(value):.1f}"


def plot(title: str, note: str, points: list[Point], since: datetime | None = None) -> str:
    """Draw a line with its interval behind it.

    Parameters
    ----------
    title, note : str
    points : list of Point
        Oldest first.
    since : datetime, optional
        When the metric took a step; marked by an upright line.

    Returns
    -------
    str
        A heading, the note and the picture, as HTML.
    """
    head = f"<h2>{escape(title)}</h2><p class=note>{escape(note)}</p>"
    known = [(point.at, point.value) for point in points if point.value is not None]
    if not known:
        return f"{head}<p>Nothing is known yet.</p>"
    ranges = [(p.at, p.low, p.high) for p in points if p.value is not None and p.low is not None and p.high is not None]
    ends = [value for _, low, high in ranges for value in (low, high)]
    frame = _Frame([at for at, _ in known], [value for _, value in known] + ends)
    line = " ".join(frame.spot(at, value) for at, value in known)
    drawn = [_shade(frame, ranges), f'<polyline points="{line}" fill="none" stroke="{COLOUR}" stroke-width="1.5"/>']
    drawn += [_dot(frame, at, value) for at, value in known]
    places = ((0, frame.y(frame.high) + 4, short(frame.high)), (0, frame.y(frame.low) + 4, short(frame.low)))
    days = ((MARGIN, HEIGHT, f"{known[0][0]:%Y-%m-%d}"), (WIDTH - 2 * MARGIN, HEIGHT, f"{known[-1][0]:%Y-%m-%d}"))
    if since is not None:
        drawn.append(_mark(frame, since))
    drawn += [f'<text x="{x:.0f}" y="{y:.0f}">{text}</text>' for x, y, text in (*places, *days)]
    box = f'viewBox="0 0 {WIDTH} {HEIGHT + 6}"'
    return f'{head}<svg {box} role="img" aria-label="{escape(title)}">{"".join(drawn)}</svg>'


def _shade(frame: _Frame, ranges: list[tuple[datetime, float, float]]) -> str:
    if len(ranges) < 2:
        return ""
    edge = [frame.spot(at, low) for at, low, _ in ranges] + [frame.spot(at, high) for at, _, high in reversed(ranges)]
    return f'<polygon points="{" ".join(edge)}" fill="{COLOUR}" opacity="0.15"/>'


def _mark(frame: _Frame, since: datetime) -> str:
    place = f'x1="{frame.x(since):.1f}" x2="{frame.x(since):.1f}" y1="{MARGIN / 2}" y2="{HEIGHT - MARGIN / 2}"'
    return f'<line {place} stroke="#a30" stroke-dasharray="4 3"><title>step since {since:%Y-%m-%d}</title></line>'


def _dot(frame: _Frame, at: datetime, value: float) -> str:
    place = f'cx="{frame.x(at):.1f}" cy="{frame.y(value):.1f}" r="2.5"'
    return f'<circle {place} fill="{COLOUR}"><title>{at:%Y-%m-%d}: {short(value)}</title></circle>'


def short(value: float) -> str:
    """Write a number with three digits."""
    return f"{value:,.3g}"
