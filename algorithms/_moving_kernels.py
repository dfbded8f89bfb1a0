"""Kernels of Leiden's local moving: nodes join the best neighbouring community, with one result for any threads.

Flagged nodes are taken in the order of their ids in batches, and a batch is cut into runs of equal work. Within a run,
nodes move one after the other and see each other's moves; other runs they see as they were before the batch. The moves
are then committed in the order of ids against the masses as they have become. Batches and runs are part of the result,
so they depend on the graph alone, never on the threads that share them.
"""

from collections import namedtuple

import numpy as np
from numba import prange

from algorithms._numba import jit, jit_parallel

# rows of a graph: entries of node v stand at starts[v] .. ends[v], every weight is 1 if `unit`
Rows = namedtuple("Rows", "starts ends indices weights unit")
# nodes with the labels that others see (`frozen`) and those of their own run (`live`), and what communities hold
Partition = namedtuple("Partition", "mass sizes frozen live community_mass community_size members")
# how to move: gain is weight - resolution * mass * mass; communities stay within `most`; `least` is no gain; graphs of
# less than `serial_work` are moved node by node, and less than `parallel_work` at a time by one thread
Rules = namedtuple("Rules", "resolution most least serial_work parallel_work")
# what a run wants for each node of a batch
Wishes = namedtuple("Wishes", "target to_new to_old gain")

N_BATCHES = 32
N_RUNS = 16
WORK_PER_NODE = 4
NOWHERE = -1  # a target: an empty community


@jit
def evaluate_run(rows, parts, rules, alone, batch, low, high, to, touched, wishes):
    """Move the nodes of one run one after the other within its own view; masses change at once if it is `alone`."""
    starts, ends, indices, weights, unit = rows
    mass, sizes, frozen, live, community_mass, community_size, _ = parts
    resolution, most, least = rules.resolution, rules.most, rules.least
    bounded = len(community_size) > 0
    if low == high:
        return
    first, last = batch[low], batch[high - 1]
    for i in range(low, high):
        v = batch[i]
        old = live[v]
        n_touched = 0
        for e in range(starts[v], ends[v]):
            u = indices[e]
            c = live[u] if first <= u <= last else frozen[u]
            sum_so_far = to[c]
            touched[n_touched] = c
            n_touched += sum_so_far == 0.0  # without a branch, since it would be mispredicted
            to[c] = sum_so_far + (1.0 if unit else weights[e])
        m = mass[v]
        own = to[old]
        to[old] = 0.0
        stay = own - resolution * m * (community_mass[old] - m)
        best, top = old, stay + least
        for k in range(n_touched):
            c = touched[k]
            weight = to[c]
            to[c] = 0.0
            gain = weight - resolution * m * community_mass[c]
            if gain > top and weight > 0.0 and not (bounded and community_size[c] + sizes[v] > most):
                best, top = c, gain
                wishes.to_new[i] = weight
        wishes.to_old[i] = own
        wishes.gain[i] = top - least - stay
        if best == old and stay < -least:
            best = NOWHERE
            wishes.gain[i] = -stay
        wishes.target[i] = best
        if best >= 0:
            live[v] = best
        if alone and best != old:
            shift(parts, v, old, best, bounded)


@jit
def shift(parts, v, old, new, bounded):
    """Carry the mass and the size of a node from one community to another."""
    parts.community_mass[old] -= parts.mass[v]
    if new >= 0:
        parts.community_mass[new] += parts.mass[v]
    if bounded:
        parts.community_size[old] -= parts.sizes[v]
        if new >= 0:
            parts.community_size[new] += parts.sizes[v]


@jit
def flag_neighbours(rows, frozen, movers, low, high, flags):
    """Flag the neighbours of nodes that moved, except those of their new community."""
    for i in range(low, high):
        v = movers[i]
        c = frozen[v]
        for e in range(rows.starts[v], rows.ends[v]):
            u = rows.indices[e]
            if frozen[u] != c:
                flags[u] = 1


@jit
def do_share(rows, parts, rules, alone, batch, runs, low, high, movers, first, last, to, touched, wishes, flags):
    """Do one thread's share: some runs of this batch, some movers of the last one."""
    for r in range(low, high):
        evaluate_run(rows, parts, rules, alone, batch, runs[r], runs[r + 1], to, touched, wishes)
    flag_neighbours(rows, parts.frozen, movers, first, last, flags)


@jit_parallel
def do_shares(rows, parts, rules, batch, runs, run_bounds, movers, mover_bounds, scratch, touched, wishes, flags):
    """Do all shares, each by one thread."""
    for t in prange(len(scratch)):
        do_share(
            rows, parts, rules, False, batch, runs, run_bounds[t], run_bounds[t + 1],
            movers, mover_bounds[t], mover_bounds[t + 1], scratch[t], touched[t], wishes, flags,
        )  # fmt: skip


@jit
def cut_evenly(rows, nodes, n, bounds):
    """Cut a list of nodes into stretches of about equal work."""
    k = len(bounds) - 1
    total = 0
    for i in range(n):
        total += rows.ends[nodes[i]] - rows.starts[nodes[i]] + WORK_PER_NODE
    bounds[:] = n
    bounds[0] = 0
    done, t = 0, 1
    for i in range(n):
        done += rows.ends[nodes[i]] - rows.starts[nodes[i]] + WORK_PER_NODE
        while t < k and done * k >= t * total:
            bounds[t] = i + 1
            t += 1
    return total


