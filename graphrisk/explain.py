"""Why a ring, and why two of its members: the evidence in sentences, from the result tables alone."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from gnn.transparent import Transparent
from graphrisk.lineage.story import lineage_sentence
from graphrisk.rings.patterns.growth import GROWTH_PATTERNS
from graphrisk.rings.wallets import LINKS

TOGETHER = {pattern.link_type: pattern.why for pattern in GROWTH_PATTERNS if pattern.why}
"""What a link says that only a pattern makes."""

Tables = Mapping[str, pa.Table]
Node = tuple[str, str]
Row = dict[str, Any]


def rows_of(tables: Tables, name: str, ring_id: str) -> list[Row]:
    """Rows of one ring in one table."""
    table = tables[name]
    rows: list[Row] = table.filter(pc.equal(table["ring_id"], ring_id)).to_pylist()
    return rows


def find_ring(tables: Tables, key: str) -> str:
    """Find a ring by its id, the beginning of its id or its place in the list.

    Parameters
    ----------
    tables : mapping of str to pyarrow.Table
        With at least ``ring``.
    key : str
        ``1`` is the worst ring.

    Returns
    -------
    str
        The id.

    Raises
    ------
    ValueError
        If no ring fits, or more than one does.
    """
    return find_id(tables["ring"]["ring_id"].to_pylist(), key)


def find_id(ids: list[str], key: str) -> str:
    """Find a ring by its id, the beginning of it or its place among `ids`; ValueError if none or several fit."""
    if key in ids:
        return key
    if key.isdecimal() and 1 <= int(key) <= len(ids):
        return ids[int(key) - 1]
    fitting = [ring_id for ring_id in ids if key and ring_id.startswith(key)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise ValueError(f"the ring must be named by more than {key!r}, which begins {len(fitting)} ids")
    raise ValueError(f"the ring must be an id or a place from 1 to {len(ids)}, got {key!r}")


@dataclass(frozen=True)
class Step:
    """One link of a chain: two members and what joins them.

    Parameters
    ----------
    source, target : str
        Members.
    link_type : str
        ``shared_<signal type>``, ``referral`` or ``transfer``.
    signal_type, signal_id : str or None
        The shared signal; None where one member dealt with the other.
    weight : float
        Nats.
    n_accounts : int or None
        How many accounts in all share the signal.
    is_hub : bool
    source_acts : bool
        Whether `source` invited or first paid `target`, rather than the reverse.
    first_seen, last_seen : datetime or None
        When both used the signal, or dealt with each other.
    """

    source: str
    target: str
    link_type: str
    signal_type: str | None
    signal_id: str | None
    weight: float
    n_accounts: int | None
    is_hub: bool
    source_acts: bool
    first_seen: datetime | None
    last_seen: datetime | None

    def text(self) -> str:
        """Write the link as a sentence."""
        when = _when(self.first_seen, self.last_seen)
        if self.signal_id is None:
            what = "exchanged transfers with"
            if self.link_type == "referral":
                what = "invited" if self.source_acts else "was invited by"
            if self.link_type in TOGETHER:
                return f"{self.source} and {self.target} {TOGETHER[self.link_type]}{when} ({self.weight:.1f} nats)."
            if self.link_type in LINKS:
                return f"{self.source} and {self.target} {LINKS[self.link_type].why}{when} ({self.weight:.1f} nats)."
            return f"{self.source} {what} {self.target}{when} ({self.weight:.1f} nats)."
        among = f"shared by {self.n_accounts} accounts in all"
        hub = ", a hub: it says little" if self.is_hub else ""
        kind = self.link_type.removeprefix("shared_")
        kind = LINKS[kind].why if kind in LINKS else kind.replace("_", " ")
        shared = f"{self.source} and {self.target} share the {kind} {self.signal_id}{when}"
        return f"{shared}, {among}{hub} ({self.weight:.1f} nats)."


@dataclass(frozen=True)
class Chain:
    """The strongest chain of evidence between two members.

    Parameters
    ----------
    ring_id : str
    steps : tuple of Step
    """

    ring_id: str
    steps: tuple[Step, ...]

    @property
    def weakest(self) -> Step:
        """The link with the least evidence; the chain is no stronger."""
        return min(self.steps, key=lambda step: step.weight)

    def text(self) -> str:
        """Write the chain in sentences."""
        lines = [f"{number}. {step.text()}" for number, step in enumerate(self.steps, start=1)]
        if len(self.steps) == 1:
            return lines[0].removeprefix("1. ")
        at = self.steps.index(self.weakest) + 1
        return "\n".join([*lines, f"The weakest link is number {at}, with {self.weakest.weight:.1f} nats."])

    def to_dict(self) -> dict[str, Any]:
        """Return the chain as plain values."""
        steps = [asdict(step) for step in self.steps]
        return {"ring_id": self.ring_id, "steps": steps, "weakest": self.steps.index(self.weakest)}


def _nats(weight: float) -> str:
    return f", {weight:+.2f} nats" if weight else ""


def _when(first: datetime | None, last: datetime | None) -> str:
    if first is None or last is None:
        return ""
    if first.date() == last.date():
        return f" on {first:%Y-%m-%d}"
    return f" from {first:%Y-%m-%d} to {last:%Y-%m-%d}"


def explain_why(tables: Tables, ring_id: str, a: str, b: str) -> Chain:
    """Find the chain of evidence between two members whose weakest link is as strong as can be.

    Parameters
    ----------
    tables : mapping of str to pyarrow.Table
        With at least ``ring_member`` and ``ring_link``.
    ring_id : str
    a, b : str
        Members.

    Returns
    -------
    Chain
        Of chains with an equal weakest link, one with the fewest links. Hubs join only where nothing else does.

    Raises
    ------
    ValueError
        If one of the two is no member, both are the same, or nothing joins them.
    """
    members = {
        row["entity_id"]: (row["entity_type"], row["entity_id"]) for row in rows_of(tables, "ring_member", ring_id)
    }
    for name in (a, b):
        if name not in members:
            raise ValueError(f"both must be members of ring {ring_id}, got {name!r}")
    if a == b:
        raise ValueError(f"the two members must differ, got {a!r} twice")
    links = rows_of(tables, "ring_link", ring_id)
    chain = _widest(links, members[a], members[b], set(members.values()))
    if chain is None:
        raise ValueError(f"no link of ring {ring_id} leads from {a!r} to {b!r}")
    return Chain(ring_id, chain)


def _widest(links: list[Row], start: Node, goal: Node, members: set[Node]) -> tuple[Step, ...] | None:
    """Search the widest path over the graph of members and signals (Dijkstra with the weakest link as the length)."""
    joins: dict[Node, list[tuple[Node, Row]]] = {}
    for row in links:
        source, target = (row["source_type"], row["source_id"]), (row["target_type"], row["target_id"])
        if row["n_accounts"] is not None:
            # a member can be a signal as well, as an inviter is: the two are different places on a path
            target = (row["link_type"], f"{row['target_type']}\x00{row['target_id']}")
        joins.setdefault(source, []).append((target, row))
        joins.setdefault(target, []).append((source, row))
    best: dict[Node, tuple[float, int]] = {}
    came: dict[Node, tuple[Node, Row]] = {}
    queue: list[tuple[float, int, Node, Node | None, Row | None]] = [(-float("inf"), 0, start, None, None)]
    while queue:
        width, length, node, before, came_by = heapq.heappop(queue)
        if node in best:
            continue
        best[node] = (width, length)
        if before is not None and came_by is not None:
            came[node] = (before, came_by)
        if node == goal:
            return _steps(came, start, goal)
        for other, link in joins.get(node, ()):
            if other not in best:
                # half a step leads to a signal, half a step away from it
                wider = max(width, -float(link["weight"]) if not link["is_hub"] else 0.0)
                heapq.heappush(queue, (wider, length + (2 if link["n_accounts"] is None else 1), other, node, link))
    return None


def _steps(came: dict[Node, tuple[Node, Row]], start: Node, goal: Node) -> tuple[Step, ...]:
    """Walk back from the goal, two half-steps through a signal at a time."""
    steps: list[Step] = []
    node = goal
    while node != start:
        before, row = came[node]
        if row["n_accounts"] is None:
            steps.append(_step(before, node, row, row, None))
            node = before
            continue
        source, first = came[before]
        steps.append(_step(source, node, first, row, (row["target_type"], row["target_id"])))
        node = source
    return tuple(reversed(steps))


def _step(source: Node, target: Node, one: Row, other: Row, signal: Node | None) -> Step:
    """Join two rows into one link; its times are those that both rows have in common, or the span of the two."""
    first = _both(max, one["first_seen"], other["first_seen"])
    last = _both(min, one["last_seen"], other["last_seen"])
    if first is not None and last is not None and first > last:
        first = _both(min, one["first_seen"], other["first_seen"])
        last = _both(max, one["last_seen"], other["last_seen"])
    return Step(
        source=source[1],
        target=target[1],
        link_type=one["link_type"],
        signal_type=None if signal is None else signal[0],
        signal_id=None if signal is None else signal[1],
        weight=min(one["weight"], other["weight"]),
        n_accounts=one["n_accounts"],
        is_hub=one["is_hub"],
        source_acts=(one["source_type"], one["source_id"]) == source,
        first_seen=first,
        last_seen=last,
    )


def _both(choose: Any, one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return None
    chosen: datetime = choose(one, other)
    return chosen


def score_meaning(model: str) -> tuple[str, str]:
    """Say what the interval and the score of a model mean: a template with two places, and a sentence."""
    if model == Transparent.name:
        note = "The score is the sum of the evidence on a stated scale; it is not the probability of fraud."
        return "without its strongest evidence for {:.3f}, against {:.3f}", note
    note = f"The score is the probability, by the model {model!r}, that the group is a ring; it is no proof."
    return "{:.3f} to {:.3f} in nine populations of ten", note


@dataclass(frozen=True)
class RingExplanation:
    """A ring with its evidence.

    Parameters
    ----------
    ring : dict
        The row of the `ring` table.
    evidence_for, evidence_against : tuple of dict
        Rows of the `ring_evidence` table, strongest first.
    roles : dict of str to int
        Members per role.
    lineage : str or None
        Since when the ring is known and what happened to it since the scan before.
    """

    ring: Row
    evidence_for: tuple[Row, ...]
    evidence_against: tuple[Row, ...]
    roles: dict[str, int]
    lineage: str | None = None

    def text(self) -> str:
        """Write the explanation for a report: evidence first, score last."""
        ring = self.ring
        members = ", ".join(f"{n} {role}{'s' if n != 1 else ''}" for role, n in self.roles.items())
        lines = [f"Ring {ring['ring_id']} ({ring['typology']}): {ring['n_members']} members ({members})."]
        lines += [] if self.lineage is None else [self.lineage]
        for title, rows in (("For", self.evidence_for), ("Against", self.evidence_against)):
            lines.append(f"{title}:")
            lines += [f"  {row['text']} [{row['reason_code']}{_nats(row['weight'])}]" for row in rows]
            if not rows:
                lines.append("  nothing was found")
        meaning, note = score_meaning(ring["model"])
        lines.append(
            f"Score {ring['score']:.3f} ({meaning.format(ring['score_low'], ring['score_high'])}), "
            f"band {ring['band']}, q-value {ring['q_value']:.3f}. {note}"
        )
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return the explanation as plain values."""
        return {
            "ring": self.ring,
            "for": list(self.evidence_for),
            "against": list(self.evidence_against),
            "roles": self.roles,
            "lineage": self.lineage,
            "text": self.text(),
        }


def explain_ring(tables: Tables, ring_id: str) -> RingExplanation:
    """Gather the evidence of a ring.

    Parameters
    ----------
    tables : mapping of str to pyarrow.Table
        With at least ``ring``, ``ring_member`` and ``ring_evidence``; ``ring_history`` and ``ring_event`` add the
        lineage.
    ring_id : str

    Returns
    -------
    RingExplanation

    Raises
    ------
    ValueError
        If there is no such ring.
    """
    rings = rows_of(tables, "ring", ring_id)
    if not rings:
        raise ValueError(f"there must be a ring {ring_id!r} in the scan, got none")
    evidence = rows_of(tables, "ring_evidence", ring_id)
    order = sorted(evidence, key=lambda row: row["evidence_id"])
    roles: dict[str, int] = {}
    for row in rows_of(tables, "ring_member", ring_id):
        roles[row["role"]] = roles.get(row["role"], 0) + 1
    return RingExplanation(
        ring=rings[0],
        evidence_for=tuple(row for row in order if row["direction"] == "for"),
        evidence_against=tuple(row for row in order if row["direction"] == "against"),
        roles=dict(sorted(roles.items())),
        lineage=lineage_sentence(tables, ring_id),
    )
