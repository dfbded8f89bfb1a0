"""Records of arrays as one file and back: a zip of `.npy`, Arrow and JSON members, never a pickle.

Every member has a CRC-32, so that a file which the system lost a part of is told apart from a whole one.
"""

from __future__ import annotations

import dataclasses
import json
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

TREE = "tree.json"
ASIDE = ".aside"


class PackingError(ValueError):
    """A value that cannot be packed, or a file that is not what was packed."""


def pack(file: BinaryIO, value: Any) -> None:
    """Write a value made of dataclasses, arrays, tables, lists, tuples, dicts by text, times and plain values.

    Parameters
    ----------
    file : binary file
        Open for writing.
    value : object

    Raises
    ------
    PackingError
        If a part of it is of another type.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        tree = _describe(value, archive)
        archive.writestr(TREE, json.dumps(tree))


def pack_whole(file: Path, value: Any) -> None:
    """Pack a value into a file that is there whole or not at all.

    Parameters
    ----------
    file : Path
        Its folder need not exist.
    value : object

    Raises
    ------
    OSError
        If it cannot be written.
    PackingError
        If a part of the value is of another type.
    """
    aside = file.with_name(file.name + ASIDE)
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with aside.open("wb") as handle:
            pack(handle, value)
        aside.rename(file)
    finally:
        aside.unlink(missing_ok=True)


def unpack(file: Path, classes: tuple[type, ...]) -> Any:
    """Read a value back.

    Parameters
    ----------
    file : Path
    classes : tuple of type
        Dataclasses that it may be made of.

    Returns
    -------
    object

    Raises
    ------
    PackingError
        If the file is damaged or holds something else.
    """
    known = {cls.__name__: cls for cls in classes}
    try:
        with zipfile.ZipFile(file) as archive:
            return _rebuild(json.loads(archive.read(TREE)), archive, known)
    except Exception as error:  # a damaged length can end in any error, too little memory among them
        raise PackingError(f"{file} is not what was written: {error}") from error


def _describe(value: Any, archive: zipfile.ZipFile) -> Any:
    """Describe a value in JSON; its arrays and tables go into the archive."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, datetime):
        return {"time": value.isoformat()}
    if isinstance(value, np.ndarray):
        return {"array": _add(archive, "npy", lambda out: np.lib.format.write_array(out, value, allow_pickle=False))}
    if isinstance(value, (pa.Table, pa.Array)):
        table = value if isinstance(value, pa.Table) else pa.table({"values": value})
        return {"table" if table is value else "column": _add(archive, "arrow", lambda out: _write_table(out, table))}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = {field.name: _describe(getattr(value, field.name), archive) for field in dataclasses.fields(value)}
        return {"record": type(value).__name__, "fields": parts}
    if isinstance(value, (list, tuple)):
        return {type(value).__name__: [_describe(item, archive) for item in value]}
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {"dict": {key: _describe(item, archive) for key, item in value.items()}}
    raise PackingError(f"a value must be made of arrays, tables and records of them, got {type(value).__name__}")


def _add(archive: zipfile.ZipFile, suffix: str, write: Callable[[Any], None]) -> str:
    name = f"{len(archive.namelist())}.{suffix}"
    with archive.open(name, "w", force_zip64=True) as out:
        write(out)
    return name


def _write_table(out: Any, table: pa.Table) -> None:
    with pa.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table)


def _rebuild(tree: Any, archive: zipfile.ZipFile, known: dict[str, type]) -> Any:
    if not isinstance(tree, dict):
        return tree
    if "record" in tree:
        fields = {key: _rebuild(item, archive, known) for key, item in tree["fields"].items()}
        return known[tree["record"]](**fields)
    ((kind, inside),) = tree.items()
    match kind:
        case "array":
            return _read(archive, inside, lambda file: np.lib.format.read_array(file, allow_pickle=False))
        case "table":
            return _read(archive, inside, lambda file: pa.ipc.open_stream(file).read_all())
        case "column":
            table = _read(archive, inside, lambda file: pa.ipc.open_stream(file).read_all())
            return pa.concat_arrays(table["values"].chunks or [pa.array([], table.schema.field("values").type)])
        case "time":
            return datetime.fromisoformat(inside)
        case "tuple":
            return tuple(_rebuild(item, archive, known) for item in inside)
        case "list":
            return [_rebuild(item, archive, known) for item in inside]
        case "dict":
            return {key: _rebuild(item, archive, known) for key, item in inside.items()}
    raise PackingError(f"there must be no part of kind {kind!r}")


def _read(archive: zipfile.ZipFile, name: str, read: Callable[[Any], Any]) -> Any:
    with archive.open(name) as member:
        value = read(member)
        # the checksum is looked at where the member ends
        while member.read(1 << 16):
            pass
    return value
