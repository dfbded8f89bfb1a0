"""How long each stage of a scan took and how much memory the process had needed by its end."""

from __future__ import annotations

import logging
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from graphrisk.memory import give_back

log = logging.getLogger("graphrisk.stages")

Progress = Callable[[str, int, int | None], None]


@dataclass
class Stage:
    """One stage: `seconds` of wall clock, `peak_mb` of the process at its end, `rows` it worked on."""

    name: str
    seconds: float = 0.0
    peak_mb: float = 0.0
    rows: int = 0


class StageLog:
    """Measures stages one after the other and tells `progress` when each begins and ends."""

    def __init__(self, progress: Progress | None = None) -> None:
        self.stages: list[Stage] = []
        self._progress = progress

    @contextmanager
    def stage(self, name: str) -> Iterator[Stage]:
        """Measure one stage; the caller sets `rows`."""
        if self._progress:
            self._progress(name, 0, None)
        began = time.perf_counter()
        stage = Stage(name)
        yield stage
        give_back()
        stage.seconds = time.perf_counter() - began
        stage.peak_mb = peak_memory_mb()
        self.stages.append(stage)
        facts = {
            "stage": name,
            "seconds": round(stage.seconds, 3),
            "rows": stage.rows,
            "peak_mb": round(stage.peak_mb, 1),
        }
        log.info("stage %s is done", name, extra=facts)
        if self._progress:
            self._progress(name, stage.rows, stage.rows)


def peak_memory_mb() -> float:
    """Most memory that this process has had resident so far, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
