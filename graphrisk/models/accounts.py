"""Accounts with what is known of them: features as of a moment, and labels that were known before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from algorithms.account_features import account_transfer_features
from algorithms.cuts import connected_components
from algorithms.entity_graph import EntityGraph
from algorithms.graph import Graph
from algorithms.times import MISSING_TIME
from gnn.account_features import (
    Contacts,
    Incidence,
    community_columns,
    reach_columns,
    sharing_columns,
    tie_columns,
)
from gnn.account_twins import twin_columns
from gnn.ring_features import FEATURE_NAMES, OF_MEMBERS
from graphrisk.config import ScanConfig
from graphrisk.hubs import HubPolicy, known_hubs
from graphrisk.models.settings import TRANSPARENT, ModelSettings
from graphrisk.pipeline import find_rings
from graphrisk.ring_metrics import MetricSettings
from graphrisk.rings.member_scores import best_candidates
from graphrisk.rings.search import Search, measure
from graphrisk.stages import StageLog
from loaders import LoadResult, load

FloatArray = npt.NDArray[np.float64]
LongArray = npt.NDArray[np.int64]
DAY = 86400
OWN = "own_"
"""Begins the names of columns that need no graph."""


@dataclass(frozen=True, eq=False)
class AccountData:
    """All accounts of one load.

    Parameters
    ----------
    name : str
    ids : list of str
    columns : dict of str to array of float64, shape (n_accounts,)
        Features; those that need no graph begin with ``own_``.
    labelled : array of int64, shape (n_labelled,)
        Accounts with a label.
    is_bad : array of bool, shape (n_labelled,)
    groups : array of int64, shape (n_labelled,)
        Accounts of one ring, and of rings that share an account, have the same number.
    known_at : list of datetime or None, length n_labelled
        When the newest label of each was known.
    """

    name: str
    ids: list[str]
    columns: dict[str, FloatArray]
    labelled: LongArray
    is_bad: npt.NDArray[np.bool_]
    groups: LongArray
    known_at: list[datetime | None]

    @property
    def labelled_ids(self) -> list[str]:
        """Names of the labelled accounts."""
        return [self.ids[account] for account in self.labelled.tolist()]


def load_accounts(config: ScanConfig, as_of: datetime | None = None) -> AccountData:
    """Load data, search it for candidates, and describe every account as of a moment.

    Parameters
    ----------
    config : ScanConfig
    as_of : datetime, optional
        Beats the configuration; rows and labels known then or later change nothing.

    Returns
    -------
    AccountData
    """
    config = config.model_copy(update={"model": ModelSettings(name=TRANSPARENT)})
    loaded = load(
        config.load_config(), as_of=as_of or config.scan.as_of, transactions=config.wallets.needs_transactions
    )
    found, policy, _ = find_rings(config, loaded, StageLog(None))
    columns = account_columns(loaded, found, policy)
    rows, is_bad, groups, known_at = account_labels(loaded.labels, loaded.graph, config.metrics)
    ids = loaded.graph.names.slice(0, loaded.graph.n_accounts).to_pylist()
    return AccountData(config.scan.name, ids, columns, rows, is_bad, groups, known_at)


def account_columns(loaded: LoadResult, found: Search, policy: HubPolicy) -> dict[str, FloatArray]:
    """Features of every account; no label enters, but that known hubs join nobody.

    Parameters
    ----------
    loaded : LoadResult
    found : Search
        Scored by the transparent score, so that no model's training enters.
    policy : HubPolicy

    Returns
    -------
    dict of str to array of float64, shape (n_accounts,)
    """
    graph, n = loaded.graph, loaded.graph.n_accounts
    own = _own_columns(graph, found, loaded.as_of)
    transfers = account_transfer_features(graph.transfers, graph.n_nodes)
    columns = {name: values[:n] for name, values in own.items()}
    columns |= {name: transfers.values[:n, k].astype(np.float64) for k, name in enumerate(transfers.names)}
    columns |= _candidate_columns(found, n)
    sharing = found.sharing
    usable = ~policy.is_known[sharing.row_signals]
    incidence = Incidence(
        sharing.row_actors[usable], sharing.row_signals[usable], sharing.degrees, sharing.kinds, sharing.signal_types
    )
    shared = sharing_columns(incidence, sharing.n_actors)
    pooled = own | {name: shared[name] for name in ("signals", "signals_shared", "narrowest", "widest", "mean_width")}
    beside = dict(shared)
    for view, key in zip(found.views, ("timed", "shared")[-len(found.views) :], strict=True):
        beside |= tie_columns(key, view, pooled)
    columns |= {name: values[:n] for name, values in beside.items()}
    contacts = _contacts(graph, known_hubs(graph, policy.settings, loaded.labels))
    of_accounts = {name: values[:n] for name, values in own.items()}
    columns |= {f"{OWN}{name}": values for name, values in twin_columns(of_accounts, n).items()}
    return columns | reach_columns(contacts, of_accounts) | community_columns(contacts, of_accounts)


def _own_columns(graph: EntityGraph, found: Search, as_of: datetime) -> dict[str, FloatArray]:
    """Age and numeric attributes of actors, on a scale of logarithms where they are amounts."""
    started = found.history.started
    age = np.where(started == MISSING_TIME, np.nan, (as_of.timestamp() - started.astype(np.float64)) / DAY)
    out = {f"{OWN}age_days": age}
    if graph.attributes is not None:
        for name in graph.attributes.column_names:
            column = graph.attributes[name]
            if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
                values = np.full(len(age), np.nan)
                values[: graph.n_accounts] = column.to_pandas().to_numpy(dtype=np.float64, na_value=np.nan)
                out[f"{OWN}{name}"] = np.sign(values) * np.log1p(np.abs(values))
    return out


def _candidate_columns(found: Search, n: int) -> dict[str, FloatArray]:
    """Features of the best candidate that holds each account, NaN where none does."""
    best = best_candidates(found)[:n]
    inside = best >= 0
    groups, of = np.unique(best[inside], return_inverse=True)
    features = measure(found, groups)
    out: dict[str, FloatArray] = {}
    # transfers, bonuses and acts of an account and of those around it have columns of their own
    for name in (name for name in FEATURE_NAMES if name not in OF_MEMBERS):
        out[f"group_{name}"] = np.full(n, np.nan)
        out[f"group_{name}"][inside] = features[name][of]
    out["group_nats"] = np.full(n, np.nan)
    out["group_nats"][inside] = found.scores.log_odds[best[inside]]
    return out


def _contacts(graph: EntityGraph, hubs: LongArray) -> Contacts:
    ends = [(graph.links.accounts, graph.links.signals), (graph.transfers.sources, graph.transfers.targets)]
    acted_on = graph.events.targets >= 0
    ends.append((graph.events.accounts[acted_on], graph.events.targets[acted_on]))
    one = np.concatenate([a for a, _ in ends]).astype(np.int64)
    other = np.concatenate([b for _, b in ends]).astype(np.int64)
    pairs = np.unique((np.minimum(one, other) << 32 | np.maximum(one, other))[one != other])
    is_hub = np.zeros(graph.n_nodes, dtype=bool)
    is_hub[hubs] = True
    return Contacts(pairs >> 32, pairs & 0xFFFFFFFF, is_hub, np.arange(graph.n_accounts))


def account_labels(
    labels: pa.Table, graph: EntityGraph, settings: MetricSettings
) -> tuple[LongArray, npt.NDArray[np.bool_], LongArray, list[datetime | None]]:
    """Collect what labels say of accounts; of several of one account the last known counts.

    Parameters
    ----------
    labels : pyarrow.Table
        The canonical table.
    graph : EntityGraph
    settings : MetricSettings
        Which words mean guilty and innocent; others are passed over.

    Returns
    -------
    accounts : array of int64, shape (n,)
        Ascending.
    is_bad : array of bool, shape (n,)
    groups : array of int64, shape (n,)
    known_at : list of datetime or None
    """
    words = {**dict.fromkeys(settings.good_labels, False), **dict.fromkeys(settings.bad_labels, True)}
    rows = labels.to_pandas()
    rows = rows[(rows.entity_type == "account") & rows.label.isin(list(words))]
    names = pd.Series(np.arange(graph.n_accounts), index=graph.names.slice(0, graph.n_accounts).to_pylist())
    rows = rows.assign(account=names.reindex(rows.entity_id).to_numpy())
    rows = rows[rows.account.notna()].astype({"account": np.int64})
    last = rows.sort_values("known_at", kind="stable", na_position="first").drop_duplicates("account", keep="last")
    last = last.sort_values("account")
    accounts = last.account.to_numpy(dtype=np.int64)
    of_ring = rows[rows.ring_id.notna()]
    ring = pd.factorize(of_ring.ring_id)[0]
    n_rings = int(ring.max(initial=-1)) + 1
    joined = Graph.from_edges(graph.n_accounts + n_rings, of_ring.account.to_numpy(), graph.n_accounts + ring)
    groups = connected_components(joined)[accounts].astype(np.int64)
    known_at = [None if pd.isna(at) else at.to_pydatetime() for at in last.known_at]
    return accounts, last.label.map(words).to_numpy(dtype=bool), groups, known_at
