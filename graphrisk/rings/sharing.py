"""Who shares what: one incidence of actors and signals, made from links, referrals and transfers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms.entity_graph import EntityGraph
from algorithms.times import MISSING_TIME

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]

REFERRER, FUNDER, PAYEE = "referrer", "funder", "payee"
REFERRAL, TRANSFER = "referral", "transfer"
DIRECT_KINDS = (REFERRAL, TRANSFER)


@dataclass(frozen=True, eq=False)
class DirectPairs:
    """Actors that deal with each other: invitations and transfers, one row per unordered pair and kind.

    Rows are sorted by source.

    Parameters
    ----------
    sources, targets : array of int32, shape (n,)
        Actor indices; the inviter or payer of the first act is the source.
    kinds : array of int8, shape (n,)
        Index into `DIRECT_KINDS`.
    first_seen, last_seen : array of int64, shape (n,)
        Seconds since the epoch, `MISSING_TIME` where absent.
    n_events : array of int32, shape (n,)
    """

    sources: IntArray
    targets: IntArray
    kinds: npt.NDArray[np.int8]
    first_seen: LongArray
    last_seen: LongArray
    n_events: IntArray

    def __len__(self) -> int:
        return len(self.sources)

    def rows_within(self, members: IntArray) -> LongArray:
        """Rows between two of the members."""
        low = np.searchsorted(self.sources, members, "left")
        high = np.searchsorted(self.sources, members, "right")
        spans = [np.arange(a, b) for a, b in zip(low, high, strict=True) if b > a]
        rows = np.concatenate(spans) if spans else np.empty(0, np.int64)
        return rows[np.isin(self.targets[rows], members)]


@dataclass(frozen=True, eq=False)
class Sharing:
    """The incidence of actors and signals.

    Actors are the accounts, and the wallets that transfer but belong to no account; a wallet of one account acts for
    that account. Signals are the entities that accounts link to, and besides them everybody who invited
    (``referrer``), paid (``funder``) or was paid by (``payee``) an actor.

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


def _missing_last(seconds: LongArray) -> LongArray:
    """Move missing times from before all others to after them."""
    return np.where(seconds == MISSING_TIME, np.iinfo(np.int64).max, seconds)


def _merge(a: LongArray, b: LongArray, seconds: LongArray, n_b: int) -> tuple[LongArray, ...]:
    """Group acts by (a, b): distinct pairs in sorted order with first and last time and count."""
    if len(a) == 0:
        empty = np.empty(0, np.int64)
        return empty, empty, empty, empty, empty
    keys = a * n_b + b
    order = np.lexsort((seconds, keys))
    keys, seconds = keys[order], seconds[order]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
    counts = np.diff(np.r_[starts, len(keys)])
    first = np.minimum.reduceat(_missing_last(seconds), starts)
    first[first == np.iinfo(np.int64).max] = MISSING_TIME
    return keys[starts] // n_b, keys[starts] % n_b, first, np.maximum.reduceat(seconds, starts), counts


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
        rows.append(_Rows(kind, *_merge(actor[use], party[other[use]], seconds[use], graph.n_nodes)))
    between = (payer >= 0) & (payee >= 0) & (payer != payee)
    return rows, (payer[between], payee[between], seconds[between])


def _direct(referrals: tuple[LongArray, ...], payments: tuple[LongArray, ...], n_actors: int) -> DirectPairs:
    """Join invitations and payments into one row per unordered pair and kind."""
    parts = []
    invitee, inviter, invited_at = referrals
    for kind, (source, target, seconds) in enumerate(((inviter, invitee, invited_at), payments)):
        low, high, first, last, counts = _merge(
            np.minimum(source, target), np.maximum(source, target), seconds, n_actors
        )
        forward = np.zeros(len(low), bool)
        if len(low):
            pair_of = np.searchsorted(
                low * n_actors + high, np.minimum(source, target) * n_actors + np.maximum(source, target)
            )
            leading = np.full(len(low), len(source))
            order = np.lexsort((source, _missing_last(seconds)))
            np.minimum.at(leading, pair_of[order], np.arange(len(order)))
            forward = source[order][leading] == low
        start, end = np.where(forward, low, high), np.where(forward, high, low)
        parts.append((start, end, np.full(len(low), kind), first, last, counts))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.lexsort((columns[2], columns[1], columns[0]))
    source, target, kinds, first, last, counts = (column[order] for column in columns)
    return DirectPairs(
        source.astype(np.int32), target.astype(np.int32), kinds.astype(np.int8), first, last, counts.astype(np.int32)
    )


def find_sharing(graph: EntityGraph, *, with_wallets: bool = True) -> Sharing:
    """Bring links, referrals and transfers into one incidence of actors and signals.

    Parameters
    ----------
    graph : EntityGraph
    with_wallets : bool
        Whether wallets that belong to no account are actors.

    Returns
    -------
    Sharing
        O(n log n) in links, referrals and transfers; about 40 bytes per row.
    """
    actors, acts_for = actor_of_nodes(graph, with_wallets)
    invitee, inviter, invited_at = _referrals(graph)
    links = graph.links
    money, payments = _money_rows(graph, acts_for)
    pseudo = [_Rows(REFERRER, *_merge(invitee, inviter, invited_at, graph.n_nodes)), *money]
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
    order = np.lexsort((signal, actor))
    inviters = np.full(len(actors), -1, np.int32)
    earliest = np.lexsort((inviter, _missing_last(invited_at)))[::-1]
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
        direct=_direct((invitee, inviter, invited_at), payments, len(actors)),
    )
