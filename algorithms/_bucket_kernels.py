"""Kernels that build compressed sparse rows of a graph too large for the caches, bucket by bucket.

Entries are spread over buckets of neighbouring rows first and sorted within each, so that what is written at random
stays near, however large the graph is. Row v belongs to bucket ``v >> shift``. Each call does one block of edges, of
rows, or of buckets.
"""

import numpy as np

from algorithms._numba import jit


@jit
def spread_ends(sources, targets, weights, begin, end, shift, at, rows, columns, out_weights):
    """Write a block of edges into the buckets of their ends; without weights if there are none."""
    weighted = len(weights) > 0
    for e in range(begin, end):
        s, d = sources[e], targets[e]
        if s == d:
            continue
        one = at[s >> shift]
        at[s >> shift] = one + 1
        two = at[d >> shift]
        at[d >> shift] = two + 1
        rows[one], columns[one] = s, d
        rows[two], columns[two] = d, s
        if weighted:
            out_weights[one] = weights[e]
            out_weights[two] = weights[e]


@jit
def spread_columns(indptr, indices, weights, begin, end, shift, at, rows, columns, out_weights):
    """Write a block of rows into the buckets of their columns, rows ascending; what was a column is a row then."""
    weighted = len(weights) > 0
    for row in range(begin, end):
        for e in range(indptr[row], indptr[row + 1]):
            column = indices[e]
            place = at[column >> shift]
            at[column >> shift] = place + 1
            rows[place], columns[place] = column, row
            if weighted:
                out_weights[place] = weights[e]


@jit
def sort_buckets(starts, begin, end, shift, rows, columns, weights, indptr, indices, out_weights):
    """Sort a block of buckets by row; fills in where rows end, returns how many neighbours are repeated."""
    weighted = len(weights) > 0
    n_nodes = len(indptr) - 1
    count = 0
    for b in range(begin, end):
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
        row_begin = starts[b]
        for v in range(width):
            for place in range(row_begin + 1, at[v]):
                count += indices[place] == indices[place - 1]
            row_begin = at[v]
    return count
