"""What the page of a ring shows, gathered from the store: the evidence first, the score after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from gnn.scoring import PRIOR
from graphrisk.explain import Chain, Step, explain_why, score_meaning
from graphrisk.lineage.story import RingStory, lineage_sentence, tell_story
from graphrisk.rings.direct_pairs import REFERRAL, TRANSFER
from graphrisk.serve.masking import Names
from graphrisk.serve.reader import RingStore, StoreReader
from graphrisk.serve.timeline import Timeline, make_timeline

Row = dict[str, Any]
Node = tuple[str, str]

TABLES = ("ring", "ring_member", "ring_evidence", "ring_link", "ring_event", "ring_history")
MEMBERS_SHOWN, SIGNALS_SHOWN, SCANS_SHOWN, ACTS_SHOWN = 100, 25, 60, 200


@dataclass(frozen=True)
class Part:
    """One part of the score as a bar from the middle: to the right for, to the left against."""

    reason_code: str
    weight: float
    x: float
    width: float


@dataclass(frozen=True)
class Signal:
    """Something that members share."""

    kind: str
    name: str
    n_members: int
    n_accounts: int
    weight: float
    is_hub: bool
    first: Any
    last: Any


class RingData:
    """One ring in one scan.

    Parameters
    ----------
    store : RingStore
    scan_id : str
    names : Names
    """

    def __init__(self, store: RingStore, scan_id: str, names: Names) -> None:
        self.scan_id, self.ring_id, self.names = scan_id, store.ring_id, names
        self._store = store
        self._tables: dict[str, pa.Table] = {}

    def table(self, name: str) -> pa.Table:
        """Rows of the ring in one table, as they are."""
        if name not in self._tables:
            self._tables[name] = self._store.table(name, self.scan_id)
        return self._tables[name]

    @cached_property
    def ring(self) -> Row | None:
        """Row of the table `ring`; None if the scan does not list it."""
        rows: list[Row] = self.table("ring").to_pylist()
        return rows[0] if rows else None

    @cached_property
    def members(self) -> list[Row]:
        """Members with their identifiers as they are, the most deeply involved first."""
        rows: list[Row] = self._sorted_members.to_pylist()
        return rows

    @cached_property
    def _sorted_members(self) -> pa.Table:
        order = [("member_score", "descending"), ("entity_type", "ascending"), ("entity_id", "ascending")]
        return self.table("ring_member").sort_by(order)

    @cached_property
    def _member_nodes(self) -> list[Node]:
        """Type and id of all members in the order of the list; quicker than their rows, whose times take a while."""
        table = self._sorted_members
        return list(zip(table["entity_type"].to_pylist(), table["entity_id"].to_pylist(), strict=True))

    @property
    def n_members(self) -> int:
        """Members in the list."""
        return len(self._member_nodes)

    @cached_property
    def numbers(self) -> dict[Node, int]:
        """Number of each member in the list, from 1: forms name members by it, so that no address holds an id."""
        return {node: k for k, node in enumerate(self._member_nodes, start=1)}

    @cached_property
    def links(self) -> list[Row]:
        """Rows of `ring_link` as they are."""
        rows: list[Row] = self.table("ring_link").to_pylist()
        return rows

    @cached_property
    def entities(self) -> list[Node]:
        """Type and id of every member, as a decision takes them down."""
        return list(self.numbers)

    @property
    def n_accounts(self) -> int:
        """Members that are accounts; the others are wallets."""
        return sum(kind == "account" for kind, _ in self.entities)

    def evidence(self, direction: str) -> list[Row]:
        """Evidence for or against, strongest first, with identifiers as this page may show them."""
        rows = [row for row in self.table("ring_evidence").to_pylist() if row["direction"] == direction]
        strongest = sorted(rows, key=lambda row: (row["reason_code"] == PRIOR, -abs(row["weight"]), row["evidence_id"]))
        return self.names.rows(strongest)

    def member_rows(self, *, all_of_them: bool = False) -> list[Row]:
        """Members for the table, with their numbers."""
        rows = self._sorted_members if all_of_them else self._sorted_members.slice(0, MEMBERS_SHOWN)
        return [
            {**row, "number": k, "name": self.names(row["entity_id"])}
            for k, row in enumerate(rows.to_pylist(), start=1)
        ]

    def roles(self) -> dict[str, int]:
        """Members per role."""
        found: dict[str, int] = {}
        for role in self.table("ring_member")["role"].to_pylist():
            found[role] = found.get(role, 0) + 1
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def score_interval(self) -> str:
        """What the two ends of the score are."""
        ring = self.ring or {}
        meaning, _ = score_meaning(ring["model"] or "unknown")
        return meaning.format(ring["score_low"], ring["score_high"])

    def score_note(self) -> str:
        """What the score means."""
        return score_meaning((self.ring or {})["model"] or "unknown")[1]

    def parts(self) -> list[Part]:
        """Parts of the score, the ones for it first."""
        rows = [row for row in self.table("ring_evidence").to_pylist() if row["weight"]]
        rows.sort(key=lambda row: (-row["weight"], row["evidence_id"]))
        widest = max((abs(row["weight"]) for row in rows), default=1.0)
        parts = []
        for row in rows:
            width = round(100 * abs(row["weight"]) / widest, 1)
            x = 100.0 if row["weight"] > 0 else round(100 - width, 1)
            parts.append(Part(row["reason_code"], row["weight"], x, max(width, 1.0)))
        return parts

    @cached_property
    def signals(self) -> list[Signal]:
        """What members share, the strongest first, hubs last."""
        links = self.table("ring_link")
        facts = [("source_id", "count"), ("n_accounts", "max"), ("weight", "sum"), ("is_hub", "max")]
        facts += [("first_seen", "min"), ("last_seen", "max")]
        shared = links.filter(pc.is_valid(links["n_accounts"]))
        found = [
            Signal(
                row["link_type"].removeprefix("shared_").replace("_", " "),
                self.names(row["target_id"]),
                *(row[f"{column}_{way}"] for column, way in facts),
            )
            for row in shared.group_by(["link_type", "target_type", "target_id"], use_threads=False)
            .aggregate(facts)
            .to_pylist()
        ]
        return sorted(found, key=lambda signal: (signal.is_hub, -signal.weight, signal.kind, signal.name))

    @cached_property
    def acts(self) -> list[Row]:
        """Rows of `ring_act` as they are, in the order of time; none in scans from before that table."""
        rows: list[Row] = self.table("ring_act").to_pylist()
        return rows

    def act_rows(self, page: int) -> list[Row]:
        """One page of the acts, each with what it shows of who did what to whom."""
        rows = self.acts[(page - 1) * ACTS_SHOWN : page * ACTS_SHOWN]
        return [{**row, "who": self._party(row, "source"), "whom": self._party(row, "target")} for row in rows]

    def _party(self, row: Row, end: str) -> str:
        name, number = row[f"{end}_id"], self.numbers.get((row[f"{end}_type"], row[f"{end}_id"]))
        return "" if name is None else self.names(name) + ("" if number is None else f" (#{number})")

    def timeline(self) -> Timeline | None:
        """When things happened."""
        links = self.table("ring_link").select(["link_type", "n_accounts", "is_hub", "first_seen", "last_seen"])
        if self.acts:  # they tell of invitations and transfers, and a large ring has thousands of these
            told = pc.or_(pc.is_in(links["link_type"], value_set=pa.array([REFERRAL, TRANSFER])), links["is_hub"])
            return make_timeline([], links.filter(pc.invert(told)).to_pylist(), self.acts)
        return make_timeline(self.members, links.to_pylist(), [])

    def lineage(self) -> str | None:
        """Since when the ring is known, in one sentence."""
        return lineage_sentence({name: self.table(name) for name in ("ring_history", "ring_event")}, self.ring_id)

    def story(self) -> RingStory | None:
        """What became of it from scan to scan; reads one row of each scan."""
        try:
            return tell_story(self._store, self.ring_id, self.scan_id)
        except ValueError:
            return None

    def states(self, story: RingStory | None, scans: Sequence[str]) -> list[Row]:
        """What the newest scans say of the ring, newest first; by its story, or by all scans where there is none."""
        if story is not None:
            return list(reversed(story.states))[:SCANS_SHOWN]
        found = []
        for scan_id in list(reversed(scans))[:SCANS_SHOWN]:
            as_of = datetime.fromisoformat(self._store.manifest(scan_id)["as_of"])
            found += [{**row, "as_of": as_of} for row in self._store.table("ring", scan_id).to_pylist()]
        return found

    def why(self, a: int, b: int) -> Chain:
        """What joins two members that are named by their numbers, with identifiers as this page may show them.

        Raises
        ------
        ValueError
            If one of the two is no member, both are the same, or nothing joins them.
        """
        for number in (a, b):
            if not 1 <= number <= self.n_members:
                raise ValueError(f"a member must have a number from 1 to {self.n_members}, got {number}")
        if a == b:
            raise ValueError("the two members must differ")
        one, other = (self._member_nodes[number - 1][1] for number in (a, b))
        tables = {name: self.table(name) for name in ("ring_member", "ring_link")}
        try:
            chain = explain_why(tables, self.ring_id, one, other)
        except ValueError as error:
            raise ValueError(f"nothing in the links of this ring leads from member {a} to member {b}") from error
        return Chain(chain.ring_id, tuple(self._shown(step) for step in chain.steps))

    def _shown(self, step: Step) -> Step:
        signal = None if step.signal_id is None else self.names(step.signal_id)
        return Step(
            **{**vars(step), "source": self._member(step.source), "target": self._member(step.target)}
            | {"signal_id": signal}
        )

    def _member(self, name: str) -> str:
        number = next(k for (_, known), k in self.numbers.items() if known == name)
        return f"{self.names(name)} (#{number})"


def find_scan(reader: StoreReader, ring_id: str) -> str | None:
    """The newest scan that lists a ring."""
    store = reader.ring(ring_id)
    for scan_id in reversed(reader.store.scans()):
        if len(store.table("ring", scan_id)):
            return scan_id
    return None
