"""Kernels that sum what neighbours send, row by row of a CSR, so that no message is ever stored."""

import numpy as np

from algorithms._numba import jit
from algorithms._prefetch import prefetch

AHEAD = 6  # neighbours between asking for their values and using them
LINE = 16  # float32 in a line of the cache
LANES = 8  # sums side by side: one alone would wait for each addition before the next


@jit
def sum_neighbours(indptr, indices, entries, gates, shares, by_row, values, base, low, high, out):
    """Write to ``out[low:high]`` the sum over each row's neighbours of their values, head by head times the gate.

    `values` and `out` are float32 of one width. `gates` is float32 of shape (n_entries, n_heads), or (0, 1) for none;
    ``entries[e]`` is the row of `gates` of place e, or e itself where `entries` is empty. Every sum is multiplied by
    ``shares[v]`` if `by_row`, else every summand by ``shares[neighbour]``. O(entries x width); sums run in the order
    of the row. A `base` of the shape of `out` is added; an empty one is none.
    """
    width = values.shape[1]
    n_heads = gates.shape[1]
    size = width // n_heads
    last = len(indices) - 1
    flat = values.reshape(-1)
    total = np.empty(width, np.float32)
    one = np.float32(1)
    for v in range(low, high):
        total[:] = 0
        for e in range(indptr[v], indptr[v + 1]):
            s = indices[e]
            at = np.int64(indices[min(e + AHEAD, last)]) * width
            for j in range(0, width, LINE):
                prefetch(flat, at + j)
            gate = entries[e] if len(entries) > 0 else e
            share = one if by_row else shares[s]
            for h in range(n_heads):
                weight = share * gates[gate, h] if len(gates) > 0 else share
                # slices let the compiler see that sums and values are apart, and add eight at a time
                sums = total[h * size : (h + 1) * size]
                sent = values[s, h * size : (h + 1) * size]
                for j in range(size):
                    sums[j] += weight * sent[j]
        share = shares[v] if by_row else one
        for j in range(width):
            out[v, j] = total[j] * share + base[v, j] if len(base) > 0 else total[j] * share


@jit
def multiply_ends(indptr, indices, left, shares, right, n_heads, low, high, out):
    """Write to ``out[e, h]`` the product of the values at both ends of entry e of rows `low` to `high`, head by head.

    `left` belongs to rows and is multiplied by their `shares`, `right` to neighbours; both are float32 of one width.
    O(entries x width).
    """
    width = left.shape[1]
    size = width // n_heads
    whole = size - size % LANES
    last = len(indices) - 1
    flat = right.reshape(-1)
    sums = np.empty(LANES, np.float32)
    for v in range(low, high):
        for e in range(indptr[v], indptr[v + 1]):
            s = indices[e]
            at = np.int64(indices[min(e + AHEAD, last)]) * width
            for j in range(0, width, LINE):
                prefetch(flat, at + j)
            for h in range(n_heads):
                one = left[v, h * size : (h + 1) * size]
                two = right[s, h * size : (h + 1) * size]
                sums[:] = 0
                for j in range(0, whole, LANES):
                    x, y = one[j : j + LANES], two[j : j + LANES]
                    for k in range(LANES):
                        sums[k] += x[k] * y[k]
                total = ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]))
                for j in range(whole, size):
                    total += one[j] * two[j]
                out[e, h] = shares[v] * total
