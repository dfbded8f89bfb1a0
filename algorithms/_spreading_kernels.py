"""Kernels that spread something over a graph: labels, rank, membership; and count its triangles."""

import numpy as np

from algorithms._numba import jit


@jit
def find_root(parents, v):
    """Follow parents up, halving the path."""
    while parents[v] != v:
        parents[v] = parents[parents[v]]
        v = parents[v]
    return v


@jit
def join(parents, sources, targets):
    """Join the sets of the ends of every edge under their smaller root; returns how many sets that cost."""
    joined = 0
    for e in range(len(sources)):
        one, two = find_root(parents, sources[e]), find_root(parents, targets[e])
        if one != two:
            parents[max(one, two)] = min(one, two)
            joined += 1
    return joined


@jit
def roots(parents):
    """Root of every node, which is the smallest of its set."""
    out = np.empty(len(parents), np.int32)
    for v in range(len(parents)):
        out[v] = find_root(parents, v)
    return out


@jit
def propagate(indptr, indices, weights, labels, fixed, most_sweeps):
    """Give every node the label of most weight around it, its own or the smaller in a tie; returns the sweeps made."""
    n = len(labels)
    waiting = np.ones(n, np.bool_)
    to = np.zeros(n)
    for sweep in range(most_sweeps):
        changed = False
        for v in range(n):
            if not waiting[v] or fixed[v]:
                continue
            waiting[v] = False
            for e in range(indptr[v], indptr[v + 1]):
                if labels[indices[e]] >= 0:
                    to[labels[indices[e]]] += weights[e]
            best = labels[v]
            top = to[best] if best >= 0 else 0.0
            for e in range(indptr[v], indptr[v + 1]):
                c = labels[indices[e]]
                if c >= 0 and (to[c] > top or (to[c] == top and best != labels[v] and c < best)):
                    best, top = c, to[c]
            for e in range(indptr[v], indptr[v + 1]):
                if labels[indices[e]] >= 0:
                    to[labels[indices[e]]] = 0.0
            if best != labels[v]:
                labels[v] = best
                changed = True
                for e in range(indptr[v], indptr[v + 1]):
                    waiting[indices[e]] = True
        if not changed:
            return sweep + 1
    return most_sweeps


@jit
def push_rank(indptr, indices, weights, strengths, seeds, damping, tolerance):
    """Push residual rank from node to node until none exceeds tolerance x strength.

    Andersen, Chung and Lang 2006, section 3, ApproximatePageRank, with a queue.
    """
    n = len(strengths)
    rank, residual = np.zeros(n), seeds.copy()
    queue, waiting = np.empty(n, np.int32), np.zeros(n, np.bool_)
    head, length = 0, 0
    for v in range(n):
        if residual[v] > tolerance * strengths[v]:
            queue[length] = v
            waiting[v] = True
            length += 1
    while length > 0:
        v = queue[head]
        head = head + 1 if head + 1 < n else 0
        length -= 1
        waiting[v] = False
        mass = residual[v]
        residual[v] = 0.0
        if strengths[v] == 0.0:
            rank[v] += mass
            continue
        rank[v] += (1.0 - damping) * mass
        for e in range(indptr[v], indptr[v + 1]):
            u = indices[e]
            residual[u] += damping * mass * weights[e] / strengths[v]
            if not waiting[u] and residual[u] > tolerance * strengths[u]:
                tail = head + length
                queue[tail - n if tail >= n else tail] = u
                waiting[u] = True
                length += 1
    return rank


@jit
def triangles_at(indptr, indices):
    """Count the triangles at every node; each is found once, at its node of least degree."""
    n = len(indptr) - 1
    out = np.zeros(n, np.int64)
    mark = np.full(n, -1, np.int32)
    for v in range(n):
        d = indptr[v + 1] - indptr[v]
        for e in range(indptr[v], indptr[v + 1]):
            u = indices[e]
            du = indptr[u + 1] - indptr[u]
            if du > d or (du == d and u > v):
                mark[u] = v
        for e in range(indptr[v], indptr[v + 1]):
            u = indices[e]
            if mark[u] != v:
                continue
            du = indptr[u + 1] - indptr[u]
            for f in range(indptr[u], indptr[u + 1]):
                w = indices[f]
                dw = indptr[w + 1] - indptr[w]
                if mark[w] == v and (dw > du or (dw == du and w > u)):
                    out[v] += 1
                    out[u] += 1
                    out[w] += 1
    return out


@jit
def weights_by_label(indptr, indices, weights, labels, n_labels):
    """Weight of the edges inside every community, and of those that leave it."""
    inside, leaving = np.zeros(n_labels), np.zeros(n_labels)
    for v in range(len(labels)):
        for e in range(indptr[v], indptr[v + 1]):
            if labels[indices[e]] == labels[v]:
                inside[labels[v]] += 0.5 * weights[e]
            else:
                leaving[labels[v]] += weights[e]
    return inside, leaving
