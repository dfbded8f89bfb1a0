"""Rows sorted without holding them all: they are put into files by a coarse key, and each file is sorted alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[Any]


class Spill:
    """Rows on their way to a table.

    Parameters
    ----------
    folder : Path
        Where the files go; made here.
    dtype : numpy.dtype
        Of a row (a structured type).
    key : str
        Field by which rows are put into files.
    low, high : int
        Range of the key, `high` excluded.
    n_parts : int
        Number of files; a file must fit into memory.
    """

    def __init__(self, folder: Path, dtype: np.dtype[Any], key: str, low: int, high: int, n_parts: int) -> None:
        folder.mkdir(parents=True)
        self._dtype, self._key, self._low = dtype, key, low
        self._width = -(-(high - low) // n_parts)
        self._paths = [folder / f"{part}.bin" for part in range(n_parts)]
        self._files = [path.open("wb") for path in self._paths]
        self.n_rows = 0

    def append(self, rows: Rows) -> None:
        """Add rows in any order."""
        part = (rows[self._key] - self._low) // self._width
        order = np.argsort(part.astype(np.int16), kind="stable")
        starts = np.searchsorted(part[order], np.arange(len(self._files) + 1))
        rows = rows[order]
        for file, begin, end in zip(self._files, starts[:-1], starts[1:], strict=True):
            if end > begin:
                rows[begin:end].tofile(file)
        self.n_rows += len(rows)

    def parts(self) -> Iterator[Rows]:
        """Yield the rows of each file in order of the key range, and drop the file; within a part they are as added."""
        for file in self._files:
            file.close()
        for path in self._paths:
            yield np.fromfile(path, self._dtype)
            path.unlink()
