"""What the load of a scan leaves to the next one in the same store, so that only new files are loaded."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from graphrisk.checkpoints.keys import reading_key
from graphrisk.checkpoints.packing import PackingError, pack_whole, unpack
from graphrisk.checkpoints.parts import LOAD
from loaders import ConfigError, InputError, LoadConfig, LoadResult
from loaders.file_states import FileStates, NotOnlyNewError, file_states, only_new
from loaders.merging import UnmergeableError, as_of_another, merge_loads

log = logging.getLogger("graphrisk.incremental")

FOLDER, LOADED = ".base", "load.zip"
Read = Callable[[LoadConfig, datetime | None], LoadResult]


@dataclass(frozen=True, eq=False)
class LoadBase:
    """What was loaded, of which files, and how.

    Parameters
    ----------
    key : str
        Hash of how the files were read.
    files : list of dict of str to str
        From `file_states`.
    n_since_full : int
        Loads since the last one of all files, this one included.
    loaded : LoadResult
    """

    key: str
    files: FileStates
    n_since_full: int
    loaded: LoadResult


class KeptLoad:
    """Keeps what was loaded for the next scan. Whoever uses a folder must hold the lock of its store.

    What cannot be read is not used, and what cannot be written is told of and done without: then all is loaded.

    Parameters
    ----------
    store : Path, optional
        The results store; without one all is loaded, and nothing is kept.
    full_every : int
        Of so many loads in a row one is of all files, and holds the merged ones against them.

    Attributes
    ----------
    facts : dict of str to Any
        Of the last load, for the manifest: how many files were new, or why all were loaded.
    """

    def __init__(self, store: Path | None = None, full_every: int = 7) -> None:
        self._folder = None if store is None else store / FOLDER
        self._full_every = full_every
        self.facts: dict[str, Any] = {}

    def keeps(self, config: LoadConfig) -> bool:
        """Whether what this configuration loads is kept: all of it has to come from files."""
        return self._folder is not None and file_states(config) is not None

    def load(self, config: LoadConfig, as_of: datetime | None, read: Read) -> LoadResult:
        """Load the files that have come since the last load, and merge the two; or load all of them.

        Parameters
        ----------
        config : LoadConfig
        as_of : datetime, optional
        read : callable
            Loads by a configuration, as of a moment.

        Returns
        -------
        LoadResult
            The same as that of a load of all. When a full load is due, all is loaded, and a warning says so if it is
            not the same.
        """
        now = file_states(config)
        if self._folder is None or now is None:
            return read(config, as_of)
        key, base, loaded = reading_key(config), self._read(), None
        try:
            loaded, n_new = _merged(base, config, as_of, read, key, now)
            self.facts = {"new_files": n_new, "loaded_all_because": ""}
        except (NotOnlyNewError, UnmergeableError, InputError, ConfigError) as error:
            # all of it is read; what is wrong with the files is told by that
            self._all_because(str(error))
        n_since_full = 0 if base is None else base.n_since_full + 1
        if loaded is None or n_since_full >= self._full_every:
            merged_hash = None if loaded is None else loaded.input_hash
            base = loaded = None  # their memory is for the load of all
            loaded, n_since_full = read(config, as_of), 0
            if merged_hash is not None:
                self._all_because(f"of {self._full_every} loads in a row one is of all files")
            if merged_hash not in (None, loaded.input_hash):
                log.warning("what was merged from several loads was not what a load of all files gives; it is not used")
        # files that changed while they were read are not in the state that is kept, and are read again next time
        self._write(LoadBase(key, now, n_since_full, loaded))
        return loaded

    def _all_because(self, reason: str) -> None:
        log.info("all files are loaded: %s", reason)
        self.facts = {"new_files": None, "loaded_all_because": reason}

    def _read(self) -> LoadBase | None:
        assert self._folder is not None
        file = self._folder / LOADED
        if not file.exists():
            return None
        try:
            base: LoadBase = unpack(file, (LoadBase, *LOAD))
            return base
        except PackingError as error:
            log.warning("what the scan before left is damaged and not used: %s", error)
            return None

    def _write(self, base: LoadBase) -> None:
        assert self._folder is not None
        file = self._folder / LOADED
        try:
            pack_whole(file, base)
        except OSError as error:
            file.unlink(missing_ok=True)
            log.warning("the next scan will load all files: %s", os.strerror(error.errno or 0).lower())


def _merged(
    base: LoadBase | None, config: LoadConfig, as_of: datetime | None, read: Read, key: str, now: FileStates
) -> tuple[LoadResult, int]:
    """Merge what is new into what was loaded before; returns it and how many files were new."""
    if base is None:
        raise NotOnlyNewError("there is no load before to start from")
    if base.key != key:
        raise NotOnlyNewError("the configuration or the code is another than in the load before")
    new = only_new(config, base.files, now)
    if new is None:
        return as_of_another(base.loaded, as_of), 0
    # how popular a signal is, and how many rows are rejected, is judged once all rows are together
    lenient = new.identifiers.model_copy(update={"popularity_types": []})
    more = read(new.model_copy(update={"identifiers": lenient, "max_rejected_share": 1.0}), None)
    loaded = merge_loads(base.loaded, more, config, as_of)
    log.info("%d files are new and were loaded, the others had been loaded before", len(new.sources))
    return loaded, len(new.sources)
