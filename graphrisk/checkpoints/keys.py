"""What a checkpoint depends on; if any of it differs, the checkpoint is not used."""

from __future__ import annotations

import functools
import hashlib
import json
import sys
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import graphrisk
from loaders import InputError, LoadConfig, LoadResult
from loaders.files import find_files
from loaders.identifiers import key_from_environment

PACKAGES = ("graphrisk", "loaders", "algorithms", "gnn")
LIBRARIES = ("duckdb", "igraph", "lightgbm", "numba", "numpy", "phonenumbers", "pyarrow", "scipy")
CHANGES_NOTHING = {"memory_limit", "threads", "temp_dir"}


@functools.cache
def code_key() -> str:
    """SHA-256 of the engine's source and of the versions of what it computes with.

    A version number alone would not do: a checkout is changed without one.
    """
    versions = ";".join(f"{name}={_version(name)}" for name in LIBRARIES)
    return _hash("\n".join((sys.version, versions, source_hash(Path(graphrisk.__file__).parents[1]))))


def source_hash(root: Path) -> str:
    """SHA-256 over the names and contents of all modules of the engine under a folder."""
    digest = hashlib.sha256()
    for package in PACKAGES:
        for file in sorted((root / package).rglob("*.py")):
            digest.update(f"{file.relative_to(root)}:".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "none"


def files_key(config: LoadConfig) -> str | None:
    """Hash of the state of every file that a load would read; None if it reads anything but files.

    The content is not read. A file counts as the same if its path, inode, size and times of change of content and
    of state are; whoever writes to it, or puts another in its place, changes the last one.

    Parameters
    ----------
    config : LoadConfig

    Returns
    -------
    str or None
    """
    lines = []
    for source in config.sources:
        if source.path is None:
            return None
        try:
            for file in find_files(source, config.base_dir):
                state = file.stat()
                parts = (file.absolute(), state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
                lines.append("|".join(map(str, parts)))
        except (InputError, OSError):
            return None  # told when the load opens it
    return _hash("\n".join(lines))


def load_key(config: LoadConfig, as_of: datetime | None, transactions: bool = False) -> str | None:
    """Hash of all that the result of a load depends on; None if that cannot be told without reading the data.

    Parameters
    ----------
    config : LoadConfig
    as_of : datetime, optional
    transactions : bool
        Whether transactions are kept together.

    Returns
    -------
    str or None
    """
    files = files_key(config)
    if files is None:
        return None
    settings = config.model_dump(mode="json", exclude=CHANGES_NOTHING)
    secret = config.identifiers.hash_key_env
    hidden = "" if secret is None else hashlib.sha256(key_from_environment(secret)).hexdigest()
    return _hash(
        "\n".join((json.dumps(settings, sort_keys=True), files, hidden, str(as_of), str(transactions), code_key()))
    )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def search_key(config_hash: str, loaded: LoadResult, seed: int, model: str) -> str:
    """Hash of all that the search for rings depends on.

    Parameters
    ----------
    config_hash : str
    loaded : LoadResult
        Its input hash covers all that was loaded.
    seed : int
    model : str
        Key of the model that scores.

    Returns
    -------
    str
    """
    return _hash("\n".join((config_hash, loaded.input_hash, loaded.as_of.isoformat(), str(seed), model, code_key())))
