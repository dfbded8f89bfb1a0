"""The kernel that adds to every edge what lies over it."""

import numpy as np

from algorithms._numba import jit
from algorithms._sorting_kernels import count_below


@jit
def add_triads_of(first, last, indptr, indices, weights, factor, out):
    """Write the weights of the edges of some nodes to neighbours of no higher degree, at both ends of each."""
    row = np.zeros(len(indptr) - 1)
    for u in range(first, last):
        degree = indptr[u + 1] - indptr[u]
        for e in range(indptr[u], indptr[u + 1]):
            row[indices[e]] = weights[e]
        for e in range(indptr[u], indptr[u + 1]):
            v, total = indices[e], 0.0
            begin, end = indptr[v], indptr[v + 1]
            if end - begin > degree or (end - begin == degree and v > u):
                continue
            for k in range(begin, end):
                total += weights[k] * row[indices[k]]
            out[e] = weights[e] + factor * total
            out[count_below(indices, begin, end, u)] = out[e]
        for e in range(indptr[u], indptr[u + 1]):
            row[indices[e]] = 0.0
