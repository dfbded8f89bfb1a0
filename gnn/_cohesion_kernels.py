"""The kernel behind features of how hard it is to take a candidate apart."""

import numpy as np

from algorithms._cut_kernels import core_numbers, lightest_cut, one_is_lightest
from algorithms._numba import jit

COHESION_FEATURES = ("minimum_cut", "core")


@jit
def measure_cohesion(starts, members, largest, indptr, indices, weights, evidence_indptr, evidence_indices, most):
    """One row per candidate: its lightest cut over what ties a member to the others, and its densest core.

    The cut is NaN above `most` members, where it would take long.
    """
    out = np.zeros((len(starts) - 1, 2))
    number = np.full(len(indptr) - 1, -1, np.int64)
    local = np.empty(largest + 1, np.int64)
    for c in range(len(starts) - 1):
        first, k = starts[c], starts[c + 1] - starts[c]
        for i in range(k):
            number[members[first + i]] = i
        n, n_evident = 0, 0
        for i in range(k):
            m = members[first + i]
            for e in range(indptr[m], indptr[m + 1]):
                n += number[indices[e]] >= 0
            for e in range(evidence_indptr[m], evidence_indptr[m + 1]):
                n_evident += number[evidence_indices[e]] >= 0
        others, tied = np.empty(n, np.int32), np.empty(n)
        at, total, least, heaviest = 0, 0.0, np.inf, 0.0
        for i in range(k):
            local[i] = at
            m, own = members[first + i], 0.0
            for e in range(indptr[m], indptr[m + 1]):
                if number[indices[e]] >= 0:
                    others[at], tied[at] = number[indices[e]], weights[e]
                    own += weights[e]
                    heaviest = max(heaviest, weights[e])
                    at += 1
            total += own
            least = min(least, own)
        local[k] = at
        if k > most:
            out[c, 0] = np.nan
        elif k > 1 and total > 0:
            cut = least
            if not one_is_lightest(k, least, heaviest):
                cut, _ = lightest_cut(local[: k + 1], others, tied)
            out[c, 0] = cut * k / total
        if n_evident == k * (k - 1):
            out[c, 1] = 1.0 if k > 1 else 0.0
            for i in range(k):
                number[members[first + i]] = -1
            continue
        evident = np.empty(n_evident, np.int32)
        at = 0
        for i in range(k):
            local[i] = at
            m = members[first + i]
            for e in range(evidence_indptr[m], evidence_indptr[m + 1]):
                if number[evidence_indices[e]] >= 0:
                    evident[at] = number[evidence_indices[e]]
                    at += 1
        local[k] = at
        if k > 1:
            out[c, 1] = core_numbers(local[: k + 1], evident).max() / (k - 1)
        for i in range(k):
            number[members[first + i]] = -1
    return out
