"""The hash of what was loaded: equal content gives an equal hash, whatever the order of rows or the paths."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from algorithms.entity_graph import EntityGraph


def hash_content(graph: EntityGraph, labels: pa.Table) -> str:
    """SHA-256 in hexadecimal over all arrays, names, attributes and labels; O(bytes), one pass."""
    digest = hashlib.sha256()
    _add_text(digest, "types", "\n".join(graph.types))
    _add_array(digest, "type_starts", graph.type_starts)
    _add_strings(digest, "names", graph.names)
    _add_array(digest, "created_at", graph.created_at)
    for part in ("links", "transfers", "events"):
        for name, value in vars(getattr(graph, part)).items():
            if isinstance(value, np.ndarray):
                _add_array(digest, f"{part}.{name}", value)
            elif isinstance(value, tuple):
                _add_text(digest, f"{part}.{name}", "\n".join(value))
    if graph.attributes is not None:
        _add_table(digest, "attributes", graph.attributes)
    _add_table(digest, "labels", labels)
    return digest.hexdigest()


def _add_text(digest: Any, name: str, text: str) -> None:
    raw = text.encode()
    digest.update(f"{name}:{len(raw)}:".encode())
    digest.update(raw)


def _add_array(digest: Any, name: str, array: npt.NDArray[Any]) -> None:
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    digest.update(f"{name}:{little.dtype.str}:{len(little)}:".encode())
    digest.update(little.view(np.uint8))


def _add_strings(digest: Any, name: str, column: pa.LargeStringArray) -> None:
    """Add the lengths and the bytes of a string array without nulls, however it is sliced."""
    _, offset_buffer, data_buffer = column.buffers()
    offsets = np.frombuffer(offset_buffer, np.int64)[column.offset : column.offset + len(column) + 1]
    _add_array(digest, f"{name}.lengths", np.diff(offsets))
    if len(column) and data_buffer is not None:
        digest.update(np.frombuffer(data_buffer, np.uint8)[offsets[0] : offsets[-1]])


def _add_table(digest: Any, name: str, table: pa.Table) -> None:
    for column in table.column_names:
        kind = table.schema.field(column).type
        _add_text(digest, f"{name}.{column}", str(kind))
        values = pa.concat_arrays([pa.array([], kind), *table[column].chunks]).cast(pa.large_string())
        _add_array(digest, "absent", values.is_null().to_numpy(zero_copy_only=False))
        _add_strings(digest, "values", values.fill_null(""))
