"""Features of accounts: their own, those of what they share, of the accounts tied to them and of how far ties reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from algorithms.communities import find_communities
from algorithms.cuts import connected_components
from algorithms.graph import Graph

FloatArray = npt.NDArray[np.float64]
LongArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
IdArray = npt.NDArray[np.integer]

WIDTHS = (1, 2, 4, 8, 16, 32, 64, 128)
"""Greatest widths of the classes into which signals fall by how many accounts use them."""
REACHES = (3, 6, 12, 25, 50, 100, 400)
"""Partners up to which an entity that is no account joins those it deals with to one component."""
COMMUNITY_REACHES = (25, 100)
"""The same for communities."""


@dataclass(frozen=True, eq=False)
class Incidence:
    """Who uses what.

    Parameters
    ----------
    owners, signals : array of int, shape (n_rows,)
        Account and signal of each row.
    degrees : array of int64, shape (n_signals,)
        Accounts on each signal.
    kinds : array of int, shape (n_signals,)
        Index into `kind_names`.
    kind_names : tuple of str
    """

    owners: IdArray
    signals: IdArray
    degrees: LongArray
    kinds: IdArray
    kind_names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Contacts:
    """Which entities have anything to do with each other.

    Parameters
    ----------
    low, high : array of int64, shape (n_pairs,)
        Nodes of each pair, each pair once.
    is_hub : array of bool, shape (n_nodes,)
        Known hubs: they join nobody.
    nodes : array of int64, shape (n_accounts,)
        Node of each account.
    """

    low: LongArray
    high: LongArray
    is_hub: BoolArray
    nodes: LongArray


def sharing_columns(incidence: Incidence, n: int) -> dict[str, FloatArray]:
    """Describe what accounts use.

    Of every type of signal, how many they use that are up to 1, 2, 4, ... 128 and more accounts wide; and over all
    types how many, how many with others, and how wide (logarithms) the narrowest, the widest and the mean of those are.

    Parameters
    ----------
    incidence : Incidence
    n : int
        Accounts.

    Returns
    -------
    dict of str to array of float64, shape (n,)
        O(rows x types).
    """
    out: dict[str, FloatArray] = {}
    width_class = np.searchsorted(WIDTHS, incidence.degrees, side="left")[incidence.signals]
    kinds = incidence.kinds[incidence.signals]
    for kind, name in enumerate(incidence.kind_names):
        for k in range(len(WIDTHS) + 1):
            use = (kinds == kind) & (width_class == k)
            key = f"{name}_to_{WIDTHS[k]}" if k < len(WIDTHS) else f"{name}_wider"
            out[key] = np.bincount(incidence.owners[use], minlength=n).astype(np.float64)
    width = incidence.degrees[incidence.signals].astype(np.float64)
    owners, logs = incidence.owners[width > 1], np.log(width[width > 1])
    least, most = np.full(n, np.nan), np.full(n, np.nan)
    np.fmin.at(least, owners, logs)
    np.fmax.at(most, owners, logs)
    counts = np.bincount(owners, minlength=n).astype(np.float64)
    out["signals"] = np.bincount(incidence.owners, minlength=n).astype(np.float64)
    out |= {"signals_shared": counts, "narrowest": least, "widest": most}
    return out | {"mean_width": _ratio(np.bincount(owners, logs, n), counts)}


def tie_columns(key: str, ties: Graph, pooled: dict[str, FloatArray]) -> dict[str, FloatArray]:
    """Describe the accounts tied to each account.

    Partners, summed weight, partners of partners, size and density of the connected component; and of each pooled
    column the spread over partners and over the component, and how far the account is from the mean of its partners.
    The means themselves are left out: when a whole group started names the group, and trees would learn the names.

    Parameters
    ----------
    key : str
        Put before the names.
    ties : Graph
        Over accounts.
    pooled : dict of str to array of float64, shape (n,)
        NaN where unknown.

    Returns
    -------
    dict of str to array of float64, shape (n,)
        O((accounts + ties) x pooled columns).

    References
    ----------
    Tang et al. (2023), GADBench, section 3.2: trees over own features and those pooled over neighbours.
    """
    n = ties.n_nodes
    matrix = csr_array((np.asarray(ties.weights, np.float64), ties.indices, ties.indptr), shape=(n, n))
    component = connected_components(ties)
    n_components = int(component.max(initial=-1)) + 1
    size = np.bincount(component, minlength=n_components).astype(np.float64)[component]
    partners = np.diff(ties.indptr).astype(np.float64)
    weight = _over(matrix, np.ones(n))
    inside = np.bincount(component, partners, n_components)[component]
    out = {
        f"{key}_partners": partners,
        f"{key}_weight": weight,
        f"{key}_partners_of_partners": _ratio(_over(matrix, partners), weight),
        f"{key}_component": size,
        f"{key}_density": _ratio(inside, size * (size - 1)),
    }
    for name, column in pooled.items():
        mean, out[f"{key}_spread_{name}"] = _partner_moments(matrix, column)
        out[f"{key}_off_{name}"] = np.abs(column - mean)
        out[f"{key}_component_spread_{name}"] = _group_moments(component, column, n_components)[1][component]
    return out


def reach_columns(contacts: Contacts, pooled: dict[str, FloatArray]) -> dict[str, FloatArray]:
    """Describe the components that form when wider and wider entities join those who deal with them.

    For each of `REACHES`: accounts and all entities of the component, pairs per entity, and of each pooled column the
    spread over its accounts and how far the account is from their mean. Accounts always join, known hubs never.

    Parameters
    ----------
    contacts : Contacts
    pooled : dict of str to array of float64, shape (n_accounts,)

    Returns
    -------
    dict of str to array of float64, shape (n_accounts,)
        O(reaches x (entities + pairs)).
    """
    n_nodes = len(contacts.is_hub)
    out: dict[str, FloatArray] = {}
    for reach in REACHES:
        low, high = _joining(contacts, reach)
        component = connected_components(Graph.from_edges(n_nodes, low, high))
        out |= _group_columns(f"reach{reach}", component, low, contacts, pooled)
    return out


def community_columns(contacts: Contacts, pooled: dict[str, FloatArray]) -> dict[str, FloatArray]:
    """Describe the communities among those who deal with each other, where components hang together by chance.

    For each of `COMMUNITY_REACHES` what `reach_columns` tells of components, the share of accounts among the entities,
    and of the account itself its partners, those of them that are accounts, and those that deal with nobody else.

    Parameters
    ----------
    contacts : Contacts
    pooled : dict of str to array of float64, shape (n_accounts,)

    Returns
    -------
    dict of str to array of float64, shape (n_accounts,)
        About O(pairs log entities) in practice; the same for the same data.

    References
    ----------
    Traag, Waltman and van Eck (2019), From Louvain to Leiden, Scientific Reports 9, 5233: the communities, by
    modularity.
    """
    n_nodes, nodes = len(contacts.is_hub), contacts.nodes
    is_account = np.zeros(n_nodes, dtype=bool)
    is_account[nodes] = True
    out: dict[str, FloatArray] = {}
    for reach in COMMUNITY_REACHES:
        low, high = _joining(contacts, reach)
        key, graph = f"community{reach}", Graph.from_edges(n_nodes, low, high)
        found = find_communities(graph, objective="modularity")
        out |= _group_columns(key, found.labels, low[found.labels[low] == found.labels[high]], contacts, pooled)
        out[f"{key}_share"] = out[f"{key}_accounts"] / out[f"{key}_entities"]
        partners = np.diff(graph.indptr)
        is_leaf = ~is_account & (partners == 1)
        out[f"contacts{reach}_partners"] = partners[nodes].astype(np.float64)
        for name, chosen in (("accounts", is_account), ("leaves", is_leaf)):
            met = np.bincount(low, chosen[high], n_nodes) + np.bincount(high, chosen[low], n_nodes)
            out[f"contacts{reach}_{name}"] = met[nodes].astype(np.float64)
    return out


def _joining(contacts: Contacts, reach: int) -> tuple[LongArray, LongArray]:
    """Pairs of accounts, and of others that have at most so many partners; known hubs join nobody."""
    n_nodes = len(contacts.is_hub)
    partners = np.bincount(contacts.low, minlength=n_nodes) + np.bincount(contacts.high, minlength=n_nodes)
    joins = partners <= reach
    joins[contacts.nodes] = True
    joins &= ~contacts.is_hub
    use = joins[contacts.low] & joins[contacts.high]
    return contacts.low[use], contacts.high[use]


def _group_columns(
    key: str, group: IdArray, inside: LongArray, contacts: Contacts, pooled: dict[str, FloatArray]
) -> dict[str, FloatArray]:
    """Describe the groups of accounts by a partition of all nodes; `inside` is one end of each pair inside a group."""
    n_groups = int(group.max(initial=-1)) + 1
    size = np.bincount(group, minlength=n_groups)
    mine = group[contacts.nodes]
    out = {
        f"{key}_accounts": np.bincount(mine, minlength=n_groups).astype(np.float64)[mine],
        f"{key}_entities": size.astype(np.float64)[mine],
        f"{key}_pairs": (np.bincount(group[inside], minlength=n_groups) / np.maximum(size, 1))[mine],
    }
    for name, column in pooled.items():
        mean, spread = _group_moments(mine, column, n_groups)
        out[f"{key}_spread_{name}"] = spread[mine]
        out[f"{key}_off_{name}"] = np.abs(column - mean[mine])
    return out


def _group_moments(group: IdArray, column: FloatArray, n: int) -> tuple[FloatArray, FloatArray]:
    """Mean and spread of the known values of every group; NaN where none is known."""
    known = np.isfinite(column)
    value, count = np.where(known, column, 0.0), np.bincount(group, known, n)
    mean = _ratio(np.bincount(group, value, n), count)
    off = np.where(known, value - mean[group], 0.0)
    return mean, np.sqrt(_ratio(np.bincount(group, off * off, n), count))


def _partner_moments(matrix: csr_array, column: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weighted mean and spread of the known values over partners; NaN where none is known."""
    known = np.isfinite(column)
    weight = _over(matrix, known.astype(np.float64))
    # centred, so that large values lose nothing in the squares
    shift = float(column[known].mean()) if known.any() else 0.0
    centred = np.where(known, column - shift, 0.0)
    mean, square = _ratio(_over(matrix, centred), weight), _ratio(_over(matrix, centred**2), weight)
    return mean + shift, np.sqrt(np.maximum(square - mean**2, 0.0))


def _over(matrix: csr_array, column: FloatArray) -> FloatArray:
    """Weighted sum over partners."""
    return np.asarray(matrix @ column, dtype=np.float64)


def _ratio(part: npt.NDArray[Any], whole: npt.NDArray[Any]) -> FloatArray:
    return np.asarray(np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0), dtype=np.float64)
