"""The kernels that weigh what pairs of actors share."""

import numpy as np

from algorithms._numba import jit
from algorithms._sorting_kernels import count_below


@jit
def weight_of(nats, i, j, first, last, long_seconds, long_nats, apart_nats, missing):
    """Evidence of a signal for the users of two of its rows."""
    weight = nats
    if first[i] != missing and first[j] != missing and last[i] != missing and last[j] != missing:
        overlap = min(last[i], last[j]) - max(first[i], first[j])
        if overlap > long_seconds:
            weight -= long_nats
        elif overlap < 0:
            weight -= apart_nats
    return max(weight, 0.0)


@jit
def weigh(
    begin,
    end,
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
    out,
):
    """Sum over the shared signals of some pairs, into `out`."""
    for pair in range(begin, end):
        a, b = sources[pair], targets[pair]
        total = 0.0
        for at in range(starts[pair], starts[pair + 1]):
            signal = signals[at]
            i = count_below(row_signals, row_starts[a], row_starts[a + 1], signal)
            j = count_below(row_signals, row_starts[b], row_starts[b + 1], signal)
            total += weight_of(nats[signal], i, j, first, last, long_seconds, long_nats, apart_nats, missing)
        out[pair] = total


@jit
def weigh_without(
    sources,
    targets,
    left_out,
    row_starts,
    row_signals,
    first,
    last,
    nats,
    long_seconds,
    long_nats,
    apart_nats,
    missing,
    out,
):
    """Sum over what pairs share but one signal each, into `out`; -1 if they do not share that one, NaN if only that."""
    for pair in range(len(sources)):
        i, j = row_starts[sources[pair]], row_starts[targets[pair]]
        i_end, j_end = row_starts[sources[pair] + 1], row_starts[targets[pair] + 1]
        at = count_below(row_signals, j, j_end, left_out[pair])
        if at == j_end or row_signals[at] != left_out[pair]:
            out[pair] = -1.0
            continue
        total = np.nan
        while i < i_end and j < j_end:
            a, b = row_signals[i], row_signals[j]
            if a == b and a != left_out[pair] and nats[a] > 0:
                total = 0.0 if np.isnan(total) else total
                total += weight_of(nats[a], i, j, first, last, long_seconds, long_nats, apart_nats, missing)
            i += a <= b
            j += b <= a
        out[pair] = total
