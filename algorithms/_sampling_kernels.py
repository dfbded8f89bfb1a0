"""The kernel that draws neighbours."""

import numpy as np

from algorithms._numba import jit


@jit
def scrambled(state):
    """Mix the bits of a uint64 (SplitMix64)."""
    z = state + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@jit
def sort_few(values, low, high):
    """Sort a short stretch in place, by insertion."""
    for i in range(low + 1, high):
        value = values[i]
        j = i - 1
        while j >= low and values[j] > value:
            values[j + 1] = values[j]
            j -= 1
        values[j + 1] = value


@jit
def count_known(first_seen, begin, end, moment):
    """Count the entries of a row in any order that were seen before a moment."""
    known = 0
    for e in range(begin, end):
        known += first_seen[e] < moment
    return known


@jit
def find_known(first_seen, begin, moment, chosen, at, taken):
    """Turn ascending places among the entries seen before a moment, counted from `begin`, into entries."""
    e, place = begin, begin
    for k in range(at, at + taken):
        while first_seen[e] >= moment or place < chosen[k]:
            place += first_seen[e] < moment
            e += 1
        chosen[k] = e


@jit
def draw_from_stretch(begin, n, most, state, chosen, at):
    """Draw `most` of the n entries from `begin` on, every subset alike, in O(most²) whatever n is (Floyd)."""
    for k in range(most):
        top = n - most + k
        state = scrambled(state)
        entry = begin + np.int64(state % np.uint64(top + 1))
        for i in range(at, at + k):
            if chosen[i] == entry:
                entry = begin + top
                break
        chosen[at + k] = entry


@jit
def draw_neighbours(indptr, first_seen, in_order, nodes, moments, most, seed):
    """Draw up to `most` entries seen before the moment of each node, without repetition; returns starts and entries.

    An empty `first_seen` stands for entries that were always there, `in_order` says that rows are in the order of it.
    What a node draws depends on the seed and the node alone.
    """
    starts = np.zeros(len(nodes) + 1, np.int64)
    chosen = np.empty(len(nodes) * most, np.int64)
    for i in range(len(nodes)):
        v = nodes[i]
        at, begin, end = starts[i], indptr[v], indptr[v + 1]
        state = scrambled(seed ^ scrambled(np.uint64(v)))
        # the same draw whatever the order of the row, which may hang on what came later
        if len(first_seen) == 0:
            seen = end - begin
        elif in_order:
            seen = np.searchsorted(first_seen[begin:end], moments[i])
        else:
            seen = count_known(first_seen, begin, end, moments[i])
        taken = min(seen, most)
        if seen > most:
            draw_from_stretch(begin, seen, most, state, chosen, at)
            sort_few(chosen, at, at + taken)
        else:
            for k in range(seen):
                chosen[at + k] = begin + k
        if not in_order and len(first_seen) > 0:
            find_known(first_seen, begin, moments[i], chosen, at, taken)
        starts[i + 1] = at + taken
    return starts, chosen[: starts[len(nodes)]].copy()


@jit
def place_nodes(known, found):
    """Append to `known` (distinct int32) what `found` has beyond it, in the order of `found`; say where each stands.

    Returns all nodes and the place of every entry of `found` in them; O(known + found), in a table of open addresses.
    """
    room = 16
    while room < 2 * (len(known) + len(found)):
        room *= 2
    mask = np.uint64(room - 1)
    table = np.full(room, -1, np.int64)
    nodes = np.empty(len(known) + len(found), np.int32)
    places = np.empty(len(found), np.int64)
    n = 0
    for k in range(len(known) + len(found)):
        v = known[k] if k < len(known) else found[k - len(known)]
        slot = scrambled(np.uint64(v)) & mask
        while table[slot] >= 0 and nodes[table[slot]] != v:
            slot = (slot + np.uint64(1)) & mask
        if table[slot] < 0:
            table[slot] = n
            nodes[n] = v
            n += 1
        if k >= len(known):
            places[k - len(known)] = table[slot]
    return nodes[:n].copy(), places
