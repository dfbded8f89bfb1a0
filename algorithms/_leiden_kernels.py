"""Kernels that finish and judge a partition."""

import numpy as np

from algorithms._numba import jit


@jit
def split_components(indptr, indices, labels):
    """Give every connected piece of every community a label of its own."""
    n = len(labels)
    out = np.full(n, -1, np.int32)
    stack = np.empty(n, np.int32)
    k = 0
    for v in range(n):
        if out[v] >= 0:
            continue
        out[v] = k
        stack[0] = v
        depth = 1
        while depth > 0:
            depth -= 1
            u = stack[depth]
            for e in range(indptr[u], indptr[u + 1]):
                x = indices[e]
                if out[x] < 0 and labels[x] == labels[v]:
                    out[x] = k
                    stack[depth] = x
                    depth += 1
        k += 1
    return out, k


@jit
def doubled_quality(indptr, indices, weights, mass, labels, n_labels, resolution):
    """Sum over ordered pairs inside communities of weight minus resolution times masses."""
    inside = 0.0
    for v in range(len(labels)):
        for e in range(indptr[v], indptr[v + 1]):
            if labels[indices[e]] == labels[v]:
                inside += weights[e]
    totals = np.zeros(n_labels)
    for v in range(len(labels)):
        totals[labels[v]] += mass[v]
    return inside - resolution * np.sum(totals * totals)


@jit
def outside_weight(rows, labels):
    """Sum of the weights of entries between different labels."""
    outside = 0.0
    for v in range(len(labels)):
        for e in range(rows.starts[v], rows.ends[v]):
            if labels[rows.indices[e]] != labels[v]:
                outside += 1.0 if rows.unit else rows.weights[e]
    return outside


@jit
def all_ones(weights):
    """Whether every weight is 1."""
    for weight in weights:  # noqa: SIM110
        if weight != 1.0:
            return False
    return True


@jit
def without_gaps(starts, ends, indices, weights):
    """Move rows together."""
    n = len(starts)
    indptr = np.zeros(n + 1, np.int64)
    for v in range(n):
        indptr[v + 1] = indptr[v] + ends[v] - starts[v]
    out_indices, out_weights = np.empty(indptr[n], np.int32), np.empty(indptr[n])
    for v in range(n):
        shift = indptr[v] - starts[v]  # one by one: slices would take 2 s more to compile
        for e in range(starts[v], ends[v]):
            out_indices[e + shift], out_weights[e + shift] = indices[e], weights[e]
    return indptr, out_indices, out_weights
