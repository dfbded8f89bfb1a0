"""Kernels behind features of what the members of a candidate share."""

import numpy as np

from algorithms._numba import jit

DAY = 86400.0
LONGEST_USE = 365.0
IDENTITY, PLACE, REFERRAL, MONEY = 0, 1, 2, 3
SHARED_FEATURES = (
    "use_days", "outside_share", "own_instrument", "nats_identity", "nats_place", "nats_referral", "nats_money",
    "widest_identity", "widest_place", "on_identity", "on_place", "on_money", "place_outside", "kinds_shared",
    "identity_per_member", "use_overlap",
)  # fmt: skip


@jit
def fill_uses(starts, signals, first, last, numbers, groups, use_starts, uses, days, missing):
    """Write the uses of numbered signals, actor by actor, and for how many days each lasted; NaN where untold.

    Days are told of uses of identity signals and places only.
    """
    at = 0
    for actor in range(len(starts) - 1):
        for e in range(starts[actor], starts[actor + 1]):
            s = numbers[signals[e]]
            if s < 0:
                continue
            uses[at] = s
            days[at] = np.nan
            if groups[s] <= PLACE and first[e] != missing and last[e] != missing:
                days[at] = min((last[e] - first[e]) / DAY, LONGEST_USE)
            at += 1
        use_starts[actor + 1] = at


@jit
def rank_uses(signals, first, last, numbers, days, n_signals, ranks, met):
    """Number the timed uses by signal and time; `met` of the k-th holds its signal, its first and its last second."""
    n, at = 0, 0
    ends = np.zeros(n_signals + 1, np.int64)
    for e in range(len(signals)):
        s = numbers[signals[e]]
        if s < 0:
            continue
        if not np.isnan(days[at]):
            ends[s + 1] += 1
            n += 1
        at += 1
    for s in range(n_signals):
        ends[s + 1] += ends[s]
    rows, use_of = np.empty(n, np.int64), np.empty(n, np.int64)
    free = ends[:-1].copy()
    at = 0
    for e in range(len(signals)):
        s = numbers[signals[e]]
        if s < 0:
            continue
        ranks[at] = -1
        if not np.isnan(days[at]):
            rows[free[s]], use_of[free[s]] = e, at
            free[s] += 1
        at += 1
    order, other = np.empty(n, np.int64), np.empty(n, np.int64)
    for s in range(n_signals):
        low, high = ends[s], ends[s + 1]
        for k in range(low, high):
            order[k] = k
        found = merge_sort(order[low:high], high - low, other[low:high], rows, first)
        for k in range(high - low):
            source = found[k]
            ranks[use_of[source]] = low + k
            met[low + k, 0], met[low + k, 1], met[low + k, 2] = s, first[rows[source]], last[rows[source]]


@jit
def merge_sort(order, n, other, rows, times):
    """Sort places by the times of their rows, equal ones as they came; returns the array that holds them."""
    width = 1
    while width < n:
        for low in range(0, n, 2 * width):
            middle, high = min(low + width, n), min(low + 2 * width, n)
            i, j = low, middle
            for place in range(low, high):
                if i < middle and (j == high or times[rows[order[i]]] <= times[rows[order[j]]]):
                    other[place] = order[i]
                    i += 1
                else:
                    other[place] = order[j]
                    j += 1
        order, other = other, order
        width *= 2
    return order


@jit
def merge_runs(ranks, n, other):
    """Sort ranks of which long stretches ascend already; returns the array that holds them."""
    width = 1
    while width < n:
        for low in range(0, n, 2 * width):
            middle, high = min(low + width, n), min(low + 2 * width, n)
            if middle == high or ranks[middle - 1] <= ranks[middle]:
                other[low:high] = ranks[low:high]
                continue
            i, j = low, middle
            for place in range(low, high):
                if i < middle and (j == high or ranks[i] <= ranks[j]):
                    other[place] = ranks[i]
                    i += 1
                else:
                    other[place] = ranks[j]
                    j += 1
        ranks, other = other, ranks
        width *= 2
    return ranks


