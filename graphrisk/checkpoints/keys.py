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
from loaders import LoadConfig, LoadResult
from loaders.file_states import file_states
from loaders.identifiers import key_from_environment

PACKAGES = ("graphrisk", "loaders", "algorithms", "gnn")
LIBRARIES = ("duckdb", "igraph", "lightgbm", "numba", "numpy", "phonenumbers", "pyarrow", "scipy", "torch")
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

    Parameters
    ----------
    config : LoadConfig

    Returns
    -------
    str or None
    """
    states = file_states(config)
    return None if states is None else _hash("\n".join(state for files in states for state in files.values()))


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
    parts = (reading_key(config), str(config.base_dir), str(files), str(as_of), str(transactions))
    return None if files is None else _hash("\n".join(parts))


def reading_key(config: LoadConfig) -> str:
    """Hash of how files are read, wherever the configuration is: its settings, the secret and the code.

    Parameters
    ----------
    config : LoadConfig

    Returns
    -------
    str
    """
    settings = config.model_dump(mode="json", exclude=CHANGES_NOTHING | {"base_dir"})
    secret = config.identifiers.hash_key_env
    hidden = "" if secret is None else hashlib.sha256(key_from_environment(secret)).hexdigest()
    return _hash("\n".join((json.dumps(settings, sort_keys=True), hidden, code_key())))


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
    parts = (config_hash, loaded.input_hash, loaded.as_of.isoformat(), str(seed), model, code_key())
    return _hash("\n".join(parts))
