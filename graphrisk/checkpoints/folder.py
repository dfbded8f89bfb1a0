"""The folder in a store where a scan keeps what it has done so far."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from graphrisk.checkpoints.packing import ASIDE, PackingError, pack_whole, unpack

log = logging.getLogger("graphrisk.checkpoints")

WORK, SUFFIX = ".work", ".zip"
KEY_LENGTH = 32
T = TypeVar("T")


class Checkpoints:
    """Keeps what stages made, each under a key of all that it depends on.

    What has another key than the one that is asked for is of no use to anybody and is removed. A checkpoint that
    cannot be written is told of and done without: a scan never fails for it. Whoever uses a folder must hold the
    lock of its store.

    Parameters
    ----------
    store : Path, optional
        The results store; without one nothing is kept.
    """

    def __init__(self, store: Path | None = None) -> None:
        self.used: list[str] = []
        self._folder = None if store is None else store / WORK
        self._key: str | None = None
        if self._folder is not None:
            for left in self._folder.glob(f"*{ASIDE}"):
                left.unlink(missing_ok=True)

    @property
    def active(self) -> bool:
        """Whether anything is kept."""
        return self._folder is not None

    def begin(self, part: str, key: str | None) -> None:
        """Say what the checkpoints that follow depend on, and remove those of the same part with another key.

        Parameters
        ----------
        part : str
            A scan has two: its `load`, and the `search` in what was loaded.
        key : str or None
            None: nothing is kept until the next part.
        """
        self._key = None if key is None else f"{part}-{key[:KEY_LENGTH]}"
        if self._folder is not None:
            for file in self._folder.glob(f"{part}-*{SUFFIX}"):
                if self._key is None or not file.name.startswith(self._key):
                    file.unlink(missing_ok=True)

    def keep(
        self, name: str, classes: tuple[type, ...], make: Callable[[], T], sure: Callable[[], bool] | None = None
    ) -> T:
        """Return what a scan that was killed had made of a stage, or make it now and keep it.

        Parameters
        ----------
        name : str
            Of the stage.
        classes : tuple of type
            Dataclasses that the result is made of.
        make : callable
        sure : callable, optional
            Asked once the result is made: whether it still is what the key says.

        Returns
        -------
        object
        """
        if self._folder is None or self._key is None:
            return make()
        file = self._folder / f"{self._key}-{name.replace(' ', '_')}{SUFFIX}"
        if file.exists():
            try:
                value: T = unpack(file, classes)
            except PackingError as error:
                log.warning("the checkpoint of stage %s is damaged and not used: %s", name, error)
            else:
                self.used.append(name)
                return value
        value = make()
        if sure is None or sure():
            self._write(file, value)
        return value

    def _write(self, file: Path, value: Any) -> None:
        try:
            pack_whole(file, value)
        except OSError as error:
            log.warning("no more checkpoints are kept: %s", os.strerror(error.errno or 0).lower())
            self.clear()
            self._folder = None

    def clear(self) -> bool:
        """Remove all checkpoints; says whether there were any."""
        return self._folder is not None and clear(self._folder.parent)


def clear(store: Path) -> bool:
    """Remove the checkpoints of a store; says whether there were any."""
    there = (store / WORK).is_dir()
    shutil.rmtree(store / WORK, ignore_errors=True)
    return there
