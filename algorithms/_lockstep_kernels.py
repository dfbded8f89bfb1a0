"""Kernels for acts that fall together: which acts are near each other, and how many each pair of actors matches."""

import numpy as np

from algorithms._numba import jit


@jit
def count_near(targets, seconds, within):
    """Count the acts on the same target at most `within` seconds away, itself among them; sorted input. O(n)."""
    n = len(targets)
    near = np.empty(n, np.int64)
    low = high = 0
    for i in range(n):
        while targets[low] != targets[i] or seconds[i] - seconds[low] > within:
            low += 1
        high = max(high, i)
        while high < n and targets[high] == targets[i] and seconds[high] - seconds[i] <= within:
            high += 1
        near[i] = high - low
    return near


@jit
def near_pairs(actors, targets, seconds, within, use):
    """List the pairs of usable acts of two actors that are near each other: both acts, ascending. O(pairs)."""
    n, n_pairs = len(actors), 0
    for fill in range(2):
        if fill:
            first, second = np.empty(n_pairs, np.int64), np.empty(n_pairs, np.int64)
        at = 0
        for i in range(n):
            if not use[i]:
                continue
            j = i + 1
            while j < n and targets[j] == targets[i] and seconds[j] - seconds[i] <= within:
                if use[j] and actors[j] != actors[i]:
                    if fill:
                        first[at], second[at] = i, j
                    at += 1
                j += 1
        n_pairs = at
    return first, second


@jit
def match_greedily(keys, low_acts, high_acts):
    """Count for each distinct key the acts that can be matched one to one; input sorted by key and acts. O(n).

    Acts are numbered in order of target and time, so that taking the earliest match is best, as for intervals.
    """
    n = len(keys)
    counts = np.zeros(n, np.int64)
    groups, last_low, last_high = -1, -1, -1
    for k in range(n):
        if k == 0 or keys[k] != keys[k - 1]:
            groups += 1
            last_low = last_high = -1
        if low_acts[k] > last_low and high_acts[k] > last_high:
            counts[groups] += 1
            last_low, last_high = low_acts[k], high_acts[k]
    return counts[: groups + 1]
