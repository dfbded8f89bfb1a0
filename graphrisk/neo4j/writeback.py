"""Writing one scan of the store to Neo4j.

All that is new is written beside what the scan before left, each relationship with its `scanId`. When all is in and
counted, the pointer is switched to the new scan, then what is stale is cleared, and last of all the scan's node is
marked with a hash of what was written. So a reader who follows the pointer sees one scan whole, and a write-back that
was killed goes on where it was.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from graphrisk.neo4j import queries
from graphrisk.neo4j.clearing import Clearing
from graphrisk.neo4j.entities import Entities
from graphrisk.neo4j.lanes import Lanes
from graphrisk.neo4j.missing import Missing, check_indexes, find_missing
from graphrisk.neo4j.names import Cypher, link_name
from graphrisk.neo4j.plan import Planner, Step
from graphrisk.neo4j.scan_rows import ScanRows
from graphrisk.neo4j.server import Server
from graphrisk.neo4j.settings import Neo4jSettings, WritebackError
from graphrisk.stages import Progress
from graphrisk.store import ResultStore


@dataclass(frozen=True)
class WritebackReport:
    """What a write-back did, or with `dry_run` would do.

    Parameters
    ----------
    scan_id : str
    mode : str
    dry_run, changed, resumed : bool
        Whether it only counted; whether the database differs from before; whether it went on with one that was cut off.
    rows : dict of str to int
        Rows by step; empty if nothing changed.
    n_relationships : int
        Relationships of this scan that stand in the database (with `dry_run`, of an earlier write).
    n_cleared : int
        Relationships of other scans that were (would be) cleared.
    missing : dict of str to list of str
        Members by entity type that the team's graph lacks.
    n_ambiguous : int
        Members that several nodes of the team's graph stand for.
    passed_over : list of str
        Entity types without a label in mode `attach`.
    seconds : float
    """

    scan_id: str
    mode: str
    dry_run: bool
    changed: bool
    resumed: bool = False
    rows: dict[str, int] = field(default_factory=dict)
    n_relationships: int = 0
    n_cleared: int = 0
    missing: dict[str, list[str]] = field(default_factory=dict)
    n_ambiguous: int = 0
    passed_over: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def n_missing(self) -> int:
        """Members that the team's graph lacks."""
        return sum(map(len, self.missing.values()))


def write_back(
    store: ResultStore,
    settings: Neo4jSettings,
    *,
    scan_id: str | None = None,
    dry_run: bool = False,
    again: bool = False,
    progress: Progress | None = None,
) -> WritebackReport:
    """Write the rings of a scan to Neo4j and make it the current scan there.

    Parameters
    ----------
    store : ResultStore
    settings : Neo4jSettings
    scan_id : str, optional
        The newest by default.
    dry_run : bool
        Count what would change and change nothing.
    again : bool
        Write anew even what is there already.
    progress : callable, optional
        Called with a step, rows done and rows in all.

    Returns
    -------
    WritebackReport

    Raises
    ------
    WritebackError
        If the database cannot be reached or refuses; what was written so far stays, and the next run goes on.
    StoreError
        If there is no such scan.
    """
    rows = ScanRows(store, scan_id or store.latest())
    if rows.facts["status"] != "done":
        raise WritebackError(f"scan {rows.scan_id} must be done to be written back, got {rows.facts['status']!r}")
    with Server.connect(settings) as server:
        return _Writeback(server, settings, rows, progress).run(dry_run, again)


