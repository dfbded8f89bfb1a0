"""Kernels of the windows behind `transfer_features`: one row after the other, each described before it is added.

`Log` holds transfers in stream order and joins those of one account by pointers; `Accounts` and `Pairs` hold what is
known of each account and of each ordered pair. Side 0 of an account is what it pays, side 1 what it receives.
"""

from collections import namedtuple

import numpy as np

from algorithms._numba import jit

Log = namedtuple("Log", "sources targets seconds amounts pairs previous following chains")
Accounts = namedtuple("Accounts", "heads times tallies counts sums near")
Pairs = namedtuple("Pairs", "counts times amounts gaps windows")

# columns of Accounts.tallies, Accounts.counts and Accounts.sums
N_ALL, N_PARTNERS, N_ONCE = 0, 1, 2
TAIL, COUNT, FAN, KNOWN = 0, 1, 2, 3
SUM, SQUARES, X_LOG_X = 0, 1, 2
# columns of Accounts.times: first, last, and the oldest of each window, which is NEVER where the window is empty
OLDEST = 2
NEVER = np.iinfo(np.int64).max
WINDOW_STATS, SIDE_STATS, PAIR_STATS, ROW_STATS = 7, 5, 8, 5


TABLE = 1024
_COUNTS = np.arange(TABLE, dtype=np.float64)
LOGS = np.log(np.maximum(_COUNTS, 1.0))
X_LOGS = _COUNTS * LOGS


@jit
def x_log_x(n):
    """N ln n, and 0 for 0."""
    return X_LOGS[n] if n < TABLE else n * np.log(n)


@jit
def find_pair(slots, keys, key):
    """Slot of a key in an open hash table whose size is a power of two: its own or the first free one. O(1)."""
    mask = len(slots) - 1
    at = ((key ^ (key >> 29)) * 0x1E3779B97F4A7C15) & mask
    at = (at ^ (at >> 15)) & mask
    while slots[at] >= 0 and keys[slots[at]] != key:
        at = (at + 1) & mask
    return at


@jit
def fill_table(slots, keys, n_pairs):
    """Put the first `n_pairs` keys into an empty table."""
    for pair in range(n_pairs):
        slots[find_pair(slots, keys, keys[pair])] = pair


@jit
def _expire(log, accounts, pairs, account, side, w, horizon, lows, thresholds, near_window):
    """Take from one window of one account what lies before its horizon."""
    if accounts.times[account, side, OLDEST + w] >= horizon:
        return
    counts, sums = accounts.counts, accounts.sums
    row = counts[account, side, w, TAIL]
    while row >= 0 and log.seconds[row] < horizon:
        amount, pair = log.amounts[row], log.pairs[row]
        n = pairs.windows[pair, side, w]
        pairs.windows[pair, side, w] = n - 1
        sums[account, side, w, X_LOG_X] += x_log_x(n - 1) - x_log_x(n)
        counts[account, side, w, FAN] -= n == 1
        counts[account, side, w, COUNT] -= 1
        if amount > 0:
            counts[account, side, w, KNOWN] -= 1
            sums[account, side, w, SUM] -= amount
            sums[account, side, w, SQUARES] -= amount * amount
            if side == 0 and w == near_window:
                for k in range(len(thresholds)):
                    accounts.near[account, k] -= lows[k] <= amount < thresholds[k]
        row = log.following[row, side]
    counts[account, side, w, TAIL] = row
    accounts.times[account, side, OLDEST + w] = log.seconds[row] if row >= 0 else NEVER
    if counts[account, side, w, KNOWN] == 0:  # what rounding left of the differences ends with the window
        sums[account, side, w, SUM] = 0.0
        sums[account, side, w, SQUARES] = 0.0
    if counts[account, side, w, COUNT] == 0:
        sums[account, side, w, X_LOG_X] = 0.0


@jit
def _insert(log, accounts, pairs, row, account, side, is_new, was_once, lows, thresholds, near_window):
    """Add a row of the log to an account."""
    second, amount, pair = log.seconds[row], log.amounts[row], log.pairs[row]
    head = accounts.heads[account, side]
    log.previous[row, side] = head
    log.following[row, side] = -1
    if head >= 0:
        log.following[head, side] = row
    accounts.heads[account, side] = row
    tallies, times, counts, sums = accounts.tallies, accounts.times, accounts.counts, accounts.sums
    if tallies[account, side, N_ALL] == 0:
        times[account, side, 0] = second
    times[account, side, 1] = second
    tallies[account, side, N_ALL] += 1
    tallies[account, side, N_PARTNERS] += is_new
    tallies[account, side, N_ONCE] += is_new
    tallies[account, side, N_ONCE] -= was_once
    for w in range(accounts.counts.shape[2]):
        n = pairs.windows[pair, side, w]
        pairs.windows[pair, side, w] = n + 1
        sums[account, side, w, X_LOG_X] += x_log_x(n + 1) - x_log_x(n)
        counts[account, side, w, FAN] += n == 0
        counts[account, side, w, COUNT] += 1
        if counts[account, side, w, TAIL] < 0:
            counts[account, side, w, TAIL] = row
            times[account, side, OLDEST + w] = second
        if amount > 0:
            counts[account, side, w, KNOWN] += 1
            sums[account, side, w, SUM] += amount
            sums[account, side, w, SQUARES] += amount * amount
            if side == 0 and w == near_window:
                for k in range(len(thresholds)):
                    accounts.near[account, k] += lows[k] <= amount < thresholds[k]


