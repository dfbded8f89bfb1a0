"""The kernel that tells which edges are among the heaviest of both their ends."""

import numpy as np

from algorithms._numba import jit
from algorithms._sorting_kernels import count_below, sort


@jit
def among_heaviest(indptr, indices, weights, most):
    """Mark the entries of edges that are among the `most` heaviest at both ends, of equal ones those to lower nodes."""
    keep = np.ones(len(indices), np.bool_)
    for v in range(len(indptr) - 1):
        begin, n = indptr[v], indptr[v + 1] - indptr[v]
        if n <= most:
            continue
        ordered = weights[begin : begin + n].copy()
        sort(ordered, n)
        bound = ordered[n - most]
        room = most
        for e in range(begin, begin + n):
            room -= weights[e] > bound
        for e in range(begin, begin + n):
            if weights[e] > bound:
                continue
            if weights[e] == bound and room > 0:
                room -= 1
                continue
            u = indices[e]
            keep[e] = False
            keep[count_below(indices, indptr[u], indptr[u + 1], v)] = False
    return keep
