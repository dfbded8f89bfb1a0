"""Kernels behind features of what the members of a candidate share."""

import numpy as np

from algorithms._numba import jit

DAY = 86400.0
LONGEST_USE = 365.0
IDENTITY, PLACE, REFERRAL, MONEY = 0, 1, 2, 3
SHARED_FEATURES = (
    "use_days", "outside_share", "own_instrument", "nats_identity", "nats_place", "nats_referral", "nats_money",
)  # fmt: skip
MIX_FEATURES = (
    "widest_identity", "widest_place", "on_identity", "on_place", "on_money", "place_outside", "kinds_shared",
    "identity_per_member",
)  # fmt: skip


@jit
def count_uses(counts, starts, signals, members, first, last):
    """Count for every signal the members of one candidate that use it."""
    for i in range(first, last):
        for e in range(starts[members[i]], starts[members[i] + 1]):
            counts[signals[e]] += 1


@jit
def forget_uses(counts, starts, signals, members, first, last):
    """Set the counts of one candidate back to zero."""
    for i in range(first, last):
        for e in range(starts[members[i]], starts[members[i] + 1]):
            counts[signals[e]] = 0


@jit
def measure_shared(
    candidates, members, starts, signals, first, last, kinds, degrees, nats, groups, instrument, missing
):
    """One row per candidate: how long, how exclusively and with what evidence signals are shared."""
    out = np.zeros((len(candidates) - 1, 7))
    counts = np.zeros(len(degrees), np.int64)
    for c in range(len(candidates) - 1):
        count_uses(counts, starts, signals, members, candidates[c], candidates[c + 1])
        days, used, outside, reach, own, with_instrument = 0.0, 0, 0, 0, 0, 0
        for i in range(candidates[c], candidates[c + 1]):
            has, alone = False, False
            for e in range(starts[members[i]], starts[members[i] + 1]):
                s = signals[e]
                if kinds[s] == instrument:
                    has = True
                    alone |= degrees[s] == 1
                if abs(counts[s]) < 2 or nats[s] <= 0:
                    continue
                group = groups[kinds[s]]
                if group <= PLACE and first[e] != missing and last[e] != missing:
                    days += min((last[e] - first[e]) / DAY, LONGEST_USE)
                    used += 1
                if counts[s] > 0:  # the first member to come by: count the signal once, then mark it by its sign
                    out[c, 3 + group] += (counts[s] - 1) * nats[s]
                    if group == IDENTITY:
                        outside += degrees[s] - counts[s]
                        reach += degrees[s]
                    counts[s] = -counts[s]
            with_instrument += has
            own += alone
        out[c, 0] = days / used if used else np.nan
        out[c, 1] = outside / reach if reach else 0.0
        out[c, 2] = own / (candidates[c + 1] - candidates[c]) if with_instrument else np.nan
        forget_uses(counts, starts, signals, members, candidates[c], candidates[c + 1])
    return out


@jit
def measure_mix(candidates, members, starts, signals, kinds, degrees, nats, groups):
    """One row per candidate: what kinds of signals join how many of the members."""
    out = np.zeros((len(candidates) - 1, 8))
    counts = np.zeros(len(degrees), np.int64)
    widest, on, has = np.zeros(4), np.zeros(4), np.zeros(4, np.bool_)
    seen = np.zeros(len(groups), np.bool_)
    for c in range(len(candidates) - 1):
        k = candidates[c + 1] - candidates[c]
        count_uses(counts, starts, signals, members, candidates[c], candidates[c + 1])
        for kind in range(len(groups)):
            seen[kind] = False
        for group in range(4):
            widest[group], on[group] = 0.0, 0.0
        outside, reach, shared, n_kinds = 0, 0, 0, 0
        for i in range(candidates[c], candidates[c + 1]):
            for group in range(4):
                has[group] = False
            for e in range(starts[members[i]], starts[members[i] + 1]):
                s = signals[e]
                n = abs(counts[s])
                if n < 2 or nats[s] <= 0:
                    continue
                group = groups[kinds[s]]
                has[group] = True
                if counts[s] > 0:
                    widest[group] = max(widest[group], n / k)
                    n_kinds += not seen[kinds[s]]
                    seen[kinds[s]] = True
                    shared += group == IDENTITY
                    if group == PLACE:
                        outside += degrees[s] - n
                        reach += degrees[s]
                    counts[s] = -counts[s]
            for group in range(4):
                on[group] += has[group]
        out[c, 0], out[c, 1] = widest[IDENTITY], widest[PLACE]
        out[c, 2], out[c, 3], out[c, 4] = on[IDENTITY] / k, on[PLACE] / k, on[MONEY] / k
        out[c, 5] = outside / reach if reach else 0.0
        out[c, 6] = n_kinds
        out[c, 7] = shared / k
        forget_uses(counts, starts, signals, members, candidates[c], candidates[c + 1])
    return out


@jit
def sort_uses(rows, n, other, signals, first):
    """Sort uses by signal and then time, equal ones as they came, by merging; returns the array that holds them."""
    width = 1
    while width < n:
        for low in range(0, n, 2 * width):
            middle, high = min(low + width, n), min(low + 2 * width, n)
            i, j = low, middle
            for place in range(low, high):
                if i < middle and j < high:
                    a, b = rows[i], rows[j]
                    right = signals[b] < signals[a] or (signals[b] == signals[a] and first[b] < first[a])
                else:
                    right = i == middle
                if right:
                    other[place] = rows[j]
                    j += 1
                else:
                    other[place] = rows[i]
                    i += 1
        rows, other = other, rows
        width *= 2
    return rows


@jit
def measure_overlap(candidates, members, starts, signals, first, last, kinds, degrees, nats, groups, missing):
    """Share of successive uses of a shared signal that overlap in time, per candidate; NaN where no times are known."""
    out = np.full(len(candidates) - 1, np.nan)
    counts = np.zeros(len(degrees), np.int64)
    most = 0
    for c in range(len(candidates) - 1):
        n = 0
        for i in range(candidates[c], candidates[c + 1]):
            n += starts[members[i] + 1] - starts[members[i]]
        most = max(most, n)
    room, other = np.empty(most, np.int64), np.empty(most, np.int64)
    for c in range(len(candidates) - 1):
        count_uses(counts, starts, signals, members, candidates[c], candidates[c + 1])
        n = 0
        for i in range(candidates[c], candidates[c + 1]):
            for e in range(starts[members[i]], starts[members[i] + 1]):
                s = signals[e]
                timed = first[e] != missing and last[e] != missing
                if counts[s] >= 2 and nats[s] > 0 and groups[kinds[s]] <= PLACE and timed:
                    room[n] = e
                    n += 1
        forget_uses(counts, starts, signals, members, candidates[c], candidates[c + 1])
        if n < 2:
            continue
        rows = sort_uses(room, n, other, signals, first)
        met, steps = 0, 0
        ends = last[rows[0]]
        for i in range(1, n):
            if signals[rows[i]] != signals[rows[i - 1]]:
                ends = last[rows[i]]
                continue
            steps += 1
            met += first[rows[i]] <= ends
            ends = max(ends, last[rows[i]])
        if steps > 0:
            out[c] = met / steps
    return out
