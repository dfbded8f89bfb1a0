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
from algorithms._prefetch import AHEAD, FAR_NODES, prefetch

# rows of a graph: entries of node v stand at starts[v] .. ends[v], every weight is 1 if `unit`
Rows = namedtuple("Rows", "starts ends indices weights unit")
# nodes with the labels that others see (`frozen`) and those of their own run (`live`), and what communities hold
Partition = namedtuple("Partition", "mass sizes frozen live community_mass community_size members")
# how to move: gain is weight - resolution * mass * mass; communities stay within `most`; `least` is no gain; graphs of
# less than `serial_work` are moved node by node, and less than `parallel_work` at a time by one thread
Rules = namedtuple("Rules", "resolution most least serial_work parallel_work")
# what a run wants for each node of a batch: the community, and the weights to it and to the one before
Wishes = namedtuple("Wishes", "target to_new to_old")
# labels that nobody has, as a stack; its height stands in an array of one
Empty = namedtuple("Empty", "labels height")

N_BATCHES = 64
N_RUNS = 16
WORK_PER_NODE = 4
NOWHERE = -1  # a target: an empty community


@jit
def evaluate_run(rows, parts, rules, batch, low, high, to, touched, wishes):
    """Move the nodes of one run one after the other within its own view."""
    starts, ends, indices, weights, unit = rows
    mass, sizes, frozen, live, community_mass, community_size, _ = parts
    resolution, most, least = rules.resolution, rules.most, rules.least
    target, to_new, to_old = wishes
    bounded = len(community_size) > 0
    far = len(frozen) > FAR_NODES
    if low == high:
        return
    first, last = batch[low], batch[high - 1]
    for i in range(low, high):
        if far and i + 2 < high:
            w = batch[i + 2]
            for e in range(starts[w], min(ends[w], starts[w] + AHEAD)):
                prefetch(frozen, indices[e])
            w = batch[i + 1]
            for e in range(starts[w], min(ends[w], starts[w] + AHEAD)):
                c = frozen[indices[e]]
                prefetch(to, c)
                prefetch(community_mass, c)
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
        best, top, best_weight = old, stay + least, 0.0
        if bounded:
            for k in range(n_touched):
                c = touched[k]
                weight = to[c]
                to[c] = 0.0
                gain = weight - resolution * m * community_mass[c]
                if gain > top and not community_size[c] + sizes[v] > most:
                    best, top, best_weight = c, gain, weight
        else:
            for k in range(n_touched):  # without a branch that waits for the mass to come from memory
                c = touched[k]
                weight = to[c]
                to[c] = 0.0
                gain = weight - resolution * m * community_mass[c]
                better = gain > top
                best = c if better else best
                top = gain if better else top
                best_weight = weight if better else best_weight
        to_new[i] = best_weight
        to_old[i] = own
        if best == old and stay < -least:
            best = NOWHERE
        target[i] = best
        if best >= 0:
            live[v] = best


@jit
def carry_out(parts, v, new, empty):
    """Move a node to another community, or into an empty one."""
    old = parts.frozen[v]
    if new < 0:
        empty.height[0] -= 1
        new = empty.labels[empty.height[0]]
    parts.community_mass[old] -= parts.mass[v]
    parts.community_mass[new] += parts.mass[v]
    if len(parts.community_size) > 0:
        parts.community_size[old] -= parts.sizes[v]
        parts.community_size[new] += parts.sizes[v]
    parts.members[old] -= 1
    parts.members[new] += 1
    if parts.members[old] == 0:
        parts.community_mass[old] = 0.0  # what rounding left
        empty.labels[empty.height[0]] = old
        empty.height[0] += 1
    parts.frozen[v] = new
    parts.live[v] = new


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
def do_share(rows, parts, rules, batch, runs, low, high, movers, first, last, to, touched, wishes, flags):
    """Do one thread's share: some runs of this batch, some movers of the last one."""
    for r in range(low, high):
        evaluate_run(rows, parts, rules, batch, runs[r], runs[r + 1], to, touched, wishes)
    flag_neighbours(rows, parts.frozen, movers, first, last, flags)


@jit_parallel
def do_shares(rows, parts, rules, batch, runs, run_bounds, movers, mover_bounds, scratch, touched, wishes, flags):
    """Do all shares, each by one thread."""
    for t in prange(len(scratch)):
        do_share(
            rows, parts, rules, batch, runs, run_bounds[t], run_bounds[t + 1],
            movers, mover_bounds[t], mover_bounds[t + 1], scratch[t], touched[t], wishes, flags,
        )  # fmt: skip


@jit
def cut_evenly(work, n, bounds):
    """Cut a list into stretches of about equal work; `work` holds for each place what it takes up to and with it."""
    k = len(bounds) - 1
    bounds[0] = 0
    for t in range(1, k):
        wanted = t * work[n - 1] if n > 0 else 0
        low, high = bounds[t - 1], n
        while low < high:
            middle = (low + high) // 2
            if work[middle] * k >= wanted:
                high = middle
            else:
                low = middle + 1
        bounds[t] = min(low + 1, n)
    bounds[k] = n


