"""How many rows sources will give, told from footers, sizes and samples, before any is loaded."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from loaders.canonical import TableName
from loaders.config import InputError, LoadConfig, SourceConfig
from loaders.files import find_files, format_of

SAMPLE_BYTES = 1 << 18
N_SAMPLES = 4


@dataclass(frozen=True)
class SourceRows:
    """What one source will give.

    Parameters
    ----------
    title : str
    table : str
        Canonical table that the rows go to.
    rows : int or None
        Of the canonical table; a row with several signals counts as so many links. None where only reading would
        tell, as of a query.
    exact : bool
        Counted, not told from samples.
    """

    title: str
    table: TableName
    rows: int | None
    exact: bool


def estimate_rows(config: LoadConfig, frames: Mapping[str, Any] | None = None) -> list[SourceRows]:
    """Say how many rows each source will give.

    Parquet files and frames are counted by their footers and lengths; of a text, samples tell how long a line is
    (a line break inside of quotes counts as a line); queries are not asked.

    Parameters
    ----------
    config : LoadConfig
    frames : mapping of str to table, optional

    Returns
    -------
    list of SourceRows
        In the order of the sources; O(files).

    Raises
    ------
    InputError
        If a file is missing or cannot be read.
    """
    return [_of_source(source, config.base_dir, frames or {}) for source in config.sources]


def _of_source(source: SourceConfig, base_dir: Path, frames: Mapping[str, Any]) -> SourceRows:
    each = max(len(source.signals), 1)
    if source.frame is not None:
        rows = len(frames[source.frame]) * each if source.frame in frames else None
        return SourceRows(source.title, source.table, rows, rows is not None)
    if source.path is None:
        return SourceRows(source.title, source.table, None, False)
    n_rows, exact = 0, True
    for file in find_files(source, base_dir):
        try:
            if (source.format or format_of(file)) == "parquet":
                n_rows += pq.read_metadata(file).num_rows
            else:
                n_rows += count_lines(file)
                exact = False
        except (pa.ArrowException, OSError, zlib.error) as error:
            raise InputError(f"{source.title}: {file.name} cannot be read: {str(error).splitlines()[0]}") from error
    return SourceRows(source.title, source.table, n_rows * each, exact and each == 1)


def count_lines(file: Path) -> int:
    """Estimate the lines of a text from samples of it: exact if it is small, and of a packed one from its beginning.

    Parameters
    ----------
    file : Path

    Returns
    -------
    int
    """
    size = file.stat().st_size
    with file.open("rb") as handle:
        if file.name.lower().endswith(".gz"):
            packed = handle.read(N_SAMPLES * SAMPLE_BYTES)
            n_lines, n_bytes = zlib.decompressobj(wbits=31).decompress(packed).count(b"\n"), len(packed)
        elif size <= N_SAMPLES * SAMPLE_BYTES:
            n_lines, n_bytes = handle.read().count(b"\n"), size
        else:
            n_lines, n_bytes = 0, N_SAMPLES * SAMPLE_BYTES
            for sample in range(N_SAMPLES):
                handle.seek((size - SAMPLE_BYTES) * sample // (N_SAMPLES - 1))
                n_lines += handle.read(SAMPLE_BYTES).count(b"\n")
    return round(n_lines * size / n_bytes) if n_bytes else 0
