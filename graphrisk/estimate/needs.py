"""Rows, memory, disk and time that a scan will need."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphrisk.config import ScanConfig
from graphrisk.estimate.figures import MEASURED, Figures
from loaders.database import half_of_memory
from loaders.row_estimates import SourceRows, estimate_rows


@dataclass(frozen=True)
class Needs:
    """What a scan will need.

    Parameters
    ----------
    rows : dict of str to int
        By canonical table.
    exact : bool
        Whether the rows were counted.
    unknown : list of str
        Sources whose rows only reading would tell; the figures are without them unless a scan before tells.
    memory_bytes : int
        Most that the process will have resident.
    store_bytes, checkpoint_bytes, temp_bytes : int
        On the disk of the store for good and while the scan goes on, and of what the reader spills.
    seconds : float
        On two cores, once the kernels have been compiled.
    basis : str
        What the figures rest on.
    """

    rows: dict[str, int]
    exact: bool
    unknown: list[str]
    memory_bytes: int
    store_bytes: int
    checkpoint_bytes: int
    temp_bytes: int
    seconds: float
    basis: str

    @property
    def n_rows(self) -> int:
        """Rows of all tables."""
        return sum(self.rows.values())


def estimate_needs(config: ScanConfig, before: Figures | None = None, frames: Mapping[str, Any] | None = None) -> Needs:
    """Say what a scan will need, from the rows of its sources and from what scans needed a row.

    Parameters
    ----------
    config : ScanConfig
    before : Figures, optional
        What earlier scans of the store needed; by default what was measured on simulated worlds.
    frames : mapping of str to table, optional

    Returns
    -------
    Needs

    Raises
    ------
    InputError
        If a file is missing or cannot be read.
    """
    sources = estimate_rows(config.load_config(), frames)
    figures = before or MEASURED
    rows, unknown = _by_table(sources)
    n_rows = sum(rows.values())
    if unknown and before is not None:
        # what a query gives is told by the scan before
        n_rows = max(n_rows, before.n_rows)
    limit = _bytes(config.scan.memory_limit) if config.scan.memory_limit else half_of_memory()
    reading = figures.reading * n_rows
    return Needs(
        rows=rows,
        exact=all(source.exact for source in sources),
        unknown=unknown,
        memory_bytes=round(
            figures.base + max(figures.searching * n_rows, min(reading, limit) + figures.arrays * n_rows)
        ),
        store_bytes=round(figures.stored * n_rows),
        checkpoint_bytes=round(figures.kept * n_rows) if config.scan.checkpoints else 0,
        temp_bytes=round(max(reading - limit, 0)),
        seconds=round(figures.start_seconds + figures.row_seconds * n_rows, 1),
        basis=figures.basis,
    )


def _by_table(sources: list[SourceRows]) -> tuple[dict[str, int], list[str]]:
    rows: dict[str, int] = {}
    for source in sources:
        if source.rows is not None:
            rows[source.table] = rows.get(source.table, 0) + source.rows
    return rows, [source.title for source in sources if source.rows is None]


def _bytes(size: str) -> int:
    """Bytes of a size such as ``8GB`` or ``8GiB``, as the reader understands it."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT])(i?)B", size, re.IGNORECASE)
    if found is None:
        raise ValueError(f"a size must look like '8GB', got {size!r}")
    power = "KMGT".index(found[2].upper()) + 1
    return round(float(found[1]) * float(1024**power if found[3] else 1000**power))
