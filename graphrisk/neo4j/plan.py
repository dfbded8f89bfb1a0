"""What a write-back does, step by step: a fixed query and its rows, in batches that are the same every time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa

from graphrisk.neo4j import queries
from graphrisk.neo4j.entities import Entities
from graphrisk.neo4j.names import Cypher, link_name
from graphrisk.neo4j.scan_rows import ScanRows

RING_COLUMNS = {
    **{"ringId": "ring_id", "typology": "typology", "band": "band", "score": "score", "scoreLow": "score_low"},
    **{"scoreHigh": "score_high", "qValue": "q_value", "nMembers": "n_members", "nSignals": "n_signals"},
    **{"valueAtStake": "value_at_stake", "currency": "currency", "lineage": "lineage", "model": "model"},
    **{"firstSeen": "first_seen", "lastSeen": "last_seen"},
}
EVIDENCE_COLUMNS = {
    **{"evidenceId": "evidence_id", "ringId": "ring_id", "reasonCode": "reason_code", "direction": "direction"},
    **{"text": "text", "weight": "weight", "isHub": "is_hub", "firstSeen": "first_seen", "lastSeen": "last_seen"},
}
LINK_COLUMNS = {
    **{"weight": "weight", "isHub": "is_hub", "nEvents": "n_events", "nAccounts": "n_accounts"},
    **{"firstSeen": "first_seen", "lastSeen": "last_seen"},
}
Make = Callable[[int, int], dict[str, Any]]


@dataclass(frozen=True)
class Step:
    """One query over many rows.

    Parameters
    ----------
    name : str
        What progress calls it.
    query : str
    bounds : array of int64, shape (n_batches + 1,)
        First row of each batch, and the number of rows.
    make : callable
        Parameters of the rows from one number up to another.
    apart : bool
        Batches may run side by side: no two of them are likely to wait for the same node.
    """

    name: str
    query: str
    bounds: np.ndarray[Any, np.dtype[np.int64]]
    make: Make
    apart: bool = True

    @property
    def n_rows(self) -> int:
        """Rows in all."""
        return int(self.bounds[-1])

    def batches(self, batch_numbers: range) -> Iterator[dict[str, Any]]:
        """Parameters of some of the batches, one after the other."""
        for k in batch_numbers:
            yield self.make(int(self.bounds[k]), int(self.bounds[k + 1]))


def plain(column: pa.Array | pa.ChunkedArray) -> list[Any]:
    """Values as the driver sends them: times as whole milliseconds since the epoch, all else as it is."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("ms", tz="UTC"), safe=False).cast(pa.int64())
    if column.null_count == 0 and pa.types.is_primitive(column.type):
        values: list[Any] = column.to_numpy(zero_copy_only=False).tolist()
        return values
    return list(column.to_pylist())


