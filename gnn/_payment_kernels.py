"""The kernel behind features of what the members of a candidate pay each other and others."""

import numpy as np

from algorithms._numba import jit
from algorithms._sorting_kernels import count_below, sort

PAYMENT_FEATURES = (
    "paying_inside", "kept_inside", "outflow", "pairs_paid", "reciprocity", "circulating", "fan_in", "fan_out",
    "amount_entropy", "payment_growth",
)  # fmt: skip
ROUNDED = 1e-12  # share of what members got that is left by rounding, where they got it from each other


@jit
def distinct(keys, n):
    """Sort the first n keys and put the distinct ones first; returns how many there are."""
    sort(keys, n)
    k = 0
    for i in range(n):
        if i == 0 or keys[i] != keys[i - 1]:
            keys[k] = keys[i]
            k += 1
    return k


@jit
def left_in_circles(pairs, n, size, left, paid, got):
    """Count the members that are left once those who do not pay a member that is left, or get from none, are gone."""
    for i in range(size):
        left[i] = True
    gone = True
    while gone:
        gone = False
        for i in range(size):
            paid[i], got[i] = 0, 0
        for p in range(n):
            i, j = pairs[p] // size, pairs[p] % size
            if left[i] and left[j]:
                paid[i] += 1
                got[j] += 1
        for i in range(size):
            if left[i] and (paid[i] == 0 or got[i] == 0):
                left[i] = False
                gone = True
    n_left = 0
    for i in range(size):
        n_left += left[i]
    return n_left


@jit
def entropy_of(keys, n, counts):
    """Entropy in nats of how often each of the first n keys occurs, as counted; sets the counts back to zero."""
    total = 0.0
    for i in range(n):
        if counts[keys[i]] > 0:
            share = counts[keys[i]] / n
            total -= share * np.log(share)
            counts[keys[i]] = 0
    return max(total, 0.0)


@jit
def later_and_earlier(days, low, high, first, span):
    """How many of some ascending times lie in the later half of a span, less how many lie in the earlier."""
    earlier, end = low, high
    while earlier < end:
        middle = (earlier + end) // 2
        if 2 * (np.float64(days[middle]) - first) < span:
            earlier = middle + 1
        else:
            end = middle
    later, end = earlier, high
    while later < end:
        middle = (later + end) // 2
        if 2 * (np.float64(days[middle]) - first) <= span:
            later = middle + 1
        else:
            end = middle
    return (high - later) - (earlier - low)


@jit
def measure_payments(
    starts, members, out_starts, payees, paid, paid_days, kinds, in_starts, got_days, n_got_timed, got_totals
):
    """One row per candidate: who pays whom, what of it stays, in which amounts, and when.

    What members got from each other is known from who paid it, and of the rest totals and times are enough: an exchange
    that is a member has got more than all others together have paid.
    """
    n_candidates, n_actors = len(starts) - 1, len(out_starts) - 1
    out = np.full((n_candidates, 10), np.nan)
    number = np.full(n_actors, -1, np.int32)
    n_kinds = 0
    for kind in kinds:
        n_kinds = max(n_kinds, kind + 1)
    counts = np.zeros(n_kinds, np.int32)
    most, largest = 0, 0
    for c in range(n_candidates):
        n = 0
        for i in range(starts[c], starts[c + 1]):
            n += out_starts[members[i] + 1] - out_starts[members[i]]
        most, largest = max(most, n), max(largest, starts[c + 1] - starts[c])
    pairs, alike = np.empty(most, np.int64), np.empty(most, np.int32)
    days, inside_days = np.empty(most), np.empty(most)
    left = np.empty(largest, np.bool_)
    n_paid, n_got = np.empty(largest, np.int64), np.empty(largest, np.int64)
    for c in range(n_candidates):
        base, k = starts[c], starts[c + 1] - starts[c]
        for i in range(k):
            number[members[base + i]] = i
        n_pairs, n_alike, n_days, n_inside_timed, inside, outwards = 0, 0, 0, 0, 0.0, 0.0
        n_timed, got = 0, 0.0
        first, last = np.inf, -np.inf
        for i in range(k):
            m = members[base + i]
            for e in range(out_starts[m], out_starts[m + 1]):
                if payees[e] < n_actors and number[payees[e]] >= 0:
                    pairs[n_pairs] = i * k + number[payees[e]]
                    n_pairs += 1
                    inside += paid[e]
                    if not np.isnan(paid_days[e]):
                        inside_days[n_inside_timed] = paid_days[e]
                        n_inside_timed += 1
                else:
                    outwards += paid[e]
                if kinds[e] >= 0:
                    counts[kinds[e]] += 1
                    alike[n_alike] = kinds[e]
                    n_alike += 1
                if not np.isnan(paid_days[e]):
                    days[n_days] = paid_days[e]
                    first, last = min(first, days[n_days]), max(last, days[n_days])
                    n_days += 1
            got += got_totals[m]
            if n_got_timed[m] > 0:
                n_timed += n_got_timed[m]
                first = min(first, np.float64(got_days[in_starts[m]]))
                last = max(last, np.float64(got_days[in_starts[m] + n_got_timed[m] - 1]))
        inwards = got - inside
        if inwards < ROUNDED * got:  # what rounding leaves, or less than anybody pays
            inwards = 0.0
        if inside + outwards > 0:
            out[c, 1] = inside / (inside + outwards)
        if outwards + inwards > 0:
            out[c, 2] = outwards / (outwards + inwards)
        if n_alike > 0:
            out[c, 8] = entropy_of(alike, n_alike, counts)
        n_all = n_days + n_timed - n_inside_timed
        if n_all > 0:
            late = 0
            for i in range(n_days):
                late += np.sign(2 * (days[i] - first) - (last - first))
            for i in range(n_inside_timed):
                late -= np.sign(2 * (inside_days[i] - first) - (last - first))
            for i in range(k):
                m = members[base + i]
                late += later_and_earlier(got_days, in_starts[m], in_starts[m] + n_got_timed[m], first, last - first)
            out[c, 9] = late / n_all
        n = distinct(pairs, n_pairs)
        for i in range(k):
            n_paid[i], n_got[i] = 0, 0
        mutual = 0
        for p in range(n):
            i, j = pairs[p] // k, pairs[p] % k
            n_paid[i] += 1
            n_got[j] += 1
            at = count_below(pairs, 0, n, j * k + i)
            mutual += at < n and pairs[at] == j * k + i
        some, widest_in, widest_out = 0, 0, 0
        for i in range(k):
            some += n_paid[i] + n_got[i] > 0
            widest_in, widest_out = max(widest_in, n_got[i]), max(widest_out, n_paid[i])
        out[c, 0] = some / k
        out[c, 3] = n / (k * (k - 1)) if k > 1 else 0.0
        if n > 0:
            out[c, 4] = mutual / n
        out[c, 5] = left_in_circles(pairs, n, k, left, n_paid, n_got) / k if n > 1 else 0.0
        out[c, 6] = widest_in / (k - 1) if k > 1 else 0.0
        out[c, 7] = widest_out / (k - 1) if k > 1 else 0.0
        for i in range(k):
            number[members[base + i]] = -1
    return out
