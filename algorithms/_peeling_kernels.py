"""Kernels that peel a graph from its loosest node on, to find where it is densest."""

import numpy as np

from algorithms._numba import jit

N_LEVELS = 32  # of the waiting nodes, one in so many goes into the heap at a time
N_SAMPLED = 512  # nodes from which the level is judged; fewer go in at once


@jit
def sift_up(heap, place, keys, at):
    """Bring an entry of a binary heap of nodes, ordered by key and then id, up to where it belongs."""
    v = heap[at]
    while at > 0:
        above = (at - 1) >> 1
        u = heap[above]
        if keys[u] < keys[v] or (keys[u] == keys[v] and u < v):
            break
        heap[at] = u
        place[u] = at
        at = above
    heap[at] = v
    place[v] = at


@jit
def sift_down(heap, place, keys, at, size):
    """Bring an entry down to where it belongs."""
    v = heap[at]
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        u = heap[below]
        if below + 1 < size:
            w = heap[below + 1]
            if keys[w] < keys[u] or (keys[w] == keys[u] and w < u):
                below, u = below + 1, w
        if keys[v] < keys[u] or (keys[v] == keys[u] and v < u):
            break
        heap[at] = u
        place[u] = at
        at = below
    heap[at] = v
    place[v] = at


@jit
def drop(v, indptr, indices, weights, alive, degrees, density, low, n_low):
    """Take a node out, and list the neighbours that fall below the density."""
    alive[v] = False
    for e in range(indptr[v], indptr[v + 1]):
        u = indices[e]
        if alive[u]:
            before = degrees[u]
            degrees[u] = before - weights[e]
            if before >= density and degrees[u] < density:
                low[n_low] = u
                n_low += 1
    return n_low


@jit
def prune(indptr, indices, weights, alive, degrees, total, n_alive, slack):
    """Take out nodes whose degree is below the density, as long as there are any; returns weight and nodes left.

    No such node lies in the densest set, and peeling passes through what is left, so nothing is lost and no order of
    nodes is kept (Fang et al. 2019, Efficient algorithms for densest subgraph discovery, section 5).
    """
    n = len(alive)
    low = np.empty(n, np.int32)
    while n_alive > 0:
        density = total / n_alive * (1.0 - slack)
        n_low = 0
        for v in range(n):
            if alive[v] and degrees[v] < density:
                low[n_low] = v
                n_low += 1
        if n_low == 0:
            break
        i = 0
        while i < n_low:
            v = low[i]
            total -= degrees[v]
            n_low = drop(v, indptr, indices, weights, alive, degrees, density, low, n_low)
            i += 1
        n_alive -= n_low
    return total, n_alive


@jit
def start_degrees(indptr, weights, priors):
    """Degree of every node with its prior, and the weight of all nodes and edges."""
    degrees = priors.copy()
    total = 0.0
    for v in range(len(priors)):
        for e in range(indptr[v], indptr[v + 1]):
            degrees[v] += weights[e]
        total += 0.5 * (degrees[v] + priors[v])
    return degrees, total


@jit
def choose_threshold(waiting, n_waiting, keys):
    """Choose the key up to which nodes go into the heap next: so that about one of `N_LEVELS` does."""
    if n_waiting <= N_SAMPLED:
        return np.finfo(np.float64).max  # all; nodes that are gone stay above
    sample = np.empty(N_SAMPLED)
    for i in range(N_SAMPLED):
        sample[i] = keys[waiting[i * n_waiting // N_SAMPLED]]
    sample.sort()
    return sample[N_SAMPLED // N_LEVELS]


@jit
def fill_heap(heap, place, keys, waiting, n_waiting):
    """Take the nodes of the least keys into the empty heap; returns how many, how many still wait, and the threshold.

    Nodes that are gone have an infinite key, and are taken from the list here.
    """
    left = 0
    for i in range(n_waiting):
        v = waiting[i]
        waiting[left] = v
        left += keys[v] < np.inf
    threshold = choose_threshold(waiting, left, keys)
    size, n_waiting = 0, left
    left = 0
    for i in range(n_waiting):
        v = waiting[i]
        if keys[v] <= threshold:
            heap[size] = v
            place[v] = size
            size += 1
        else:
            waiting[left] = v
            left += 1
    for at in range(size // 2 - 1, -1, -1):
        sift_down(heap, place, keys, at, size)
    return size, left, threshold


@jit
def peel(indptr, indices, weights, priors, loads):
    """Take out nodes by least load plus degree; returns the densest set met, its density and the degrees at removal.

    Only nodes of the least keys stand in a heap: the others are looked at again once it is empty, or come in when a
    neighbour's end brings them below its threshold. So nearly all of the m updates touch no heap, and the order is that
    of one heap of all nodes.
    """
    n = len(indptr) - 1
    degrees, total = start_degrees(indptr, weights, priors)
    keys = loads + degrees
    heap, place = np.empty(n, np.int32), np.full(n, -1, np.int32)
    waiting, order = np.arange(n).astype(np.int32), np.empty(n, np.int32)
    n_waiting, size, threshold = n, 0, -np.inf
    best, n_out = -1.0, 0
    for left in range(n, 0, -1):
        if total / left > best:
            best, n_out = total / left, n - left
        if size == 0:
            size, n_waiting, threshold = fill_heap(heap, place, keys, waiting, n_waiting)
        v = heap[0]
        size -= 1
        heap[0] = heap[size]
        place[heap[0]] = 0
        sift_down(heap, place, keys, 0, size)
        order[n - left] = v
        degrees[v] = keys[v] - loads[v]
        total -= degrees[v]
        keys[v] = np.inf
        for e in range(indptr[v], indptr[v + 1]):
            u = indices[e]
            key = keys[u] - weights[e]
            keys[u] = key
            if key <= threshold:
                if place[u] < 0:
                    heap[size] = u
                    place[u] = size
                    size += 1
                sift_up(heap, place, keys, place[u])
    inside = np.ones(n, np.bool_)
    for i in range(n_out):
        inside[order[i]] = False
    return inside, best, degrees


@jit
def within(indptr, indices, weights, inside):
    """Weight of the edges among some nodes."""
    total = 0.0
    for v in range(len(inside)):
        if inside[v]:
            for e in range(indptr[v], indptr[v + 1]):
                if inside[indices[e]]:
                    total += weights[e]
    return 0.5 * total


@jit
def without_inner_edges(indptr, indices, weights, inside):
    """Rows without the edges among some nodes."""
    n = len(indptr) - 1
    out = np.zeros(n + 1, np.int64)
    out_indices, out_weights = np.empty_like(indices), np.empty_like(weights)
    place = 0
    for v in range(n):
        for e in range(indptr[v], indptr[v + 1]):
            if not (inside[v] and inside[indices[e]]):
                out_indices[place] = indices[e]
                out_weights[place] = weights[e]
                place += 1
        out[v + 1] = place
    return out, out_indices[:place].copy(), out_weights[:place].copy()
