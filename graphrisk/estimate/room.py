"""How much memory and disk there is, and whether a scan fits."""

from __future__ import annotations

import os
import resource
import shutil
import tempfile
from pathlib import Path

from algorithms._memory import free_memory
from graphrisk.config import ScanConfig
from graphrisk.estimate.needs import Needs

LEAST_SHARE = 0.8
"""A scan is refused if not even this share of what it is thought to need is there: estimates are up to that far off."""
GROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory.stat"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
        "/sys/fs/cgroup/memory/memory.stat",
    ),
)


class RoomError(Exception):
    """A scan that memory or disk have no room for."""


def check_room(needs: Needs, config: ScanConfig) -> list[str]:
    """Say what there is no room for.

    Parameters
    ----------
    needs : Needs
    config : ScanConfig

    Returns
    -------
    list of str
        One sentence for each; empty if all fits.
    """
    problems = []
    free = memory_left()
    more = max(LEAST_SHARE * needs.memory_bytes - resident_memory(), 0)
    if more > free:
        need, there = in_words(needs.memory_bytes), in_words(free + resident_memory())
        problems.append(
            f"the scan of {needs.n_rows:,} rows needs about {need} of memory and there are {there}; free some, set "
            "`memory_limit` to let the reader spill to disk, or read fewer rows"
        )
    temp = config.base_dir / config.scan.temp_dir if config.scan.temp_dir else Path(tempfile.gettempdir())
    parts = [(_existing(config.store), needs.store_bytes, "results")]
    parts += [(_existing(temp), needs.temp_bytes, "what the reader spills")]
    for disk in sorted({folder.stat().st_dev for folder, n_bytes, _ in parts if n_bytes}):
        here = [part for part in parts if part[1] and part[0].stat().st_dev == disk]
        wanted, folder = sum(n_bytes for _, n_bytes, _ in here), here[0][0]
        left = shutil.disk_usage(folder).free
        if LEAST_SHARE * wanted > left:
            problems.append(
                f"the scan of {needs.n_rows:,} rows needs about {in_words(wanted)} of disk at {folder} for "
                f"{' and '.join(what for _, _, what in here)} and there are {in_words(left)}; make room or use "
                "another disk"
            )
    return problems


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    folder = folder.absolute()
    return next(path for path in (folder, *folder.parents) if path.is_dir())


def memory_left() -> int:
    """Bytes that this process could still use: free on the machine, left to its control group, left by `ulimit -v`."""
    left = [free_memory()]
    for limit_file, used_file, stat_file in GROUPS:
        limit, used = _number(limit_file), _number(used_file)
        if limit is not None and used is not None:
            # pages of files that the group has read are given back when memory is asked for
            left.append(limit - used + _inactive(stat_file))
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    statm = _pages()
    if soft != resource.RLIM_INFINITY and statm is not None:
        left.append(soft - statm[0])
    return max(min(left), 0)


def resident_memory() -> int:
    """Bytes that this process has in memory now; 0 where that cannot be told."""
    statm = _pages()
    return 0 if statm is None else statm[1]


def _pages() -> tuple[int, int] | None:
    """Bytes of address space and of resident memory."""
    try:
        total, resident = Path("/proc/self/statm").read_text().split()[:2]
    except OSError:
        return None
    size = os.sysconf("SC_PAGE_SIZE")
    return int(total) * size, int(resident) * size


def _number(file: str) -> int | None:
    try:
        text = Path(file).read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None


def _inactive(file: str) -> int:
    try:
        lines = Path(file).read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("inactive_file ")), 0)


def in_words(size: float) -> str:
    """Bytes for people."""
    return f"{size / 2**30:,.1f} GiB" if size >= 2**30 else f"{size / 2**20:,.1f} MiB"
