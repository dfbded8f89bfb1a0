"""Kernels that build compressed sparse rows of a graph too large for the caches, bucket by bucket.

Entries are spread over buckets of neighbouring rows first and sorted within each, so that what is written at random
stays near, however large the graph is. Row v belongs to bucket ``v >> shift``.
"""

import numpy as np
from numba import prange

from algorithms._numba import jit_parallel


@jit_parallel
def spread_ends(sources, targets, weights, bounds, shift, at, n_entries):
    """Write every edge into the buckets of its ends; without weights if there are none."""
    weighted = len(weights) > 0
    rows, columns = np.empty(n_entries, np.int32), np.empty(n_entries, np.int32)
    out_weights = np.empty(n_entries if weighted else 0)
    for t in prange(len(bounds) - 1):
        mine = at[t]
        for e in range(bounds[t], bounds[t + 1]):
            s, d = sources[e], targets[e]
            if s == d:
                continue
            one = mine[s >> shift]
            mine[s >> shift] = one + 1
            two = mine[d >> shift]
            mine[d >> shift] = two + 1
            rows[one], columns[one] = s, d
            rows[two], columns[two] = d, s
            if weighted:
                out_weights[one] = weights[e]
                out_weights[two] = weights[e]
    return rows, columns, out_weights


@jit_parallel
def spread_columns(indptr, indices, weights, row_bounds, shift, at, rows, columns, out_weights):
    """Write every entry into the bucket of its column, rows ascending; what was a column is a row then."""
    weighted = len(weights) > 0
    for t in prange(len(row_bounds) - 1):
        mine = at[t]
        for row in range(row_bounds[t], row_bounds[t + 1]):
            for e in range(indptr[row], indptr[row + 1]):
                column = indices[e]
                place = mine[column >> shift]
                mine[column >> shift] = place + 1
                rows[place], columns[place] = column, row
                if weighted:
                    out_weights[place] = weights[e]


@jit_parallel
def sort_buckets(n_nodes, starts, shift, rows, columns, weights, indices, out_weights):
    """Sort every bucket by row, in place of what stood there; returns the starts of rows, and repeated neighbours."""
    weighted = len(weights) > 0
    indptr = np.zeros(n_nodes + 1, np.int64)
    repeated = np.zeros(len(starts) - 1, np.int64)
    for b in prange(len(starts) - 1):
        first = b << shift
        width = min(n_nodes - first, 1 << shift)
        at = np.zeros(width + 1, np.int64)
        for e in range(starts[b], starts[b + 1]):
            at[rows[e] - first + 1] += 1
        at[0] = starts[b]
        for v in range(width):
            at[v + 1] += at[v]
            indptr[first + v + 1] = at[v + 1]
        for e in range(starts[b], starts[b + 1]):
            row = rows[e] - first
            place = at[row]
            at[row] = place + 1
            indices[place] = columns[e]
            if weighted:
                out_weights[place] = weights[e]
        count, begin = 0, starts[b]
        for v in range(width):
            for place in range(begin + 1, at[v]):
                count += indices[place] == indices[place - 1]
            begin = at[v]
        repeated[b] = count
    return indptr, repeated.sum()
