"""The kernel that weighs what pairs of actors share."""

import numpy as np
from numba import prange

from algorithms._numba import jit_parallel


@jit_parallel
def weigh(
    sources,
    targets,
    starts,
    signals,
    row_starts,
    row_signals,
    first,
    last,
    nats,
    long_seconds,
    long_nats,
    apart_nats,
    missing,
):
    """Sum over the shared signals of every pair; each pair is one thread's, so that threads change nothing."""
    out = np.zeros(len(sources))
    for pair in prange(len(sources)):
        a, b = sources[pair], targets[pair]
        total = 0.0
        for at in range(starts[pair], starts[pair + 1]):
            signal = signals[at]
            i = row_starts[a] + np.searchsorted(row_signals[row_starts[a] : row_starts[a + 1]], signal)
            j = row_starts[b] + np.searchsorted(row_signals[row_starts[b] : row_starts[b + 1]], signal)
            weight = nats[signal]
            if first[i] != missing and first[j] != missing and last[i] != missing and last[j] != missing:
                overlap = min(last[i], last[j]) - max(first[i], first[j])
                if overlap > long_seconds:
                    weight -= long_nats
                elif overlap < 0:
                    weight -= apart_nats
            total += max(weight, 0.0)
        out[pair] = total
    return out