def _even(n_rows: int, batch_rows: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.unique(np.r_[np.arange(0, n_rows, batch_rows, dtype=np.int64), n_rows])


@dataclass
class Planner:
    """Makes the steps of a write-back.

    Parameters
    ----------
    rows : ScanRows
    entities : Entities
        Which entity types are written or found, by which label and key.
    cypher : Cypher
    links : mapping of str to str
        Signal type to relationship type.
    batch_rows : int
    """

    rows: ScanRows
    entities: Entities
    cypher: Cypher
    links: Mapping[str, str]
    batch_rows: int
    steps: list[Step] = field(default_factory=list)

    def plan(self) -> list[Step]:
        """All steps in their order: nodes, relationships, and last what readers see change."""
        if self.entities.are_ours:
            for kind in self.entities.types:
                ids = pa.table({"ids": self.rows.entity_ids(kind)})
                self._add(f"{kind} nodes", queries.ADD_ENTITIES, ids, parts=self.entities.parts(kind))
        rings = self.rows.table("ring")
        self._add("rings", queries.ADD_RINGS, rings.select(["ring_id"]).rename_columns(["ringId"]))
        for kind in self.entities.types:
            self._add_members(kind)
        self._add("evidence", queries.ADD_EVIDENCE, _named(self.rows.table("ring_evidence"), EVIDENCE_COLUMNS))
        for kind in self.entities.types:
            table = self.rows.evidence_entities(kind)
            keyed = self._keyed(table, "entity_id", kind, "ids").rename_columns(["evidenceId", "ids"])
            self._add(f"evidence on {kind}", queries.ADD_RESTS_ON, keyed, apart=False, parts=self.entities.parts(kind))
        if self.entities.are_ours:
            self._add_links()
        found = {key: RING_COLUMNS[key] for key in ("ringId", "score", "band", "nMembers")}
        self._add("rings of the scan", queries.ADD_FOUND_IN, _named(rings, found), apart=False)
        for name, query in (("merged", queries.ADD_MERGED), ("split", queries.ADD_SPLIT)):
            self._add(f"{name} rings", query, self.rows.lineage(name), apart=False)
        self._add("ring facts", queries.SET_RINGS, _named(rings, RING_COLUMNS))
        return [step for step in self.steps if step.n_rows]

    def _keyed(self, table: pa.Table, column: str, kind: str, name: str) -> pa.Table:
        at = table.schema.get_field_index(column)
        return table.set_column(at, name, self.entities.keys(kind, table[column]))

    def _add(
        self,
        name: str,
        query: str,
        table: pa.Table,
        *,
        parts: Mapping[str, str] = MappingProxyType({}),
        apart: bool = True,
        fixed: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        def make(a: int, b: int) -> dict[str, Any]:
            piece = table.slice(a, b - a)
            return {key: plain(piece[key]) for key in piece.column_names} | dict(fixed)

        bounds = _even(len(table), self.batch_rows)
        self.steps.append(Step(name, self.cypher(query, **parts), bounds, make, apart))

    def _add_members(self, kind: str) -> None:
        """Members, one entry per ring with the list of its members; a ring is never cut in two."""
        table = self._keyed(self.rows.members(kind), "entity_id", kind, "entity_id")
        ring_ids = table["ring_id"].to_numpy(zero_copy_only=False)
        starts = np.flatnonzero(np.r_[True, ring_ids[1:] != ring_ids[:-1]]) if len(table) else np.empty(0, np.int64)
        ends = np.r_[starts, len(table)].astype(np.int64)
        roles = table["role"].combine_chunks().dictionary_encode()
        names = roles.dictionary.to_pylist()

        def make(a: int, b: int) -> dict[str, Any]:
            first, last = np.searchsorted(ends, [a, b])
            piece = table.slice(a, b - a)
            return {
                "ringId": ring_ids[ends[first:last]].tolist(),
                "starts": (ends[first : last + 1] - a).tolist(),
                "ids": plain(piece["entity_id"]),
                "score": plain(piece["member_score"]),
                "role": plain(roles.indices.slice(a, b - a)),
                "roles": names,
                "joinedAt": plain(piece["joined_at"]),
            }

        wanted = np.searchsorted(ends, _even(len(table), self.batch_rows))
        query = self.cypher(queries.ADD_MEMBERS, **self.entities.parts(kind))
        self.steps.append(Step(f"{kind} members", query, np.unique(ends[wanted]), make))

    def _add_links(self) -> None:
        for (source, target, kind), table in self.rows.links():
            name, parts = link_name(kind, self.links), self.entities.parts(source)
            there = self.entities.parts(target)
            parts |= {"Target": there["Entity"], "targetKey": there["entityKey"], "LINK": name}
            columns = {"sources": "source_id", "targets": "target_id", **LINK_COLUMNS}
            self._add(
                f"{name} links",
                queries.ADD_LINKS,
                _named(table, columns),
                apart=False,
                fixed={"linkType": kind},
                parts=parts,
            )


def _named(table: pa.Table, columns: Mapping[str, str]) -> pa.Table:
    return table.select(list(columns.values())).rename_columns(list(columns))
