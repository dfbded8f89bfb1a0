"""What the newest scans of a store say: whether new accounts differ, and whether a metric took a step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from graphrisk.feature_export import scan_moments
from graphrisk.monitor.changes import Change, find_changes
from graphrisk.monitor.cohorts import find_cohorts
from graphrisk.monitor.drift import Drift, find_drift
from graphrisk.monitor.plots import Point
from graphrisk.store import ResultStore

FAMILIES = 2
"""New accounts and metrics: each gets half of the false alarms of a report."""


@dataclass(frozen=True)
class Signs:
    """What stands out, and what it was looked for in.

    Parameters
    ----------
    moments : list of datetime
        Of the scans, oldest first.
    drifts : list of Drift
    changes : list of Change
    points : dict of str to list of Point
        Every metric over the scans.
    """

    moments: list[datetime]
    drifts: list[Drift]
    changes: list[Change]
    points: dict[str, list[Point]]

    @property
    def alarms(self) -> list[str]:
        """Features of new accounts that changed, and metrics that took a step."""
        features = [f"new_accounts.{drift.feature}" for drift in self.drifts if drift.is_alarm]
        return features + [change.metric for change in self.changes if change.is_alarm]


def find_signs(store: ResultStore, *, n_scans: int = 30, rate: float = 0.05) -> Signs:
    """Look for what stands out in the newest scans.

    Parameters
    ----------
    store : ResultStore
    n_scans : int
        How many of the newest scans to look at.
    rate : float
        In how many quiet weeks of nightly reports there may be a false alarm.

    Returns
    -------
    Signs

    Raises
    ------
    StoreError
        If a table of a scan cannot be read.
    """
    scans = scan_moments(store)[-n_scans:]
    moments = [as_of for _, as_of in scans]
    points: dict[str, list[Point]] = {}
    metrics: list[dict[str, float | None]] = []
    for scan_id, as_of in scans:
        rows = store.table("metric", scan_id).to_pylist()
        metrics.append({row["name"]: row["value"] for row in rows})
        for row in rows:
            points.setdefault(row["name"], []).append(Point(as_of, row["value"], row["low"], row["high"]))
    share = rate / FAMILIES
    drifts = find_drift(find_cohorts(store, n_scans), rate=share)
    # in the first scan of a store every ring is new
    changes = find_changes(moments[1:], metrics[1:], rate=share) if len(moments) > 1 else []
    return Signs(moments, drifts, changes, points)
