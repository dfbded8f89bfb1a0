"""What the team's graph lacks of a scan; it is counted and named, never invented."""

from __future__ import annotations

from dataclasses import dataclass, field

from graphrisk.neo4j import queries
from graphrisk.neo4j.entities import Entities
from graphrisk.neo4j.names import Cypher
from graphrisk.neo4j.plan import plain
from graphrisk.neo4j.scan_rows import ScanRows
from graphrisk.neo4j.server import Server
from graphrisk.neo4j.settings import WritebackError
from graphrisk.stages import Progress

LOOKED_UP = 20_000


@dataclass
class Missing:
    """Members without a node, by entity type, and the number of those with several."""

    ids: dict[str, list[str]] = field(default_factory=dict)
    n_ambiguous: int = 0

    @property
    def n(self) -> int:
        """How many are missing."""
        return sum(map(len, self.ids.values()))


def check_indexes(server: Server, entities: Entities) -> None:
    """Refuse to look up each id by reading all nodes of a label.

    Raises
    ------
    WritebackError
        With the statement that makes the index.
    """
    for kind in entities.types:
        node = entities.node(kind)
        found = server.read(queries.FIND_INDEX, label=node.label, key=node.key)
        if not found[0]["n"]:
            raise WritebackError(
                f"`{node.label}.{node.key}` must have an index, or each {kind} is looked for among all; make one with "
                f"CREATE INDEX FOR (n:`{node.label}`) ON (n.`{node.key}`)"
            )


def find_missing(
    server: Server, cypher: Cypher, entities: Entities, rows: ScanRows, progress: Progress | None
) -> Missing:
    """Look up every member, in batches."""
    missing = Missing()
    for kind in entities.types:
        ids = rows.member_ids(kind)
        keys = entities.keys(kind, ids)
        query = cypher(queries.FIND_MISSING, **entities.parts(kind))
        lacking: list[str] = []
        for start in range(0, len(ids), LOOKED_UP):
            if progress is not None:
                progress(f"look up {kind}s", start, len(ids))
            names, values = ids.slice(start, LOOKED_UP).to_pylist(), plain(keys.slice(start, LOOKED_UP))
            of_value = {value: name for name, value in zip(names, values, strict=True) if value is not None}
            lacking += [name for name, value in zip(names, values, strict=True) if value is None]
            for record in server.read(query, ids=list(of_value)):
                if record["n"]:
                    missing.n_ambiguous += 1
                else:
                    lacking.append(of_value[record["id"]])
        if lacking:
            missing.ids[kind] = sorted(lacking)
    return missing
