"""Kernels that read transactions and balances of wallets."""

import numpy as np

from algorithms._numba import jit
from algorithms._sorting_kernels import sort


@jit
def find_joins(input_starts, output_starts, values, tolerance):
    """Whether each transaction is, or may be, a CoinJoin: 1 yes, 0 no, -1 not to be told for want of values.

    O(outputs log outputs of the widest transaction).
    """
    n = len(input_starts) - 1
    out = np.zeros(n, np.int8)
    widest = 1
    for t in range(n):
        widest = max(widest, output_starts[t + 1] - output_starts[t])
    held = np.empty(widest)
    for t in range(n):
        n_inputs, n_outputs = input_starts[t + 1] - input_starts[t], output_starts[t + 1] - output_starts[t]
        if n_inputs < 2 or n_outputs < 2:
            continue
        known = 0
        for at in range(output_starts[t], output_starts[t + 1]):
            if values[at] > 0:  # false for NaN
                held[known] = values[at]
                known += 1
        if known < n_outputs:
            out[t] = -1
            continue
        sort(held, known)
        most, equal = 1, 1
        for k in range(1, known):
            equal = equal + 1 if held[k] - held[k - 1] <= tolerance * held[k] else 1
            most = max(most, equal)
        out[t] = most >= 2 and 2 * most >= n_outputs and most <= n_inputs
    return out


@jit
def pair_up(starts, members, use):
    """All pairs within each group that is to be used: two arrays of members and one of group numbers."""
    total = 0
    for g in range(len(starts) - 1):
        if use[g]:
            size = starts[g + 1] - starts[g]
            total += size * (size - 1) // 2
    one, two, groups = np.empty(total, members.dtype), np.empty(total, members.dtype), np.empty(total, np.int64)
    at = 0
    for g in range(len(starts) - 1):
        if use[g]:
            for i in range(starts[g], starts[g + 1]):
                for j in range(i + 1, starts[g + 1]):
                    one[at], two[at], groups[at] = members[i], members[j], g
                    at += 1
    return one, two, groups


@jit
def pass_on(starts, rows, comes_in, to_exchange, seconds, amounts, longest, tolerance, missing):
    """How often each wallet passed all that it held on to an exchange, and how often it paid in any other way.

    `rows` are the transfers of each wallet in time order, `comes_in` says of each entry whether it is a receipt.
    """
    n = len(starts) - 1
    forwards, others = np.zeros(n, np.int64), np.zeros(n, np.int64)
    for w in range(n):
        held, known, received = 0.0, True, False
        newest = missing
        for at in range(starts[w], starts[w + 1]):
            row = rows[at]
            amount, when = amounts[row], seconds[row]
            if comes_in[at]:
                received = True
                known = known and amount > 0
                held += amount if amount > 0 else 0.0
                newest = when
                continue
            fits = to_exchange[row] and received
            if when != missing and newest != missing:
                fits = fits and when - newest <= longest
            if known and amount > 0:
                fits = fits and abs(held - amount) <= tolerance * held
            if fits:
                forwards[w] += 1
            else:
                others[w] += 1
            held, known, received = 0.0, True, False
    return forwards, others
