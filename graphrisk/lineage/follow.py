"""Give a scan the ring ids of the store that it will be published to."""

from __future__ import annotations

import dataclasses
from datetime import datetime

import pyarrow as pa

from graphrisk.alerts.raising import raise_alerts
from graphrisk.alerts.settings import AlertSettings
from graphrisk.lineage.identify import identify_rings
from graphrisk.lineage.settings import LineageSettings
from graphrisk.result import ScanResult
from graphrisk.ring_metrics import lineage_metrics, with_metrics
from graphrisk.store import ResultStore

BEFORE = ("scan", "ring", "ring_member", "ring_link", "ring_evidence", "ring_history")


def follow(result: ScanResult, store: ResultStore, lineage: LineageSettings, alerts: AlertSettings) -> ScanResult:
    """Match the rings of a scan to the newest scan of a store whose `as_of` is earlier, and raise its alerts.

    Scans of the same or a later moment do not count, so a scan that is run again, or run for a day gone by, gets the
    ids that it would have got in its turn.

    Parameters
    ----------
    result : ScanResult
    store : ResultStore
        Is only read.
    lineage : LineageSettings
    alerts : AlertSettings

    Returns
    -------
    ScanResult
        With lasting ring ids and alerts on what changed; its manifest names the scan before.

    Raises
    ------
    StoreError
        If the scan before cannot be read.
    """
    as_of = result.tables["scan"]["as_of"][0].as_py()
    scan_id = scan_before(store, as_of)
    before = None if scan_id is None else read_before(store, scan_id)
    tables = identify_rings(result.tables, before, lineage)
    tables = with_metrics(tables, lineage_metrics(tables))
    tables = raise_alerts(tables, alerts, first=before is None)
    return dataclasses.replace(
        result,
        tables=tables,
        alerts=list(tables["scan"]["alerts"][0].as_py()),
        manifest={**result.manifest, "previous_scan_id": scan_id},
    )


def scan_before(store: ResultStore, as_of: datetime) -> str | None:
    """Return the newest scan with an earlier `as_of`; None if there is none."""
    earlier = [scan_id for scan_id in store.scans() if _moment(store, scan_id) < as_of]
    return earlier[-1] if earlier else None


def _moment(store: ResultStore, scan_id: str) -> datetime:
    return datetime.fromisoformat(store.manifest(scan_id)["as_of"])


def read_before(store: ResultStore, scan_id: str) -> dict[str, pa.Table]:
    """Read what rings are recognised by."""
    return {name: store.table(name, scan_id) for name in BEFORE}
