"""Kernels that build compressed sparse rows from an edge list; each does one block of edges or of rows."""

import numpy as np

from algorithms._numba import jit


@jit
def count_ends(n_nodes, sources, targets, first, last, shift, counts):
    """Count the entries that each bucket gets from a block of edges; returns its self-loops, -1 for unknown nodes.

    Row v belongs to bucket ``v >> shift``: with a shift of 0 every row is one. `counts` is zero before.
    """
    loops = 0
    for e in range(first, last):
        s, d = sources[e], targets[e]
        if s < 0 or d < 0 or s >= n_nodes or d >= n_nodes:
            return -1
        if s == d:
            loops += 1
        else:
            counts[s >> shift] += 1
            counts[d >> shift] += 1
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


@jit
def scatter(sources, targets, weights, first, last, at, indices, out_weights):
    """Write a block of edges into the rows of their ends; without weights if there are none."""
    weighted = len(weights) > 0
    for e in range(first, last):
        s, d = sources[e], targets[e]
        if s == d:
            continue
        one, two = at[s], at[d]
        indices[one] = d
        indices[two] = s
        if weighted:
            out_weights[one] = weights[e]
            out_weights[two] = weights[e]
        at[s] = one + 1
        at[d] = two + 1


@jit
def count_columns(indptr, indices, first, last, shift, counts):
    """Count the entries that each bucket of columns gets from a block of rows, into `counts`."""
    for e in range(indptr[first], indptr[last]):
        counts[indices[e] >> shift] += 1


@jit
def transpose(indptr, indices, weights, first, last, at, out_indices, out_weights):
    """Turn a block of rows into columns: those of a symmetric matrix come out in ascending order."""
    weighted = len(weights) > 0
    for row in range(first, last):
        for e in range(indptr[row], indptr[row + 1]):
            column = indices[e]
            place = at[column]
            out_indices[place] = row
            if weighted:
                out_weights[place] = weights[e]
            at[column] = place + 1


@jit
def count_repeated(indptr, indices, first, last):
    """Count the entries of a block of rows that repeat the one before them."""
    count = 0
    for row in range(first, last):
        for e in range(indptr[row] + 1, indptr[row + 1]):
            count += indices[e] == indices[e - 1]
    return count


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
    return merged, out_indices, out_weights
