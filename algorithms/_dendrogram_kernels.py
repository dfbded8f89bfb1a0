"""Kernels that read a tree of merges."""

import numpy as np

from algorithms._numba import jit
from algorithms._sorting_kernels import sort


@jit
def order_leaves(children, n):
    """Put the nodes in an order in which every cluster is one stretch; returns it, and first and last of each."""
    n_merges = len(children)
    sizes = np.ones(n + n_merges, np.int64)
    first = np.full(n + n_merges, -1, np.int64)
    for m in range(n_merges):
        sizes[n + m] = sizes[children[m, 0]] + sizes[children[m, 1]]
    is_child = np.zeros(n + n_merges, np.bool_)
    for m in range(n_merges):
        is_child[children[m, 0]] = True
        is_child[children[m, 1]] = True
    top = 0
    for c in range(n + n_merges):
        if not is_child[c]:
            first[c] = top
            top += sizes[c]
    # whatever merges comes after what it merged, so that the way back meets every cluster before its children
    for m in range(n_merges - 1, -1, -1):
        left, right = children[m, 0], children[m, 1]
        first[left] = first[n + m]
        first[right] = first[n + m] + sizes[left]
    order = np.empty(n, np.int32)
    for v in range(n):
        order[first[v]] = v
    return order, first[n:].copy(), first[n:] + sizes[n:]


@jit
def copy_sorted(order, first, starts):
    """Members of clusters, ascending within each."""
    out = np.empty(starts[-1], order.dtype)
    for c in range(len(first)):
        begin, n = starts[c], starts[c + 1] - starts[c]
        out[begin : begin + n] = order[first[c] : first[c] + n]
        sort(out[begin : begin + n], n)
    return out
