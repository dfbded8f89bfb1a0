"""Groups by who is tied to them, and sets of groups without repetitions."""

from __future__ import annotations

from collections.abc import Sequence

import numba
import numpy as np
import numpy.typing as npt

from algorithms._regrouping_kernels import complete_some, hash_groups, regroup_some, repeated
from algorithms._threads import side_by_side, stretches
from algorithms.graph import Graph

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

PARALLEL_GROUPS = 500  # fewer do not pay for waking threads


def regroup(
    graph: Graph, starts: LongArray, members: IntArray, shares: Sequence[float], *, least: int, most: int
) -> tuple[LongArray, IntArray, LongArray]:
    """Ask of every group who is tied to it, on average, by at least a share of what ties its members to each other.

    Whoever is a member and is not leaves, whoever is none and is joins, all at once. What comes of a group may overlap
    with what comes of others.

    Parameters
    ----------
    graph : Graph
    starts : array of int64, shape (n_groups + 1,)
        Members of group g are ``members[starts[g]:starts[g + 1]]``.
    members : array of int32
    shares : sequence of float
        Of the mean weight over all pairs of members.
    least, most : int
        Fewest and most members of what is of interest.

    Returns
    -------
    starts : array of int64, shape (n_found + 1,)
    members : array of int32
        Ascending within each.
    origins : array of int64, shape (n_found,)
        The group that each came of. In parallel, O(entries at all members).

    Raises
    ------
    ValueError
        If a share is not positive.
    """
    if not all(share > 0 for share in shares):
        raise ValueError(f"`shares` must be positive, got {list(shares)}")
    n_groups = len(starts) - 1
    n_parts = numba.get_num_threads() if n_groups > PARALLEL_GROUPS else 1
    bounds = np.arange(n_parts + 1) * n_groups // n_parts
    given = (starts, members, graph.indptr, graph.indices, graph.weights, np.array(shares, float), least, most)
    parts = side_by_side(regroup_some, [(*share, *given) for share in stretches(bounds)])
    counts = np.concatenate([count for _, count in parts])
    group, share = np.nonzero(counts)
    ends = np.cumsum(np.concatenate([[0], counts[group, share]]), dtype=np.int64)
    return ends, np.concatenate([found for found, _ in parts]), group.astype(np.int64)


def complete(
    graph: Graph, starts: LongArray, members: IntArray, *, share: float, least_tie: float, most: int
) -> tuple[LongArray, IntArray]:
    """Add to every group whoever is tied to its members, on average, nearly as these are to each other.

    Parameters
    ----------
    graph : Graph
    starts : array of int64, shape (n_groups + 1,)
        Members of group g are ``members[starts[g]:starts[g + 1]]``, ascending.
    members : array of int32
    share : float
        Of the mean weight over all pairs of members, that the mean weight to them must reach.
    least_tie : float
        That it must reach in any case.
    most : int
        Most members; groups that would have more stay as they are.

    Returns
    -------
    starts : array of int64, shape (n_groups + 1,)
    members : array of int32
        Ascending within each. In parallel, O(entries at all members).
    """
    n_groups = len(starts) - 1
    n_parts = numba.get_num_threads() if n_groups > PARALLEL_GROUPS else 1
    bounds = np.arange(n_parts + 1) * n_groups // n_parts
    given = (starts, members, graph.indptr, graph.indices, graph.weights, share, least_tie, most)
    parts = side_by_side(complete_some, [(*part, *given) for part in stretches(bounds)])
    sizes = np.concatenate([counts for _, counts in parts])
    return np.cumsum(np.concatenate([[0], sizes]), dtype=np.int64), np.concatenate([found for found, _ in parts])


def first_of_each(starts: LongArray, members: IntArray) -> BoolArray:
    """Tell which groups no earlier one is the same as.

    Parameters
    ----------
    starts : array of int64, shape (n_groups + 1,)
    members : array of int32
        Ascending within each group.

    Returns
    -------
    array of bool, shape (n_groups,)
        O(members + groups log groups).
    """
    hashes = hash_groups(starts, members)
    order = np.argsort(hashes, kind="stable")
    first: BoolArray = ~repeated(order, hashes, starts, members)
    return first
