"""Groups by who is tied to them, and sets of groups without repetitions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
    graph: Graph, starts: LongArray, members: IntArray, *, share: float, least: int, most: int
) -> tuple[LongArray, IntArray]:
    """Ask of every group who is tied to it, on average, by at least a share of what ties its members to each other.

    Whoever is a member and is not leaves, whoever is none and is joins, all at once. What comes of a group may overlap
    with what comes of others.

    Parameters
    ----------
    graph : Graph
    starts : array of int64, shape (n_groups + 1,)
        Members of group g are ``members[starts[g]:starts[g + 1]]``.
    members : array of int32
    share : float
        Of the mean weight over all pairs of members.
    least, most : int
        Fewest and most members of what is of interest; what comes of other groups is left out.

    Returns
    -------
    starts : array of int64, shape (n_found + 1,)
    members : array of int32
        Ascending within each. In parallel, O(entries at all members).

    Raises
    ------
    ValueError
        If the share is not positive.
    """
    sizes, found = _in_parallel(regroup_some, graph, starts, members, _checked(share), least, most)
    return np.cumsum(np.concatenate([[0], sizes[sizes > 0]]), dtype=np.int64), found


def complete(
    graph: Graph, starts: LongArray, members: IntArray, *, share: float, least_tie: float, most: int
) -> tuple[LongArray, IntArray]:
    """Add to every group whoever is tied to its members, on average, nearly as these are to each other.

    Parameters
    ----------
    graph : Graph
    starts : array of int64, shape (n_groups + 1,)
        Members of group g are ``members[starts[g]:starts[g + 1]]``.
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

    Raises
    ------
    ValueError
        If the share is not positive.
    """
    sizes, found = _in_parallel(complete_some, graph, starts, members, _checked(share), least_tie, most)
    return np.cumsum(np.concatenate([[0], sizes]), dtype=np.int64), found


def _checked(share: float) -> float:
    if not share > 0:
        raise ValueError(f"`share` must be positive, got {share}")
    return share


def _in_parallel(
    kernel: Callable[..., Any], graph: Graph, starts: LongArray, members: IntArray, *rules: float
) -> tuple[LongArray, IntArray]:
    """Give what becomes of each group, and how many members that has."""
    n_groups = len(starts) - 1
    n_parts = numba.get_num_threads() if n_groups > PARALLEL_GROUPS else 1
    bounds = np.arange(n_parts + 1) * n_groups // n_parts
    given = (starts, members, graph.indptr, graph.indices, graph.weights, *rules)
    parts = side_by_side(kernel, [(*part, *given) for part in stretches(bounds)])
    return np.concatenate([sizes for _, sizes in parts]), np.concatenate([found for found, _ in parts])


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
