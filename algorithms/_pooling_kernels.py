"""Kernels that describe groups by a value of each member."""

import numpy as np

from algorithms._numba import jit
from algorithms._sorting_kernels import sort


@jit
def quantile(values, n, share):
    """Value below which a share of the first n ascending ones lie, between the two nearest."""
    at = share * (n - 1)
    low = int(np.floor(at))
    high = min(low + 1, n - 1)
    return values[low] + (values[high] - values[low]) * (at - low)


@jit
def pool_groups(values, starts, threshold):
    """One row per group of values: mean, deviation, least, quartiles, greatest, share above; NaN if none is known."""
    n_groups = len(starts) - 1
    out = np.full((n_groups, 8), np.nan)
    largest = 0
    for g in range(n_groups):
        largest = max(largest, starts[g + 1] - starts[g])
    known = np.empty(largest)
    for g in range(n_groups):
        n, total, above = 0, 0.0, 0
        for i in range(starts[g], starts[g + 1]):
            if not np.isnan(values[i]):
                known[n] = values[i]
                total += values[i]
                above += values[i] > threshold
                n += 1
        if n == 0:
            continue
        mean, squares = total / n, 0.0
        for i in range(n):
            squares += (known[i] - mean) * (known[i] - mean)
        sort(known, n)
        out[g, 0], out[g, 1] = mean, (squares / n) ** 0.5
        out[g, 2], out[g, 6] = known[0], known[n - 1]
        out[g, 3], out[g, 4], out[g, 5] = quantile(known, n, 0.25), quantile(known, n, 0.5), quantile(known, n, 0.75)
        out[g, 7] = above / n
    return out
