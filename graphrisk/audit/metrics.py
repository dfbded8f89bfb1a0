"""What the newest reviewed audit says of recall, as metrics of a scan."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from graphrisk.audit.files import audit_verdicts, count_strata, read_audits
from graphrisk.audit.recall import estimate_missed, estimate_recall
from graphrisk.intervals import wilson

Row = tuple[str, float | None, float | None, float | None, int]


def audit_metrics(store: str | Path, labels: pa.Table, bad: list[str], good: list[str]) -> list[Row]:
    """Estimate recall from the newest audit of which anybody has been reviewed.

    Parameters
    ----------
    store : str or Path
        With the audits; it need not exist.
    labels : pyarrow.Table
        The canonical table, known before the moment of the scan.
    bad, good : list of str
        Labels that say guilty and innocent.

    Returns
    -------
    list of (name, value, low, high, n)
        Empty where no audit has been reviewed.

    Raises
    ------
    StoreError
        If an audit cannot be read.
    """
    verdicts = audit_verdicts(labels, bad, good)
    for sample in reversed(read_audits(store)):
        audit_id = sample["audit_id"][0].as_py()
        # a label that was known before the sample was drawn is none of its reviews
        drawn_at = sample["as_of"][0].as_py()
        known = {
            name: (at, guilty)
            for name, (at, guilty) in verdicts.get(audit_id, {}).items()
            if at is None or at >= drawn_at
        }
        strata = count_strata(sample, known)
        reviewed = sum(stratum.n_reviewed for stratum in strata)
        if reviewed:
            recall, missed = estimate_recall(strata), estimate_missed(strata)
            n = len(sample)
            return [
                ("recall.audited", recall.value, recall.low, recall.high, recall.n),
                ("audit.missed", missed.value, missed.low, missed.high, missed.n),
                ("audit.reviewed.share", reviewed / n, *wilson(reviewed, n), n),
            ]
    return []
