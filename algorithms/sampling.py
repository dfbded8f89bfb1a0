"""Random neighbourhoods of some nodes in a graph of several types of nodes, as of a time, for models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from algorithms._sampling_kernels import draw_neighbours, place_nodes

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]
EdgeType = tuple[str, str, str]


@dataclass(frozen=True, eq=False)
class Relation:
    """Directed links of one type: node v of the source type sees ``indices[indptr[v]:indptr[v + 1]]``.

    Parameters
    ----------
    indptr : array of int64, shape (n_sources + 1,)
    indices : array of int32, shape (n_links,)
    first_seen : array of int64, shape (n_links,), optional
        Seconds; without it, links were always there. Rows in the order of it are drawn from in less time.
    """

    indptr: LongArray
    indices: IntArray
    first_seen: LongArray | None = None

    @cached_property
    def in_order(self) -> bool:
        """Whether every row is in the order of `first_seen`, so that what was known before a time is found at once."""
        if self.first_seen is None or len(self.first_seen) < 2:
            return True
        falls = np.diff(self.first_seen) < 0
        bounds = self.indptr[1:-1]
        falls[bounds[(bounds > 0) & (bounds < len(self.first_seen))] - 1] = False
        return not falls.any()


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """Sampled nodes and the links along which they were reached.

    Parameters
    ----------
    nodes : dict of str to array of int32
        Distinct node ids of every type; the seeds come first.
    links : dict of edge type to array of int64, shape (2, n)
        Positions in `nodes` of the source (nearer to the seeds) and of the target type.
    entries : dict of edge type to array of int64, shape (n,)
        Where each of these links stands in `indices` of its relation.
    """

    nodes: dict[str, IntArray]
    links: dict[EdgeType, LongArray]
    entries: dict[EdgeType, LongArray]


def sample_neighbours(
    relations: Mapping[EdgeType, Relation],
    seeds: Mapping[str, npt.ArrayLike],
    *,
    n_neighbours: Sequence[int],
    as_of: int | None = None,
    seed: int = 0,
) -> Neighbourhood:
    """Draw neighbours of the seeds, then of those, and so on.

    Parameters
    ----------
    relations : mapping of (source type, name, target type) to Relation
    seeds : mapping of str to array-like of int
        Distinct node ids by type.
    n_neighbours : sequence of int
        Most neighbours of a node per relation, for each step.
    as_of : int, optional
        Only links first seen strictly before it exist.
    seed : int

    Returns
    -------
    Neighbourhood
        O(links drawn), or where rows are not in the order of time O(links at the nodes that are reached). The same seed
        gives the same, and what a node draws does not depend on the other seeds.

    Raises
    ------
    ValueError
        If a number of neighbours is not positive or seeds repeat.

    References
    ----------
    Hamilton, Ying and Leskovec (2017), Inductive representation learning on large graphs, algorithm 2;
    Bentley and Floyd (1987), A sample of brilliance, algorithm F2.
    """
    nodes: dict[str, IntArray] = {kind: np.asarray(ids, dtype=np.int32) for kind, ids in seeds.items()}
    for kind, ids in nodes.items():
        if len(np.unique(ids)) != len(ids):
            raise ValueError(f"`seeds` must be distinct, got some {kind} twice")
    if any(most < 1 for most in n_neighbours):
        raise ValueError(f"`n_neighbours` must be at least 1 each, got {list(n_neighbours)}")
    links: dict[EdgeType, list[LongArray]] = {edge_type: [] for edge_type in relations}
    rows: dict[EdgeType, list[LongArray]] = {edge_type: [] for edge_type in relations}
    fresh = {kind: (0, len(ids)) for kind, ids in nodes.items()}
    for step, most in enumerate(n_neighbours):
        reached = {name: len(ids) for name, ids in nodes.items()}
        for number, (edge_type, relation) in enumerate(relations.items()):
            source, _, target = edge_type
            low, high = fresh.get(source, (0, 0))
            if low == high:
                continue
            mixed = np.uint64((seed * 0x9E3779B1 + step * 0x10001 + number) & 0xFFFFFFFFFFFFFFFF)
            starts, entries = _draw(relation, nodes[source][low:high], most, as_of, mixed)
            found = relation.indices[entries]
            nodes[target], at = place_nodes(nodes.get(target, np.empty(0, np.int32)), found)
            links[edge_type].append(np.stack([low + np.repeat(np.arange(high - low), np.diff(starts)), at]))
            rows[edge_type].append(entries)
        fresh = {name: (reached.get(name, 0), len(ids)) for name, ids in nodes.items()}
    empty = np.empty((2, 0), np.int64)
    return Neighbourhood(
        nodes,
        {name: np.concatenate([empty, *parts], axis=1) for name, parts in links.items()},
        {name: np.concatenate([empty[0], *parts]) for name, parts in rows.items()},
    )


def _draw(
    relation: Relation, nodes: IntArray, most: int, as_of: int | None, seed: np.uint64
) -> tuple[LongArray, LongArray]:
    timed = relation.first_seen is not None and as_of is not None
    first_seen = relation.first_seen if timed else np.empty(0, np.int64)
    moments = np.full(len(nodes), as_of or 0, np.int64)
    starts, entries = draw_neighbours(relation.indptr, first_seen, relation.in_order, nodes, moments, most, seed)
    return starts, entries
