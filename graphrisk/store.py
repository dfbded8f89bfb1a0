"""The results store: a folder of scans, each published whole by one rename and never changed after."""

from __future__ import annotations

import ctypes
import errno
import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from graphrisk.checkpoints.folder import clear
from graphrisk.store_lock import HeldError, hold
from graphrisk.tables import SCHEMA_VERSION, SCHEMAS, conform, upgrade

log = logging.getLogger("graphrisk.store")

PREFIX, ASIDE, OLD = "scan=", ".tmp-", ".old-"
MANIFEST = "manifest.json"
AT_CWD, EXCHANGE = -100, 2
NO_ROOM = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "a file is too large",
}


class StoreError(Exception):
    """A results store that cannot be read or written."""


class NoRoomError(StoreError):
    """A store that cannot be written because the disk, a quota or the largest file is too small."""


class NewerStoreError(StoreError):
    """A store that holds scans of a newer graphrisk: this one must not go on as if they were not there."""


@dataclass(frozen=True)
class Pruned:
    """Scans that were removed, oldest first, and the bytes of their files."""

    scans: list[str]
    n_bytes: int


class ResultStore:
    """A folder of scans.

    Readers never wait and never see half a scan: a scan is written aside, flushed to disk and published by one
    rename. Writing the same scan again exchanges the two folders in one step.

    Parameters
    ----------
    path : str or Path
        Made at the first publication.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._locked = False

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other scans from writing to this store until the block ends; inside such a block it does nothing.

        Raises
        ------
        StoreError
            If another scan is writing to it.
        """
        if self._locked:
            yield
            return
        with _telling(f"the store {self.path} cannot be written"):
            self.path.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            try:
                with _telling(f"the store {self.path} cannot be locked"):
                    stack.enter_context(hold(self.path))
            except HeldError as error:
                who = "" if error.holder is None else f" ({error.holder})"
                where = f"is writing to {self.path}{who}"
                raise StoreError(f"another scan {where}; wait for it or use another store") from error
            self._locked = True
            try:
                yield
            finally:
                self._locked = False

    def publish(self, scan_id: str, tables: Mapping[str, pa.Table], manifest: Mapping[str, Any]) -> Path:
        """Write the tables of a scan and make them visible in one step.

        Parameters
        ----------
        scan_id : str
        tables : mapping of str to pyarrow.Table
            Every table of the schema.
        manifest : mapping
            Further facts to keep beside the tables; `as_of` orders the scans.

        Returns
        -------
        Path
            The scan's folder.

        Raises
        ------
        StoreError
            If the disk is full, the store cannot be written or another scan is writing to it; what was published
            before stays.
        ValueError
            If a table is missing or does not fit its schema.
        """
        if missing := sorted(set(SCHEMAS) - set(tables)):
            raise ValueError(f"a scan needs every table, got none for {', '.join(missing)}")
        final, aside = self.path / f"{PREFIX}{scan_id}", self.path / f"{ASIDE}{scan_id}-{os.getpid()}"
        with self.lock(), _telling(f"the scan could not be written to {self.path}"):
            self._clean()
            try:
                aside.mkdir()
                entries = {name: _write_table(aside / f"{name}.parquet", name, tables[name]) for name in SCHEMAS}
                facts = {**manifest, "scan_id": scan_id, "schema_version": SCHEMA_VERSION, "tables": entries}
                _write_bytes(aside / MANIFEST, json.dumps(facts, indent=1, sort_keys=True).encode())
                _flush(aside)
                _swap_in(aside, final)
                _flush(self.path)
            finally:
                shutil.rmtree(aside, ignore_errors=True)
        return final

    def prune(self, keep: int, *, dry_run: bool = False) -> Pruned:
        """Remove all but the newest scans, and what killed scans and publications left behind.

        Every scan carries the history of all rings, so nothing about a ring is lost but its old tables. A scan goes
        by one rename out of the readers' sight and is then deleted; a kill in between is mended by the next one.

        Parameters
        ----------
        keep : int
            How many of the newest scans to keep, at least 1.
        dry_run : bool
            Only say what would be removed.

        Returns
        -------
        Pruned

        Raises
        ------
        ValueError
            If `keep` is below 1.
        StoreError
            If another scan is writing, or a folder cannot be removed.
        """
        if keep < 1:
            raise ValueError(f"`keep` must be at least 1, got {keep}")
        if not self.path.is_dir():
            raise StoreError(f"there is no scan in {self.path}; run one with `graphrisk scan run`")
        with self.lock(), _telling(f"{self.path} could not be pruned"):
            old = self.scans()[:-keep]
            n_bytes = sum(file.stat().st_size for scan in old for file in self.folder(scan).iterdir())
            if not dry_run:
                for scan_id in old:
                    aside = self.path / f"{ASIDE}{scan_id}-{os.getpid()}"
                    self.folder(scan_id).rename(aside)
                    _flush(self.path)
                    shutil.rmtree(aside)
                self._clean()
                clear(self.path)
        return Pruned(old, n_bytes)

    def _clean(self) -> None:
        """Remove what killed publications left behind, after bringing back a scan that one had moved aside.

        Whoever holds the lock is the only writer, so whatever lies aside is left over.
        """
        for left in sorted(self.path.glob(f"{OLD}*")):
            final = self.path / f"{PREFIX}{left.name.removeprefix(OLD)}"
            if not final.exists():
                left.rename(final)
        for left in [*self.path.glob(f"{ASIDE}*"), *self.path.glob(f"{OLD}*")]:
            shutil.rmtree(left, ignore_errors=True)

    def folder(self, scan_id: str) -> Path:
        """Folder of a scan: in its place, or moved aside by a publication that was killed before the new one came."""
        folder, old = self.path / f"{PREFIX}{scan_id}", self.path / f"{OLD}{scan_id}"
        return old if old.exists() and not folder.exists() else folder

    def scans(self) -> list[str]:
        """Ids of all scans, by `as_of` and then by the time of publication, newest last.

        Raises
        ------
        NewerStoreError
            If one was written by a newer graphrisk.
        """
        found = []
        ids = {folder.name.removeprefix(prefix) for prefix in (PREFIX, OLD) for folder in self.path.glob(f"{prefix}*")}
        for scan_id in sorted(ids):
            try:
                published = (self.folder(scan_id) / MANIFEST).stat().st_mtime_ns
                found.append((str(self.manifest(scan_id).get("as_of", "")), published, scan_id))
            except NewerStoreError:
                raise
            except (StoreError, OSError) as error:
                # passed over, but not in silence: the newest scan may be the one that is damaged
                log.warning("scan %s in %s is passed over: %s", scan_id, self.path, error)
        return [scan_id for _, _, scan_id in sorted(found)]

    def latest(self) -> str:
        """Id of the newest scan.

        Raises
        ------
        StoreError
            If there is none.
        """
        scans = self.scans()
        if not scans:
            raise StoreError(f"there is no scan in {self.path}; run one with `graphrisk scan run`")
        return scans[-1]

    def manifest(self, scan_id: str) -> dict[str, Any]:
        """Read what the scan says of itself: its tables with rows, bytes and SHA-256, and further facts.

        Raises
        ------
        StoreError
            If there is no such scan, or its manifest cannot be read.
        """
        try:
            facts: dict[str, Any] = json.loads((self.folder(scan_id) / MANIFEST).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise StoreError(f"there is no scan {scan_id} in {self.path}") from error
        except (OSError, ValueError) as error:
            raise StoreError(f"the manifest of scan {scan_id} in {self.path} cannot be read: {error}") from error
        version = facts.get("schema_version")
        if not isinstance(version, int) or version < 1:
            raise StoreError(f"scan {scan_id} must have a schema version from 1 to {SCHEMA_VERSION}, got {version!r}")
        if version > SCHEMA_VERSION:
            newer = f"was written by a newer graphrisk: it has schema version {version}"
            raise NewerStoreError(
                f"scan {scan_id} {newer}, and this one reads up to {SCHEMA_VERSION}; update graphrisk"
            )
        return facts

    def table(self, name: str, scan_id: str | None = None) -> pa.Table:
        """Read one table of a scan.

        Parameters
        ----------
        name : str
        scan_id : str, optional
            The newest by default.

        Raises
        ------
        StoreError
            If there is no such scan or table, or the file is not what was published.
        """
        chosen = scan_id or self.latest()
        facts = self.manifest(chosen)
        while True:
            try:
                return self._read(name, chosen, facts)
            except StoreError:
                # the scan may have been replaced after its manifest was read: then the new one tells another story
                now = self.manifest(chosen)
                if now == facts:
                    raise
                facts = now

    def _read(self, name: str, scan_id: str, facts: Mapping[str, Any]) -> pa.Table:
        entry, older = facts["tables"].get(name), facts["schema_version"] < SCHEMA_VERSION
        if entry is None and older and name in SCHEMAS:
            return SCHEMAS[name].empty_table()
        if entry is None:
            raise StoreError(f"scan {scan_id} has no table `{name}`; it has {', '.join(SCHEMAS)}")
        file = self.folder(scan_id) / f"{name}.parquet"
        try:
            if file.stat().st_size != entry["bytes"]:
                raise StoreError(f"{file} must have {entry['bytes']} bytes, got {file.stat().st_size}; scan again")
            table = self._load(file)
            return conform(name, upgrade(name, table) if older else table)
        except (OSError, pa.ArrowException, ValueError) as error:
            raise StoreError(f"{file} cannot be read: {str(error).splitlines()[0]}") from error

    def _load(self, file: Path) -> pa.Table:
        # the open file, not its path: pyarrow would take `scan=…` in the path for a column; and a file of Arrow's own,
        # read by this thread: a reader thread that outlives the interpreter ends the process with a signal
        with pa.OSFile(str(file), "rb") as handle:
            return pq.read_table(handle, pre_buffer=False)

    def verify(self, scan_id: str) -> None:
        """Check every file of a scan against its SHA-256.

        Raises
        ------
        StoreError
            Naming the first file that is not what was published.
        """
        for name, entry in self.manifest(scan_id)["tables"].items():
            file = self.folder(scan_id) / f"{name}.parquet"
            if not file.exists() or _digest(file) != entry["sha256"]:
                raise StoreError(f"{file} is not what was published; scan again")


def _write_table(file: Path, name: str, table: pa.Table) -> dict[str, Any]:
    with file.open("w+b") as handle:
        pq.write_table(conform(name, table), handle, compression="zstd", store_schema=False, version="2.6")
        handle.flush()
        os.fsync(handle.fileno())
        size = handle.seek(0, os.SEEK_END)
        handle.seek(0)
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    return {"rows": table.num_rows, "bytes": size, "sha256": digest}


def _digest(file: Path) -> str:
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _write_bytes(file: Path, data: bytes) -> None:
    with file.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _swap_in(aside: Path, final: Path) -> None:
    """Put a folder in place; if there is one already, exchange the two in one step."""
    if not final.exists():
        aside.rename(final)
        return
    if _exchange(aside, final):
        return
    # no exchange on this system: a kill between the two renames is mended by the next publication
    old = final.with_name(f"{OLD}{final.name.removeprefix(PREFIX)}")
    final.rename(old)
    aside.rename(final)
    shutil.rmtree(old, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names by renameat2; False where the system cannot."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    return bool(rename(AT_CWD, os.fsencode(one), AT_CWD, os.fsencode(other), EXCHANGE) == 0)


@contextmanager
def _telling(what: str) -> Iterator[None]:
    """Turn an OSError into one sentence."""
    try:
        yield
    except OSError as error:
        why = NO_ROOM.get(error.errno or 0, (error.strerror or str(error)).lower())
        raise (NoRoomError if error.errno in NO_ROOM else StoreError)(
            f"{what}: {why}; what was published before is untouched"
        ) from error