@jit
def commit(parts, rules, alone, batch, n, wishes, flags, movers, empty, n_empty):
    """Carry out the wishes of a batch in the order of ids, where they still gain; returns movers, moves and gain."""
    resolution, most, least = rules.resolution, rules.most, rules.least
    bounded = len(parts.community_size) > 0
    n_movers, moves, gained = 0, 0, 0.0
    for i in range(n):
        v = batch[i]
        old, new = parts.frozen[v], wishes.target[i]
        if new == old:
            continue
        m = parts.mass[v]
        gain = wishes.gain[i]
        if not alone:
            stay = wishes.to_old[i] - resolution * m * (parts.community_mass[old] - m)
            gain = -stay if new < 0 else wishes.to_new[i] - resolution * m * parts.community_mass[new] - stay
            full = new >= 0 and bounded and parts.community_size[new] + parts.sizes[v] > most
            if gain <= least or full or (new >= 0 and parts.members[new] == 0):
                # others took the room or the mass meanwhile: it and its neighbours are asked again
                parts.live[v] = old
                flags[v] = 1
                movers[n_movers] = v
                n_movers += 1
                continue
        if new < 0 and parts.members[old] == 1:
            if alone:
                parts.community_mass[old] = m
                if bounded:
                    parts.community_size[old] = parts.sizes[v]
            continue
        if new < 0:
            n_empty -= 1
            new = empty[n_empty]
            if alone:
                parts.community_mass[new] = m
                if bounded:
                    parts.community_size[new] = parts.sizes[v]
        if not alone:
            shift(parts, v, old, new, bounded)
        parts.members[old] -= 1
        parts.members[new] += 1
        if parts.members[old] == 0:
            parts.community_mass[old] = 0.0  # what rounding left
            empty[n_empty] = old
            n_empty += 1
        parts.frozen[v] = new
        parts.live[v] = new
        movers[n_movers] = v
        n_movers += 1
        moves += 1
        gained += gain
    return n_movers, moves, gained, n_empty


@jit
def start_partition(mass, sizes, labels, bounded):
    """Sum up the communities, and list the labels that nobody has."""
    n = len(mass)
    parts = Partition(
        mass, sizes, labels, labels.copy(), np.zeros(n), np.zeros(n if bounded else 0, np.int64), np.zeros(n, np.int32)
    )
    for v in range(n):
        parts.community_mass[labels[v]] += mass[v]
        parts.members[labels[v]] += 1
        if bounded:
            parts.community_size[labels[v]] += sizes[v]
    empty = np.empty(n, np.int32)
    n_empty = 0
    for c in range(n - 1, -1, -1):
        if parts.members[c] == 0:
            empty[n_empty] = c
            n_empty += 1
    return parts, empty, n_empty


@jit
def move_nodes(rows, mass, sizes, labels, rules, tolerance, scratch, touched):
    """Move nodes until a sweep gains no more than `tolerance`; changes `labels`, returns the number of moves.

    `scratch` (float64, zero) and `touched` (int32) are (threads, n + 1) rows for sums by community. Each sweep costs
    the entries of the flagged nodes. Traag, Waltman and van Eck 2019, appendix A.2, MoveNodesFast, batched.
    """
    n = len(mass)
    parts, empty, n_empty = start_partition(mass, sizes, labels, rules.most < np.iinfo(np.int64).max)
    total_work = 0
    for v in range(n):
        total_work += rows.ends[v] - rows.starts[v] + WORK_PER_NODE
    most_nodes, most_work = max(n // N_BATCHES, 1), max(total_work // N_BATCHES, 64)
    flags = np.ones(n, np.uint8)
    batch, movers = np.empty(most_nodes, np.int32), np.empty(most_nodes, np.int32)
    wishes = Wishes(np.empty(most_nodes, np.int32), np.empty(most_nodes), np.empty(most_nodes), np.empty(most_nodes))
    threads = len(scratch)
    runs = np.zeros(N_RUNS + 1, np.int64)
    run_bounds, mover_bounds = np.arange(threads + 1) * N_RUNS // threads, np.zeros(threads + 1, np.int64)
    one_by_one = total_work < rules.serial_work
    moves, n_movers, moved_before = 0, 0, n
    while True:
        cursor, evaluated, moved, gained = 0, 0, 0, 0.0
        while cursor < n or n_movers > 0:
            n_batch, work = 0, 0
            while cursor < n and n_batch < most_nodes and work < most_work:
                if flags[cursor]:
                    flags[cursor] = 0
                    batch[n_batch] = cursor
                    n_batch += 1
                    work += rows.ends[cursor] - rows.starts[cursor] + WORK_PER_NODE
                cursor += 1
            if n_batch == 0 and n_movers == 0:
                break
            alone = one_by_one or n_batch < 2 * N_RUNS
            n_runs = 1 if alone else N_RUNS
            cut_evenly(rows, batch, n_batch, runs[: n_runs + 1])
            if threads > 1 and not alone and work > rules.parallel_work:
                cut_evenly(rows, movers, n_movers, mover_bounds)
                do_shares(
                    rows, parts, rules, batch, runs, run_bounds, movers, mover_bounds, scratch, touched, wishes, flags
                )
            else:
                do_share(
                    rows, parts, rules, alone, batch, runs, 0, n_runs,
                    movers, 0, n_movers, scratch[0], touched[0], wishes, flags,
                )  # fmt: skip
            n_movers, n_moved, n_gained, n_empty = commit(
                parts, rules, alone, batch, n_batch, wishes, flags, movers, empty, n_empty
            )
            evaluated += n_batch
            moved += n_moved
            gained += n_gained
        moves += moved
        if evaluated == 0 or gained <= tolerance:
            return moves
        # nodes that wait for each other can move back and forth; one by one every move is a true gain
        one_by_one = one_by_one or 4 * moved > 3 * moved_before
        moved_before = moved
