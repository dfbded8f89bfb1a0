"""The rows of one scan of the store, brought to the shapes that a graph has."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from graphrisk.neo4j.settings import Neo4jSettings, WritebackError
from graphrisk.store import ResultStore

TABLES = ("scan", "ring", "ring_member", "ring_evidence", "ring_link", "ring_event")
WRITE_VERSION = 1
"""One more whenever the same scan would be written otherwise."""
LONGEST_ID = 4000  # an index of Neo4j takes keys of about 8,000 bytes, two of them in the evidence's
PAIR = pa.table({"ringId": pa.array([], pa.string()), "otherId": pa.array([], pa.string())})


class ScanRows:
    """Tables of one scan, read when they are asked for.

    Parameters
    ----------
    store : ResultStore
    scan_id : str
    """

    def __init__(self, store: ResultStore, scan_id: str) -> None:
        self.scan_id = scan_id
        self._store = store
        self._manifest = store.manifest(scan_id)
        self._tables: dict[str, pa.Table] = {}

    def table(self, name: str) -> pa.Table:
        """Return one table."""
        if name not in self._tables:
            self._tables[name] = self._store.table(name, self.scan_id)
        return self._tables[name]

    def content_hash(self, settings: Neo4jSettings) -> str:
        """Hash of all that decides what is written: the tables but for their wall clock, and names and mode."""
        tables = self._manifest["tables"]
        digests = [(name, tables[name]["sha256"]) for name in TABLES[1:] if name in tables]
        names = settings.model_dump(include={"mode", "nodes", "names", "links"})
        text = json.dumps([WRITE_VERSION, self.scan_id, digests, names], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def facts(self) -> dict[str, Any]:
        """The row of the table `scan`."""
        row: dict[str, Any] = self.table("scan").to_pylist()[0]
        return row

    def members(self, kind: str) -> pa.Table:
        """Members of one type, those of a ring together."""
        table = self.table("ring_member")
        table = table.filter(pc.equal(table["entity_type"], kind))
        table = table.select(["ring_id", "entity_id", "role", "member_score", "joined_at"])
        return table.sort_by([("ring_id", "ascending"), ("entity_id", "ascending")]).combine_chunks()

    @cached_property
    def _evidence_entities(self) -> pa.Table:
        evidence = self.table("ring_evidence").combine_chunks()
        entities = pc.list_flatten(evidence["entities"])
        owner = pc.list_parent_indices(evidence["entities"])
        flat = entities.combine_chunks() if isinstance(entities, pa.ChunkedArray) else entities
        return pa.table(
            {
                "evidence_id": evidence["evidence_id"].take(owner),
                "entity_type": pc.struct_field(flat, "entity_type"),
                "entity_id": pc.struct_field(flat, "entity_id"),
            }
        )

    def evidence_entities(self, kind: str) -> pa.Table:
        """Evidence and the entities of one type that it rests on, each pair once."""
        table = self._evidence_entities
        table = table.filter(pc.equal(table["entity_type"], kind)).select(["evidence_id", "entity_id"])
        unique = table.group_by(["evidence_id", "entity_id"], use_threads=False).aggregate([])
        return unique.select(["evidence_id", "entity_id"]).combine_chunks()

    def links(self) -> Iterator[tuple[tuple[str, str, str], pa.Table]]:
        """Links by source type, target type and link type; one that several rings share comes once."""
        keys = ["source_type", "target_type", "link_type", "source_id", "target_id"]
        facts = {"first_seen": "min", "last_seen": "max", "n_events": "max", "n_accounts": "max", "weight": "max"}
        table = self.table("ring_link")
        grouped = table.group_by(keys, use_threads=False).aggregate([*facts.items(), ("is_hub", "max")])
        grouped = grouped.rename_columns({f"{name}_{how}": name for name, how in (*facts.items(), ("is_hub", "max"))})
        grouped = grouped.sort_by([(key, "ascending") for key in (*keys[:3], "target_id", "source_id")])
        kinds = grouped.select(keys[:3]).group_by(keys[:3], use_threads=False).aggregate([])
        for row in kinds.to_pylist():
            here = pc.equal(grouped["link_type"], row["link_type"])
            for key in ("source_type", "target_type"):
                here = pc.and_(here, pc.equal(grouped[key], row[key]))
            yield (row["source_type"], row["target_type"], row["link_type"]), grouped.filter(here).combine_chunks()

    def lineage(self, event: str) -> pa.Table:
        """Rings and those of the scan before that merged into them or that they split from."""
        rows = [row for row in self.table("ring_event").to_pylist() if row["event"] == event]
        pairs = {(row["ring_id"], other) for row in rows for other in row["from_ring_ids"] or ()}
        pairs = {(ring, other) for ring, other in pairs if ring != other}
        if not pairs:
            return PAIR
        ring_ids, others = zip(*sorted(pairs), strict=True)
        return pa.table({"ringId": pa.array(ring_ids, pa.string()), "otherId": pa.array(others, pa.string())})

    def entity_types(self) -> set[str]:
        """Types of all entities that members, links and evidence speak of."""
        columns = [
            self.table("ring_member")["entity_type"],
            self._evidence_entities["entity_type"],
            *(self.table("ring_link")[key] for key in ("source_type", "target_type")),
        ]
        return {kind for column in columns for kind in column.unique().to_pylist() if kind is not None}

    def entity_ids(self, kind: str) -> pa.ChunkedArray:
        """Distinct ids of one type among members, ends of links and what evidence rests on."""
        links = self.table("ring_link")
        found = [self.members(kind)["entity_id"], self.evidence_entities(kind)["entity_id"]]
        for end in ("source", "target"):
            found.append(links[f"{end}_id"].filter(pc.equal(links[f"{end}_type"], kind)))
        ids = pa.chunked_array([chunk for column in found for chunk in column.chunks], pa.string())
        unique = pa.chunked_array([ids.unique()], pa.string())
        if long := unique.filter(pc.greater(pc.binary_length(unique), LONGEST_ID)).to_pylist():
            raise WritebackError(
                f"an id in Neo4j must have at most {LONGEST_ID:,} bytes, got {len(long)} longer ones of type {kind!r}, "
                f"the first {long[0][:20]!r}…"
            )
        return unique

    def member_ids(self, kind: str) -> pa.ChunkedArray:
        """Distinct members of one type."""
        return pa.chunked_array([self.members(kind)["entity_id"].unique()], pa.string())
