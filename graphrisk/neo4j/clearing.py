"""Counting and clearing what scans wrote; nothing without one of our `scanId`s is ever touched."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from graphrisk.neo4j import queries
from graphrisk.neo4j.names import NAME, Cypher
from graphrisk.neo4j.scan_rows import ScanRows
from graphrisk.neo4j.server import Server
from graphrisk.stages import Progress

# what tells of a scan for good, and what only the current one has
LASTING = ("FOUND_IN", "MERGED_INTO", "SPLIT_FROM")
PASSING = ("MEMBER_OF", "HAS_EVIDENCE", "RESTS_ON")
STATUS_ROWS = 10_000


class Clearing:
    """Knows all relationship types of ours.

    Parameters
    ----------
    server : Server
    cypher : Cypher
    scan_id : str
    link_types : list of str
        Relationship types of this scan's links.
    progress : callable, optional
    """

    def __init__(
        self, server: Server, cypher: Cypher, scan_id: str, link_types: list[str], progress: Progress | None
    ) -> None:
        self._server, self._cypher, self._scan_id, self._progress = server, cypher, scan_id, progress
        self.link_types = link_types

    @cached_property
    def _all_link_types(self) -> list[str]:
        """Relationship types of the links of all scans here; being text from a database, they are checked."""
        noted = {record["name"] for record in self._server.read(self._cypher(queries.ALL_LINK_TYPES))}
        return sorted({name for name in noted if NAME.fullmatch(name)} | set(self.link_types))

    def _ours(self, names: Iterable[str]) -> list[str]:
        return [self._cypher.name(name) for name in names]

    def _count(self, query: str, types: Iterable[str]) -> int:
        queries_of = [self._cypher(query, LINK=name) for name in types]
        return sum(int(self._server.read(q, scanId=self._scan_id)[0]["n"]) for q in queries_of)

    def _clear(self, query: str, types: Iterable[str]) -> int:
        n_cleared = 0
        for name in types:
            if self._progress is not None:
                self._progress(f"clear {name}", n_cleared, None)
            n_cleared += self._server.run(self._cypher(query, LINK=name), scanId=self._scan_id).relationships_deleted
        return n_cleared

    def count_scan(self) -> int:
        """Count the relationships of this scan."""
        return self._count(queries.COUNT_OF_TYPE, [*self._ours(PASSING), *self._ours(LASTING), *self.link_types])

    def count_stale(self) -> int:
        """Count the relationships that `clear_stale` would clear."""
        return self._count(queries.COUNT_STALE, [*self._ours(PASSING), *self._all_link_types])

    def clear_scan(self) -> None:
        """Take back all that an earlier write-back of this scan wrote, its node excepted."""
        self._server.write(lambda tx: tx.run(self._cypher(queries.MARK_STALE), scanId=self._scan_id).consume())
        self._clear(queries.CLEAR_SCAN, [*self._ours(PASSING), *self._ours(LASTING), *self._all_link_types])
        self._server.run(self._cypher(queries.CLEAR_SCAN_EVIDENCE), scanId=self._scan_id)
        self._server.run(self._cypher(queries.DROP_LANES), scanId=self._scan_id)

    def clear_stale(self, rows: ScanRows) -> int:
        """Clear what other scans wrote of members, evidence and links, and say what became of their rings."""
        n_cleared = self._clear(queries.CLEAR_STALE, [*self._ours(PASSING), *self._all_link_types])
        self._server.run(self._cypher(queries.CLEAR_STALE_EVIDENCE), scanId=self._scan_id)
        for event, status in (("split", "split"), ("merged", "merged")):
            ring_ids = rows.lineage(event)["otherId"].to_pylist()
            query = self._cypher(queries.SET_STATUS)
            for start in range(0, len(ring_ids), STATUS_ROWS):
                some = ring_ids[start : start + STATUS_ROWS]
                self._server.run(query, ringIds=some, status=status, scanId=self._scan_id)
        self._server.run(self._cypher(queries.END_STATUS), scanId=self._scan_id)
        self._drop_unfinished()
        return n_cleared

    def _drop_unfinished(self) -> None:
        """Remove what write-backs of other scans left that were never ended."""
        records = self._server.read(self._cypher(queries.UNFINISHED), scanId=self._scan_id)
        left = [record["unfinished"] for record in records]
        for scan_id in left:
            self._server.run(self._cypher(queries.DROP_SCAN), scanId=scan_id)
            self._server.run(self._cypher(queries.DROP_LANES), scanId=scan_id)
        if left:
            self._server.run(self._cypher(queries.DROP_LEFT_RINGS), scanIds=left)
