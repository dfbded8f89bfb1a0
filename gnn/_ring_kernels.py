"""The kernel behind `ring_features`: one pass over the members of every candidate."""

import numpy as np

from algorithms._numba import jit

N_FEATURES = 23
DAY = 86400.0
LONGEST_USE = 365.0
BURST_SHARE = 0.6
RAREST_BURST = 1e-5
LEAST_ACTS = 3


@jit
def burst_of(times, known, missing, share):
    """Surprise, seconds and size of the tightest window that holds a share of the times, against all that are known."""
    times = np.sort(times[times != missing])
    k = len(times)
    if k < 3:
        return np.nan, np.nan, 0
    q = int(np.ceil(share * k))
    best, at = times[q - 1] - times[0], 0
    for i in range(k - q + 1):
        if times[i + q - 1] - times[i] < best:
            best, at = times[i + q - 1] - times[i], i
    inside = np.searchsorted(known, times[at + q - 1], side="right") - np.searchsorted(known, times[at], side="left")
    return -np.log(max((inside - q + 1) / len(known), RAREST_BURST)), float(best), q


@jit
def _affinity(members, position, indptr, indices, weights):
    inside, outside = 0.0, 0.0
    for m in members:
        for e in range(indptr[m], indptr[m + 1]):
            if position[indices[e]] >= 0:
                inside += weights[e]
            else:
                outside += weights[e]
    return inside, outside


@jit
def _covered(members, position, indptr, indices):
    count = 0
    for m in members:
        for e in range(indptr[m], indptr[m + 1]):
            if position[indices[e]] >= 0:
                count += 1
                break
    return count


@jit
def _behaviour(out, members, n_accounts, claimed, delay, delays, east, north, n_acts, started, last_active, missing):
    """Fill in bonuses, hours of the day and age."""
    k = len(members)
    claims, able, ranks, with_delay, x, y, hours = 0, 0, 0.0, 0, 0.0, 0.0, 0
    ages = np.empty(k)
    n_ages = 0
    for m in members:
        if m < n_accounts:
            able += 1
            claims += claimed[m]
        if not np.isnan(delay[m]):
            ranks += np.searchsorted(delays, delay[m]) / len(delays)
            with_delay += 1
        if n_acts[m] >= LEAST_ACTS:
            x += east[m]
            y += north[m]
            hours += 1
        if started[m] != missing and last_active[m] != missing:
            ages[n_ages] = (last_active[m] - started[m]) / DAY
            n_ages += 1
    out[6] = claims / able if able else np.nan
    out[22] = able
    out[7] = ranks / with_delay if with_delay else np.nan
    out[12] = np.sqrt(x * x + y * y) / hours if hours >= 3 else np.nan
    out[13] = hours
    out[15] = np.median(ages[:n_ages]) if n_ages else np.nan


@jit
def _sharing(
    out, members, counts, row_starts, row_signals, first, last, kinds, degrees, nats, groups, instrument, missing
):
    """Fill in what the shared signals say; `counts` is all zeros before and after."""
    for m in members:
        for e in range(row_starts[m], row_starts[m + 1]):
            counts[row_signals[e]] += 1
    days, used, outside, reach, own, with_instrument = 0.0, 0, 0, 0, 0, 0
    for m in members:
        has, alone = False, False
        for e in range(row_starts[m], row_starts[m + 1]):
            s = row_signals[e]
            if kinds[s] == instrument:
                has = True
                alone |= degrees[s] == 1
            if abs(counts[s]) < 2 or nats[s] <= 0:
                continue
            group = groups[kinds[s]]
            if group < 2 and first[e] != missing and last[e] != missing:
                days += min((last[e] - first[e]) / DAY, LONGEST_USE)
                used += 1
            if counts[s] > 0:  # the first member to come by: count the signal once, then mark it by its sign
                out[16 + group] += (counts[s] - 1) * nats[s]
                if group == 0:
                    outside += degrees[s] - counts[s]
                    reach += degrees[s]
                counts[s] = -counts[s]
        with_instrument += has
        own += alone
    for m in members:
        for e in range(row_starts[m], row_starts[m + 1]):
            counts[row_signals[e]] = 0
    out[8] = days / used if used else np.nan
    out[10] = outside / reach if reach else 0.0
    out[14] = own / len(members) if with_instrument else np.nan


@jit
def measure(
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
    instrument,
    inviters,
    started,
    recorded,
    known,
    last_active,
    n_accounts,
    claimed,
    delay,
    delays,
    east,
    north,
    n_acts,
    missing,
):
    """Fill one row of features per candidate."""
    n = len(starts) - 1
    out = np.zeros((n, N_FEATURES))
    position = np.full(len(row_starts) - 1, -1, np.int32)
    counts = np.zeros(len(degrees), np.int64)
    for c in range(n):
        group = members[starts[c] : starts[c + 1]]
        k = len(group)
        for i in range(k):
            position[group[i]] = i
        inside, outside = _affinity(group, position, affinity_indptr, affinity_indices, affinity_weights)
        out[c, 0] = k
        out[c, 1] = inside / k
        out[c, 2] = outside / (inside + outside) if inside + outside > 0 else 0.0
        out[c, 20] = inside / (k * (k - 1)) if k > 1 else 0.0
        out[c, 3], out[c, 4], out[c, 5] = burst_of(started[group], known, missing, BURST_SHARE)
        _behaviour(
            out[c], group, n_accounts, claimed, delay, delays, east, north, n_acts, started, last_active, missing
        )
        _sharing(
            out[c],
            group,
            counts,
            row_starts,
            row_signals,
            first,
            last,
            kinds,
            degrees,
            nats,
            groups,
            instrument,
            missing,
        )
        out[c, 9] = _covered(group, position, evidence_indptr, evidence_indices) / k
        inferred, invited = 0, 0
        for m in group:
            inferred += not recorded[m]
            if inviters[m] >= 0 and position[inviters[m]] >= 0:
                invited += 1
        out[c, 11] = invited / k
        out[c, 21] = inferred / k
        for m in group:
            position[m] = -1
    return out
