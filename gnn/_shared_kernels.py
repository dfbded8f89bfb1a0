"""Kernels behind features of what the members of a candidate share."""

import numpy as np

from algorithms._numba import jit
from algorithms._sorting_kernels import sort

DAY = 86400.0
LONGEST_USE = 365.0
IDENTITY, PLACE, REFERRAL, MONEY = 0, 1, 2, 3
SHARED_FEATURES = (
    "use_days", "outside_share", "own_instrument", "nats_identity", "nats_place", "nats_referral", "nats_money",
    "widest_identity", "widest_place", "on_identity", "on_place", "on_money", "place_outside", "kinds_shared",
    "identity_per_member", "use_overlap",
)  # fmt: skip


@jit
def share_met(ranks, n, met):
    """Share of successive uses of one signal that overlap in time; NaN if none is used twice. Sorts the ranks."""
    sort(ranks, n)
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
    timed = np.empty(most, np.int32)
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
                        timed[n_timed] = ranks[use]
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
        out[c, 15] = share_met(timed, n_timed, met)
    return out
