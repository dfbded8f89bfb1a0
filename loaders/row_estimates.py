"""How many rows sources will give, told from footers, sizes and samples, before any is loaded."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from loaders.canonical import TableName
from loaders.config import InputError, LoadConfig, SourceConfig
from loaders.files import EMPTY, find_files, format_of, title_of
from loaders.relations import telling

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
        If a file is missing, empty or cannot be read.
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
        title, is_parquet = title_of(file, base_dir), (source.format or format_of(file)) == "parquet"
        if file.stat().st_size == 0:
            raise InputError(f"{title}: {EMPTY}")
        with telling(title, is_parquet):
            n_rows += pq.read_metadata(file).num_rows if is_parquet else count_lines(file)
        exact &= is_parquet
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
            try:
                n_lines, n_bytes = zlib.decompressobj(wbits=31).decompress(packed).count(b"\n"), len(packed)
            except zlib.error as error:
                raise OSError(f"it is not packed by gzip ({error})") from error
        elif size <= N_SAMPLES * SAMPLE_BYTES:
            n_lines, n_bytes = handle.read().count(b"\n"), size
        else:
            n_lines, n_bytes = 0, N_SAMPLES * SAMPLE_BYTES
            for sample in range(N_SAMPLES):
                handle.seek((size - SAMPLE_BYTES) * sample // (N_SAMPLES - 1))
                n_lines += handle.read(SAMPLE_BYTES).count(b"\n")
    return round(n_lines * size / n_bytes) if n_bytes else 0
