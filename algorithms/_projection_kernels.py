"""Kernels that turn an incidence of actors and signals into pairs of actors."""

from collections import namedtuple

import numpy as np

from algorithms._numba import jit

# distinct actors of signal s, ascending, stand at starts[s] .. ends[s] of `actors`
Signals = namedtuple("Signals", "starts ends actors")
# what actor a uses, by ascending signal, stands at starts[a] .. starts[a + 1]: the signal and the places of the greater
# actors on it; `before[a]` counts these places for all actors before a
Uses = namedtuple("Uses", "starts signals first last before")
# pairs with room for one per place; those of a share begin where its first would if no two signals joined one pair
Pairs = namedtuple("Pairs", "sources targets weights counts evidence_starts evidence")


@jit
def group_by_actor(n_actors, actors, signals):
    """List the signals of every actor, in the order of the rows."""
    starts = np.zeros(n_actors + 1, np.int64)
    for a in actors:
        starts[a + 1] += 1
    for a in range(n_actors):
        starts[a + 1] += starts[a]
    at = starts[:-1].copy()
    out = np.empty(len(signals), np.int32)
    for row in range(len(signals)):
        a = actors[row]
        out[at[a]] = signals[row]
        at[a] += 1
    return starts, out


@jit
def group_by_signal(n_signals, actor_starts, signals):
    """List the actors of every signal, ascending and each once; returns where they start and end, and the actors."""
    starts = np.zeros(n_signals + 1, np.int64)
    for s in signals:
        starts[s + 1] += 1
    for s in range(n_signals):
        starts[s + 1] += starts[s]
    ends = starts[:-1].copy()
    out = np.empty(len(signals), np.int32)
    for a in range(len(actor_starts) - 1):
        for row in range(actor_starts[a], actor_starts[a + 1]):
            s = signals[row]
            place = ends[s]
            if place == starts[s] or out[place - 1] != a:
                out[place] = a
                ends[s] = place + 1
    return starts, ends, out


@jit
def list_uses(n_actors, grouped, allowed):
    """List by actor the allowed signals and where the greater actors on each stand."""
    starts, before = np.zeros(n_actors + 1, np.int64), np.zeros(n_actors + 1, np.int64)
    for s in range(len(allowed)):
        if allowed[s]:
            for at in range(grouped.starts[s], grouped.ends[s] - 1):
                starts[grouped.actors[at] + 1] += 1
                before[grouped.actors[at] + 1] += grouped.ends[s] - at - 1
    for a in range(n_actors):
        starts[a + 1] += starts[a]
        before[a + 1] += before[a]
    n_uses = starts[n_actors]
    uses = Uses(starts, np.empty(n_uses, np.int32), np.empty(n_uses, np.int64), np.empty(n_uses, np.int64), before)
    places = starts[:-1].copy()
    for s in range(len(allowed)):
        if allowed[s]:
            for at in range(grouped.starts[s], grouped.ends[s] - 1):
                place = places[grouped.actors[at]]
                uses.signals[place] = s
                uses.first[place] = at + 1
                uses.last[place] = grouped.ends[s]
                places[grouped.actors[at]] += 1
    return uses


@jit
def merge_runs(keys, other, run_starts, n_runs):
    """Merge ascending runs of keys, two by two, until there is one; returns the array that holds it."""
    while n_runs > 1:
        merged = 0
        for run in range(0, n_runs - 1, 2):
            i, middle, end = run_starts[run], run_starts[run + 1], run_starts[run + 2]
            j, place = middle, i
            while i < middle and j < end:
                left = keys[i] < keys[j]
                other[place] = keys[i] if left else keys[j]
                i += left
                j += not left
                place += 1
            while i < middle:
                other[place] = keys[i]
                i += 1
                place += 1
            while j < end:
                other[place] = keys[j]
                j += 1
                place += 1
            merged += 1
            run_starts[merged] = end
        if n_runs % 2:
            for i in range(run_starts[n_runs - 1], run_starts[n_runs]):
                other[i] = keys[i]
            end = run_starts[n_runs]
            merged += 1
            run_starts[merged] = end
        n_runs = merged
        keys, other = other, keys
    return keys


@jit
def fill_share(low, high, most_keys, most_runs, uses, actors, nats, pairs):
    """Write the pairs of some actors one after the other; returns where they end."""
    keys, other = np.empty(most_keys, np.int64), np.empty(most_keys, np.int64)
    run_starts = np.empty(most_runs + 1, np.int64)
    pair = uses.before[low] - 1
    place = uses.before[low]
    for a in range(low, high):
        n_keys, n_runs = np.int64(0), np.int64(0)  # of a literal Numba would compile `merge_runs` once more
        for use in range(uses.starts[a], uses.starts[a + 1]):
            signal = np.int64(uses.signals[use])
            run_starts[n_runs] = n_keys
            n_runs += 1
            for at in range(uses.first[use], uses.last[use]):
                keys[n_keys] = np.int64(actors[at]) << 32 | signal
                n_keys += 1
        run_starts[n_runs] = n_keys
        ordered = merge_runs(keys, other, run_starts, n_runs)
        target = -1
        for k in range(n_keys):
            b, s = ordered[k] >> 32, ordered[k] & 0xFFFFFFFF
            if b != target:
                target = b
                pair += 1
                pairs.sources[pair] = a
                pairs.targets[pair] = b
                pairs.weights[pair] = 0.0
                pairs.counts[pair] = 0
                pairs.evidence_starts[pair] = place
            pairs.weights[pair] += nats[s]
            pairs.counts[pair] += 1
            pairs.evidence[place] = s
            place += 1
    return pair + 1


@jit
def close_gaps(bounds, before, ends, pairs):
    """Move the pairs of all shares together; returns how many there are."""
    place = ends[0]
    for t in range(1, len(ends)):
        begin = before[bounds[t]]
        for pair in range(begin, ends[t]):
            pairs.sources[place] = pairs.sources[pair]
            pairs.targets[place] = pairs.targets[pair]
            pairs.weights[place] = pairs.weights[pair]
            pairs.counts[place] = pairs.counts[pair]
            pairs.evidence_starts[place] = pairs.evidence_starts[pair]
            place += 1
    pairs.evidence_starts[place] = before[-1]
    return place
