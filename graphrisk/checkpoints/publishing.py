"""Publishing a scan that kept checkpoints."""

from __future__ import annotations

import logging

from graphrisk.checkpoints.folder import Checkpoints
from graphrisk.result import ScanResult
from graphrisk.store import NoRoomError, ResultStore

log = logging.getLogger("graphrisk.checkpoints")


def publish(results: ResultStore, result: ScanResult, kept: Checkpoints) -> None:
    """Publish a scan and remove its checkpoints; where the disk is full they make room for it before.

    Parameters
    ----------
    results : ResultStore
    result : ScanResult
    kept : Checkpoints

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    try:
        results.publish(result.scan_id, result.tables, result.manifest)
    except NoRoomError:
        if not kept.clear():
            raise
        log.warning("checkpoints were removed to make room for the scan")
        results.publish(result.scan_id, result.tables, result.manifest)
    kept.clear()
