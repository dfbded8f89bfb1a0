"""Transfers as a network reads them: a directed multigraph whose edges have features, ports and pairs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from algorithms.sampling import Relation, sample_neighbours
from algorithms.times import MISSING_TIME
from algorithms.transfers import Transfers
from gnn._known import DAY, usable_amounts
from gnn.typed_edges import TypedEdges

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float32]

TRANSFER_FEATURES = (
    "log_amount",
    "amount_known",
    "time_known",
    "log_days_ago",
    "log_days_since_last_out",
    "log_days_since_last_in",
    "log_port_in",
    "log_port_out",
)


@dataclass(frozen=True, eq=False)
class TransferGraph:
    """Transfers before a time, in the order of time, and the pairs of accounts that they join.

    Parameters
    ----------
    n_nodes : int
    sources, targets : array of int32, shape (n_transfers,)
    features : array of float32, shape (n_transfers, 8)
        `TRANSFER_FEATURES`.
    rows : array of int64, shape (n_transfers,)
        Where each stands among the transfers that the graph was made of.
    ego : array of bool, shape (n_nodes,)
        Nodes that a sample was drawn around.
    """

    n_nodes: int
    sources: IntArray
    targets: IntArray
    features: FloatArray
    rows: LongArray
    ego: BoolArray

    def __len__(self) -> int:
        return len(self.sources)

    @cached_property
    def pairs(self) -> tuple[IntArray, IntArray, LongArray]:
        """Source and target of each ordered pair of nodes with transfers, and the pair of each transfer."""
        keys, pair = np.unique(self.sources.astype(np.int64) * self.n_nodes + self.targets, return_inverse=True)
        return (keys // self.n_nodes).astype(np.int32), (keys % self.n_nodes).astype(np.int32), pair

    def stages(self) -> tuple[TypedEdges, TypedEdges, TypedEdges]:
        """Edges from transfers to their pairs, from pairs to who is paid, and from pairs to who pays."""
        sources, targets, pair = self.pairs
        n_pairs = len(sources)
        numbers = np.arange(n_pairs)
        return (
            TypedEdges.from_pairs(len(self), n_pairs, np.arange(len(self)), pair),
            TypedEdges.from_pairs(n_pairs, self.n_nodes, numbers, targets),
            TypedEdges.from_pairs(n_pairs, self.n_nodes, numbers, sources),
        )

    def around(
        self, chosen: LongArray, *, n_neighbours: tuple[int, ...], seed: int = 0
    ) -> tuple[TransferGraph, LongArray]:
        """A sample of the graph around some transfers, whose ends are marked as ego, and where they stand in it."""
        ends = np.unique(np.concatenate([self.sources[chosen], self.targets[chosen]]))
        found = sample_neighbours(self._relations, {"node": ends}, n_neighbours=n_neighbours, seed=seed)
        drawn = [order[found.entries[kind]] for kind, order in zip(self._relations, self._orders, strict=True)]
        kept = np.unique(np.concatenate([chosen, *drawn]))
        nodes = found.nodes["node"]
        place = np.full(self.n_nodes, -1, np.int32)
        place[nodes] = np.arange(len(nodes))
        ego = np.zeros(len(nodes), np.bool_)
        ego[: len(ends)] = True
        part = TransferGraph(
            len(nodes),
            place[self.sources[kept]],
            place[self.targets[kept]],
            self.features[kept],
            self.rows[kept],
            ego,
        )
        return part, np.searchsorted(kept, chosen)

    @cached_property
    def _orders(self) -> list[LongArray]:
        return [np.argsort(side, kind="stable") for side in (self.sources, self.targets)]

    @cached_property
    def _relations(self) -> dict[tuple[str, str, str], Relation]:
        out = {}
        for name, side, other, order in zip(
            ("paid", "paid_by"), (self.sources, self.targets), (self.targets, self.sources), self._orders, strict=True
        ):
            starts = np.concatenate([[0], np.cumsum(np.bincount(side, minlength=self.n_nodes))]).astype(np.int64)
            out["node", name, "node"] = Relation(starts, other[order])
        return out


def transfer_graph(transfers: Transfers, n_nodes: int, as_of: int) -> TransferGraph:
    """Turn transfers into the graph of those before a time.

    Ports number the partners of a node in the order in which they first came by, apart for payers and payees, so that
    a network can tell two transfers with one partner from transfers with two.

    Parameters
    ----------
    transfers : Transfers
    n_nodes : int
    as_of : int
        Seconds; transfers at or after it do not exist. Those without a time count as known.

    Returns
    -------
    TransferGraph
        O(transfers log transfers). No feature of a transfer is made of later ones, but what a network adds is: it sees
        all neighbours before `as_of`.

    References
    ----------
    Egressy et al. (2024), Provably powerful graph neural networks for directed multigraphs, section 4.
    """
    seconds = np.full(len(transfers), MISSING_TIME) if transfers.seconds is None else transfers.seconds
    rows = np.flatnonzero(seconds < as_of)
    rows = rows[np.lexsort((transfers.targets[rows], transfers.sources[rows], seconds[rows]))]
    sources, targets, seconds = transfers.sources[rows], transfers.targets[rows], seconds[rows]
    amounts = usable_amounts(transfers)[rows]
    known = seconds != MISSING_TIME
    columns = [
        np.log1p(amounts),
        amounts > 0,
        known,
        np.where(known, np.log1p((as_of - np.where(known, seconds, as_of)) / DAY), 0),
        _log_days_since_last(sources, seconds),
        _log_days_since_last(targets, seconds),
        np.log1p(_ports(targets, sources)),
        np.log1p(_ports(sources, targets)),
    ]
    features = np.stack(columns, axis=1).astype(np.float32)
    return TransferGraph(n_nodes, sources, targets, features, rows, np.zeros(n_nodes, np.bool_))


def _log_days_since_last(nodes: IntArray, seconds: LongArray) -> npt.NDArray[np.float64]:
    """Days since the transfer before at the same node, which stands before it in the order of time; 0 for the first."""
    order = np.argsort(nodes, kind="stable")
    out = np.zeros(len(nodes))
    same = nodes[order][1:] == nodes[order][:-1]
    known = same & (seconds[order][:-1] != MISSING_TIME)
    gaps = np.where(known, seconds[order][1:] - np.where(known, seconds[order][:-1], 0), 0)
    out[order[1:]] = np.log1p(gaps / DAY)
    return out


def _ports(nodes: IntArray, partners: IntArray) -> LongArray:
    """Number of each transfer's partner among those of the node, from 0 in the order in which they first came by."""
    keys = nodes.astype(np.int64) * (int(partners.max(initial=0)) + 1) + partners
    _, first, pair = np.unique(keys, return_index=True, return_inverse=True)
    order = np.lexsort((first, nodes[first]))
    starts = np.flatnonzero(np.append(True, np.diff(nodes[first][order]) != 0)) if len(order) else order
    numbers = np.empty(len(order), np.int64)
    numbers[order] = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    return numbers[pair]
