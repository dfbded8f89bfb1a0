"""Kernels of the Leiden algorithm: fast local moving, refinement, aggregation.

Both objectives are one: a partition gains ``w(v, C) - resolution * m_v * M_C`` where node v joins community C, with
masses m that are node sizes for the Constant Potts Model and strengths for modularity.
"""

import numpy as np

from algorithms._numba import jit

RANDOMNESS = 0.01


@jit
def next_random(state):
    """Draw from [0, 1) by SplitMix64; `state` is one uint64 in an array."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return np.float64(z >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@jit
def shuffled(n, state):
    """Draw a random order of ``0 .. n - 1``."""
    order = np.arange(n).astype(np.int32)
    for i in range(n - 1, 0, -1):
        j = int(next_random(state) * (i + 1))
        order[i], order[j] = order[j], order[i]
    return order


@jit
def move_nodes(indptr, indices, weights, mass, sizes, labels, resolution, most, state):
    """Move nodes to the best neighbouring or an empty community until none gains; changes `labels`, returns moves.

    Traag, Waltman and van Eck 2019, appendix A.2, MoveNodesFast.
    """
    n = len(mass)
    community_mass = np.zeros(n)
    community_size = np.zeros(n, np.int64)
    members = np.zeros(n, np.int64)
    for v in range(n):
        community_mass[labels[v]] += mass[v]
        community_size[labels[v]] += sizes[v]
        members[labels[v]] += 1
    empty = np.empty(n, np.int32)
    n_empty = 0
    for c in range(n - 1, -1, -1):
        if members[c] == 0:
            empty[n_empty] = c
            n_empty += 1
    queue = shuffled(n, state)
    waiting = np.ones(n, np.bool_)
    head, length = 0, n
    to = np.zeros(n)
    touched = np.empty(n, np.int32)
    moves = 0
    while length > 0:
        v = queue[head]
        head += 1
        if head == n:
            head = 0
        length -= 1
        waiting[v] = False
        old = labels[v]
        n_touched = 0
        for e in range(indptr[v], indptr[v + 1]):
            c = labels[indices[e]]
            if to[c] == 0.0:
                touched[n_touched] = c
                n_touched += 1
            to[c] += weights[e]
        community_mass[old] -= mass[v]
        community_size[old] -= sizes[v]
        members[old] -= 1
        best = old
        best_gain = to[old] - resolution * mass[v] * community_mass[old]
        for k in range(n_touched):
            c = touched[k]
            gain = to[c] - resolution * mass[v] * community_mass[c]
            if gain > best_gain + 1e-12 and community_size[c] + sizes[v] <= most:
                best, best_gain = c, gain
        if best_gain < -1e-12 and members[old] > 0 and n_empty > 0:
            best = empty[n_empty - 1]
        for k in range(n_touched):
            to[touched[k]] = 0.0
        if best != old:
            if members[best] == 0:
                n_empty -= 1
            if members[old] == 0:
                empty[n_empty] = old
                n_empty += 1
            labels[v] = best
            moves += 1
            for e in range(indptr[v], indptr[v + 1]):
                u = indices[e]
                if not waiting[u] and labels[u] != best:
                    waiting[u] = True
                    tail = head + length
                    queue[tail - n if tail >= n else tail] = u
                    length += 1
        community_mass[best] += mass[v]
        community_size[best] += sizes[v]
        members[best] += 1
    return moves


@jit
def refine(indptr, indices, weights, mass, labels, resolution, state):
    """Split every community into well-connected parts; returns the part of each node, named by one of its nodes.

    Traag, Waltman and van Eck 2019, appendix A.2, RefinePartition: single nodes that are well connected to their
    community join a well-connected part of it, drawn with a probability that grows with the gain.
    """
    n = len(mass)
    parts = np.arange(n).astype(np.int32)
    part_mass = mass.copy()
    alone = np.ones(n, np.bool_)
    community_mass = np.zeros(n)
    outward = np.zeros(n)  # weight from each part to the rest of its community
    for v in range(n):
        community_mass[labels[v]] += mass[v]
        for e in range(indptr[v], indptr[v + 1]):
            if labels[indices[e]] == labels[v]:
                outward[v] += weights[e]
    to = np.zeros(n)
    touched = np.empty(n, np.int32)
    gains = np.empty(n)
    for v in shuffled(n, state):
        community = labels[v]
        if not alone[v] or outward[v] < resolution * mass[v] * (community_mass[community] - mass[v]):
            continue
        n_touched = 0
        for e in range(indptr[v], indptr[v + 1]):
            if labels[indices[e]] == community and indices[e] != v:
                part = parts[indices[e]]
                if to[part] == 0.0:
                    touched[n_touched] = part
                    n_touched += 1
                to[part] += weights[e]
        top, total = -1.0, 0.0
        for k in range(n_touched):
            part = touched[k]
            gains[k] = -1.0
            if outward[part] >= resolution * part_mass[part] * (community_mass[community] - part_mass[part]):
                gains[k] = to[part] - resolution * mass[v] * part_mass[part]
                top = max(top, gains[k])
        if top >= 0.0:
            for k in range(n_touched):
                if gains[k] >= 0.0:
                    total += np.exp((gains[k] - top) / RANDOMNESS)
            drawn = next_random(state) * total
            choice = -1
            for k in range(n_touched):
                if gains[k] >= 0.0:
                    drawn -= np.exp((gains[k] - top) / RANDOMNESS)
                    choice = k
                    if drawn <= 0.0:
                        break
            part = touched[choice]
            parts[v] = part
            part_mass[part] += mass[v]
            outward[part] += outward[v] - 2.0 * to[part]
            alone[v] = False
            alone[part] = False
        for k in range(n_touched):
            to[touched[k]] = 0.0
    return parts


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
def aggregate(indptr, indices, weights, parts, n_parts):
    """Make the graph of the parts, without edges inside them."""
    n = len(parts)
    starts = np.zeros(n_parts + 1, np.int64)
    for v in range(n):
        starts[parts[v] + 1] += 1
    for p in range(n_parts):
        starts[p + 1] += starts[p]
    at = starts[:-1].copy()
    members = np.empty(n, np.int32)
    for v in range(n):
        members[at[parts[v]]] = v
        at[parts[v]] += 1
    out_indptr = np.zeros(n_parts + 1, np.int64)
    out_indices = np.empty(len(indices), np.int32)
    out_weights = np.empty(len(indices))
    slot = np.full(n_parts, -1, np.int64)
    place = 0
    for p in range(n_parts):
        begin = place
        for i in range(starts[p], starts[p + 1]):
            v = members[i]
            for e in range(indptr[v], indptr[v + 1]):
                q = parts[indices[e]]
                if q == p:
                    continue
                if slot[q] < begin:
                    slot[q] = place
                    out_indices[place] = q
                    out_weights[place] = 0.0
                    place += 1
                out_weights[slot[q]] += weights[e]
        out_indptr[p + 1] = place
    return out_indptr, out_indices[:place].copy(), out_weights[:place].copy()


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
