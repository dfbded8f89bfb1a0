"""The folder that a load spills into: its own, gone with it, even if it was killed."""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger("graphrisk.loaders")

PREFIX, NEW = "graphrisk-spill-", "graphrisk-new-"


@contextmanager
def spill_folder(parent: Path | None = None) -> Iterator[Path]:
    """Make a folder to spill into, remove it at the end, and remove at first those that killed loads left.

    A load holds a lock on its folder, which the system lets go of when the process ends, however it ends.

    Parameters
    ----------
    parent : Path, optional
        By default the system's folder for temporary files.

    Yields
    ------
    Path

    Raises
    ------
    OSError
        If it cannot be made.
    """
    parent = Path(tempfile.gettempdir()) if parent is None else parent
    _remove_left_over(parent)
    made = Path(tempfile.mkdtemp(prefix=NEW, dir=parent))
    handle = os.open(made, os.O_RDONLY)
    try:
        _try_lock(handle)
        # under this name only once it is locked: nobody takes it for one that was left
        folder = made.rename(parent / (PREFIX + made.name.removeprefix(NEW)))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)


def _remove_left_over(parent: Path) -> None:
    """Remove the folders whose loads are no more; those of other users stay."""
    for folder in parent.glob(f"{PREFIX}*"):
        try:
            handle = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            if os.fstat(handle).st_uid == os.geteuid() and _try_lock(handle):
                log.warning("%s was left by a load that was killed, and is removed", folder)
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(handle)


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # held, or a file system without locks: then nothing is known to be left over
        return False
    return True
