"""Kernels that follow tainted money from transfer to transfer, in the order given.

Holders are accounts, or accounts in one currency each. A kernel returns what each transfer carries, and how much of
that is new, because a source paid it or it is a source itself. `tiny` is the relative size below which what is left of
a holding is rounding: without it a wallet that was emptied would hand on the dust of sums like 0.1 + 0.2 - 0.3.
"""

import numpy as np

from algorithms._numba import jit


@jit
def poison(payers, payees, moves, source_nodes, source_rows):
    """All that a node pays after it received anything tainted is tainted. O(n)."""
    bad = source_nodes.copy()
    carried = np.zeros(len(payers), np.bool_)
    for row in range(len(payers)):
        if moves[row] and payers[row] != payees[row] and (bad[payers[row]] or source_rows[row]):
            carried[row] = True
            bad[payees[row]] = True
    return carried, bad


@jit
def haircut(payers, payees, amounts, source_holders, source_rows, opening, tiny):
    """Every payment carries the share of taint that the payer holds. O(n)."""
    held, tainted, peak = opening.copy(), np.zeros(len(opening)), opening.copy()
    carried, fresh = np.zeros(len(payers)), np.zeros(len(payers))
    for row in range(len(payers)):
        payer, payee, amount = payers[row], payees[row], amounts[row]
        if payer == payee or not amount > 0:
            continue
        part = 0.0
        if not source_holders[payer]:
            if amount >= held[payer] - tiny * peak[payer]:  # what is missing is clean money of its own
                part = min(tainted[payer], amount)
                held[payer], tainted[payer] = 0.0, 0.0
            elif tainted[payer] >= held[payer]:  # wholly tainted, and so to the last digit
                part = amount
                held[payer] -= amount
                tainted[payer] = held[payer]
            else:
                part = tainted[payer] * (amount / held[payer])
                tainted[payer] -= part
                held[payer] -= amount
        if source_holders[payer] or source_rows[row]:
            fresh[row] = amount - part
            part = amount
        carried[row] = part
        if not source_holders[payee]:
            held[payee] += amount
            tainted[payee] += part
            peak[payee] = max(peak[payee], held[payee])
    return carried, fresh, held, tainted


@jit
def _coarsen(head, lots, taints, following):
    """Join each two neighbouring lots of one queue; gives its new tail and how many lots went."""
    at, gone = head, 0
    while following[at] >= 0:
        other = following[at]
        lots[at] += lots[other]
        taints[at] += taints[other]
        following[at] = following[other]
        gone += 1
        if following[at] < 0:
            break
        at = following[at]
    return at, gone


@jit
def fifo(payers, payees, amounts, source_holders, source_rows, opening, tiny, most_lots):
    """Money leaves in the order in which it came; queues of lots, each with an amount and its tainted part.

    O(n + lots moved), at most O(n most_lots): longer queues are halved by joining neighbours.
    """
    n_holders, n = len(opening), len(payers)
    room = n + n_holders + 1  # a transfer leaves at most one lot more than there were
    lots, taints, following = np.empty(room), np.empty(room), np.full(room, -1, np.int64)
    free, n_free, used = np.empty(room, np.int64), 0, 0
    head, tail = np.full(n_holders, -1, np.int64), np.full(n_holders, -1, np.int64)
    length, coarse = np.zeros(n_holders, np.int64), np.zeros(n_holders, np.bool_)
    peak = opening.copy()
    carried, fresh = np.zeros(n), np.zeros(n)
    for w in range(n_holders):
        if opening[w] > 0:
            lots[used], taints[used] = opening[w], 0.0
            head[w] = tail[w] = used
            length[w] = 1
            used += 1
    for row in range(n):
        payer, payee, amount = payers[row], payees[row], amounts[row]
        if payer == payee or not amount > 0:
            continue
        left, part = amount, 0.0
        whole = source_holders[payer] or source_rows[row]
        while left > 0:
            piece, dirty = left, 0.0
            first = -1 if source_holders[payer] else head[payer]
            if first >= 0 and lots[first] <= left + tiny * peak[payer]:
                if lots[first] < left - tiny * peak[payer]:
                    piece = lots[first]
                dirty = piece if taints[first] >= lots[first] else min(taints[first], piece)
                head[payer] = following[first]
                length[payer] -= 1
                if head[payer] < 0:
                    tail[payer] = -1
                free[n_free] = first
                n_free += 1
            elif first >= 0:
                # a lot that is all tainted stays so to the last digit
                pure = taints[first] >= lots[first]
                dirty = left if pure else taints[first] * (left / lots[first])
                lots[first] -= left
                taints[first] = lots[first] if pure else taints[first] - dirty
            left -= piece
            if whole:
                fresh[row] += piece - dirty
                dirty = piece
            part += dirty
            if source_holders[payee]:
                continue
            last = tail[payee]
            if last >= 0 and ((taints[last] == 0 and dirty == 0) or (taints[last] == lots[last] and dirty == piece)):
                lots[last] += piece
                taints[last] += dirty
                peak[payee] = max(peak[payee], lots[last])
                continue
            if n_free > 0:
                n_free -= 1
                new = free[n_free]
            else:
                new = used
                used += 1
            lots[new], taints[new], following[new] = piece, dirty, -1
            peak[payee] = max(peak[payee], piece)
            if last >= 0:
                following[last] = new
            else:
                head[payee] = new
            tail[payee] = new
            length[payee] += 1
        if length[payee] > most_lots:
            coarse[payee] = True
            tail[payee], gone = _coarsen(head[payee], lots, taints, following)
            length[payee] -= gone
        carried[row] = min(part, amount)
    held, tainted = np.zeros(n_holders), np.zeros(n_holders)
    for w in range(n_holders):
        at = head[w]
        while at >= 0:
            held[w] += lots[at]
            tainted[w] += taints[at]
            at = following[at]
    return carried, fresh, held, tainted, coarse
