"""Accounts that do one thing within a short time: what bursts of sign-ups and of claims share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from algorithms.bursts import find_bursts
from graphrisk.rings.evidence import duration, percent
from graphrisk.rings.patterns.growth.acts import Acts, BoolArray, FloatArray, LongArray
from graphrisk.rings.patterns.growth.finding import (
    Finding,
    Found,
    Line,
    Ties,
    shape_weight,
    share_nats,
)
from graphrisk.rings.settings import PatternRules

WIDTHS = (60, 600, 3600, 86_400)
BURST_ALONE = 1.5
"""Most that a burst counts for by itself: a class, an office and a campaign come together as well."""
ACTIVE_WEIGHT, CROWD_WEIGHT, LEAST_CROWD = -1.5, -1.0, 0.01


@dataclass(frozen=True, eq=False)
class Streams:
    """Acts of which bursts are sought, one per actor and stream.

    Parameters
    ----------
    streams, actors, seconds : array of int64, shape (n,)
        In order of stream and time.
    of_signal : array of bool, shape (n,)
        Whether the stream is that of a signal, not of all.
    """

    streams: LongArray
    actors: LongArray
    seconds: LongArray
    of_signal: BoolArray

    @classmethod
    def of(cls, acts: Acts, streams: LongArray, actors: LongArray, seconds: LongArray, least: int) -> Streams:
        """Add to some streams those of every signal, hubs too, and keep what at least `least` actors did."""
        n_streams, sharing = int(streams.max(initial=-1)) + 1, acts.sharing
        first = np.full(acts.n_actors, np.iinfo(np.int64).max)
        np.minimum.at(first, actors, seconds)
        wide = np.flatnonzero(sharing.degrees[sharing.row_signals] >= least)
        users = sharing.row_actors[wide].astype(np.int64)
        took_part = first[users] != np.iinfo(np.int64).max
        users, signals = users[took_part], sharing.row_signals[wide][took_part].astype(np.int64)
        s, a = np.concatenate([streams, n_streams + signals]), np.concatenate([actors, users])
        t = np.concatenate([seconds, first[users]])
        order = np.lexsort((a, t, s))
        s, a, t = s[order], a[order], t[order]
        # the first act of each actor in a stream
        _, at = np.unique(s * max(acts.n_actors, 1) + a, return_index=True)
        at = np.sort(at)
        keep = at[np.bincount(s[at], minlength=1)[s[at]] >= least]
        return cls(s[keep], a[keep], t[keep], s[keep] >= n_streams)


def find_in(
    acts: Acts,
    rules: PatternRules,
    streams: Streams,
    code: str,
    what: str,
    among: BoolArray,
    context: dict[str, tuple[BoolArray, BoolArray]],
) -> Found:
    """Find bursts whose members go dormant as those who come at other times do not.

    Parameters
    ----------
    acts : Acts
    rules : PatternRules
    streams : Streams
    code : str
        Reason code.
    what : str
        What the members did, as in "40 accounts signed up within 10 minutes".
    among : array of bool, shape (n_actors,)
        Whom the members are compared with.
    context : dict of str to tuple of array of bool, shape (n_actors,)
        What a class and a campaign do as well, so that it is told and not weighed: who did it, and of whom it is known.

    Returns
    -------
    Found
        O(n log n), and the members of each burst.
    """
    n_tested = max(len(streams.streams) * len(WIDTHS), 1)
    windows = list(_windows(acts, rules, streams, n_tested))
    n_crowded = sum(window[2] > rules.growth_max_size for window in windows)
    windows = [window for window in windows if window[2] <= rules.growth_max_size]
    asleep = f"made no use of their account after their first {acts.dormant_days:.0f} days"
    judged = acts.judged & among
    traits = {asleep: (acts.dormant & among, judged)} | context
    totals = {name: (float((has & known).sum()), float(known.sum())) for name, (has, known) in traits.items()}
    findings = []
    for start, width, count, expected, nats in windows:
        rows = np.arange(start, start + count)
        members = streams.actors[rows]
        burst = min(shape_weight(nats, n_tested), BURST_ALONE)
        place = " at one place or with one thing in common" if streams.of_signal[start] else ""
        seconds = streams.seconds[rows]
        text = (
            f"{count} accounts {what} within {duration(float(seconds[-1] - seconds[0]))}{place}, "
            f"where the time around lets expect {expected:.2g} in {duration(width)}."
        )
        # what a fact has against it goes with the fact
        crowd = min(expected / count, 1.0)
        active = float((acts.judged[members] & ~acts.dormant[members]).mean())
        lines = [Line(code, text, burst, burst + CROWD_WEIGHT * crowd * (crowd > LEAST_CROWD))]
        for name, (has, known) in traits.items():
            inside = float((has[members] & known[members]).sum()), float(known[members].sum())
            rest = totals[name][0] - inside[0], totals[name][1] - inside[1]
            weight = shape_weight(share_nats(*inside, *rest), len(windows)) if name == asleep else 0.0
            text = f"{inside[0]:.0f} of {inside[1]:.0f} {name}; of all others, {percent(rest[0] / max(rest[1], 1))}."
            if name == asleep:
                lines.append(Line("dormant_members", text, weight, weight + ACTIVE_WEIGHT * active))
            else:
                lines.append(Line("members_alike", text, weight))
        if active > 0:
            text = f"{percent(active)} of the members still used their account after {acts.dormant_days:.0f} days."
            lines.append(Line("active_members", text, ACTIVE_WEIGHT * active))
        if crowd > LEAST_CROWD:
            text = f"About {percent(crowd)} of the members would have come then anyway."
            lines.append(Line("came_anyway", text, CROWD_WEIGHT * crowd))
        findings.append(_finding(acts, members, seconds, nats, tuple(lines)))
    return Found(findings, n_tested, n_crowded)


def _windows(
    acts: Acts, rules: PatternRules, streams: Streams, n_tested: int
) -> Iterator[tuple[int, int, int, float, float]]:
    """Row, width, count, expected and nats of the most surprising windows, none overlapping another of its stream."""
    first, last = acts.span
    rows, widths, counts = [], [], []
    expected: list[FloatArray] = []
    nats: list[FloatArray] = []
    for width in WIDTHS:
        found = find_bursts(streams.streams, streams.seconds, width_seconds=width, first=first, last=last + 1)
        keep = np.flatnonzero((found.counts >= rules.min_size) & (found.nats > np.log(n_tested)))
        rows.append(keep)
        widths.append(np.full(len(keep), width))
        counts.append(found.counts[keep])
        expected.append(found.expected[keep])
        nats.append(found.nats[keep])
    begins, wide, sizes = np.concatenate(rows), np.concatenate(widths), np.concatenate(counts)
    usual, surprise = np.concatenate(expected), np.concatenate(nats)
    used = np.zeros(len(streams.streams), bool)
    for k in np.lexsort((wide, begins, -surprise)).tolist():
        inside = slice(int(begins[k]), int(begins[k] + sizes[k]))
        if not used[inside].any():
            used[inside] = True
            yield inside.start, int(wide[k]), int(sizes[k]), float(usual[k]), float(surprise[k])


def _finding(acts: Acts, members: LongArray, seconds: LongArray, nats: float, lines: tuple[Line, ...]) -> Finding:
    nodes = acts.sharing.actors[members].astype(np.int64)
    order = np.argsort(members)
    return Finding(
        members=members[order],
        nats=nats,
        lines=lines,
        first=int(seconds[0]),
        last=int(seconds[-1]),
        # each is joined to who came just before
        ties=Ties(nodes[:-1], nodes[1:], seconds[:-1], seconds[1:], np.ones(len(nodes) - 1, np.int64)),
        value=acts.value_of(members),
        own=np.where(acts.judged[members[order]] & ~acts.dormant[members[order]], 0.7, 1.0),
    )
