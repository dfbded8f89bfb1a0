"""Kernels that make one node of several: grouping, aggregation into rows with gaps, leaves."""

import numpy as np

from algorithms._moving_kernels import WORK_PER_NODE
from algorithms._numba import jit
from algorithms._prefetch import AHEAD, FAR_NODES, ROWS_AHEAD, prefetch


@jit
def renumber(labels):
    """Number labels ``0 .. k - 1`` by the smallest node that has them; returns labels and k."""
    n = len(labels)
    new = np.full(n, -1, np.int32)
    out = np.empty(n, np.int32)
    k = 0
    for v in range(n):
        if new[labels[v]] < 0:
            new[labels[v]] = k
            k += 1
        out[v] = new[labels[v]]
    return out, k


@jit
def group(labels, n_groups):
    """List the nodes of every group, ascending, by a counting sort."""
    group_starts = np.zeros(n_groups + 1, np.int64)
    for label in labels:
        group_starts[label + 1] += 1
    for g in range(n_groups):
        group_starts[g + 1] += group_starts[g]
    at = group_starts[:-1].copy()
    members = np.empty(len(labels), np.int32)
    for v in range(len(labels)):
        members[at[labels[v]]] = v
        at[labels[v]] += 1
    return group_starts, members


@jit
def share_groups(starts, ends, group_starts, members, threads):
    """Count the entries before every group, and give each thread groups of about equal work."""
    n_groups = len(group_starts) - 1
    before = np.zeros(n_groups + 1, np.int64)
    for g in range(n_groups):
        entries = 0
        for i in range(group_starts[g], group_starts[g + 1]):
            entries += ends[members[i]] - starts[members[i]]
        before[g + 1] = before[g] + entries
    total = before[n_groups] + WORK_PER_NODE * len(members)
    bounds = np.full(threads + 1, n_groups, np.int64)
    bounds[0] = 0
    t = 1
    for g in range(n_groups):
        while t < threads and (before[g + 1] + WORK_PER_NODE * group_starts[g + 1]) * threads >= t * total:
            bounds[t] = g + 1
            t += 1
    return before, bounds


@jit
def merge_groups(low, high, group_starts, members, before, rows, labels, out_ends, out_indices, out_weights, to):
    """Sum up the rows of some groups, without the edges inside them; the gaps left stay."""
    starts, ends, indices, weights, unit = rows
    last = group_starts[high] - 2 * ROWS_AHEAD if len(starts) > FAR_NODES else 0
    for g in range(low, high):
        begin = before[g]
        found = begin
        for i in range(group_starts[g], group_starts[g + 1]):
            v = members[i]
            if i < last:
                prefetch(indices, starts[members[i + 2 * ROWS_AHEAD]])
                w = members[i + ROWS_AHEAD]
                for e in range(starts[w], min(ends[w], starts[w] + AHEAD)):
                    prefetch(labels, indices[e])
            for e in range(starts[v], ends[v]):
                other = labels[indices[e]]
                sum_so_far = to[other]
                out_indices[found] = other
                found += sum_so_far == 0.0  # without a branch, since it would be mispredicted
                to[other] = sum_so_far + (1.0 if unit else weights[e])
        place = begin
        for k in range(begin, found):
            other = out_indices[k]
            if other != g:
                out_indices[place] = other
                out_weights[place] = to[other]
                place += 1
            to[other] = 0.0
        out_ends[g] = place


@jit
def add_up(labels, n_groups, mass, sizes, of_node):
    """Sum masses and sizes by group, and take over a label that all nodes of a group share."""
    out_mass, out_sizes = np.zeros(n_groups), np.zeros(n_groups, np.int64)
    out = np.empty(n_groups, np.int32)
    for v in range(len(labels)):
        out_mass[labels[v]] += mass[v]
        out_sizes[labels[v]] += sizes[v]
        out[labels[v]] = of_node[v]
    return out_mass, out_sizes, out


@jit
def follow(one, two):
    """Where two maps lead, one after the other."""
    out = np.empty(len(one), np.int32)
    for v in range(len(one)):
        out[v] = two[one[v]]
    return out


@jit
def take_off_leaves(indptr, indices, weights, unit, mass, sizes):
    """Merge every node of degree 1 into its neighbour; returns the map, and rows, masses and sizes of what is left."""
    n = len(indptr) - 1
    new = np.full(n, -1, np.int32)
    kept = 0
    for v in range(n):
        if indptr[v + 1] - indptr[v] == 1:
            u = indices[indptr[v]]
            if indptr[u + 1] - indptr[u] > 1 or u < v:  # of two that have only each other the first stays
                continue
        new[v] = kept
        kept += 1
    starts, ends = np.empty(kept, np.int64), np.empty(kept, np.int64)
    out_indices = np.empty(len(indices), np.int32)
    out_weights = np.empty(0 if unit else len(indices))
    out_mass, out_sizes = np.zeros(kept), np.zeros(kept, np.int64)
    place = 0
    for v in range(n):
        if new[v] < 0:
            continue
        starts[new[v]] = place
        for e in range(indptr[v], indptr[v + 1]):
            if new[indices[e]] >= 0:
                out_indices[place] = new[indices[e]]
                if not unit:
                    out_weights[place] = weights[e]
                place += 1
        ends[new[v]] = place
    for v in range(n):
        if new[v] < 0:
            new[v] = -2 - new[indices[indptr[v]]]
    for v in range(n):
        if new[v] < 0:
            new[v] = -2 - new[v]
        out_mass[new[v]] += mass[v]
        out_sizes[new[v]] += sizes[v]
    return new, starts, ends, out_indices, out_weights, out_mass, out_sizes
