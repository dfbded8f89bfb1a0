"""The kernel behind the finer features of `ring_features`: how evenly, how together, and through whom."""

import numpy as np

from algorithms._numba import jit
from gnn._ring_kernels import BURST_SHARE, DAY, LEAST_ACTS, burst_of

N_DETAILS = 25
IDENTITY, PLACE, REFERRAL, MONEY = 0, 1, 2, 3
LONG_BURST_SHARE = 0.9


@jit
def _ties(out, members, position, indptr, indices, weights, evidence_indptr, evidence_indices):
    """How evenly the members are tied, and how many pairs have any evidence."""
    k = len(members)
    tied = np.zeros(k)
    pairs = 0
    for i in range(k):
        m = members[i]
        for e in range(indptr[m], indptr[m + 1]):
            if position[indices[e]] >= 0:
                tied[i] += weights[e]
        for e in range(evidence_indptr[m], evidence_indptr[m + 1]):
            pairs += position[evidence_indices[e]] >= 0
    mean, middle = tied.mean(), np.median(tied)
    out[0] = tied.std() / mean if mean > 0 else 0.0
    out[1] = tied.min() / middle if middle > 0 else 0.0
    out[2] = pairs / (k * (k - 1)) if k > 1 else 0.0


@jit
def _mix(out, members, counts, starts, signals, kinds, degrees, nats, groups, n_kinds):
    """What joins how many of the members; `counts` is all zeros before and after."""
    k = len(members)
    for m in members:
        for e in range(starts[m], starts[m + 1]):
            counts[signals[e]] += 1
    widest, on = np.zeros(4), np.zeros(4)
    outside, reach, shared = 0, 0, 0
    seen = np.zeros(n_kinds, np.bool_)
    for m in members:
        has = np.zeros(4, np.bool_)
        for e in range(starts[m], starts[m + 1]):
            s = signals[e]
            n = abs(counts[s])
            if n < 2 or nats[s] <= 0:
                continue
            group = groups[kinds[s]]
            has[group] = True
            if counts[s] > 0:
                widest[group] = max(widest[group], n / k)
                seen[kinds[s]] = True
                shared += group == IDENTITY
                if group == PLACE:
                    outside += degrees[s] - n
                    reach += degrees[s]
                counts[s] = -counts[s]
        for group in range(4):
            on[group] += has[group]
    for m in members:
        for e in range(starts[m], starts[m + 1]):
            counts[signals[e]] = 0
    out[3], out[4] = widest[IDENTITY], widest[PLACE]
    out[5], out[6], out[7] = on[IDENTITY] / k, on[PLACE] / k, on[MONEY] / k
    out[8] = outside / reach if reach else 0.0
    out[9] = seen.sum()
    out[10] = shared / k


@jit
def _overlap(members, counts, starts, signals, first, last, kinds, nats, groups, missing):
    """Share of successive uses of a shared signal that overlap in time, NaN where no times are known."""
    n = 0
    for m in members:
        n += starts[m + 1] - starts[m]
        for e in range(starts[m], starts[m + 1]):
            counts[signals[e]] += 1
    rows = np.empty(n, np.int64)
    n = 0
    for m in members:
        for e in range(starts[m], starts[m + 1]):
            s = signals[e]
            if counts[s] >= 2 and nats[s] > 0 and groups[kinds[s]] < 2 and first[e] != missing and last[e] != missing:
                rows[n] = e
                n += 1
    for m in members:
        for e in range(starts[m], starts[m + 1]):
            counts[signals[e]] = 0
    if n < 2:
        return np.nan
    rows = rows[:n]
    rows = rows[np.argsort(first[rows], kind="mergesort")]
    rows = rows[np.argsort(signals[rows], kind="mergesort")]
    met, steps = 0, 0
    ends = last[rows[0]]
    for i in range(1, n):
        if signals[rows[i]] != signals[rows[i - 1]]:
            ends = last[rows[i]]
            continue
        steps += 1
        met += first[rows[i]] <= ends
        ends = max(ends, last[rows[i]])
    return met / steps if steps else np.nan


