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
def number_signals(starts, signals, can_be_shared, actors_first, n):
    """Number the signals that can be shared, those of some actors first; tells which has each number, too."""
    numbers, numbered, at = np.full(len(can_be_shared), -1, np.int32), np.empty(n, np.int64), 0
    for actor in actors_first:
        for e in range(starts[actor], starts[actor + 1]):
            s = signals[e]
            if can_be_shared[s] and numbers[s] < 0:
                numbers[s], numbered[at] = at, s
                at += 1
    for s in range(len(can_be_shared)):
        if can_be_shared[s] and numbers[s] < 0:
            numbers[s], numbered[at] = at, s
            at += 1
    return numbers, numbered


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
        found = sort_by_time(order[low:high], high - low, other[low:high], rows, first)
        for k in range(high - low):
            source = found[k]
            ranks[use_of[source]] = low + k
            met[low + k, 0], met[low + k, 1], met[low + k, 2] = s, first[rows[source]], last[rows[source]]


@jit
def sort_by_time(order, n, other, rows, times):
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
def sort_ranks(ranks, n, other):
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
    ranks the last feature, of uses that overlap, is NaN. Whoever deals with an exchange or a merchant is used by it, so
    that members may have 10^5 uses: each is looked at once.
    """
    out = np.zeros((len(candidates) - 1, 16))
    most, largest = 0, 0
    for c in range(len(candidates) - 1):
        n = 0
        for i in range(candidates[c], candidates[c + 1]):
            n += starts[members[i] + 1] - starts[members[i]]
        most, largest = max(most, n), max(largest, candidates[c + 1] - candidates[c])
    # of every signal: the candidate that was the last to use it, its users there, and which use was the first
    seen = np.zeros((len(degrees), 3), np.int32)
    first_use, first_user, n_first = np.empty(most, np.int64), np.empty(most, np.int32), 0
    room, other = np.empty(most, np.int32), np.empty(most, np.int32)
    has = np.zeros(largest, np.uint8)
    evidence, kind_seen = np.zeros(4), np.zeros(n_kinds, np.bool_)
    # of identity signals and of places: most users inside, all users inside, signals, all users
    widest, inside = np.zeros(2, np.int64), np.zeros(2, np.int64)
    n_signals, reach = np.zeros(2, np.int64), np.zeros(2, np.int64)
    for c in range(len(candidates) - 1):
        low, k = candidates[c], candidates[c + 1] - candidates[c]
        evidence[:], kind_seen[:] = 0.0, False
        widest[:], inside[:], n_signals[:], reach[:] = 0, 0, 0, 0
        total_days, n_days, n_timed, n_first, with_instrument, own, kinds_shared = 0.0, 0, 0, 0, 0, 0, 0
        for i in range(k):
            m = members[low + i]
            has[i] = 0
            with_instrument += with_own[m] > 0
            own += with_own[m] == 2
            for e in range(starts[m], starts[m + 1]):
                s = uses[e]
                if seen[s, 0] != c + 1:
                    seen[s, 0], seen[s, 1], seen[s, 2] = c + 1, 1, n_first
                    first_use[n_first], first_user[n_first] = e, i
                    n_first += 1
                    continue
                users, group = seen[s, 1] + 1, groups[s]
                seen[s, 1] = users
                has[i] |= 1 << group
                evidence[group] += nats[s]
                if users == 2:
                    has[first_user[seen[s, 2]]] |= 1 << group
                    kinds_shared += not kind_seen[kinds[s]]
                    kind_seen[kinds[s]] = True
                if group > PLACE:
                    continue
                # the first user counts only once there is a second
                widest[group] = max(widest[group], users)
                inside[group] += 1 + (users == 2)
                if users == 2:
                    n_signals[group] += 1
                    reach[group] += degrees[s]
                for turn in range(1 + (users == 2)):
                    use = e if turn == 0 else first_use[seen[s, 2]]
                    if not np.isnan(days[use]):
                        total_days += days[use]
                        n_days += 1
                    if len(ranks) and ranks[use] >= 0:
                        room[n_timed] = ranks[use]
                        n_timed += 1
        on_identity, on_place, on_money = 0, 0, 0
        for i in range(k):
            on_identity += has[i] >> IDENTITY & 1
            on_place += has[i] >> PLACE & 1
            on_money += has[i] >> MONEY & 1
        out[c, 0] = total_days / n_days if n_days else np.nan
        out[c, 1] = (reach[IDENTITY] - inside[IDENTITY]) / reach[IDENTITY] if reach[IDENTITY] else 0.0
        out[c, 2] = own / k if with_instrument else np.nan
        out[c, 3:7] = evidence
        out[c, 7], out[c, 8] = widest[IDENTITY] / k, widest[PLACE] / k
        out[c, 9], out[c, 10], out[c, 11] = on_identity / k, on_place / k, on_money / k
        out[c, 12] = (reach[PLACE] - inside[PLACE]) / reach[PLACE] if reach[PLACE] else 0.0
        out[c, 13] = kinds_shared
        out[c, 14] = n_signals[IDENTITY] / k
        out[c, 15] = share_met(sort_ranks(room, n_timed, other), n_timed, met)
    return out