@jit
def _describe_side(out, at, accounts, account, side, now):
    """Write what one side of an account did; returns the next free column."""
    tallies, times, counts, sums = accounts.tallies, accounts.times, accounts.counts, accounts.sums
    for w in range(accounts.counts.shape[2]):
        n, known = counts[account, side, w, COUNT], counts[account, side, w, KNOWN]
        mean = sums[account, side, w, SUM] / known if known else np.nan
        out[at] = n
        out[at + 1] = sums[account, side, w, SUM]
        out[at + 2] = mean
        out[at + 3] = np.sqrt(max(sums[account, side, w, SQUARES] / known - mean * mean, 0.0)) if known > 1 else np.nan
        out[at + 4] = counts[account, side, w, FAN]
        out[at + 5] = (
            max((LOGS[n] if n < TABLE else np.log(n)) - sums[account, side, w, X_LOG_X] / n, 0.0) if n else np.nan
        )
        out[at + 6] = (times[account, side, 1] - times[account, side, OLDEST + w]) / (n - 1) if n > 1 else np.nan
        at += WINDOW_STATS
    seen = tallies[account, side, N_ALL] > 0
    out[at] = tallies[account, side, N_ALL]
    out[at + 1] = tallies[account, side, N_PARTNERS]
    out[at + 2] = tallies[account, side, N_ONCE]
    out[at + 3] = now - times[account, side, 0] if seen else np.nan
    out[at + 4] = now - times[account, side, 1] if seen else np.nan
    return at + SIDE_STATS


@jit
def _describe_pair(out, at, pairs, pair, reverse, now, amount):
    """Write what two accounts had to do with each other before; -1 is a pair that never met."""
    n = pairs.counts[pair] if pair >= 0 else 0
    out[at] = n
    out[at + 1] = n == 0
    out[at + 2 : at + 6] = np.nan
    if n:
        gap = now - pairs.times[pair, 1]
        out[at + 2] = gap
        out[at + 3] = now - pairs.times[pair, 0]
        if amount > 0 and pairs.amounts[pair] > 0:
            out[at + 4] = amount * n / pairs.amounts[pair]
        if n > 1:
            widest = max(gap, pairs.gaps[pair])
            out[at + 5] = abs(gap - pairs.gaps[pair]) / widest if widest > 0 else 0.0
    met = reverse >= 0 and pairs.counts[reverse] > 0
    out[at + 6] = pairs.counts[reverse] if met else 0
    out[at + 7] = now - pairs.times[reverse, 1] if met else np.nan
    return at + PAIR_STATS


@jit
def _roundness(amount):
    """How often ten divides a whole amount, up to 6; -1 for an amount with cents or none."""
    if not 1 <= amount < 1e15 or amount != np.floor(amount):
        return -1
    whole, zeros = np.int64(amount), 0
    while zeros < 6 and whole % 10 == 0:
        whole //= 10
        zeros += 1
    return zeros


@jit
def _describe_row(out, at, accounts, source, amount, late, lows, thresholds):
    """Write what the row itself is, what it passes on, and how it stands to the thresholds."""
    out[at] = amount if amount > 0 else np.nan
    out[at + 1] = _roundness(amount)
    out[at + 2] = late
    last = accounts.counts.shape[2] - 1
    paid, got = accounts.sums[source, 0, last, SUM], accounts.sums[source, 1, last, SUM]
    out[at + 3] = amount / got if got > 0 and amount > 0 else np.nan
    out[at + 4] = (paid + amount) / got if got > 0 else np.nan
    at += ROW_STATS
    for k in range(len(thresholds)):
        out[at] = lows[k] <= amount < thresholds[k]
        out[at + 1] = accounts.near[source, k]
        at += 2
    return at


@jit
def stream(begin, end, log, accounts, pairs, slots, keys, n_pairs, lates, places, out, windows, lows, thresholds, near):
    """Describe rows ``begin .. end - 1`` of the log by those before them, and add them; returns the number of pairs.

    Row `begin + i` is written to ``out[places[i]]`` (float32). O(windows) for each row, amortised.
    """
    for row in range(begin, end):
        source, target, now, amount = log.sources[row], log.targets[row], log.seconds[row], log.amounts[row]
        for w in range(len(windows)):
            for side in range(2):
                _expire(log, accounts, pairs, source, side, w, now - windows[w], lows, thresholds, near)
                _expire(log, accounts, pairs, target, side, w, now - windows[w], lows, thresholds, near)
        key = (np.int64(source) << 32) | np.int64(target)
        slot = find_pair(slots, keys, key)
        pair = slots[slot]
        back = slots[find_pair(slots, keys, (np.int64(target) << 32) | np.int64(source))]
        line, at = out[places[row - begin]], 0
        for side in range(2):
            at = _describe_side(line, at, accounts, source, side, now)
        for side in range(2):
            at = _describe_side(line, at, accounts, target, side, now)
        at = _describe_pair(line, at, pairs, pair, back, now, amount)
        _describe_row(line, at, accounts, source, amount, lates[row - begin], lows, thresholds)
        if pair < 0:
            pair = n_pairs
            keys[pair] = key
            slots[slot] = pair
            n_pairs += 1
        log.pairs[row] = pair
        n = pairs.counts[pair]
        pairs.gaps[pair] = now - pairs.times[pair, 1] if n else 0
        if n == 0:
            pairs.times[pair, 0] = now
        pairs.times[pair, 1] = now
        pairs.counts[pair] = n + 1
        pairs.amounts[pair] += amount
        for side in range(2):
            account = source if side == 0 else target
            _insert(log, accounts, pairs, row, account, side, n == 0, n == 1, lows, thresholds, near)
    return n_pairs


@jit
def expire_all(log, accounts, pairs, clock, windows, lows, thresholds, near):
    """Bring the windows of every account to the clock, so that rows before them all can be forgotten."""
    for account in range(len(accounts.heads)):
        for side in range(2):
            for w in range(len(windows)):
                _expire(log, accounts, pairs, account, side, w, clock - windows[w], lows, thresholds, near)
