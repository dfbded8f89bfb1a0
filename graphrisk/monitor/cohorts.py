"""Newcomers of every scan: accounts that the scan before did not know, as they looked when they were first seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse
from scipy.sparse import csgraph

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
    groups : array of int64, shape (n,), optional
        Equal for accounts that are members of one listed ring, or of rings that share members; without it every
        account came by itself.
    """

    scan_id: str
    as_of: datetime
    values: dict[str, npt.NDArray[np.float64]]
    groups: npt.NDArray[np.int64] | None = None

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
            groups = group_accounts(new["entity_id"].to_pylist(), store.table("ring_member", scan_id))
            cohorts.append(Cohort(scan_id, as_of, values, groups))
        known = names
    return cohorts


def group_accounts(accounts: list[str], members: pa.Table) -> npt.NDArray[np.int64]:
    """Number accounts by the rings that join them.

    Parameters
    ----------
    accounts : list of str
    members : pyarrow.Table
        The table `ring_member` of a scan.

    Returns
    -------
    array of int64, shape (n_accounts,)
        Equal for two accounts if a chain of rings leads from one to the other; from 0.
    """
    n = len(accounts)
    members = members.filter(pc.equal(members["entity_type"], "account"))
    ring_of, rings = pd.factorize(members["ring_id"].to_numpy())
    # all members count, old ones too: two newcomers may be joined by an account that both found there
    places = pd.Index(accounts).append(pd.Index(members["entity_id"].to_numpy()).difference(accounts))
    rows = places.get_indexer(members["entity_id"].to_numpy())
    size = len(places) + len(rings)
    ties = sparse.coo_array((np.ones(len(rows), np.int8), (rows, len(places) + ring_of)), shape=(size, size))
    _, labels = csgraph.connected_components(ties, directed=False)
    return np.unique(labels[:n], return_inverse=True)[1].astype(np.int64)
