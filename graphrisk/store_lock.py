"""The lock that keeps two writers of one store apart, and who holds it."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

log = logging.getLogger("graphrisk.store")

LOCK = ".lock"
LONGEST_NOTE = 1000
TRIES, TRY_SECONDS = 5, 0.05


@dataclass(frozen=True)
class Holder:
    """Who took the lock of a store: a process, its machine, and when (ISO 8601, UTC)."""

    pid: int
    host: str
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} since {self.since}"


class HeldError(Exception):
    """Another process holds the lock; `holder` says which, if it could be told."""

    def __init__(self, holder: Holder | None) -> None:
        super().__init__(str(holder or "another process"))
        self.holder = holder


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder until the block ends.

    The system lets go of it when the process ends, however it ends, so that no lock outlives its holder: a note of a
    process that was killed is all that is left, and whoever takes the lock next logs and replaces it.

    Raises
    ------
    HeldError
        If another process holds it.
    OSError
        If the lock cannot be opened, or the file system has no locks.
    """
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        _take(handle)
        if left := _read(handle):
            log.warning("%s ended before its work on %s was done", left, folder)
        _write(handle, Holder(os.getpid(), socket.gethostname(), f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"))
        try:
            yield
        finally:
            _write(handle, None)
    finally:
        os.close(handle)


def _take(handle: int) -> None:
    """Take the lock, a little later if `holder_of` looks at it just now."""
    for _ in range(TRIES - 1):
        with suppress(BlockingIOError):
            return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        time.sleep(TRY_SECONDS)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise HeldError(_read(handle)) from error


def holder_of(folder: Path) -> Holder | None:
    """Say who holds the lock of a folder now; None if nobody does, or who it is could not be told."""
    try:
        handle = os.open(folder / LOCK, os.O_RDONLY)
    except OSError:
        return None
    try:
        # shared: two who look do not see each other, and whoever may only read can look as well
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(handle)
    finally:
        os.close(handle)
    return None


def _read(handle: int) -> Holder | None:
    try:
        note = json.loads(os.pread(handle, LONGEST_NOTE, 0))
        return Holder(int(note["pid"]), str(note["host"]), str(note["since"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(handle: int, holder: Holder | None) -> None:
    """Leave a note for others; on a full disk there is none, and the lock holds all the same."""
    with suppress(OSError):
        os.ftruncate(handle, 0)
        if holder is not None:
            os.pwrite(handle, json.dumps(asdict(holder)).encode(), 0)
