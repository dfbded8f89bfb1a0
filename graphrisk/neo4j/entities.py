"""Which entities of a scan stand in the database, by which label and key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from graphrisk.neo4j.names import camel
from graphrisk.neo4j.settings import Neo4jSettings, NodeKey

WHOLE_NUMBER = r"^-?(0|[1-9][0-9]{0,17})$"


class Entities:
    """Labels and keys by entity type.

    Parameters
    ----------
    settings : Neo4jSettings
    types : iterable of str
        Entity types that the scan speaks of.
    """

    def __init__(self, settings: Neo4jSettings, types: Iterable[str]) -> None:
        self.are_ours = settings.mode == "mirror"
        spoken_of = sorted(set(types))
        self._nodes = {kind: settings.nodes.get(kind) or _default(kind) for kind in spoken_of}
        self.types = [kind for kind in spoken_of if self.are_ours or kind in settings.nodes]
        """Types that are written (`mirror`) or looked for (`attach`)."""
        self.passed_over = [kind for kind in spoken_of if kind not in self.types]

    def node(self, kind: str) -> NodeKey:
        """Label and key of a type."""
        return self._nodes[kind]

    def parts(self, kind: str) -> dict[str, str]:
        """Words of the queries that stand for a type."""
        node = self._nodes[kind]
        return {"Entity": node.label, "entityKey": node.key}

    def keys(self, kind: str, ids: Any) -> Any:
        """Turn ids into what the key property holds; null where it cannot hold such an id."""
        if not self._nodes[kind].number:
            return ids
        fits = pc.match_substring_regex(ids, WHOLE_NUMBER)
        return pc.if_else(fits, ids, pa.scalar(None, ids.type)).cast(pa.int64())


def _default(kind: str) -> NodeKey:
    name = camel(kind)
    return NodeKey(label=name, key=f"{name[:1].lower()}{name[1:]}Id")
