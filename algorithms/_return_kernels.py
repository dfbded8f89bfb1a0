"""The kernel that finds transfers that come straight back."""

import numpy as np

from algorithms._numba import jit


@jit
def match_returns(pairs, forward, seconds, amounts, within, tolerance):
    """Match each transfer with the first later one of its pair that brings about as much back: its row, or -1.

    Rows are in order of pair and time. Both rows of a match name each other; each is matched once. O(rows x those of
    the same pair within the time).
    """
    n = len(pairs)
    partner = np.full(n, -1, np.int64)
    for i in range(n):
        if partner[i] >= 0 or not amounts[i] > 0:
            continue
        j = i + 1
        while j < n and pairs[j] == pairs[i] and seconds[j] - seconds[i] <= within:
            if partner[j] < 0 and forward[j] != forward[i] and abs(amounts[j] - amounts[i]) <= tolerance * amounts[i]:
                partner[i], partner[j] = j, i
                break
            j += 1
    return partner
