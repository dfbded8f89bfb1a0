"""The folder in a store where a scan leaves what the next one starts from."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from graphrisk.checkpoints.keys import reading_key
from graphrisk.checkpoints.packing import PackingError, pack_whole, unpack
from graphrisk.checkpoints.parts import LOAD
from graphrisk.incremental.base import LoadBase, SearchBase
from graphrisk.rings.search import NullDraw
from loaders import ConfigError, InputError, LoadConfig, LoadResult
from loaders.file_states import FileStates, NotOnlyNewError, file_states, only_new
from loaders.merging import UnmergeableError, as_of_another, merge_loads

log = logging.getLogger("graphrisk.incremental")

FOLDER, LOADED = ".base", "load.zip"
SEARCHED = re.compile(r"search-(?P<scan_id>(?P<moment>[^-]+)-[^-]+)-(?P<n>\d+)\.zip")
N_KEPT = 3  # a scan that is run again starts from the one before its own day
Read = Callable[[LoadConfig, datetime | None], LoadResult]


@dataclass(frozen=True)
class Start:
    """What a search starts from.

    Parameters
    ----------
    base : SearchBase or None
        None: from nothing.
    reason : str
        Why it starts from nothing; empty if it does not.
    due : SearchBase or None
        What it would have started from, were a full scan not due.
    """

    base: SearchBase | None = None
    reason: str = ""
    due: SearchBase | None = None

    def fitting(self, timed: bool) -> Start:
        """The same, unless the scan before had other views and another null model: these say nothing of this one."""
        if self.base is None or self.base.timed == timed:
            return self
        return Start(reason="starts of accounts say something in one of the two scans only")


class Bases:
    """Keeps what the next scan starts from. Whoever uses a folder must hold the lock of its store.

    What cannot be read is not used, and what cannot be written is told of and done without: then a scan is a full one.

    Parameters
    ----------
    store : Path, optional
        The results store; without one every scan is a full one, and nothing is kept.
    full_every : int
        Of so many scans in a row one is full.
    """

    def __init__(self, store: Path | None = None, full_every: int = 7) -> None:
        self._folder = None if store is None else store / FOLDER
        self._full_every = full_every

    @property
    def active(self) -> bool:
        """Whether anything is kept."""
        return self._folder is not None

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
            The same as that of a load of all. When a full scan is due, all is loaded, and a warning says so if it is
            not the same.
        """
        now = None if self._folder is None else file_states(config)
        if self._folder is None or now is None:
            return read(config, as_of)
        key = reading_key(config)
        loaded = None
        try:
            loaded = self._load_on_base(config, as_of, read, key, now)
        except (NotOnlyNewError, UnmergeableError, InputError, ConfigError) as error:
            # all of it is read; what is wrong with the files is told by that
            log.info("all files are loaded: %s", error)
        if loaded is None or self._is_due():
            merged_hash = None if loaded is None else loaded.input_hash
            loaded = None  # its memory is for the load of all
            loaded = read(config, as_of)
            if merged_hash not in (None, loaded.input_hash):
                log.warning("what was merged from several loads was not what a load of all files gives; it is not used")
        if file_states(config) == now:
            self._write(self._folder / LOADED, LoadBase(key, now, loaded))
        return loaded

    def _load_on_base(
        self, config: LoadConfig, as_of: datetime | None, read: Read, key: str, now: FileStates
    ) -> LoadResult:
        assert self._folder is not None
        base: LoadBase | None = self._read(self._folder / LOADED, (LoadBase, *LOAD))
        if base is None:
            raise NotOnlyNewError("there is no load before to start from")
        if base.key != key:
            raise NotOnlyNewError("the configuration or the code is another than in the load before")
        new = only_new(config, base.files, now)
        if new is None:
            return as_of_another(base.loaded, as_of)
        # how popular a signal is, and how many rows are rejected, is judged once all rows are together
        lenient = new.identifiers.model_copy(update={"popularity_types": []})
        more = read(new.model_copy(update={"identifiers": lenient, "max_rejected_share": 1.0}), None)
        loaded = merge_loads(base.loaded, more, config, as_of)
        log.info("%d files are new and were loaded, the others had been loaded before", len(new.sources))
        return loaded

    def start(self, key: str, as_of: datetime) -> Start:
        """Find what the search starts from: the newest search of an earlier moment, made in the same way.

        Parameters
        ----------
        key : str
        as_of : datetime

        Returns
        -------
        Start
        """
        if self._folder is None:
            return Start()
        earlier = [found for found in self._searches() if found["moment"] < f"{as_of:%Y%m%dT%H%M%SZ}"]
        if not earlier:
            return Start(reason="there is no scan of an earlier moment to start from")
        base: SearchBase | None = self._read(self._folder / earlier[-1].string, (SearchBase, NullDraw))
        if base is None:
            return Start(reason="what the scan before left is damaged")
        if base.key != key:
            return Start(reason="the configuration, the model or the code is another than in the scan before")
        if base.n_since_full + 1 >= self._full_every:
            return Start(reason=f"of {self._full_every} scans in a row one is full", due=base)
        return Start(base)

    def keep(self, base: SearchBase) -> None:
        """Keep what a search leaves, and no more than the newest few."""
        if self._folder is None:
            return
        self._write(self._folder / f"search-{base.scan_id}-{base.n_since_full}.zip", base)
        for found in self._searches()[:-N_KEPT]:
            (self._folder / found.string).unlink(missing_ok=True)

    def _is_due(self) -> bool:
        searches = self._searches()
        return bool(searches) and int(searches[-1]["n"]) + 1 >= self._full_every

    def _searches(self) -> list[re.Match[str]]:
        """Kept searches by their names, the earliest moment first."""
        assert self._folder is not None
        names = sorted(file.name for file in self._folder.glob("search-*.zip"))
        return [found for name in names if (found := SEARCHED.fullmatch(name))]

    def _read(self, file: Path, classes: tuple[type, ...]) -> Any:
        if not file.exists():
            return None
        try:
            return unpack(file, classes)
        except PackingError as error:
            log.warning("what the scan before left is damaged and not used: %s", error)
            return None

    def _write(self, file: Path, value: Any) -> None:
        try:
            pack_whole(file, value)
        except OSError as error:
            file.unlink(missing_ok=True)
            log.warning("the next scan will be a full one: %s", os.strerror(error.errno or 0).lower())
