"""Kernels of Leiden's refinement: every community is split into well-connected parts."""

from collections import namedtuple

import numpy as np

from algorithms._numba import jit
from algorithms._prefetch import AHEAD, FAR_NODES, ROWS_AHEAD, prefetch

RANDOMNESS = 0.01
HOPELESS = 0.3  # a gain that much below the best is drawn once in 10^13 times

# by node: its part; by part: its mass, its weight to the rest of the community, whether it is a node alone
Parts = namedtuple("Parts", "of_node mass outward alone")
# the entries within communities, in the order of their members: where those of a member end, neighbours, weights
Inner = namedtuple("Inner", "ends indices weights")


@jit
def mixed(state):
    """Mix the bits of a uint64 (SplitMix64)."""
    z = state + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@jit
def chance(seed, v):
    """Draw from [0, 1) for one node: the same whoever asks, and when."""
    return np.float64(mixed(mixed(seed) ^ np.uint64(v)) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@jit
def power(less):
    """How likely a gain is drawn that is so much less than the best, against the best: ``exp(less / RANDOMNESS)``.

    As ``(1 + x / 256) ** 256``: quicker, and the same bits on any machine.
    """
    x = 1.0 + less * (1.0 / (256 * RANDOMNESS))
    for _ in range(8):
        x *= x
    return x


@jit
def stand_alone(rows, mass, labels, g, members, low, high, place, parts, inner):
    """Make every member of a community a part of its own, and list the entries that stay within; returns the mass."""
    starts, ends, indices, weights, unit = rows
    total, begin = 0.0, place
    last = len(members) - 2 * ROWS_AHEAD if len(starts) > FAR_NODES else 0
    for i in range(low, high):
        v = members[i]
        if i < last:
            prefetch(indices, starts[members[i + 2 * ROWS_AHEAD]])
            w = members[i + ROWS_AHEAD]
            for e in range(starts[w], min(ends[w], starts[w] + AHEAD)):
                prefetch(labels, indices[e])
        total += mass[v]
        within = 0.0
        for e in range(starts[v], ends[v]):
            # without a branch, since it would be mispredicted; no more is written than there are entries
            u = indices[e]
            inside = labels[u] == g
            inner.indices[place] = u
            if not unit:
                inner.weights[place] = weights[e]
                within += weights[e] if inside else 0.0
            place += inside
        if unit:
            within = float(place - begin)
        begin = place
        inner.ends[i] = place
        parts.of_node[v] = v
        parts.mass[v] = mass[v]
        parts.outward[v] = within
        parts.alone[v] = 1
    return total


@jit
def draw_part(resolution, m, total, seed, v, parts, n_touched, to, touched, gains):
    """Draw a well-connected part to join, likelier the more it gains; -1 if none does."""
    top, choice = -1.0, -1
    for k in range(n_touched):
        part = touched[k]
        gains[k] = -1.0
        if parts.outward[part] >= resolution * parts.mass[part] * (total - parts.mass[part]):
            gains[k] = to[part] - resolution * m * parts.mass[part]
            if gains[k] > top:
                top, choice = gains[k], part
    if top < 0.0:
        return -1
    total_weight = 0.0
    for k in range(n_touched):
        gains[k] = power(gains[k] - top) if gains[k] >= 0.0 and gains[k] > top - HOPELESS else 0.0
        total_weight += gains[k]
    drawn = chance(seed, v) * total_weight
    for k in range(n_touched):
        drawn -= gains[k]
        if gains[k] > 0.0 and drawn <= 0.0:
            return touched[k]
    return choice


@jit
def refine_groups(
    low, high, group_starts, members, before, rows, mass, labels, resolution, seed, parts, inner, to, touched, gains
):
    """Split some communities into well-connected parts.

    Traag, Waltman and van Eck 2019, appendix A.2, RefinePartition: single nodes that are well connected to their
    community join a well-connected part of it, drawn with a probability that grows with the gain.
    """
    unit = rows.unit
    for g in range(low, high):
        first, last = group_starts[g], group_starts[g + 1]
        if last - first == 1:
            parts.of_node[members[first]] = members[first]
            continue
        total = stand_alone(rows, mass, labels, g, members, first, last, before[g], parts, inner)
        begin = before[g]
        for i in range(first, last):
            v, end = members[i], inner.ends[i]
            m = mass[v]
            if parts.alone[v] and parts.outward[v] >= resolution * m * (total - m):
                n_touched = np.int64(0)
                for e in range(begin, end):
                    part = parts.of_node[inner.indices[e]]
                    sum_so_far = to[part]
                    touched[n_touched] = part
                    n_touched += sum_so_far == 0.0
                    to[part] = sum_so_far + (1.0 if unit else inner.weights[e])
                part = draw_part(resolution, m, total, seed, v, parts, n_touched, to, touched, gains)
                if part >= 0:
                    parts.of_node[v] = part
                    parts.mass[part] += m
                    parts.outward[part] += parts.outward[v] - 2.0 * to[part]
                    parts.alone[v] = 0
                    parts.alone[part] = 0
                for k in range(n_touched):
                    to[touched[k]] = 0.0
            begin = end
