"""Kernels that turn an incidence of actors and signals into pairs of actors."""

import numpy as np
from numba import prange

from algorithms._numba import jit, jit_parallel


@jit
def count_block(low, high, starts, signal_starts, signal_actors, signals, allowed, seen, pairs, shared):
    """Count for some actors the greater ones with which they share an allowed signal, and how often."""
    for a in range(low, high):
        for row in range(starts[a], starts[a + 1]):
            s = signals[row]
            if not allowed[s]:
                continue
            for at in range(signal_starts[s + 1] - 1, signal_starts[s] - 1, -1):
                b = signal_actors[at]
                if b <= a:
                    break
                shared[a + 1] += 1
                if seen[b] != a:
                    seen[b] = a
                    pairs[a + 1] += 1


@jit_parallel
def count_targets(bounds, starts, signal_starts, signal_actors, signals, allowed):
    """For each actor, how many greater actors it shares an allowed signal with, and how often; summed up to it."""
    n = len(starts) - 1
    pairs = np.zeros(n + 1, np.int64)
    shared = np.zeros(n + 1, np.int64)
    for t in prange(len(bounds) - 1):
        seen = np.full(n, -1, np.int32)
        count_block(
            bounds[t], bounds[t + 1], starts, signal_starts, signal_actors, signals, allowed, seen, pairs, shared
        )
    return np.cumsum(pairs), np.cumsum(shared)


@jit
def fill_block(
    low,
    high,
    starts,
    signal_starts,
    signal_actors,
    signals,
    allowed,
    nats,
    pair_starts,
    shared_starts,
    sources,
    targets,
    weights,
    counts,
    evidence_starts,
    evidence,
    slot,
):
    """Write the pairs of some actors."""
    for a in range(low, high):
        begin, end = pair_starts[a], pair_starts[a + 1]
        if begin == end:
            continue
        found = begin
        for row in range(starts[a], starts[a + 1]):
            s = signals[row]
            if not allowed[s]:
                continue
            for at in range(signal_starts[s + 1] - 1, signal_starts[s] - 1, -1):
                b = signal_actors[at]
                if b <= a:
                    break
                if slot[b] < begin:
                    slot[b] = found
                    targets[found] = b
                    found += 1
        # ascending targets: pairs come out sorted
        targets[begin:end] = np.sort(targets[begin:end])
        for pair in range(begin, end):
            slot[targets[pair]] = pair
            sources[pair] = a
        for row in range(starts[a], starts[a + 1]):
            s = signals[row]
            if allowed[s]:
                for at in range(signal_starts[s + 1] - 1, signal_starts[s] - 1, -1):
                    b = signal_actors[at]
                    if b <= a:
                        break
                    counts[slot[b]] += 1
                    weights[slot[b]] += nats[s]
        at_evidence = shared_starts[a]
        for pair in range(begin, end):
            evidence_starts[pair] = at_evidence
            at_evidence += counts[pair]
            counts[pair] = 0
        for row in range(starts[a], starts[a + 1]):
            s = signals[row]
            if allowed[s]:
                for at in range(signal_starts[s + 1] - 1, signal_starts[s] - 1, -1):
                    b = signal_actors[at]
                    if b <= a:
                        break
                    pair = slot[b]
                    evidence[evidence_starts[pair] + counts[pair]] = s
                    counts[pair] += 1


@jit_parallel
def fill_pairs(
    bounds, starts, signal_starts, signal_actors, signals, allowed, nats, pair_starts, shared_starts, n_shared_total
):
    """Write every pair once, with the sum of the weights and the signals that it shares; each by its lesser actor."""
    n = len(starts) - 1
    n_pairs = pair_starts[n]
    sources = np.empty(n_pairs, np.int32)
    targets = np.empty(n_pairs, np.int32)
    weights = np.zeros(n_pairs)
    counts = np.zeros(n_pairs, np.int32)
    evidence_starts = np.empty(n_pairs + 1, np.int64)
    evidence = np.empty(n_shared_total, np.int32)
    for t in prange(len(bounds) - 1):
        slot = np.full(n, -1, np.int64)
        fill_block(
            bounds[t], bounds[t + 1], starts, signal_starts, signal_actors, signals, allowed, nats, pair_starts,
            shared_starts, sources, targets, weights, counts, evidence_starts, evidence, slot,
        )  # fmt: skip
    evidence_starts[n_pairs] = n_shared_total
    return sources, targets, weights, counts, evidence_starts, evidence
