"""Newcomers of every scan: accounts that the scan before did not know, as they looked when they were first seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphrisk.feature_export import scan_moments
from graphrisk.store import ResultStore

FEATURES = (
    "score",
    "has_ring",
    "n_devices",
    "n_ips",
    "n_instruments",
    "n_wallets",
    "n_links",
    "n_shared_signals",
    "max_shared_accounts",
    "affinity_degree",
    "affinity_weight",
    "n_transfers_in",
    "n_transfers_out",
    "n_events",
)


@dataclass(frozen=True, eq=False)
class Cohort:
    """Accounts that came with one scan.

    Parameters
    ----------
    scan_id : str
    as_of : datetime
    values : dict of str to array of float64, shape (n,)
        Each of `FEATURES`, as this scan measured it.
    """

    scan_id: str
    as_of: datetime
    values: dict[str, npt.NDArray[np.float64]]

    def __len__(self) -> int:
        return len(self.values["score"])


def find_cohorts(store: ResultStore, n_scans: int) -> list[Cohort]:
    """Gather the newcomers of the newest scans.

    All are measured at the same age, when they are first seen, so that in quiet times one cohort looks like another;
    whole populations do not, for accounts grow older and gather links.

    Parameters
    ----------
    store : ResultStore
    n_scans : int
        How many cohorts at most; the scan before the first of them is only compared with.

    Returns
    -------
    list of Cohort
        Oldest first; a store of one scan has none. Two scans' features are in memory at a time.
    """
    moments = scan_moments(store)[-n_scans - 1 :]
    cohorts = []
    known: pa.Array | None = None
    for scan_id, as_of in moments:
        table = store.table("entity_feature", scan_id)
        table = table.filter(pc.equal(table["entity_type"], "account"))
        names = table["entity_id"].combine_chunks()
        if known is not None:
            new = table.filter(pc.invert(pc.is_in(names, value_set=known)))
            values = {name: new[name].cast(pa.float64()).to_numpy() for name in FEATURES if name != "has_ring"}
            values["has_ring"] = new["has_ring"].cast(pa.int8()).cast(pa.float64()).to_numpy()
            cohorts.append(Cohort(scan_id, as_of, values))
        known = names
    return cohorts
