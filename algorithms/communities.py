"""Communities by the Leiden algorithm, with the Constant Potts Model or modularity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from algorithms._leiden import Problem, solve
from algorithms._leiden_kernels import without_gaps
from algorithms._leiden_steps import merge
from algorithms._moving_kernels import Rows
from algorithms.graph import Graph

IntArray = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float64]
LongArray = npt.NDArray[np.int64]
Objective = Literal["cpm", "modularity"]
OBJECTIVES = ("cpm", "modularity")
DEFAULT_RESOLUTION = {"cpm": 0.1, "modularity": 1.0}
NO_LIMIT = int(np.iinfo(np.int64).max)

# A gain below this share of the mean weight is rounding. A sweep ends level k of the search for modularity if it gains
# less than TOLERANCE / 10^k of all weight; for CPM, whose communities are small, a level ends once nothing moves.
LEAST_GAIN = 1e-12
TOLERANCE = 1e-2


@dataclass(frozen=True, eq=False)
class Communities:
    """A partition of the nodes.

    Parameters
    ----------
    labels : array of int32, shape (n_nodes,)
        Communities ``0 .. n_communities - 1``, numbered by their smallest node; each is connected.
    quality : float
        ``1 / 2m`` times the sum over ordered pairs (i, j) of one community of ``A_ij - resolution * n_i * n_j`` (CPM)
        or ``A_ij - resolution * k_i * k_j / 2m`` (modularity), as igraph and leidenalg report it.
    n_communities : int
    """

    labels: IntArray
    quality: float
    n_communities: int


def find_communities(
    graph: Graph,
    *,
    objective: Objective = "cpm",
    resolution: float | None = None,
    seed: int = 0,
    initial: npt.ArrayLike | None = None,
    node_sizes: npt.ArrayLike | None = None,
    max_size: int | None = None,
    n_iterations: int = 2,
) -> Communities:
    """Find communities by the Leiden algorithm.

    Parameters
    ----------
    graph : Graph
    objective : {"cpm", "modularity"}
        The Constant Potts Model finds communities whose density is above the resolution, however large the graph is;
        modularity cannot see communities far smaller than ``sqrt(2m)``.
    resolution : float, optional
        By default 0.1 for CPM and 1 for modularity.
    seed : int
        The same seed gives the same communities.
    initial : array-like of int, shape (n_nodes,), optional
        Labels to start from, in 0 .. n_nodes - 1; by default every node is alone.
    node_sizes : array-like of int, shape (n_nodes,), optional
        How many a node stands for; 1 by default. CPM counts them, and so does `max_size`.
    max_size : int, optional
        No community grows beyond this size (one larger in `initial` does not shrink for it).
    n_iterations : int
        Runs of the algorithm, each from the result of the one before; it stops early once nothing changes.

    Returns
    -------
    Communities
        About O(m log n) in practice.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    References
    ----------
    Traag, Waltman and van Eck (2019), From Louvain to Leiden, Scientific Reports 9, 5233;
    Traag, Van Dooren and Nesterov (2011), Narrow scope for resolution-limit-free community detection, section III.
    """
    gamma = _checked_resolution(objective, resolution)
    if n_iterations < 1:
        raise ValueError(f"`n_iterations` must be at least 1, got {n_iterations}")
    if max_size is not None and max_size < 1:
        raise ValueError(f"`max_size` must be at least 1, got {max_size}")
    n = graph.n_nodes
    sizes = _checked(node_sizes, "node_sizes", n, 1, NO_LIMIT, np.ones(n, np.int64)).astype(np.int64)
    start = None if initial is None else _checked(initial, "initial", n, 0, max(n - 1, 0)).astype(np.int32)
    total = float(graph.weights.sum())
    mass, scaled = _masses(graph, objective, sizes, gamma, total)
    modular = objective == "modularity"
    problem = Problem(
        graph=graph,
        mass=mass,
        sizes=sizes,
        resolution=scaled,
        most=NO_LIMIT if max_size is None else max_size,
        least=LEAST_GAIN * total / max(len(graph.weights), 1),
        tolerance=TOLERANCE * total if modular else 0.0,
        leaves_follow=modular and gamma <= 1 and max_size is None,
    )
    found = solve(problem, start, seed, n_iterations)
    return Communities(found.labels, found.doubled / total if total > 0 else 0.0, found.n_communities)


def find_nested_communities(
    graph: Graph, resolutions: Sequence[float], *, seed: int = 0, max_size: int | None = None
) -> tuple[Communities, ...]:
    """Find communities at falling densities, each partition a union of the one before (CPM).

    Parameters
    ----------
    graph : Graph
    resolutions : sequence of float
        Falling: from fine to coarse.
    seed : int
    max_size : int, optional

    Returns
    -------
    tuple of Communities
        One per resolution.

    Raises
    ------
    ValueError
        If the resolutions do not fall.
    """
    if any(a <= b for a, b in pairwise(resolutions)):
        raise ValueError(f"`resolutions` must fall from fine to coarse, got {list(resolutions)}")
    out: list[Communities] = []
    labels, coarse = np.arange(graph.n_nodes, dtype=np.int32), graph
    sizes = np.ones(graph.n_nodes, np.int64)
    total = float(graph.weights.sum())
    for resolution in resolutions:
        found = find_communities(coarse, resolution=resolution, seed=seed, node_sizes=sizes, max_size=max_size)
        labels = found.labels[labels]
        coarse = _merged(coarse, found)
        sizes = np.bincount(found.labels, sizes, found.n_communities).astype(np.int64)
        doubled = total - float(coarse.weights.sum()) - resolution * float((sizes.astype(np.float64) ** 2).sum())
        out.append(Communities(labels, doubled / total if total > 0 else 0.0, found.n_communities))
    return tuple(out)


def _merged(graph: Graph, found: Communities) -> Graph:
    """Return the graph of the communities, without edges inside them."""
    indices, weights = np.empty(len(graph.indices), np.int32), np.empty(len(graph.indices))
    rows = Rows(graph.indptr[:-1], graph.indptr[1:], graph.indices, graph.weights, False)
    scratch = np.zeros((1, found.n_communities))
    starts, ends = merge(rows, found.labels, found.n_communities, indices, weights, scratch, len(indices))
    return Graph(*without_gaps(starts, ends, indices, weights))


def _masses(
    graph: Graph, objective: Objective, sizes: LongArray, resolution: float, total: float
) -> tuple[FloatArray, float]:
    """Masses of the nodes and the resolution that goes with them."""
    if objective == "cpm":
        return sizes.astype(np.float64), resolution
    return graph.strengths(), resolution / total if total > 0 else resolution


def _checked_resolution(objective: str, resolution: float | None) -> float:
    if objective not in OBJECTIVES:
        raise ValueError(f"`objective` must be one of {', '.join(OBJECTIVES)}, got {objective!r}")
    value = DEFAULT_RESOLUTION[objective] if resolution is None else float(resolution)
    if not (np.isfinite(value) and value > 0):
        raise ValueError(f"`resolution` must be positive, got {resolution}")
    return value


def _checked(
    values: npt.ArrayLike | None,
    name: str,
    n: int,
    least: int,
    most: int,
    default: npt.NDArray[np.int64] | None = None,
) -> npt.NDArray[np.int64]:
    """Check an optional array of integers per node."""
    if values is None and default is not None:
        return default
    array = np.asarray(values)
    if array.shape != (n,) or not np.issubdtype(array.dtype, np.integer):
        raise ValueError(f"`{name}` must hold {n} integers, got {array.dtype} of shape {array.shape}")
    if n and (array.min() < least or array.max() > most):
        raise ValueError(f"`{name}` must lie in {least} .. {most}, got {array.min()} .. {array.max()}")
    return array
