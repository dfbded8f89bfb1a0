"""What is left of groups without those that hang on, and where a weak cut takes them apart."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from algorithms._cleaning_kernels import clean_groups
from algorithms._threads import side_by_side, stretches
from algorithms.graph import Graph

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

PARALLEL_GROUPS = 500  # fewer do not pay for waking threads


@dataclass(frozen=True, eq=False)
class Cleaning:
    """Members of the same groups that belong together.

    Parameters
    ----------
    core : array of bool, shape (n_members,)
        Whoever is tied to the group with half of the median strength; all False where that is everybody, or too few.
    side : array of bool, shape (n_members,)
        One side of the minimum cut; all False where the cut is not weak, or a side too small.
    """

    core: BoolArray
    side: BoolArray


def clean(graph: Graph, starts: LongArray, members: IntArray, *, weak: float, least: int, most: int) -> Cleaning:
    """Look for hangers-on and for weak cuts in groups of nodes.

    Parameters
    ----------
    graph : Graph
    starts : array of int64, shape (n_groups + 1,)
        Members of group g are ``members[starts[g]:starts[g + 1]]``, ascending.
    members : array of int32
    weak : float
        A cut is weak if the pairs across it have less weight on average.
    least, most : int
        Smallest part of interest; largest group to look at.

    Returns
    -------
    Cleaning
        In parallel. O(entries at all members x log(size) + sum of size^3).
    """
    core, side = np.zeros(len(members), bool), np.zeros(len(members), bool)
    n_groups = len(starts) - 1
    n_shares = numba.get_num_threads() if n_groups > PARALLEL_GROUPS else 1
    bounds = np.arange(n_shares + 1) * n_groups // n_shares
    given = (starts, members, weak, least, most, graph.indptr, graph.indices, graph.weights, core, side)
    side_by_side(clean_groups, [(*share, *given) for share in stretches(bounds)])
    return Cleaning(core, side)
