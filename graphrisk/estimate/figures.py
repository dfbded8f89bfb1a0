"""What scans needed: as measured on simulated worlds, and as the earlier scans of a store say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median

from graphrisk.store import ResultStore, StoreError

MIB = 2**20
NEWEST = 5
LEAST_ROWS = 50_000
"""Smaller scans say little of what a row needs: most of their time and memory is the same for all."""


@dataclass(frozen=True)
class Figures:
    """What a scan needs in bytes and seconds a row, beside what all scans need.

    Parameters
    ----------
    base : float
        Bytes of a process that has loaded the engine and its libraries.
    reading : float
        Bytes a row that the reader holds in memory, or spills where its limit is lower.
    arrays : float
        Bytes a row of the graph that is being built meanwhile.
    searching : float
        Bytes a row of the search for rings, after the reader has gone.
    stored, kept : float
        Bytes a row in the store, and of checkpoints.
    start_seconds, row_seconds : float
    n_rows : int
        Rows of the scan that it rests on.
    basis : str
    """

    base: float
    reading: float
    arrays: float
    searching: float
    stored: float
    kept: float
    start_seconds: float
    row_seconds: float
    n_rows: int = 0
    basis: str = "scans of simulated worlds on two cores"


# of 5,000 to 500,000 simulated accounts: tests/benchmarks/estimates.py prints how far they are off
MEASURED = Figures(
    base=380 * MIB,
    reading=235.0,
    arrays=35.0,
    searching=190.0,
    stored=5.0,
    kept=56.0,
    start_seconds=1.5,
    row_seconds=5.5e-6,
)


def figures_of(store: ResultStore) -> Figures | None:
    """What the newest scans of a store needed; None if there is none that is large enough to tell.

    The median of up to five scans is taken, so that one which compiled kernels or had to share the machine does not
    count. Scans that went on from checkpoints, and incremental ones, are left out: they did not do all of their work.

    Parameters
    ----------
    store : ResultStore

    Returns
    -------
    Figures or None
    """
    seen: list[tuple[int, float, float, float]] = []
    for scan_id in reversed(store.scans() if store.path.is_dir() else []):
        manifest = store.manifest(scan_id)
        if manifest.get("stages_of_killed_scan") or manifest.get("new_files") is not None:
            continue
        try:
            scan = store.table("scan", scan_id).to_pylist()[0]
        except (StoreError, IndexError):
            continue  # damaged: it says nothing, and is told of by whoever needs it
        n_rows = sum(scan[f"n_{table}"] or 0 for table in ("accounts", "links", "transfers", "events", "labels"))
        if n_rows >= LEAST_ROWS and scan["stages"]:
            size = sum(entry["bytes"] for entry in manifest["tables"].values())
            seconds = sum(stage["seconds"] for stage in scan["stages"])
            peak = max(stage["peak_mb"] for stage in scan["stages"]) * MIB
            seen.append((n_rows, seconds, peak, size))
        if len(seen) == NEWEST:
            break
    if not seen:
        return None
    beyond = median((peak - MEASURED.base) / n_rows for n_rows, _, peak, _ in seen)
    more = max(beyond / (MEASURED.reading + MEASURED.arrays), 0.0)
    return replace(
        MEASURED,
        reading=MEASURED.reading * more,
        arrays=MEASURED.arrays * more,
        searching=MEASURED.searching * more,
        stored=median(size / n_rows for n_rows, _, _, size in seen),
        row_seconds=median(max(seconds - MEASURED.start_seconds, 0.0) / n_rows for n_rows, seconds, _, _ in seen),
        n_rows=seen[0][0],
        basis=f"the last {len(seen)} scans of the store" if len(seen) > 1 else "the last scan of the store",
    )
