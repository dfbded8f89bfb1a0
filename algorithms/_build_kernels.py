"""Kernels that build compressed sparse rows from an edge list, shared by blocks of edges and of rows."""

import numpy as np
from numba import prange

from algorithms._numba import jit, jit_parallel


@jit_parallel
def count_ends(n_nodes, sources, targets, bounds, shift, counts):
    """Count for every block of edges the entries that each bucket gets from it, and self-loops; -1 for unknown nodes.

    Row v belongs to bucket ``v >> shift``: with a shift of 0 every row is one. `counts` is (blocks, buckets), zero.
    """
    loops = np.zeros(len(bounds) - 1, np.int64)
    for t in prange(len(bounds) - 1):
        mine = counts[t]
        n_loops = 0
        for e in range(bounds[t], bounds[t + 1]):
            s, d = sources[e], targets[e]
            if s < 0 or d < 0 or s >= n_nodes or d >= n_nodes:
                n_loops = -1
                break
            if s == d:
                n_loops += 1
            else:
                mine[s >> shift] += 1
                mine[d >> shift] += 1
        loops[t] = n_loops
    return loops


@jit
def place_blocks(counts):
    """Start of every bucket, and where each block writes into it; blocks follow each other as the edges do."""
    n_blocks, n = counts.shape
    indptr = np.zeros(n + 1, np.int64)
    at = np.empty((n_blocks, n), np.int64)
    place = 0
    for v in range(n):
        indptr[v] = place
        for t in range(n_blocks):
            at[t, v] = place
            place += counts[t, v]
    indptr[n] = place
    return indptr, at


@jit_parallel
def scatter(sources, targets, weights, bounds, at, n_entries):
    """Write every edge into the rows of its ends; without weights if there are none."""
    weighted = len(weights) > 0
    indices = np.empty(n_entries, np.int32)
    out_weights = np.empty(n_entries if weighted else 0)
    for t in prange(len(bounds) - 1):
        mine = at[t]
        for e in range(bounds[t], bounds[t + 1]):
            s, d = sources[e], targets[e]
            if s == d:
                continue
            one, two = mine[s], mine[d]
            indices[one] = d
            indices[two] = s
            if weighted:
                out_weights[one] = weights[e]
                out_weights[two] = weights[e]
            mine[s] = one + 1
            mine[d] = two + 1
    return indices, out_weights


@jit_parallel
def count_columns(indptr, indices, row_bounds, shift, counts):
    """Count for every block of rows the entries that each bucket of columns gets from it, into `counts`."""
    for t in prange(len(row_bounds) - 1):
        mine = counts[t]
        for e in range(indptr[row_bounds[t]], indptr[row_bounds[t + 1]]):
            mine[indices[e] >> shift] += 1


@jit_parallel
def transpose(indptr, indices, weights, row_bounds, at):
    """Turn rows into columns: those of a symmetric matrix come out in ascending order; returns repeated entries too."""
    weighted = len(weights) > 0
    out_indices = np.empty_like(indices)
    out_weights = np.empty_like(weights)
    repeated = np.zeros(len(row_bounds) - 1, np.int64)
    for t in prange(len(row_bounds) - 1):
        mine = at[t]
        for row in range(row_bounds[t], row_bounds[t + 1]):
            for e in range(indptr[row], indptr[row + 1]):
                column = indices[e]
                place = mine[column]
                out_indices[place] = row
                if weighted:
                    out_weights[place] = weights[e]
                mine[column] = place + 1
    for t in prange(len(row_bounds) - 1):
        count = 0
        for row in range(row_bounds[t], row_bounds[t + 1]):
            for e in range(indptr[row] + 1, indptr[row + 1]):
                count += out_indices[e] == out_indices[e - 1]
        repeated[t] = count
    return out_indices, out_weights, repeated.sum()


@jit
def merge_repeated(indptr, indices, weights):
    """Sum the weights of equal neighbours of each row, in their order."""
    n = len(indptr) - 1
    weighted = len(weights) > 0
    merged = np.zeros(n + 1, np.int64)
    out_indices = np.empty_like(indices)
    out_weights = np.empty(len(indices))
    place = 0
    for v in range(n):
        begin = place
        for e in range(indptr[v], indptr[v + 1]):
            weight = weights[e] if weighted else 1.0
            if place > begin and out_indices[place - 1] == indices[e]:
                out_weights[place - 1] += weight
            else:
                out_indices[place] = indices[e]
                out_weights[place] = weight
                place += 1
        merged[v + 1] = place
    return merged, out_indices[:place].copy(), out_weights[:place].copy()
