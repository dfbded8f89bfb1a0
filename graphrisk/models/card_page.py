"""The card of a model as one page that loads nothing, with its reliability drawn."""

from __future__ import annotations

from html import escape
from typing import Any

from graphrisk.models.card import card_text

SIDE, MARGIN = 320, 40


def card_page(card: dict[str, Any]) -> str:
    """Draw a card.

    Parameters
    ----------
    card : dict

    Returns
    -------
    str
        HTML without scripts or anything from elsewhere; all text of the card is escaped.
    """
    title = escape(f"Model {card['name']}")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head><body>'
        f"<h1>{title}</h1><h2>Reliability</h2>{reliability_plot(card['held_out']['reliability'])}"
        f"<p>Groups of equal numbers: what was said, and the share that was true. On the line, both are the same.</p>"
        f"<pre>{escape(card_text(card))}</pre></body></html>\n"
    )


def reliability_plot(bins: list[dict[str, Any]]) -> str:
    """Draw said against true, each from 0 to 1, as SVG."""

    def at(value: float) -> float:
        return round(MARGIN + SIDE * value, 1)

    def down(value: float) -> float:
        return round(MARGIN + SIDE * (1 - value), 1)

    size = SIDE + 2 * MARGIN
    points = "".join(
        f'<circle cx="{at(row["said"])}" cy="{down(row["true"])}" r="4" fill="#1f5fa8">'
        f"<title>said {row['said']:.3f}, true {row['true']:.3f}, n {row['n']:,}</title></circle>"
        for row in bins
    )
    ticks = "".join(
        f'<text x="{at(value)}" y="{down(0) + 16}" text-anchor="middle">{value}</text>'
        f'<text x="{at(0) - 6}" y="{down(value) + 4}" text-anchor="end">{value}</text>'
        for value in (0, 0.5, 1)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" font-size="12" role="img" '
        f'aria-label="said against true"><rect x="{at(0)}" y="{down(1)}" width="{SIDE}" height="{SIDE}" '
        f'fill="none" stroke="#999"/><line x1="{at(0)}" y1="{down(0)}" x2="{at(1)}" y2="{down(1)}" '
        f'stroke="#999" stroke-dasharray="4"/>{points}{ticks}'
        f'<text x="{at(0.5)}" y="{down(0) + 32}" text-anchor="middle">said</text>'
        f'<text x="{at(0.5)}" y="{down(1) - 10}" text-anchor="middle">true share, upwards</text></svg>'
    )
