"""The kernel that takes groups of nodes apart where they hold together badly."""

import numpy as np

from algorithms._cut_kernels import components_without, lightest_cut, one_is_lightest
from algorithms._graph_kernels import cut_out, row_sums
from algorithms._numba import jit
from algorithms._sorting_kernels import sort

HANGER_ON = 0.5  # of the median strength


@jit
def clean_groups(first, last, starts, members, weak, least, most, indptr, indices, weights, core, side):
    """Mark in `core` and `side` what is left of some groups, and one side of their weak cuts; zero before."""
    nothing = np.empty(0, np.int64)
    nobody = np.empty(0, np.int32)
    for g in range(first, last):
        begin, n = starts[g], starts[g + 1] - starts[g]
        if n <= least or n > most:
            continue
        local_indptr, local_indices, local_weights = cut_out(members[begin : begin + n], indptr, indices, weights)
        strengths = row_sums(local_indptr, local_weights)
        ordered = strengths.copy()
        sort(ordered, n)
        middle = ordered[n // 2] if n % 2 else (ordered[n // 2 - 1] + ordered[n // 2]) / 2
        if ordered[0] < HANGER_ON * middle:
            kept = 0
            for i in range(n):
                kept += strengths[i] >= HANGER_ON * middle
            if kept >= least:
                for i in range(n):
                    core[begin + i] = strengths[i] >= HANGER_ON * middle
        if n < 2 * least:
            continue
        heaviest = 0.0
        for weight in local_weights:
            heaviest = max(heaviest, weight)
        if least > 1 and one_is_lightest(n, ordered[0], heaviest):
            continue
        labels = components_without(local_indptr, local_indices, nothing, nothing, nobody, False)
        weight, apart = 0.0, labels == 0
        if apart.all():
            weight, apart = lightest_cut(local_indptr, local_indices, local_weights)
        n_side = apart.sum()
        if min(n_side, n - n_side) >= least and weight < weak * n_side * (n - n_side):
            for i in range(n):
                side[begin + i] = apart[i]
