"""Kernels that build and cut compressed sparse rows."""

import numpy as np

from algorithms._numba import jit
from algorithms._sorting_kernels import count_below

FEW = 16  # a map of all nodes pays if one in so many is wanted


@jit
def transpose(n_rows, indptr, columns, weights):
    """Turn rows into columns; the entries of every new row come out in ascending order."""
    counts = np.zeros(n_rows + 1, np.int64)
    for column in columns:
        counts[column + 1] += 1
    for row in range(n_rows):
        counts[row + 1] += counts[row]
    at = counts[:-1].copy()
    out_columns = np.empty(len(columns), np.int32)
    out_weights = np.empty(len(columns))
    for row in range(n_rows):
        for entry in range(indptr[row], indptr[row + 1]):
            place = at[columns[entry]]
            at[columns[entry]] += 1
            out_columns[place] = row
            out_weights[place] = weights[entry]
    return counts, out_columns, out_weights


@jit
def cut_out(nodes, indptr, indices, weights):
    """Rows and columns of some nodes, which are ascending; many are looked up in a map of all, few are searched for."""
    n = len(indptr) - 1
    mapped = len(nodes) * FEW > n
    new = np.full(n if mapped else 0, -1, np.int32)
    for row in range(len(nodes) if mapped else 0):
        new[nodes[row]] = row
    most = 0
    for node in nodes:
        most += indptr[node + 1] - indptr[node]
    starts = np.zeros(len(nodes) + 1, np.int64)
    out_indices = np.empty(most + 1, np.int32)  # one more: what is left out is written, and written over
    out_weights = np.empty(most + 1)
    place = 0
    for row in range(len(nodes)):
        for entry in range(indptr[nodes[row]], indptr[nodes[row] + 1]):
            if mapped:
                at = new[indices[entry]]
            else:
                at = count_below(nodes, 0, len(nodes), indices[entry])
                if at == len(nodes) or nodes[at] != indices[entry]:
                    at = -1
            out_indices[place] = at
            out_weights[place] = weights[entry]
            place += at >= 0
        starts[row + 1] = place
    return starts, out_indices[:place].copy(), out_weights[:place].copy()


@jit
def row_sums(indptr, weights):
    """Sum of the weights of every row."""
    out = np.zeros(len(indptr) - 1)
    for row in range(len(out)):
        for entry in range(indptr[row], indptr[row + 1]):
            out[row] += weights[entry]
    return out
