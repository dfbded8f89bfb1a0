"""Whether a store is in order: how old its newest scan is, whether it is whole, who writes to it, what room is left."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from graphrisk.checkpoints.folder import WORK
from graphrisk.store import OLD, PREFIX, ResultStore, StoreError
from graphrisk.store_lock import holder_of

SPANS = {"m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True)
class Health:
    """What a look at a store shows.

    Parameters
    ----------
    problems : list of str
        One sentence each; empty if the store is in order.
    scan_id : str or None
        The newest scan that can be read.
    finished_at : datetime or None
        When it was finished.
    age_hours : float or None
        Since then.
    n_scans : int
    n_bytes : int
        Of all scans.
    free_bytes : int
        Left on the disk.
    writer : str or None
        The process that is writing to the store now.
    interrupted : bool
        Whether a scan that is not going on any more has left checkpoints, so that the next one can go on from there.
    """

    problems: list[str]
    scan_id: str | None
    finished_at: datetime | None
    age_hours: float | None
    n_scans: int
    n_bytes: int
    free_bytes: int
    writer: str | None
    interrupted: bool


def look_at(store: Path, most_age: timedelta | None = None, now: datetime | None = None) -> Health:
    """Look at a store without reading more than its manifests and the sizes of the files of its newest scan.

    Parameters
    ----------
    store : Path
    most_age : timedelta, optional
        A newest scan that was finished longer ago is a problem.
    now : datetime, optional
        By default the clock's.

    Returns
    -------
    Health

    Raises
    ------
    NewerStoreError
        If a scan was written by a newer graphrisk.
    """
    results, now = ResultStore(store), now or datetime.now(UTC)
    if not store.is_dir():
        return Health([f"there is no store at {store}"], None, None, None, 0, 0, 0, None, False)
    scans = results.scans()
    problems = [f"scan {scan_id} is damaged: its manifest cannot be read" for scan_id in unreadable_scans(results)]
    n_bytes = {
        scan_id: sum(part["bytes"] for part in results.manifest(scan_id)["tables"].values()) for scan_id in scans
    }
    newest = scans[-1] if scans else None
    finished: datetime | None = None
    if newest is None:
        problems.append(f"there is no scan in {store}")
    else:
        problems += _damage(results, newest)
        try:
            finished = results.table("scan", newest)["finished_at"][0].as_py()
        except (StoreError, IndexError) as error:
            problems.append(str(error))
    age = None if finished is None else now - finished
    if age is not None and most_age is not None and age > most_age:
        hours, most = age / timedelta(hours=1), most_age / timedelta(hours=1)
        problems.append(f"the newest scan {newest} was finished {hours:,.1f} hours ago, more than {most:,.1f}")
    free = shutil.disk_usage(store).free
    if newest is not None and free < 2 * n_bytes[newest]:
        problems.append(f"the disk of {store} has {free:,} bytes left, less than two scans as the newest one need")
    writer = holder_of(store)
    return Health(
        problems=problems,
        scan_id=newest,
        finished_at=finished,
        age_hours=None if age is None else round(age / timedelta(hours=1), 3),
        n_scans=len(scans),
        n_bytes=sum(n_bytes.values()),
        free_bytes=free,
        writer=None if writer is None else str(writer),
        interrupted=writer is None and any((store / WORK).glob("*.zip")),
    )


def unreadable_scans(results: ResultStore) -> list[str]:
    """Ids of the scans that a store passes over, since their manifests cannot be read."""
    folders = {path.name.removeprefix(prefix) for prefix in (PREFIX, OLD) for path in results.path.glob(f"{prefix}*")}
    return sorted(folders - {*results.scans()})


def _damage(results: ResultStore, scan_id: str) -> list[str]:
    """Files of a scan that are missing or have another size than was published."""
    found = []
    for name, entry in results.manifest(scan_id)["tables"].items():
        file = results.folder(scan_id) / f"{name}.parquet"
        size = file.stat().st_size if file.exists() else None
        if size != entry["bytes"]:
            found.append(f"{file} must have {entry['bytes']} bytes, got {'no file' if size is None else size}")
    return found


def read_span(text: str) -> timedelta:
    """Read a span of time such as ``90m``, ``26h`` or ``2d``.

    Raises
    ------
    ValueError
        If it is none.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([mhd])", text.strip())
    if found is None:
        raise ValueError(f"a span of time must look like 90m, 26h or 2d, got {text!r}")
    return timedelta(**{SPANS[found[2]]: float(found[1])})
