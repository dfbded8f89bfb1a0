"""Kernels that find where a graph holds together only weakly."""

import numpy as np

from algorithms._numba import jit


@jit
def low_points(indptr, indices):
    """Search the graph depth-first without recursion: entry time, lowest time reached and parent of every node."""
    n = len(indptr) - 1
    enter = np.full(n, -1, np.int64)
    low = np.zeros(n, np.int64)
    parent = np.full(n, -1, np.int32)
    at = indptr[:-1].copy()
    stack = np.empty(n, np.int32)
    clock = 0
    for root in range(n):
        if enter[root] >= 0:
            continue
        stack[0] = root
        depth = 1
        enter[root] = low[root] = clock
        clock += 1
        while depth > 0:
            v = stack[depth - 1]
            if at[v] < indptr[v + 1]:
                u = indices[at[v]]
                at[v] += 1
                if enter[u] < 0:
                    parent[u] = v
                    enter[u] = low[u] = clock
                    clock += 1
                    stack[depth] = u
                    depth += 1
                elif u != parent[v]:
                    low[v] = min(low[v], enter[u])
            else:
                depth -= 1
                if parent[v] >= 0:
                    low[parent[v]] = min(low[parent[v]], low[v])
    return enter, low, parent


@jit
def cut_nodes(enter, low, parent):
    """Whether each node's removal separates others."""
    n = len(enter)
    out = np.zeros(n, np.bool_)
    children = np.zeros(n, np.int64)
    for v in range(n):
        p = parent[v]
        if p >= 0:
            children[p] += 1
            if parent[p] >= 0 and low[v] >= enter[p]:
                out[p] = True
    for v in range(n):
        if parent[v] < 0 and children[v] > 1:
            out[v] = True
    return out


@jit
def components_without(indptr, indices, enter, low, parent, leave_out_bridges):
    """Connected components, with or without the bridges, numbered by their smallest node."""
    n = len(indptr) - 1
    labels = np.full(n, -1, np.int32)
    stack = np.empty(n, np.int32)
    k = 0
    for v in range(n):
        if labels[v] >= 0:
            continue
        labels[v] = k
        stack[0] = v
        depth = 1
        while depth > 0:
            depth -= 1
            u = stack[depth]
            for e in range(indptr[u], indptr[u + 1]):
                x = indices[e]
                if labels[x] >= 0:
                    continue
                if leave_out_bridges:
                    if parent[x] == u and low[x] > enter[u]:
                        continue
                    if parent[u] == x and low[u] > enter[x]:
                        continue
                labels[x] = k
                stack[depth] = x
                depth += 1
        k += 1
    return labels


@jit
def one_is_lightest(n, least, heaviest):
    """Whether each lightest cut of n nodes takes one of them away, with whose strength no other cut can compete.

    A cut with s nodes on the smaller side weighs s x least - s (s - 1) x heaviest at least; that is more than the least
    strength if the least is more than s x heaviest, for s from 2 up to half the nodes.
    """
    return n < 4 or least > n // 2 * heaviest


@jit
def lightest_cut(indptr, indices, weights):
    """Stoer and Wagner's minimum cut of a connected graph with at least two nodes, on a dense matrix."""
    n = len(indptr) - 1
    matrix = np.zeros((n, n))
    for v in range(n):
        for e in range(indptr[v], indptr[v + 1]):
            matrix[v, indices[e]] = weights[e]
    group = np.arange(n)  # the node that each node has been merged into
    left = np.arange(n)  # those that have been merged into none
    rest = np.empty(n, np.int64)
    tie = np.empty(n)
    best = np.inf
    side = np.zeros(n, np.bool_)
    for n_left in range(n, 1, -1):
        for k in range(n_left):
            rest[k] = left[k]
            tie[left[k]] = 0.0
        last, before = -1, -1
        for n_rest in range(n_left, 0, -1):
            at = 0
            for k in range(1, n_rest):
                if tie[rest[k]] > tie[rest[at]]:
                    at = k
            before, last = last, rest[at]
            for k in range(at, n_rest - 1):
                rest[k] = rest[k + 1]
            for k in range(n_rest - 1):
                tie[rest[k]] += matrix[last, rest[k]]
        if tie[last] < best:
            best = tie[last]
            for v in range(n):
                side[v] = group[v] == last
        at = 0
        for k in range(n_left):
            v = left[k]
            if v != last:
                matrix[before, v] += matrix[last, v]
                matrix[v, before] = matrix[before, v]
                left[at] = v
                at += 1
        for v in range(n):
            if group[v] == last:
                group[v] = before
        matrix[before, before] = 0.0
    return best, side


@jit
def core_numbers(indptr, indices):
    """Core number of every node, by bins of degrees (Batagelj and Zaversnik 2003)."""
    n = len(indptr) - 1
    degree = np.diff(indptr)
    most = 0
    for d in degree:
        most = max(most, d)
    starts = np.zeros(most + 2, np.int64)
    for d in degree:
        starts[d + 1] += 1
    starts = np.cumsum(starts)
    place = np.empty(n, np.int64)
    order = np.empty(n, np.int64)
    at = starts.copy()
    for v in range(n):
        place[v] = at[degree[v]]
        order[place[v]] = v
        at[degree[v]] += 1
    first = starts[:-1].copy()
    for i in range(n):
        v = order[i]
        for e in range(indptr[v], indptr[v + 1]):
            u = indices[e]
            if degree[u] > degree[v]:
                front = max(first[degree[u]], i + 1)
                w = order[front]
                order[place[u]], order[front] = w, u
                place[w], place[u] = place[u], front
                first[degree[u]] = front + 1
                degree[u] -= 1
    return degree.astype(np.int32)


@jit
def weight_in_and_out(indptr, indices, weights, inside):
    """Weight with both ends inside (counted twice), and weight that leaves."""
    within, leaving = 0.0, 0.0
    for v in range(len(inside)):
        if inside[v]:
            for e in range(indptr[v], indptr[v + 1]):
                if inside[indices[e]]:
                    within += weights[e]
                else:
                    leaving += weights[e]
    return within, leaving
