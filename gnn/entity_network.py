"""An entity graph as a network reads it: typed edges both ways, with what is known of each as of a time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from algorithms.entity_graph import EntityGraph, Events, Links
from algorithms.sampling import EdgeType
from algorithms.times import MISSING_TIME
from algorithms.transfers import Transfers
from gnn._known import known_before, log_days, pair_times, usable_amounts
from gnn.entity_node_features import node_features
from gnn.network_graph import NetworkGraph
from gnn.typed_edges import TypedEdges

LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

LINK_FEATURES = ("log_days_since_first", "log_days_since_last", "log_days_of_use", "log_events", "log_days_from_start")
TRANSFER_FEATURES = ("log_days_since_first", "log_days_since_last", "log_days_of_use", "log_transfers", "log_amount")
INVITE_FEATURES = ("log_days_since_first",)
REFERRAL = "referral"


def entity_network(graph: EntityGraph, as_of: int) -> NetworkGraph:
    """Turn an entity graph into nodes with features and typed edges.

    Edges are ``(account, uses, <type>)`` for links, ``(account, invited, account)`` for referrals, and ``(<type>, paid,
    <type>)`` for pairs with transfers, one edge a pair; and each of them the other way, as ``used_by``,
    ``invited_by`` and ``paid_by``. Every number is a logarithm or a flag, so nothing is scaled by what the data hold;
    attributes and labels are never read. A link last seen in the last second before `as_of` counts as one event, since
    it may go on, and its number of events would tell so.

    Parameters
    ----------
    graph : EntityGraph
        Loaded as of the same time or an earlier one.
    as_of : int
        Seconds; what began at or after it does not exist. What has no time counts as known.

    Returns
    -------
    NetworkGraph
        O((links + transfers + events) log). Node types are those of the graph; every node keeps its number.

    Raises
    ------
    ValueError
        If a link that began before `as_of` was last seen at or after it: its number of events then tells of the future.
    """
    links, transfers, events = known_before(graph, as_of)
    edges: dict[EdgeType, TypedEdges] = {}
    _add_links(edges, graph, links, as_of)
    _add_invites(edges, graph, events, as_of)
    _add_transfers(edges, graph, transfers, as_of)
    return NetworkGraph(node_features(graph, links, transfers, events, as_of), edges)


def _add_both(
    edges: dict[EdgeType, TypedEdges],
    types: EdgeType,
    back: str,
    sizes: tuple[int, int],
    ends: tuple[LongArray, LongArray],
    features: FloatArray,
    first_seen: LongArray,
) -> None:
    one, _, two = types
    edges[types] = TypedEdges.from_pairs(*sizes, *ends, features=features, first_seen=first_seen)
    edges[two, back, one] = TypedEdges.from_pairs(*sizes[::-1], *ends[::-1], features=features, first_seen=first_seen)


def _size(graph: EntityGraph, code: int) -> int:
    return int(graph.type_starts[code + 1] - graph.type_starts[code])


def _add_links(edges: dict[EdgeType, TypedEdges], graph: EntityGraph, links: Links, as_of: int) -> None:
    started = graph.created_at[links.accounts]
    started = np.where(started < as_of, started, MISSING_TIME)
    features = np.stack(
        [
            log_days(links.first_seen, as_of),
            log_days(links.last_seen, as_of),
            log_days(links.first_seen, links.last_seen),
            np.log1p(links.n_events),
            log_days(started, links.first_seen),
        ],
        axis=1,
    )
    codes = graph.type_codes(links.signals)
    for code in np.unique(codes).tolist():
        rows, kind = codes == code, graph.types[code]
        ends = links.accounts[rows].astype(np.int64), links.signals[rows] - graph.type_starts[code]
        sizes = graph.n_accounts, _size(graph, code)
        _add_both(edges, ("account", "uses", kind), "used_by", sizes, ends, features[rows], links.first_seen[rows])


def _add_invites(edges: dict[EdgeType, TypedEdges], graph: EntityGraph, events: Events, as_of: int) -> None:
    rows = events.of_type(REFERRAL)
    rows = rows[(events.targets[rows] >= 0) & (events.targets[rows] < graph.n_accounts)]
    if not len(rows):
        return
    inviters, invited, seconds = events.targets[rows].astype(np.int64), events.accounts[rows], events.seconds[rows]
    keys, first = np.unique(inviters * graph.n_accounts + invited, return_index=True)
    # events of an account are in the order of time, so the first of a pair is the earliest
    ends = keys // graph.n_accounts, keys % graph.n_accounts
    sizes, features = (graph.n_accounts, graph.n_accounts), log_days(seconds[first], as_of)[:, None]
    _add_both(edges, ("account", "invited", "account"), "invited_by", sizes, ends, features, seconds[first])


def _add_transfers(edges: dict[EdgeType, TypedEdges], graph: EntityGraph, transfers: Transfers, as_of: int) -> None:
    if not len(transfers):
        return
    keys, pair = np.unique(transfers.sources.astype(np.int64) * graph.n_nodes + transfers.targets, return_inverse=True)
    sources, targets = keys // graph.n_nodes, keys % graph.n_nodes
    first, last = pair_times(transfers, pair, len(keys))
    amounts = np.bincount(pair, usable_amounts(transfers), minlength=len(keys))
    features = np.stack(
        [
            log_days(first, as_of),
            log_days(last, as_of),
            log_days(first, last),
            np.log1p(np.bincount(pair, minlength=len(keys))),
            np.log1p(amounts),
        ],
        axis=1,
    )
    codes = graph.type_codes(sources), graph.type_codes(targets)
    for one, two in sorted(set(zip(codes[0].tolist(), codes[1].tolist(), strict=True))):
        rows = (codes[0] == one) & (codes[1] == two)
        ends = sources[rows] - graph.type_starts[one], targets[rows] - graph.type_starts[two]
        sizes = _size(graph, one), _size(graph, two)
        types = graph.types[one], "paid", graph.types[two]
        _add_both(edges, types, "paid_by", sizes, ends, features[rows], first[rows])
