"""The kernel behind features of how a candidate is tied together."""

import numpy as np

from algorithms._numba import jit
from algorithms._sorting_kernels import sort

TIE_FEATURES = ("mean_affinity", "openness", "density", "cover", "tie_spread", "least_tied", "pairs_evident")


@jit
def measure_ties(starts, members, largest, indptr, indices, weights, evidence_indptr, evidence_indices):
    """One row per candidate: its affinity inside and to others, and its pairs with any evidence."""
    out = np.zeros((len(starts) - 1, 7))
    inside_now = np.zeros(len(indptr) - 1, np.bool_)
    tied = np.empty(largest)
    for c in range(len(starts) - 1):
        first, k = starts[c], starts[c + 1] - starts[c]
        for i in range(k):
            inside_now[members[first + i]] = True
        inside, outside, covered, pairs = 0.0, 0.0, 0, 0
        for i in range(k):
            m = members[first + i]
            tied[i] = 0.0
            for e in range(indptr[m], indptr[m + 1]):
                if inside_now[indices[e]]:
                    inside += weights[e]
                    tied[i] += weights[e]
                else:
                    outside += weights[e]
            evident = 0
            for e in range(evidence_indptr[m], evidence_indptr[m + 1]):
                evident += inside_now[evidence_indices[e]]
            covered += evident > 0
            pairs += evident
        total = 0.0
        for i in range(k):
            total += tied[i]
        mean, squares = total / k, 0.0
        for i in range(k):
            squares += (tied[i] - mean) * (tied[i] - mean)
        sort(tied, k)
        middle = tied[k // 2] if k % 2 else (tied[k // 2 - 1] + tied[k // 2]) / 2
        out[c, 0] = inside / k
        out[c, 1] = outside / (inside + outside) if inside + outside > 0 else 0.0
        out[c, 2] = inside / (k * (k - 1)) if k > 1 else 0.0
        out[c, 3] = covered / k
        out[c, 4] = (squares / k) ** 0.5 / mean if mean > 0 else 0.0
        out[c, 5] = tied[0] / middle if middle > 0 else 0.0
        out[c, 6] = pairs / (k * (k - 1)) if k > 1 else 0.0
        for i in range(k):
            inside_now[members[first + i]] = False
    return out


@jit
def shares_outside(starts, members, indptr, indices, weights):
    """Share of the affinity of every member of every candidate that leaves the candidate; NaN where it has none."""
    out = np.full(len(members), np.nan)
    inside_now = np.zeros(len(indptr) - 1, np.bool_)
    for c in range(len(starts) - 1):
        for i in range(starts[c], starts[c + 1]):
            inside_now[members[i]] = True
        for i in range(starts[c], starts[c + 1]):
            total, outside = 0.0, 0.0
            for e in range(indptr[members[i]], indptr[members[i] + 1]):
                total += weights[e]
                outside += 0.0 if inside_now[indices[e]] else weights[e]
            if total > 0:
                out[i] = outside / total
        for i in range(starts[c], starts[c + 1]):
            inside_now[members[i]] = False
    return out
