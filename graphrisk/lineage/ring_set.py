"""Rings as what they can be recognised by: members, signals and reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphrisk.tables import PARTS

LongArray = npt.NDArray[np.int64]

MEMBER, SIGNAL, REASON = "member", "signal", "reason"
PART_NAMES = (MEMBER, SIGNAL, REASON)
PART_SCHEMA = pa.schema(
    [
        ("ring", pa.int64()),
        ("part", pa.string()),
        ("entity_type", pa.string()),
        ("entity_id", pa.string()),
        ("weight", pa.float64()),
    ]
)


@dataclass(frozen=True, eq=False)
class RingSet:
    """Some rings and their parts.

    Parameters
    ----------
    ids : list of str
    parts : pyarrow.Table
        Columns `ring` (position in `ids`), `part`, `entity_type`, `entity_id`, `weight`. Members weigh 1, signals
        and reasons as many nats as they give; what a ring holds twice is there once.
    """

    ids: list[str]
    parts: pa.Table

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def listed(cls, tables: Mapping[str, pa.Table]) -> RingSet:
        """Rings that a scan lists.

        Parameters
        ----------
        tables : mapping of str to pyarrow.Table
            With `ring`, `ring_member`, `ring_link` and `ring_evidence`.

        Returns
        -------
        RingSet
            In the order of `ring`. Signals are those that give evidence: shared, and no hubs.
        """
        ids: list[str] = tables["ring"]["ring_id"].to_pylist()
        links, members = tables["ring_link"], tables["ring_member"]
        shared = pc.and_(pc.starts_with(links["link_type"], "shared_"), pc.greater(links["weight"], 0.0))
        links = links.filter(pc.and_(shared, pc.invert(links["is_hub"])))
        reasons = tables["ring_evidence"]
        reasons = reasons.filter(pc.not_equal(reasons["weight"], 0.0))
        parts = [
            _part(ids, members, MEMBER, members["entity_type"], members["entity_id"], None),
            _part(ids, links, SIGNAL, links["link_type"], links["target_id"], links["weight"]),
            _part(ids, reasons, REASON, reasons["direction"], reasons["reason_code"], reasons["weight"]),
        ]
        return cls(ids, _once(pa.concat_tables(parts)))

    @classmethod
    def remembered(cls, history: pa.Table) -> RingSet:
        """Rings of a `ring_history` table that are not listed any more.

        Parameters
        ----------
        history : pyarrow.Table

        Returns
        -------
        RingSet
            In the order of the table.
        """
        gone = history.filter(pc.is_valid(history["parts"])).combine_chunks()
        lists = gone["parts"].combine_chunks() if len(gone) else pa.array([], PARTS)
        flat = lists.flatten()
        columns = {"ring": pc.list_parent_indices(lists).cast(pa.int64())}
        columns |= {name: flat.field(name) for name in PART_SCHEMA.names[1:]}
        return cls(gone["ring_id"].to_pylist(), _once(pa.table(columns).cast(PART_SCHEMA)))

    def coded(self, part: str) -> tuple[LongArray, LongArray, npt.NDArray[np.float64]]:
        """Ring, number and weight of every part of one kind; the numbers follow the order of the names."""
        rows = self.parts.filter(pc.equal(self.parts["part"], part))
        # a length in front keeps "a", "bc" and "ab", "c" apart
        lengths = pc.utf8_length(rows["entity_type"]).cast(pa.string())
        keys = pc.binary_join_element_wise(lengths, rows["entity_type"], rows["entity_id"], ":")
        names = pc.unique(keys)
        numbers = pc.index_in(keys, value_set=names.take(pc.sort_indices(names)))
        return rows["ring"].to_numpy().astype(np.int64), numbers.to_numpy().astype(np.int64), rows["weight"].to_numpy()

    def part_lists(self) -> pa.Array:
        """Parts of every ring as the `parts` column of `ring_history` holds them."""
        table = self.parts.combine_chunks()
        ends = np.searchsorted(table["ring"].to_numpy(), np.arange(len(self) + 1))
        names = PART_SCHEMA.names[1:]
        columns = [
            table[name].combine_chunks() if len(table) else pa.array([], PART_SCHEMA.field(name).type) for name in names
        ]
        return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.StructArray.from_arrays(columns, names)).cast(
            PARTS
        )

    def take(self, positions: list[int]) -> RingSet:
        """Some of the rings, in the order given."""
        new = np.full(len(self), -1, np.int64)
        new[positions] = np.arange(len(positions))
        rings = new[self.parts["ring"].to_numpy()] if len(self.parts) else np.empty(0, np.int64)
        kept = self.parts.set_column(0, "ring", pa.array(rings, pa.int64())).filter(pa.array(rings >= 0))
        return RingSet([self.ids[k] for k in positions], _once(kept))

    def __add__(self, other: RingSet) -> RingSet:
        """Put two sets one after the other."""
        moved = other.parts.set_column(0, "ring", pc.add(other.parts["ring"], len(self)))
        return RingSet([*self.ids, *other.ids], pa.concat_tables([self.parts, moved]).combine_chunks())


def _part(
    ids: list[str], table: pa.Table, part: str, kinds: pa.Array, names: pa.Array, weights: pa.Array | None
) -> pa.Table:
    rings = pc.index_in(table["ring_id"], value_set=pa.array(ids, pa.string()))
    weights = pa.repeat(1.0, len(table)) if weights is None else pc.abs(weights)
    columns = [rings.cast(pa.int64()), pa.repeat(part, len(table)), kinds, names, weights]
    return pa.table(columns, names=PART_SCHEMA.names).cast(PART_SCHEMA)


def _once(parts: pa.Table) -> pa.Table:
    """Sort the parts and keep each once, with its greatest weight."""
    keys = PART_SCHEMA.names[:4]
    grouped = parts.group_by(keys, use_threads=False).aggregate([("weight", "max")])
    grouped = grouped.rename_columns([*keys, "weight"]).select(PART_SCHEMA.names).cast(PART_SCHEMA)
    return grouped.sort_by([(key, "ascending") for key in keys]).combine_chunks()
