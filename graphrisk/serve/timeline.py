"""When things happened in a ring, as lanes of bars for an inline picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from graphrisk.rings.wallets import PAIR_KINDS

Row = dict[str, Any]

WIDTH, LEFT, LANE, TALLEST = 900, 150, 46, 30
N_BINS = 90
COLOURS = {"sign-ups": "#1f5fa8", "bonuses": "#8a5a00", "invitations": "#a4262c", "transfers": "#6b3fa0"}
COLOURS |= {"first bonuses": COLOURS["bonuses"]}
ACT_LANES = {"sign_up": "sign-ups", "bonus": "bonuses", "referral": "invitations", "transfer": "transfers"}
SHARED_COLOUR = "#5c6876"


@dataclass(frozen=True)
class Bar:
    """One bar: where it stands, how tall it is, and what it says."""

    x: float
    y: float
    width: float
    height: float
    text: str


@dataclass(frozen=True)
class Lane:
    """One kind of act.

    Parameters
    ----------
    name : str
    colour : str
    n : int
        Acts with a time that the bars count.
    n_all : int
        Acts with a time, those of which the store keeps no row included.
    base : float
        Where its bars stand.
    bars : tuple of Bar
    """

    name: str
    colour: str
    n: int
    n_all: int
    base: float
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Timeline:
    """The lanes and the axis below them.

    Parameters
    ----------
    lanes : tuple of Lane
    ticks : tuple of (float, str)
        Place and day.
    height : int
    first, last : datetime
    is_whole : bool
        Whether every act counts; else bonuses are first ones, and transfers the first and last of each pair.
    """

    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[float, str], ...]
    height: int
    first: datetime
    last: datetime
    is_whole: bool


def make_timeline(members: Sequence[Row], links: Sequence[Row], acts: Sequence[Row] = ()) -> Timeline | None:
    """Count sign-ups, bonuses, invitations, transfers, links of wallets and first shared uses over time.

    Parameters
    ----------
    members, links, acts : sequence of dict
        Rows of `ring_member`, `ring_link` and `ring_act`. Without acts, as in scans from before that table, members
        and links tell what they know: first bonuses, and the first and the last transfer of each pair.

    Returns
    -------
    Timeline or None
        None where nothing has a time.
    """
    told = _single(acts) if acts else _first_and_last(members, links)
    found = {name: sorted(moments) for name, moments in (*told, _joined(links), _shared(links)) if moments}
    if not found:
        return None
    first, last = min(moments[0] for moments in found.values()), max(moments[-1] for moments in found.values())
    n_all = {ACT_LANES.get(row["act"], ""): row["n_acts"] for row in acts}
    span = max((last - first).total_seconds(), 86400.0)
    lanes = []
    for number, (name, moments) in enumerate(found.items()):
        base = (number + 1) * LANE
        bars = _bars(name, moments, first, span, base)
        lanes.append(
            Lane(name, COLOURS.get(name, SHARED_COLOUR), len(moments), n_all.get(name, len(moments)), base, bars)
        )
    return Timeline(tuple(lanes), _ticks(first, span), len(lanes) * LANE + 26, first, last, bool(acts))


def _single(acts: Sequence[Row]) -> Iterable[tuple[str, list[datetime]]]:
    for kind, name in ACT_LANES.items():
        yield name, [row["occurred_at"] for row in acts if row["act"] == kind]


def _first_and_last(members: Sequence[Row], links: Sequence[Row]) -> Iterable[tuple[str, list[datetime]]]:
    yield "sign-ups", [row["joined_at"] for row in members if row["joined_at"]]
    yield "first bonuses", [row["claimed_at"] for row in members if row["claimed_at"]]
    for kind, name in (("referral", "invitations"), ("transfer", "transfers")):
        rows = [row for row in links if row["link_type"] == kind and row["first_seen"]]
        yield (
            name,
            [row["first_seen"] for row in rows]
            + [row["last_seen"] for row in rows if row["last_seen"] and row["last_seen"] != row["first_seen"]],
        )


def _joined(links: Sequence[Row]) -> tuple[str, list[datetime]]:
    joined = [row["first_seen"] for row in links if row["link_type"] in PAIR_KINDS]
    return "links between wallets", [moment for moment in joined if moment]


def _shared(links: Sequence[Row]) -> tuple[str, list[datetime]]:
    shared = [row["first_seen"] for row in links if row["n_accounts"] is not None and not row["is_hub"]]
    return "first shared uses", [moment for moment in shared if moment]


def _bars(name: str, moments: Sequence[datetime], first: datetime, span: float, base: float) -> tuple[Bar, ...]:
    counts = [0] * N_BINS
    for moment in moments:
        counts[min(int((moment - first).total_seconds() / span * N_BINS), N_BINS - 1)] += 1
    most, width = max(counts), (WIDTH - LEFT) / N_BINS
    bars = []
    for k, count in enumerate(counts):
        if count:
            tall = max(TALLEST * count / most, 3.0)
            begin = first + timedelta(seconds=span * k / N_BINS)
            end = first + timedelta(seconds=span * (k + 1) / N_BINS)
            text = f"{count:,} {name}, {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC"
            bars.append(
                Bar(round(LEFT + k * width, 1), round(base - tall, 1), round(width - 1, 1), round(tall, 1), text)
            )
    return tuple(bars)


def _ticks(first: datetime, span: float) -> tuple[tuple[float, str], ...]:
    """Five days, evenly spaced."""
    ticks = []
    for k in range(5):
        moment = (first + timedelta(seconds=span * k / 4)).astimezone(UTC)
        ticks.append((round(LEFT + (WIDTH - LEFT) * k / 4, 1), f"{moment:%Y-%m-%d}"))
    return tuple(ticks)