@jit
def _manners(out, members, delay, east, north, n_acts, acts, started, last_active, missing):
    """How alike the members are in delay, activity and age."""
    k = len(members)
    delays, ages, logs = np.empty(k), np.empty(k), np.empty(k)
    n_delays, n_ages, n_steady, rank, steady = 0, 0, 0, 0.0, 0.0
    for i in range(k):
        m = members[i]
        if not np.isnan(delay[m]):
            delays[n_delays] = np.log(delay[m] + 60.0)
            n_delays += 1
        if started[m] != missing and last_active[m] != missing:
            ages[n_ages] = np.log(1.0 + max((last_active[m] - started[m]) / DAY, 0.0))
            n_ages += 1
        logs[i] = np.log(1.0 + n_acts[m])
        rank += np.searchsorted(acts, n_acts[m]) / len(acts)
        if n_acts[m] >= LEAST_ACTS:
            steady += np.sqrt(east[m] * east[m] + north[m] * north[m]) / n_acts[m]
            n_steady += 1
    out[14] = delays[:n_delays].std() if n_delays >= 3 else np.nan
    out[16] = ages[:n_ages].std() if n_ages >= 3 else np.nan
    out[17] = rank / k if acts[-1] > 0 else np.nan
    out[18] = logs.std() if acts[-1] > 0 else np.nan
    out[19] = steady / n_steady if n_steady >= 3 else np.nan


@jit
def _invitations(out, members, position, inviters, invited):
    """Whether the members came through one inviter, and how much of what that one brought they are."""
    k = len(members)
    who = np.empty(k, np.int64)
    n = 0
    for m in members:
        if inviters[m] >= 0:
            who[n] = inviters[m]
            n += 1
    out[20] = n / k
    if n == 0:
        out[21], out[22], out[23] = 0.0, 0.0, np.nan
        return
    who = np.sort(who[:n])
    most, run, chief = 0, 0, who[0]
    for i in range(n):
        run = run + 1 if i and who[i] == who[i - 1] else 1
        if run > most:
            most, chief = run, who[i]
    out[21] = most / k
    out[22] = 1.0 if position[chief] >= 0 else 0.0
    out[23] = most / invited[chief]


@jit
def details(
    starts,
    members,
    affinity_indptr,
    affinity_indices,
    affinity_weights,
    evidence_indptr,
    evidence_indices,
    row_starts,
    row_signals,
    first,
    last,
    kinds,
    degrees,
    nats,
    groups,
    inviters,
    invited,
    started,
    known,
    last_active,
    ended,
    claim_times,
    claims_known,
    delay,
    east,
    north,
    n_acts,
    acts,
    missing,
):
    """Fill one row of finer features per candidate."""
    n = len(starts) - 1
    out = np.zeros((n, N_DETAILS))
    position = np.full(len(row_starts) - 1, -1, np.int32)
    counts = np.zeros(len(degrees), np.int64)
    for c in range(n):
        group = members[starts[c] : starts[c + 1]]
        for i in range(len(group)):
            position[group[i]] = i
        _ties(
            out[c],
            group,
            position,
            affinity_indptr,
            affinity_indices,
            affinity_weights,
            evidence_indptr,
            evidence_indices,
        )
        _mix(out[c], group, counts, row_starts, row_signals, kinds, degrees, nats, groups, len(groups))
        out[c, 11], seconds, _ = burst_of(started[group], known, missing, LONG_BURST_SHARE)
        out[c, 12] = seconds / DAY
        out[c, 13], _, _ = burst_of(claim_times[group], claims_known, missing, BURST_SHARE)
        out[c, 15], _, _ = burst_of(last_active[group], ended, missing, BURST_SHARE)
        _manners(out[c], group, delay, east, north, n_acts, acts, started, last_active, missing)
        _invitations(out[c], group, position, inviters, invited)
        out[c, 24] = _overlap(group, counts, row_starts, row_signals, first, last, kinds, nats, groups, missing)
        for m in group:
            position[m] = -1
    return out
