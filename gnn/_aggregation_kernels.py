"""Kernels that sum what neighbours send, row by row of a CSR, so that no message is ever stored."""

from algorithms._numba import jit


@jit
def sum_neighbours(indptr, indices, gates, values, low, high, out):
    """Write to ``out[low:high]`` the sum over each row's neighbours of their values, head by head times the gate.

    `values` and `out` are float32 of one width; `gates` is float32 of shape (n_entries, n_heads), or (0, 1) for none.
    O(entries x width); sums run in the order of the row.
    """
    width = values.shape[1]
    n_heads = gates.shape[1]
    size = width // n_heads
    gated = len(gates) > 0
    for v in range(low, high):
        for j in range(width):
            out[v, j] = 0.0
        for e in range(indptr[v], indptr[v + 1]):
            s = indices[e]
            if not gated:
                for j in range(width):
                    out[v, j] += values[s, j]
                continue
            for h in range(n_heads):
                weight = gates[e, h]
                for j in range(h * size, (h + 1) * size):
                    out[v, j] += weight * values[s, j]


@jit
def multiply_ends(indptr, indices, left, right, n_heads, low, high, out):
    """Write to ``out[e, h]`` the product of the values at both ends of entry e of rows `low` to `high`, head by head.

    `left` belongs to rows and `right` to neighbours; both are float32 of one width. O(entries x width).
    """
    size = left.shape[1] // n_heads
    for v in range(low, high):
        for e in range(indptr[v], indptr[v + 1]):
            s = indices[e]
            for h in range(n_heads):
                # four sums side by side: one alone would wait for each addition before the next
                a = b = c = d = left[v, 0] * 0
                j, end = h * size, (h + 1) * size
                while j + 4 <= end:
                    a += left[v, j] * right[s, j]
                    b += left[v, j + 1] * right[s, j + 1]
                    c += left[v, j + 2] * right[s, j + 2]
                    d += left[v, j + 3] * right[s, j + 3]
                    j += 4
                while j < end:
                    a += left[v, j] * right[s, j]
                    j += 1
                out[e, h] = (a + b) + (c + d)
