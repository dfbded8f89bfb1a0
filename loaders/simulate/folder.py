"""A folder that holds a whole world or none: it is made aside and takes its place by a rename."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

WORLD_FILES = (
    "accounts.parquet",
    "links.parquet",
    "transfers.parquet",
    "events.parquet",
    "truth.parquet",
    "truth_rings.parquet",
    "truth_members.parquet",
    "lookalikes.parquet",
    "scan.toml",
)


@contextlib.contextmanager
def new_world(out: Path) -> Iterator[Path]:
    """Give a folder to fill; it becomes `out` when the block ends without an error.

    A world that stands at `out` is replaced. What else lies in it, such as a results store, stays.

    Parameters
    ----------
    out : Path

    Yields
    ------
    Path
        An empty folder beside `out`.

    Raises
    ------
    FileExistsError
        If `out` is there and is not a world.
    BlockingIOError
        If another run is making the same world.
    """
    out = Path(os.path.abspath(out))  # noqa: PTH100 (a link at `out` must not be followed)
    aside, old = out.parent / f".{out.name}.new", out.parent / f".{out.name}.old"
    out.parent.mkdir(parents=True, exist_ok=True)
    with _claimed(aside):
        try:
            _empty(aside)
            _recover(out, old)
            _check(out)
            yield aside
            _put_in_place(aside, out, old)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


@contextlib.contextmanager
def _claimed(aside: Path) -> Iterator[None]:
    """Hold a folder that no other run may fill; a killed run lets go of it."""
    aside.mkdir(exist_ok=True)
    handle = os.open(aside, os.O_RDONLY)
    try:
        if not _locked(handle, aside):
            raise BlockingIOError(f"another run is making the world at {aside}; wait for it or choose another folder")
        yield
    finally:
        os.close(handle)


def _locked(handle: int, folder: Path) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    # the other run may have moved the folder away just before it was locked
    return folder.is_dir() and os.path.samestat(os.fstat(handle), folder.stat())


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _check(out: Path) -> None:
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise FileExistsError(f"{out} is there and is no folder; choose another place for the world")
    if out.is_dir() and any(out.iterdir()) and not all((out / name).is_file() for name in WORLD_FILES):
        raise FileExistsError(f"{out} is not empty and holds no simulated world; choose another folder or empty it")


def _put_in_place(aside: Path, out: Path, old: Path) -> None:
    if out.exists():
        out.rename(old)
    aside.rename(out)
    _recover(out, old)


def _recover(out: Path, old: Path) -> None:
    """Finish what a killed run left: bring back the old world, or carry over what is not part of it."""
    if not old.exists():
        return
    if not out.exists():
        old.rename(out)
        return
    for path in old.iterdir():
        if path.name not in WORLD_FILES and not (out / path.name).exists():
            path.rename(out / path.name)
    shutil.rmtree(old)
