"""Kernels behind features of how the members of a candidate behave: together, alike, and through whom."""

import numpy as np

from algorithms._numba import jit
from algorithms._sorting_kernels import count_below, count_up_to, sort

DAY = 86400.0
RAREST_BURST = 1e-5
LEAST_ACTS = 3
BEHAVIOUR_FEATURES = (
    "claim_share", "delay_rank", "hour_sameness", "hour_members", "active_days", "accounts", "inferred_starts",
)  # fmt: skip
LIKENESS_FEATURES = ("delay_spread", "active_spread", "acts_rank", "acts_spread", "steadiness")
INVITATION_FEATURES = ("invited_inside", "invited", "same_inviter", "inviter_inside", "inviter_share")


@jit
def measure_bursts(starts, members, largest, times, known, missing, share):
    """Surprise, seconds and size of the tightest window that holds a share of a candidate's times, against all known.

    NaN, NaN and 0 where fewer than three are known.
    """
    out = np.zeros((len(starts) - 1, 3))
    mine = np.empty(largest, np.int64)
    for c in range(len(starts) - 1):
        k = 0
        for i in range(starts[c], starts[c + 1]):
            if times[members[i]] != missing:
                mine[k] = times[members[i]]
                k += 1
        if k < 3:
            out[c, 0], out[c, 1] = np.nan, np.nan
            continue
        sort(mine, k)
        q = int(np.ceil(share * k))
        best, at = mine[q - 1] - mine[0], 0
        for i in range(k - q + 1):
            if mine[i + q - 1] - mine[i] < best:
                best, at = mine[i + q - 1] - mine[i], i
        n = len(known)
        inside = count_up_to(known, 0, n, mine[at + q - 1]) - count_below(known, 0, n, mine[at])
        out[c, 0] = -np.log(max((inside - q + 1) / n, RAREST_BURST))
        out[c, 1], out[c, 2] = best, q
    return out


@jit
def measure_behaviour(
    starts,
    members,
    largest,
    is_account,
    claimed,
    delay,
    delays,
    east,
    north,
    n_acts,
    started,
    recorded,
    last_active,
    missing,
):
    """One row per candidate: bonuses, hours of the day and age."""
    out = np.zeros((len(starts) - 1, 7))
    ages = np.empty(largest)
    for c in range(len(starts) - 1):
        claims, able, ranks, with_delay, x, y, hours, n_ages, inferred = 0, 0, 0.0, 0, 0.0, 0.0, 0, 0, 0
        for i in range(starts[c], starts[c + 1]):
            m = members[i]
            if is_account[m]:
                able += 1
                claims += claimed[m]
            if not np.isnan(delay[m]):
                ranks += count_below(delays, 0, len(delays), delay[m]) / len(delays)
                with_delay += 1
            if n_acts[m] >= LEAST_ACTS:
                x += east[m]
                y += north[m]
                hours += 1
            if started[m] != missing and last_active[m] != missing:
                ages[n_ages] = (last_active[m] - started[m]) / DAY
                n_ages += 1
            inferred += not recorded[m]
        sort(ages, n_ages)
        half = n_ages // 2
        out[c, 0] = claims / able if able else np.nan
        out[c, 1] = ranks / with_delay if with_delay else np.nan
        out[c, 2] = np.sqrt(x * x + y * y) / hours if hours >= 3 else np.nan
        out[c, 3] = hours
        out[c, 4] = np.nan
        if n_ages > 0:
            out[c, 4] = ages[half] if n_ages % 2 else (ages[half - 1] + ages[half]) / 2
        out[c, 5] = able
        out[c, 6] = inferred / (starts[c + 1] - starts[c])
    return out


@jit
def deviation(values, n):
    """Standard deviation of the first n values."""
    total = 0.0
    for i in range(n):
        total += values[i]
    mean, squares = total / n, 0.0
    for i in range(n):
        squares += (values[i] - mean) * (values[i] - mean)
    return (squares / n) ** 0.5


@jit
def measure_likeness(starts, members, largest, delay, east, north, n_acts, acts, started, last_active, missing):
    """One row per candidate: how alike the members are in delay, activity and age."""
    out = np.zeros((len(starts) - 1, 5))
    delays, ages, logs = np.empty(largest), np.empty(largest), np.empty(largest)
    acted = len(acts) > 0 and acts[-1] > 0
    for c in range(len(starts) - 1):
        k = starts[c + 1] - starts[c]
        n_delays, n_ages, n_steady, rank, steady = 0, 0, 0, 0.0, 0.0
        for i in range(k):
            m = members[starts[c] + i]
            if not np.isnan(delay[m]):
                delays[n_delays] = np.log(delay[m] + 60.0)
                n_delays += 1
            if started[m] != missing and last_active[m] != missing:
                ages[n_ages] = np.log(1.0 + max((last_active[m] - started[m]) / DAY, 0.0))
                n_ages += 1
            logs[i] = np.log(1.0 + n_acts[m])
            rank += count_below(acts, 0, len(acts), n_acts[m]) / len(acts)
            if n_acts[m] >= LEAST_ACTS:
                steady += np.sqrt(east[m] * east[m] + north[m] * north[m]) / n_acts[m]
                n_steady += 1
        out[c, 0] = deviation(delays, n_delays) if n_delays >= 3 else np.nan
        out[c, 1] = deviation(ages, n_ages) if n_ages >= 3 else np.nan
        out[c, 2] = rank / k if acted else np.nan
        out[c, 3] = deviation(logs, k) if acted else np.nan
        out[c, 4] = steady / n_steady if n_steady >= 3 else np.nan
    return out


@jit
def measure_invitations(starts, members, largest, inviters, invited):
    """One row per candidate: whether the members came through one inviter, and how much of what it brought they are."""
    out = np.zeros((len(starts) - 1, 5))
    inside_now = np.zeros(len(inviters), np.bool_)
    who = np.empty(largest, np.int64)
    for c in range(len(starts) - 1):
        k = starts[c + 1] - starts[c]
        for i in range(starts[c], starts[c + 1]):
            inside_now[members[i]] = True
        n, inside = 0, 0
        for i in range(starts[c], starts[c + 1]):
            inviter = inviters[members[i]]
            if inviter >= 0:
                who[n] = inviter
                n += 1
                inside += inside_now[inviter]
        out[c, 0], out[c, 1], out[c, 4] = inside / k, n / k, np.nan
        if n > 0:
            sort(who, n)
            most, run, chief = 0, 0, who[0]
            for i in range(n):
                run = run + 1 if i and who[i] == who[i - 1] else 1
                if run > most:
                    most, chief = run, who[i]
            out[c, 2] = most / k
            out[c, 3] = 1.0 if inside_now[chief] else 0.0
            out[c, 4] = most / invited[chief]
        for i in range(starts[c], starts[c + 1]):
            inside_now[members[i]] = False
    return out
