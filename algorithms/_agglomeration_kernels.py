"""Kernels of agglomeration: chains of nearest neighbours over lists that are only put in order when they are read."""

import numpy as np

from algorithms._numba import jit

NONE = -1


@jit
def follow_merges(merged_into, x):
    """The cluster that holds x now; shortens the way there."""
    while merged_into[x] != x:
        merged_into[x] = merged_into[merged_into[x]]
        x = merged_into[x]
    return x


@jit
def gather(first, last, own, other, merged_into, indices, units, sums, touched, n):
    """Add up the units of entries by the cluster at their other end, `own` and `other` left out."""
    for e in range(first, last):
        c = follow_merges(merged_into, indices[e])
        if c != own and c != other:
            if sums[c] == 0:
                touched[n] = c
                n += 1
            sums[c] += units[e]
    return n


@jit
def write_and_choose(first, x, sizes, keys, least, most, indices, units, sums, touched, n):
    """Write the list of a cluster, without those it is too large to join, and choose the nearest of them.

    Means are compared by products of integers, so that equal ones are equal; among these the pair with the least
    smaller key goes first, then with the least larger one. A merged cluster has the larger key, so that no pair gets
    better by a merge, and chains of ever better pairs end.
    """
    top = first
    best, best_sum = NONE, np.int64(0)
    for k in range(n):
        c = touched[k]
        total = sums[c]
        sums[c] = 0
        if sizes[x] + sizes[c] > most:
            continue
        indices[top] = c
        units[top] = total
        top += 1
        if total < least * sizes[x] * sizes[c]:
            continue
        if best != NONE:
            ours, theirs = total * sizes[best], best_sum * sizes[c]
            if ours < theirs:
                continue
            if ours == theirs:
                low, low_best = min(keys[x], keys[c]), min(keys[x], keys[best])
                if low > low_best or (low == low_best and max(keys[x], keys[c]) > max(keys[x], keys[best])):
                    continue
        best, best_sum = c, total
    return top, best, best_sum


@jit
def packed(starts, ends, indices, units, capacity):
    """Move all lists to the front of new memory, in the order of the clusters."""
    new_indices, new_units = np.empty(capacity, np.int32), np.empty(capacity, np.int64)
    top = 0
    for c in range(len(starts)):
        first = starts[c]
        starts[c] = top
        for e in range(first, ends[c]):
            new_indices[top] = indices[e]
            new_units[top] = units[e]
            top += 1
        ends[c] = top
    return new_indices, new_units, top


@jit
def merge_nearest(indptr, graph_indices, weights, scale, least, most):
    """Merge mutually nearest clusters until no two have a mean of `least`; returns the two of each merge and its sum.

    Units are the weights times `scale`, rounded, and 1 at least.
    Nodes of the tree are numbered as in SciPy: ``0 .. n - 1`` the nodes, ``n + m`` what merge m made.
    """
    n, n_entries = len(indptr) - 1, len(graph_indices)
    capacity = n_entries + n_entries // 2 + 1
    indices, units = np.empty(capacity, np.int32), np.empty(capacity, np.int64)
    indices[:n_entries] = graph_indices
    for e in range(n_entries):
        units[e] = max(np.rint(weights[e] * scale), 1.0)
    starts, ends, top = indptr[:-1].copy(), indptr[1:].copy(), n_entries
    merged_into = np.arange(n).astype(np.int32)
    sizes, keys, of_tree = np.ones(n, np.int64), np.arange(n).astype(np.int32), np.arange(n).astype(np.int32)
    version = np.zeros(n, np.int32)
    best, best_sum = np.full(n, NONE, np.int32), np.zeros(n, np.int64)
    best_version = np.full(n, NONE, np.int32)
    sums, touched = np.zeros(n, np.int64), np.empty(n, np.int32)
    chain, waiting, n_waiting = np.empty(n, np.int32), np.empty(n, np.int32), 0
    children, merged_sums, n_merges = np.empty((max(n - 1, 0), 2), np.int32), np.empty(max(n - 1, 0), np.int64), 0
    next_start = 0
    while True:
        # whatever was merged waits for its turn, and then the next node
        if n_waiting:
            n_waiting -= 1
            x = waiting[n_waiting]
        elif next_start < n:
            x = np.int32(next_start)
            next_start += 1
        else:
            break
        if merged_into[x] != x:
            continue
        chain[0] = x
        length = 1
        while length:
            x = chain[length - 1]
            b = best[x]
            # the nearest stays the nearest until it is merged, since no pair gets better
            if best_version[x] == NONE or (b != NONE and (merged_into[b] != b or version[b] != best_version[x])):
                count = gather(starts[x], ends[x], x, x, merged_into, indices, units, sums, touched, 0)
                ends[x], b, total = write_and_choose(
                    starts[x], x, sizes, keys, least, most, indices, units, sums, touched, count
                )
                best[x], best_sum[x] = b, total
                best_version[x] = 0 if b == NONE else version[b]
            if b == NONE:
                length -= 1
            elif length > 1 and chain[length - 2] == b:
                length -= 2
                kept, gone = min(x, b), max(x, b)
                count = gather(starts[x], ends[x], x, b, merged_into, indices, units, sums, touched, 0)
                count = gather(starts[b], ends[b], x, b, merged_into, indices, units, sums, touched, count)
                children[n_merges, 0], children[n_merges, 1] = of_tree[kept], of_tree[gone]
                merged_sums[n_merges] = best_sum[x]
                of_tree[kept] = n + n_merges
                n_merges += 1
                merged_into[gone] = kept
                sizes[kept] += sizes[gone]
                keys[kept] = max(keys[kept], keys[gone])
                version[kept] += 1
                starts[x] = ends[x] = starts[b] = ends[b] = 0
                if top + count > capacity:
                    indices, units, top = packed(starts, ends, indices, units, capacity)
                starts[kept] = top
                top, b, total = write_and_choose(
                    top, kept, sizes, keys, least, most, indices, units, sums, touched, count
                )
                ends[kept] = top
                best[kept], best_sum[kept] = b, total
                best_version[kept] = 0 if b == NONE else version[b]
                waiting[n_waiting] = kept
                n_waiting += 1
            else:
                chain[length] = b
                length += 1
    return children[:n_merges], merged_sums[:n_merges]
