"""The engine from Python."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from graphrisk.alerts.delivery import channels, deliver
from graphrisk.checkpoints.folder import Checkpoints
from graphrisk.checkpoints.publishing import publish as publish_scan
from graphrisk.config import ScanConfig, read_config
from graphrisk.incremental import KeptLoad
from graphrisk.lineage.follow import follow
from graphrisk.pipeline import run_scan
from graphrisk.result import ScanResult
from graphrisk.stages import Progress
from graphrisk.store import ResultStore

log = logging.getLogger("graphrisk.alerts")


def scan(
    config: str | Path | ScanConfig,
    *,
    frames: Mapping[str, Any] | None = None,
    as_of: datetime | None = None,
    store: str | Path | None = None,
    publish: bool = False,
    progress: Progress | None = None,
) -> ScanResult:
    """Find rings.

    Parameters
    ----------
    config : str, Path or ScanConfig
        A configuration file, or one already read.
    frames : mapping of str to pandas.DataFrame or pyarrow.Table, optional
        Frames that sources of the configuration name by `frame`.
    as_of : datetime, optional
        Use only what was known strictly before.
    store : str or Path, optional
        Publish the tables to this results store; rings that it knows keep their ids,
        and alerts go where the configuration says.
    publish : bool
        Publish to the store that the configuration names.
    progress : callable, optional
        Called with a stage, rows done and rows in all (None where unknown).

    Returns
    -------
    ScanResult

    Raises
    ------
    ConfigError, InputError, StoreError

    Examples
    --------
    >>> import graphrisk  # doctest: +SKIP
    >>> graphrisk.scan("scan.toml").rings.head()  # doctest: +SKIP
    """
    settings = config if isinstance(config, ScanConfig) else read_config(config)
    folder = Path(store) if store is not None else settings.store if publish else None
    if folder is None:
        return run_scan(settings, frames=frames, as_of=as_of, progress=progress)
    results = ResultStore(folder)
    ways = channels(settings.alerts, settings.base_dir)
    with results.lock():
        kept = Checkpoints(folder if settings.scan.checkpoints else None)
        before = KeptLoad(folder if settings.scan.incremental else None, settings.scan.full_every)
        result = run_scan(settings, frames=frames, as_of=as_of, progress=progress, kept=kept, before=before)
        result = follow(result, results, settings.lineage, settings.alerts)
        publish_scan(results, result, kept)
        for problem in deliver(results, result.scan_id, ways):
            log.warning(problem)
    return result