@jit
def share_met(ranks, n, met):
    """Share of successive uses of one signal that overlap in time, of uses by rank; NaN if no signal is used twice."""
    together, steps = 0, 0
    signal, ends = np.int64(-1), np.int64(0)
    for i in range(n):
        s, begins, until = met[ranks[i], 0], met[ranks[i], 1], met[ranks[i], 2]
        if s != signal:
            signal, ends = s, until
            continue
        steps += 1
        together += begins <= ends
        ends = max(ends, until)
    return together / steps if steps > 0 else np.nan


@jit
def measure_shared(
    candidates, members, starts, uses, days, ranks, met, groups, kinds, degrees, nats, with_own, n_kinds
):
    """One row per candidate: how long, how exclusively and by how many what signals are shared.

    `with_own` says of every actor whether it has a payment instrument (1), and one that nobody else has (2). Without
    ranks the last feature, of uses that overlap, is NaN.
    """
    out = np.zeros((len(candidates) - 1, 16))
    counts = np.zeros(len(degrees), np.int32)
    widest, on, has = np.zeros(4), np.zeros(4), np.zeros(4, np.bool_)
    seen = np.zeros(n_kinds, np.bool_)
    most = 0
    for c in range(len(candidates) - 1):
        n = 0
        for i in range(candidates[c], candidates[c + 1]):
            n += starts[members[i] + 1] - starts[members[i]]
        most = max(most, n)
    room, other = np.empty(most, np.int32), np.empty(most, np.int32)
    for c in range(len(candidates) - 1):
        low, high = candidates[c], candidates[c + 1]
        k = high - low
        for i in range(low, high):
            for e in range(starts[members[i]], starts[members[i] + 1]):
                counts[uses[e]] += 1
        seen[:] = False
        widest[:], on[:] = 0.0, 0.0
        total_days, n_days, n_timed, with_instrument, own = 0.0, 0, 0, 0, 0
        outside, reach, place_outside, place_reach, n_shared, kinds_shared = 0, 0, 0, 0, 0, 0
        for i in range(low, high):
            m = members[i]
            has[:] = False
            for e in range(starts[m], starts[m + 1]):
                s = uses[e]
                n = abs(counts[s])
                if n < 2:
                    continue
                group = groups[s]
                has[group] = True
                if not np.isnan(days[e]):
                    total_days += days[e]
                    n_days += 1
                if len(ranks) and ranks[e] >= 0:
                    room[n_timed] = ranks[e]
                    n_timed += 1
                if counts[s] > 0:  # the first member to come by: count the signal once, then mark it by its sign
                    out[c, 3 + group] += (n - 1) * nats[s]
                    widest[group] = max(widest[group], n / k)
                    kinds_shared += not seen[kinds[s]]
                    seen[kinds[s]] = True
                    if group == IDENTITY:
                        n_shared += 1
                        outside += degrees[s] - n
                        reach += degrees[s]
                    elif group == PLACE:
                        place_outside += degrees[s] - n
                        place_reach += degrees[s]
                    counts[s] = -n
            for group in range(4):
                on[group] += has[group]
            with_instrument += with_own[m] > 0
            own += with_own[m] == 2
        for i in range(low, high):
            for e in range(starts[members[i]], starts[members[i] + 1]):
                counts[uses[e]] = 0
        out[c, 0] = total_days / n_days if n_days else np.nan
        out[c, 1] = outside / reach if reach else 0.0
        out[c, 2] = own / k if with_instrument else np.nan
        out[c, 7], out[c, 8] = widest[IDENTITY], widest[PLACE]
        out[c, 9], out[c, 10], out[c, 11] = on[IDENTITY] / k, on[PLACE] / k, on[MONEY] / k
        out[c, 12] = place_outside / place_reach if place_reach else 0.0
        out[c, 13] = kinds_shared
        out[c, 14] = n_shared / k
        out[c, 15] = share_met(merge_runs(room, n_timed, other), n_timed, met)
    return out