class _Writeback:
    """One write-back; the steps of `run` in their order."""

    def __init__(self, server: Server, settings: Neo4jSettings, rows: ScanRows, progress: Progress | None) -> None:
        self._server, self._settings, self._rows = server, settings, rows
        self._scan_id, self._progress = rows.scan_id, progress
        self._cypher = Cypher(settings.names)
        self._hash = rows.content_hash(settings)
        self._plan_id = f"{self._hash}/{settings.batch_rows}/{settings.sessions}"
        self._began = time.monotonic()

    def run(self, dry_run: bool, again: bool) -> WritebackReport:
        self._tell("look")
        state = self._state()
        if state.get("imported") and not dry_run:
            self._constrain(Entities(self._settings, self._rows.entity_types()))
            self._server.run(self._cypher(queries.END_IMPORT), scanId=self._scan_id)
        is_written = not again and state.get("hash") == self._hash and bool(state["current"])
        if is_written and not state["missing"] and self._count(None) == state["written"]:
            return self._report(dry_run, changed=False, n_relationships=state["written"])
        entities = Entities(self._settings, self._rows.entity_types())
        missing = Missing()
        if not entities.are_ours:
            check_indexes(self._server, entities)
            missing = find_missing(self._server, self._cypher, entities, self._rows, self._progress)
        facts: dict[str, Any] = {"missing": missing.ids, "n_ambiguous": missing.n_ambiguous}
        facts["passed_over"] = entities.passed_over
        clearing = Clearing(self._server, self._cypher, self._scan_id, self._link_types(), self._progress)
        if is_written and missing.n == state["missing"] and self._count(clearing) == state["written"]:
            return self._report(dry_run, changed=False, n_relationships=state["written"], **facts)
        planner = Planner(self._rows, entities, self._cypher, self._settings.links, self._settings.batch_rows)
        steps = planner.plan()
        facts["rows"] = {step.name: step.n_rows for step in steps}
        if dry_run:
            return self._report(True, changed=True, n_cleared=clearing.count_stale(), **facts)
        self._constrain(entities)
        resumed, n_written = self._write_all(state, steps, clearing)
        self._server.write(
            lambda transaction: transaction.run(self._cypher(queries.SWITCH), scanId=self._scan_id).consume()
        )
        n_cleared = clearing.clear_stale(self._rows)
        self._finish(n_written, missing.n)
        return self._report(
            False, changed=True, resumed=resumed, n_relationships=n_written, n_cleared=n_cleared, **facts
        )

    def _tell(self, stage: str) -> None:
        if self._progress is not None:
            self._progress(stage, 0, None)

    def _report(self, dry_run: bool, *, changed: bool, **facts: Any) -> WritebackReport:
        seconds = time.monotonic() - self._began
        return WritebackReport(self._scan_id, self._settings.mode, dry_run, changed, seconds=seconds, **facts)

    def _state(self) -> dict[str, Any]:
        records = self._server.read(self._cypher(queries.READ_SCAN), scanId=self._scan_id)
        return dict(records[0]) if records else {}

    def _link_types(self) -> list[str]:
        """Relationship types of this scan's links."""
        if self._settings.mode == "attach":
            return []
        kinds = self._rows.table("ring_link")["link_type"].unique().to_pylist()
        return sorted({link_name(kind, self._settings.links) for kind in kinds})

    def _count(self, clearing: Clearing | None) -> int:
        """Relationships of this scan that stand in the database."""
        self._tell("count")
        clearing = clearing or Clearing(self._server, self._cypher, self._scan_id, self._link_types(), None)
        return clearing.count_scan()

    def _constrain(self, entities: Entities) -> None:
        """Make the constraints; they come before any row, and carry the look-ups of all that follows."""
        self._tell("constraints")
        wanted = [self._cypher(query) for query in queries.CONSTRAINTS.values()]
        if entities.are_ours:
            wanted += [self._cypher(queries.ENTITY_CONSTRAINT, **entities.parts(kind)) for kind in entities.types]
        for query in wanted:
            self._server.run(query)
        self._server.run("CALL db.awaitIndexes(300)")

    def _write_all(self, state: dict[str, Any], steps: list[Step], clearing: Clearing) -> tuple[bool, int]:
        """Write until the count is right; gives whether it went on with an earlier run, and relationships written."""
        resumed = state.get("plan") == self._plan_id
        fresh = not state
        for _ in range(2):
            if not (fresh or resumed):
                clearing.clear_scan()
            self._begin(clearing)
            lanes = Lanes(self._server, self._cypher, self._scan_id, self._settings.sessions, self._progress)
            lanes.run(steps)
            n_written = sum(record["nWritten"] for record in self._lanes())
            if self._count(clearing) == n_written:
                return resumed and lanes.n_skipped > 0, n_written
            fresh = resumed = False
        raise WritebackError(
            "somebody else changes what is written while it is written; run it again when nobody else writes rings"
        )

    def _begin(self, clearing: Clearing) -> None:
        facts = self._rows.facts
        parameters = {
            **{"scanId": self._scan_id, "plan": self._plan_id, "nLanes": self._settings.sessions},
            **{"asOf": facts["as_of"], "codeVersion": facts["code_version"], "nRings": facts["n_rings"]},
            **{"nMemberships": len(self._rows.table("ring_member")), "linkTypes": clearing.link_types},
        }
        self._server.write(lambda transaction: transaction.run(self._cypher(queries.BEGIN), parameters).consume())

    def _lanes(self) -> list[Any]:
        return self._server.read(self._cypher(queries.READ_LANES), scanId=self._scan_id)

    def _finish(self, n_written: int, n_missing: int) -> None:
        parameters = {"contentHash": self._hash, "nRelationships": n_written, "nMissing": n_missing}
        query = self._cypher(queries.FINISH)
        self._server.write(lambda transaction: transaction.run(query, parameters, scanId=self._scan_id).consume())
