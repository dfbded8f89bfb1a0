"""Decided cases as labels to learn from, with the time at which each was known."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from graphrisk.cases.database import CaseDatabase
from graphrisk.cases.labels import decision_labels, write_labels
from graphrisk.config import ScanConfig
from loaders import SourceConfig


def last_decisions(labels: pa.Table) -> pa.Table:
    """Keep of every case the labels of its last decision.

    Parameters
    ----------
    labels : pyarrow.Table
        From `decision_labels`, in the order of the decisions.

    Returns
    -------
    pyarrow.Table
    """
    newest = dict(zip(labels["source"].to_pylist(), labels["known_at"].to_pylist(), strict=True))
    rows = zip(labels["source"].to_pylist(), labels["known_at"].to_pylist(), strict=True)
    return labels.filter(pa.array([newest[case] == at for case, at in rows], pa.bool_()))


def with_case_labels(config: ScanConfig, store: Path, folder: Path) -> tuple[ScanConfig, int]:
    """Let a configuration read what was decided about cases as one more source of labels.

    A scan as of a moment, and training as of it, then use what was decided before it, as with all labels.

    Parameters
    ----------
    config : ScanConfig
    store : Path
        Folder of the results store that the cases lie in.
    folder : Path
        The labels are written here, and must stay until the configuration was loaded.

    Returns
    -------
    config : ScanConfig
    n_labels : int

    Raises
    ------
    StoreError
        If there is no store.
    """
    with CaseDatabase(store).reading() as connection:
        labels = last_decisions(decision_labels(connection))
    path = folder / "case_labels.parquet"
    write_labels(labels, path)
    source = SourceConfig.model_validate({"name": "cases", "path": str(path.absolute()), "table": "labels"})
    return config.model_copy(update={"source": [*config.source, source]}), len(labels)