@jit
def commit(rows, parts, rules, batch, low, high, wishes, flags, movers, mover_work, empty):
    """Carry out wishes of a batch in the order of ids, where they still gain.

    Returns the numbers of movers, listed with the work up to each, and of moves, and what was gained.
    """
    resolution, most, least = rules.resolution, rules.most, rules.least
    bounded = len(parts.community_size) > 0
    n_movers, moves, gained, work = 0, 0, 0.0, 0
    for i in range(low, high):
        v = batch[i]
        old, new, m = parts.frozen[v], wishes.target[i], parts.mass[v]
        if new == old or (new < 0 and parts.members[old] == 1):
            continue
        stay = wishes.to_old[i] - resolution * m * (parts.community_mass[old] - m)
        gain = -stay if new < 0 else wishes.to_new[i] - resolution * m * parts.community_mass[new] - stay
        full = new >= 0 and bounded and parts.community_size[new] + parts.sizes[v] > most
        work += rows.ends[v] - rows.starts[v] + WORK_PER_NODE
        movers[n_movers], mover_work[n_movers] = v, work
        n_movers += 1
        if gain <= least or full or (new >= 0 and parts.members[new] == 0):
            # others took the room or the mass meanwhile: it and its neighbours are asked again
            parts.live[v] = old
            flags[v] = 1
        else:
            carry_out(parts, v, new, empty)
            moves += 1
            gained += gain
    return n_movers, moves, gained


@jit
def move_one_by_one(rows, parts, rules, batch, n, to, touched, wishes, flags, movers, mover_work, empty):
    """Move nodes one after the other, each with all moves before it in view; returns moves and gain."""
    moves, gained = 0, 0.0
    for i in range(n):
        evaluate_run(rows, parts, rules, batch, i, i + 1, to, touched, wishes)
        if wishes.target[i] != parts.frozen[batch[i]]:
            n_movers, n_moved, n_gained = commit(
                rows, parts, rules, batch, i, i + 1, wishes, flags, movers, mover_work, empty
            )
            flag_neighbours(rows, parts.frozen, movers, np.int64(0), n_movers, flags)
            moves += n_moved
            gained += n_gained
    return moves, gained


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
    empty = Empty(np.empty(n, np.int32), np.zeros(1, np.int64))
    for c in range(n - 1, -1, -1):
        if parts.members[c] == 0:
            empty.labels[empty.height[0]] = c
            empty.height[0] += 1
    return parts, empty


@jit
def move_nodes(rows, mass, sizes, labels, rules, tolerance, scratch, touched):
    """Move nodes until a sweep gains no more than `tolerance`; changes `labels`, returns the number of moves.

    `scratch` (float64, zero) and `touched` (int32) are (threads, n + 1) rows for sums by community. Each sweep costs
    the entries of the flagged nodes. Traag, Waltman and van Eck 2019, appendix A.2, MoveNodesFast, batched.
    """
    n = len(mass)
    parts, empty = start_partition(mass, sizes, labels, rules.most < np.iinfo(np.int64).max)
    total_work = 0
    for v in range(n):
        total_work += rows.ends[v] - rows.starts[v] + WORK_PER_NODE
    most_nodes, most_work = max(n // N_BATCHES, 1), max(total_work // N_BATCHES, 64)
    flags = np.ones(n, np.uint8)
    batch, movers = np.empty(most_nodes, np.int32), np.empty(most_nodes, np.int32)
    batch_work, mover_work = np.empty(most_nodes, np.int64), np.empty(most_nodes, np.int64)
    wishes = Wishes(np.empty(most_nodes, np.int32), np.empty(most_nodes), np.empty(most_nodes))
    threads = len(scratch)
    runs = np.zeros(N_RUNS + 1, np.int64)
    run_bounds, mover_bounds = np.arange(threads + 1) * N_RUNS // threads, np.zeros(threads + 1, np.int64)
    one_by_one = total_work < rules.serial_work
    zero, all_runs = np.int64(0), np.int64(N_RUNS)  # for literals Numba would compile what is called once more
    moves, n_movers, moved_before = zero, zero, zero + n
    while True:
        cursor, evaluated, moved, gained = zero, zero, zero, 0.0
        while cursor < n or n_movers > 0:
            n_batch, work = zero, zero
            while cursor < n and n_batch < most_nodes and work < most_work:
                if flags[cursor]:
                    flags[cursor] = 0
                    work += rows.ends[cursor] - rows.starts[cursor] + WORK_PER_NODE
                    batch[n_batch], batch_work[n_batch] = cursor, work
                    n_batch += 1
                cursor += 1
            if n_batch == 0 and n_movers == 0:
                break
            if one_by_one or n_batch < 2 * N_RUNS:
                flag_neighbours(rows, parts.frozen, movers, zero, n_movers, flags)
                n_movers = zero
                n_moved, n_gained = move_one_by_one(
                    rows, parts, rules, batch, n_batch, scratch[0], touched[0], wishes, flags, movers, mover_work, empty
                )
            else:
                cut_evenly(batch_work, n_batch, runs)
                if threads > 1 and work > rules.parallel_work:
                    cut_evenly(mover_work, n_movers, mover_bounds)
                    do_shares(
                        rows, parts, rules, batch, runs, run_bounds, movers, mover_bounds,
                        scratch, touched, wishes, flags,
                    )  # fmt: skip
                else:
                    do_share(
                        rows, parts, rules, batch, runs, zero, all_runs, movers, zero, n_movers,
                        scratch[0], touched[0], wishes, flags,
                    )  # fmt: skip
                n_movers, n_moved, n_gained = commit(
                    rows, parts, rules, batch, zero, n_batch, wishes, flags, movers, mover_work, empty
                )
            evaluated += n_batch
            moved += n_moved
            gained += n_gained
        moves += moved
        if evaluated == 0 or gained <= tolerance:
            return moves
        # nodes that wait for each other can move back and forth; one by one every move is a true gain. The first
        # sweeps move most nodes in any case, and a quarter fewer each time is no sign of it
        one_by_one = one_by_one or 10 * moved > 9 * moved_before
        moved_before = moved
