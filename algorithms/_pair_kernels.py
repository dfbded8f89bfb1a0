"""The kernel that weighs what pairs of actors share."""

from algorithms._numba import jit
from algorithms._sorting_kernels import count_below


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
            weight = nats[signal]
            if first[i] != missing and first[j] != missing and last[i] != missing and last[j] != missing:
                overlap = min(last[i], last[j]) - max(first[i], first[j])
                if overlap > long_seconds:
                    weight -= long_nats
                elif overlap < 0:
                    weight -= apart_nats
            total += max(weight, 0.0)
        out[pair] = total
