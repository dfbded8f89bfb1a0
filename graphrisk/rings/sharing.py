"""Who shares what: one incidence of actors and signals, made from links, referrals and transfers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms.entity_graph import EntityGraph
from algorithms.times import MISSING_TIME
from gnn.payments import Payments
from graphrisk.rings.direct_pairs import REFERRAL, DirectPairs, join_pairs, merge_acts, missing_last
from graphrisk.rings.wallets import LINKS, PAIR_KINDS, Found
from graphrisk.rings.wallets.build import LinkReport, WalletLinks

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]

REFERRER, FUNDER, PAYEE = "referrer", "funder", "payee"


@dataclass(frozen=True, eq=False)
class Sharing:
    """The incidence of actors and signals.

    Actors are the accounts, and the wallets that transfer but belong to no account; a wallet of one account acts for
    that account. Signals are the entities that accounts link to, and besides them everybody who invited
    (``referrer``), paid (``funder``) or was paid by (``payee``) an actor, and what links between wallets
    say they share.

    Parameters
    ----------
    actors : array of int32, shape (n_actors,)
        Node ids, ascending.
    signal_types : tuple of str
    signals : array of int32, shape (n_signals,)
        Node id of the entity behind each signal.
    kinds : array of int16, shape (n_signals,)
        Index into `signal_types`.
    degrees : array of int64, shape (n_signals,)
        Number of actors on each signal.
    row_starts : array of int64, shape (n_actors + 1,)
        Rows of actor i are ``row_starts[i] .. row_starts[i + 1] - 1``, sorted by signal.
    row_signals : array of int32, shape (n_rows,)
    first_seen, last_seen : array of int64, shape (n_rows,)
    n_events : array of int32, shape (n_rows,)
    inviters : array of int32, shape (n_actors,)
        Actor index of who invited each actor, -1 where nobody did.
    direct : DirectPairs
    payments : Payments, optional
        Who paid whom, between actors and other parties; None where who meets whom was dealt out anew.
    wallet_reports : tuple of LinkReport
        What became of each link between wallets that was asked for.
    """

    actors: IntArray
    signal_types: tuple[str, ...]
    signals: IntArray
    kinds: npt.NDArray[np.int16]
    degrees: LongArray
    row_starts: LongArray
    row_signals: IntArray
    first_seen: LongArray
    last_seen: LongArray
    n_events: IntArray
    inviters: IntArray
    direct: DirectPairs
    payments: Payments | None = None
    wallet_reports: tuple[LinkReport, ...] = ()

    @property
    def n_actors(self) -> int:
        """Number of actors."""
        return len(self.actors)

    @property
    def n_signals(self) -> int:
        """Number of signals."""
        return len(self.signals)

    @property
    def row_actors(self) -> IntArray:
        """Actor index of every row."""
        return np.repeat(np.arange(self.n_actors, dtype=np.int32), np.diff(self.row_starts))


@dataclass
class _Rows:
    """Rows of one kind of sharing before they are joined: actor, node, times, count."""

    kind: str
    actors: LongArray
    nodes: LongArray
    first: LongArray
    last: LongArray
    counts: LongArray


def actor_of_nodes(graph: EntityGraph, with_wallets: bool) -> tuple[IntArray, LongArray]:
    """Return the actors' node ids and, for each node, the actor index that acts for it, or -1.

    Parameters
    ----------
    graph : EntityGraph
    with_wallets : bool
        Whether wallets that belong to no account are actors.

    Returns
    -------
    actors : array of int32, shape (n_actors,)
    acts_for : array of int64, shape (n_nodes,)
    """
    acts_for = np.full(graph.n_nodes, -1, np.int64)
    acts_for[: graph.n_accounts] = np.arange(graph.n_accounts)
    wallets = graph.nodes_of("wallet")
    if len(wallets) == 0 or len(graph.transfers) == 0:
        return np.arange(graph.n_accounts, dtype=np.int32), acts_for
    owned = (graph.links.signals >= wallets.start) & (graph.links.signals < wallets.stop)
    owners = np.bincount(graph.links.signals[owned], minlength=graph.n_nodes)
    single = owned & (owners[graph.links.signals] == 1)
    acts_for[graph.links.signals[single]] = graph.links.accounts[single]
    if not with_wallets:
        return np.arange(graph.n_accounts, dtype=np.int32), acts_for
    moved = np.zeros(graph.n_nodes, bool)
    moved[graph.transfers.sources] = True
    moved[graph.transfers.targets] = True
    free = np.flatnonzero(moved & (owners == 0))
    free = free[(free >= wallets.start) & (free < wallets.stop)]
    acts_for[free] = graph.n_accounts + np.arange(len(free))
    return np.concatenate([np.arange(graph.n_accounts), free]).astype(np.int32), acts_for


def _referrals(graph: EntityGraph) -> tuple[LongArray, LongArray, LongArray]:
    """Invitee, inviter and time of every referral between two accounts."""
    rows = graph.events.of_type(REFERRAL)
    invitee, inviter = graph.events.accounts[rows], graph.events.targets[rows]
    good = (inviter >= 0) & (inviter < graph.n_accounts) & (inviter != invitee)
    return invitee[good].astype(np.int64), inviter[good].astype(np.int64), graph.events.seconds[rows][good]


def _money_rows(graph: EntityGraph, acts_for: LongArray) -> tuple[list[_Rows], tuple[LongArray, ...]]:
    """Shared payers and payees, and the transfers between two actors."""
    transfers = graph.transfers
    seconds = transfers.seconds
    if seconds is None:
        seconds = np.full(len(transfers), MISSING_TIME)
    payer, payee = acts_for[transfers.sources], acts_for[transfers.targets]
    nodes = np.arange(graph.n_nodes, dtype=np.int64)
    # money to or from a wallet of one account is money to or from that account
    party = np.where((acts_for >= 0) & (acts_for < graph.n_accounts), acts_for, nodes)
    rows = []
    for kind, actor, other in ((FUNDER, payee, transfers.sources), (PAYEE, payer, transfers.targets)):
        use = (actor >= 0) & (party[other] != actor)
        rows.append(_Rows(kind, *merge_acts(actor[use], party[other[use]], seconds[use], graph.n_nodes)))
    between = (payer >= 0) & (payee >= 0) & (payer != payee)
    return rows, (payer[between], payee[between], seconds[between])


def _payments(graph: EntityGraph, acts_for: LongArray, n_actors: int) -> Payments | None:
    """Transfers as actors see them, None without any; parties that are no actors come after all actors."""
    transfers = graph.transfers
    if not len(transfers):
        return None
    party = np.where(acts_for >= 0, acts_for, n_actors + np.arange(graph.n_nodes))
    amounts = transfers.amounts if transfers.amounts_usd is None else transfers.amounts_usd
    return Payments.of(party[transfers.sources], party[transfers.targets], amounts, transfers.seconds, n_actors)


def _wallet_rows(graph: EntityGraph, acts_for: LongArray, wallet_links: Mapping[str, Found]) -> list[_Rows]:
    """What links between wallets say that actors share."""
    nodes = np.arange(graph.n_nodes, dtype=np.int64)
    party = np.where((acts_for >= 0) & (acts_for < graph.n_accounts), acts_for, nodes)
    rows = []
    for name, found in wallet_links.items():
        if LINKS[name].is_pair:
            continue
        actor, other = acts_for[found.nodes], party[found.anchors]
        use = (actor >= 0) & (acts_for[found.anchors] != actor)
        rows.append(_Rows(name, *merge_acts(actor[use], other[use], found.seconds[use], graph.n_nodes)))
    return rows


def _wallet_pairs(acts_for: LongArray, wallet_links: Mapping[str, Found]) -> list[tuple[LongArray, ...]]:
    """Pairs of actors by kind, in the order of `PAIR_KINDS`; wallets of one actor are no pair."""
    pairs: list[tuple[LongArray, ...]] = []
    for name in PAIR_KINDS:
        found = wallet_links.get(name)
        if found is None:
            pairs.append((np.empty(0, np.int64),) * 3)
            continue
        one, other = acts_for[found.nodes], acts_for[found.anchors]
        use = (one >= 0) & (other >= 0) & (one != other)
        pairs.append((one[use], other[use], found.seconds[use]))
    return pairs


def find_sharing(graph: EntityGraph, *, with_wallets: bool = True, wallet_links: WalletLinks | None = None) -> Sharing:
    """Bring links, referrals and transfers into one incidence of actors and signals.

    Parameters
    ----------
    graph : EntityGraph
    with_wallets : bool
        Whether wallets that belong to no account are actors.
    wallet_links : WalletLinks, optional
        By default none.

    Returns
    -------
    Sharing
        O(n log n) in links, referrals and transfers; about 40 bytes per row.
    """
    actors, acts_for = actor_of_nodes(graph, with_wallets)
    invitee, inviter, invited_at = _referrals(graph)
    links = graph.links
    money, payments = _money_rows(graph, acts_for)
    asked = wallet_links or WalletLinks.none()
    pseudo = [_Rows(REFERRER, *merge_acts(invitee, inviter, invited_at, graph.n_nodes)), *money]
    pseudo += _wallet_rows(graph, acts_for, asked.found)
    pseudo = [rows for rows in pseudo if len(rows.actors)]

    present = np.zeros(graph.n_nodes, bool)
    present[links.signals] = True
    signal_nodes = [np.flatnonzero(present)]
    index = np.cumsum(present) - 1
    names = list(graph.types[1:])
    kinds = [graph.type_codes(signal_nodes[0]) - 1]
    row_actors, row_signals = [links.accounts.astype(np.int64)], [index[links.signals]]
    first, last, counts = [links.first_seen], [links.last_seen], [links.n_events.astype(np.int64)]
    n_signals = len(signal_nodes[0])
    for rows in pseudo:
        nodes, inverse = np.unique(rows.nodes, return_inverse=True)
        signal_nodes.append(nodes)
        kinds.append(np.full(len(nodes), len(names)))
        names.append(rows.kind)
        row_actors.append(rows.actors)
        row_signals.append(n_signals + inverse)
        first.append(rows.first)
        last.append(rows.last)
        counts.append(rows.counts)
        n_signals += len(nodes)

    actor, signal = np.concatenate(row_actors), np.concatenate(row_signals)
    # rows of each kind are sorted already, and a stable sort of whole keys only merges them
    order = np.argsort(actor * max(n_signals, 1) + signal, kind="stable")
    inviters = np.full(len(actors), -1, np.int32)
    earliest = np.lexsort((inviter, missing_last(invited_at)))[::-1]
    inviters[invitee[earliest]] = inviter[earliest]
    return Sharing(
        actors=actors,
        signal_types=tuple(names),
        signals=np.concatenate(signal_nodes).astype(np.int32),
        kinds=np.concatenate(kinds).astype(np.int16),
        degrees=np.bincount(signal, minlength=n_signals),
        row_starts=np.concatenate([[0], np.cumsum(np.bincount(actor, minlength=len(actors)))]),
        row_signals=signal[order].astype(np.int32),
        first_seen=np.concatenate(first)[order],
        last_seen=np.concatenate(last)[order],
        n_events=np.minimum(np.concatenate(counts)[order], np.iinfo(np.int32).max).astype(np.int32),
        inviters=inviters,
        direct=join_pairs(
            [(inviter, invitee, invited_at), payments, *_wallet_pairs(acts_for, asked.found)], len(actors)
        ),
        payments=_payments(graph, acts_for, len(actors)),
        wallet_reports=asked.reports,
    )
