"""Which files a load reads, in what state they are, and which have come since another load."""

from __future__ import annotations

import os
from pathlib import Path

from loaders.config import InputError, LoadConfig
from loaders.files import find_files

FileStates = list[dict[str, str]]


class NotOnlyNewError(ValueError):
    """Something else has changed than that files have come; the text says what."""


def file_states(config: LoadConfig) -> FileStates | None:
    """State of every file that a load would read; None if it reads anything but files.

    The content is not read. A file counts as the same if its path, inode, size and times of change of content and
    of state are; whoever writes to it, or puts another in its place, changes the last one.

    Parameters
    ----------
    config : LoadConfig

    Returns
    -------
    list of dict of str to str, or None
        One a source: path, as a source of the same configuration may name it, to state.
    """
    out: FileStates = []
    for source in config.sources:
        if source.path is None:
            return None
        try:
            out.append({_path(file, config.base_dir): _state(file) for file in find_files(source, config.base_dir)})
        except (InputError, OSError):
            return None  # told when the load opens it
    return out


def _path(file: Path, base_dir: Path) -> str:
    return os.path.relpath(file, base_dir) if file.is_relative_to(base_dir) else str(file)


def _state(file: Path) -> str:
    found = file.stat()
    parts = (file.absolute(), found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    return "|".join(map(str, parts))


def only_new(config: LoadConfig, before: FileStates, now: FileStates) -> LoadConfig | None:
    """Narrow a configuration to the files that have come since.

    Parameters
    ----------
    config : LoadConfig
    before, now : list of dict of str to str
        From `file_states`, both of this configuration.

    Returns
    -------
    LoadConfig or None
        One source for each new file; None if there are none.

    Raises
    ------
    NotOnlyNewError
        If a file that was read has changed or is gone.
    """
    sources = []
    for source, was, found in zip(config.sources, before, now, strict=True):
        for path, state in was.items():
            if found.get(path) != state:
                raise NotOnlyNewError(f"{path} has changed or is gone")
        sources += [source.model_copy(update={"path": path}) for path in found if path not in was]
    return config.model_copy(update={"sources": sources}) if sources else None
