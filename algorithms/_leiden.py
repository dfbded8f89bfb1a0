"""The Leiden algorithm from its kernels: move, refine, merge, until every community is one node, and again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from algorithms._leiden_kernels import all_ones, doubled_quality, outside_weight, split_components
from algorithms._leiden_steps import merge, refine
from algorithms._merging_kernels import add_up, follow, renumber, take_off_leaves
from algorithms._moving_kernels import Rows, Rules, move_nodes
from algorithms.graph import Graph

IntArray = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float64]
LongArray = npt.NDArray[np.int64]

SERIAL_WORK = 1_000_000  # smaller graphs are quickly moved node by node
PARALLEL_WORK = 16_384  # fewer entries of a batch do not pay for waking threads
PARALLEL_ENTRIES = 200_000  # nor do fewer to refine or merge
FEW_LEAVES = 0.01  # a smaller share of nodes of degree 1 does not pay for a copy of the graph without them


@dataclass(frozen=True, eq=False)
class Problem:
    """A graph with masses, and what to gain: ``weight - resolution * mass * mass`` within communities of `most`."""

    graph: Graph
    mass: FloatArray
    sizes: LongArray
    resolution: float
    most: int
    least: float
    tolerance: float
    leaves_follow: bool


@dataclass(frozen=True, eq=False)
class Solution:
    """Labels numbered by their smallest node, how many, and twice the sum of gains within communities."""

    labels: IntArray
    n_communities: int
    doubled: float


@dataclass(frozen=True, eq=False)
class Room:
    """Memory that every level uses anew: rows per thread, and two graphs."""

    scratch: FloatArray
    touched: IntArray
    gains: FloatArray
    indices: tuple[IntArray, IntArray]
    weights: tuple[FloatArray, FloatArray]


@dataclass(frozen=True, eq=False)
class Level:
    """One aggregated graph: its rows, and the masses, sizes and labels of its nodes."""

    rows: Any
    mass: FloatArray
    sizes: LongArray
    labels: IntArray


def solve(problem: Problem, initial: IntArray | None, seed: int, n_iterations: int) -> Solution:
    """Run the algorithm some times, each from the result before; it stops early once nothing changes.

    If there is more than one iteration, the first merges whole communities without refining them (as Louvain does),
    which is much quicker; those after it start from its result, refine, and so give the guarantees of Leiden.
    """
    base, leaf_map = _base_level(problem, initial)
    room = _make_room(len(base.mass), len(base.rows.indices))
    labels, settled = base.labels, True
    for iteration in range(n_iterations):
        refined = iteration > 0 or n_iterations == 1
        node_map, top, settled = _descend(
            problem, replace(base, labels=labels.copy()), room, (seed, iteration), refined
        )
        found = renumber(top.labels if node_map is None else follow(node_map, top.labels))[0]
        unchanged = refined and np.array_equal(found, labels)
        labels = found
        if unchanged:
            break
    return _finish(problem, base.rows.unit, labels if leaf_map is None else follow(leaf_map, labels), top, settled)


def _base_level(problem: Problem, initial: IntArray | None) -> tuple[Level, IntArray | None]:
    """Return the graph itself, without its leaves if these go with their neighbours, and where each node is in it."""
    graph = problem.graph
    unit = bool(all_ones(graph.weights))
    rows = Rows(graph.indptr[:-1], graph.indptr[1:], graph.indices, graph.weights, unit)
    mass, sizes, leaf_map = problem.mass, problem.sizes, None
    if problem.leaves_follow and (graph.degrees() == 1).sum() > FEW_LEAVES * graph.n_nodes:
        leaf_map, starts, ends, indices, weights, mass, sizes = take_off_leaves(
            graph.indptr, graph.indices, graph.weights, unit, mass, sizes
        )
        rows = Rows(starts, ends, indices, weights, unit)
    labels = np.arange(len(mass), dtype=np.int32)
    if initial is not None and leaf_map is not None:
        labels[leaf_map[::-1]] = initial[::-1]
        labels = np.unique(labels, return_inverse=True)[1].astype(np.int32)
    elif initial is not None:
        labels = initial
    return Level(rows, mass, sizes, renumber(labels)[0]), leaf_map


def _make_room(n_nodes: int, n_entries: int) -> Room:
    """Allocate 20 bytes per node and thread, and 24 per entry; pages that are never used cost nothing."""
    threads = numba.get_num_threads() if n_entries > SERIAL_WORK else 1
    row = (threads, n_nodes + 1)
    return Room(
        np.zeros(row),
        np.empty(row, np.int32),
        np.empty(row),
        (np.empty(n_entries, np.int32), np.empty(n_entries, np.int32)),
        (np.empty(n_entries), np.empty(n_entries)),
    )


def _descend(
    problem: Problem, level: Level, room: Room, seed: tuple[int, int], refined: bool
) -> tuple[IntArray | None, Level, bool]:
    """Run the algorithm once; returns where each node is in the last graph, that graph, and whether all is merged."""
    rules = Rules(problem.resolution, problem.most, problem.least, SERIAL_WORK, PARALLEL_WORK)
    tolerance, node_map = problem.tolerance, None
    for depth in count():
        rows, n = level.rows, len(level.mass)
        labels = level.labels
        move_nodes(rows, level.mass, level.sizes, labels, rules, tolerance, room.scratch, room.touched)
        labels, n_labels = renumber(labels)
        level = replace(level, labels=labels)
        if n_labels == n:
            break
        indices, weights = room.indices[depth % 2], room.weights[depth % 2]
        parts, n_parts = labels, n_labels
        if refined:
            mixed_seed = np.uint64((seed[0] * 0x9E3779B1 + seed[1] * 0x10001 + depth) & 0xFFFFFFFFFFFFFFFF)
            parts, n_parts = refine(
                rows, level.mass, labels, n_labels, problem.resolution, mixed_seed,
                (indices, weights), (room.scratch, room.touched, room.gains), PARALLEL_ENTRIES,
            )  # fmt: skip
        if n_parts == n:
            return node_map, level, False  # nothing could be merged within its community: the graph would stay as it is
        starts, ends = merge(rows, parts, n_parts, indices, weights, room.scratch, PARALLEL_ENTRIES)
        mass, sizes, coarse = add_up(parts, n_parts, level.mass, level.sizes, labels)
        level = Level(Rows(starts, ends, indices, weights, False), mass, sizes, renumber(coarse)[0])
        node_map = parts if node_map is None else follow(node_map, parts)
        tolerance /= 10
    return node_map, level, True


def _finish(problem: Problem, unit: bool, labels: IntArray, top: Level, settled: bool) -> Solution:
    """Number the labels, and sum up the gains: what does not lie between the nodes of the last graph lies within."""
    graph = problem.graph
    if not settled:
        labels, n = split_components(graph.indptr, graph.indices, labels)
        return Solution(labels, int(n), doubled_quality(*_arrays(graph), problem.mass, labels, n, problem.resolution))
    labels, n = renumber(labels)
    total = float(len(graph.weights) if unit else graph.weights.sum())
    within = total - outside_weight(top.rows, top.labels)
    masses = np.bincount(top.labels, top.mass) if n else np.empty(0)
    return Solution(labels, int(n), float(within - problem.resolution * (masses * masses).sum()))


def _arrays(graph: Graph) -> tuple[LongArray, IntArray, FloatArray]:
    return graph.indptr, graph.indices, graph.weights
