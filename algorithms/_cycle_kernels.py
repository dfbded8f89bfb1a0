"""The kernel that counts the time-respecting cycles which each transfer closes."""

import numpy as np

from algorithms._numba import jit


@jit
def _returns(row, home, horizon, sources, seconds, previous, heads, stamps, firsts, lasts, rows, after, budget):
    """List the rows that pay `home`, newest first, in one chain per payer; returns how many, or -1 if over budget."""
    n, at = 0, heads[home, 1]
    while at >= 0 and seconds[at] >= horizon:
        if n >= budget:
            return -1
        payer = sources[at]
        rows[n] = at
        after[n] = -1
        if stamps[payer] == row:
            after[lasts[payer]] = n
        else:
            stamps[payer] = row
            firsts[payer] = n
        lasts[payer] = n
        n += 1
        at = previous[at, 1]
    return n


@jit
def _closing(since, k, rows, after):
    """How many rows of a chain come later than `since`."""
    n = 0
    while k >= 0 and rows[k] > since:
        n += 1
        k = after[k]
    return n


@jit
def _count_of_length(
    length,
    home,
    start,
    newest,
    row,
    horizon,
    targets,
    seconds,
    previous,
    heads,
    stamps,
    firsts,
    rows,
    after,
    left,
    path,
):
    """Count the cycles of one length; returns the count, the steps left (-1: cut) and whether longer ones can be.

    `path` holds for each depth the account, the row it was reached by, and the next row to try.
    """
    n, deep, depth, last = 0, False, 0, length - 3
    path[0, 0], path[0, 1], path[0, 2] = start, -1, heads[start, 0]
    while depth >= 0:
        at = path[depth, 2]
        if at < 0 or at <= path[depth, 1] or seconds[at] < horizon:
            depth -= 1
            continue
        path[depth, 2] = previous[at, 0]
        left -= 1
        if left < 0:
            return n, -1, True
        account = targets[at]
        fresh = at < newest and account != home  # a hop after the newest return leads nowhere
        for k in range(depth + 1):
            fresh = fresh and path[k, 0] != account
        if not fresh:
            continue
        if depth < last:
            depth += 1
            path[depth, 0], path[depth, 1], path[depth, 2] = account, at, heads[account, 0]
            continue
        deep = True
        if stamps[account] == row:
            found = _closing(at, firsts[account], rows, after)
            n += found
            left = max(left - found, 0)
    return n, left, deep


@jit
def count_cycles(begin, end, sources, targets, seconds, previous, heads, window, longest, budget, places, out, column):
    """Count, for rows ``begin .. end - 1`` of a log, the cycles of 2 to `longest` hops that they close.

    A cycle is a walk over distinct accounts whose rows follow each other in the log, no earlier than `window` before
    the closing row. Lengths are tried from the shortest; each row may look at `budget` rows. Writes to ``out`` from
    `column`: one count per length, the shortest length (0: none), and the length at which the search was cut
    (0: complete; counts from there on are lower bounds). `heads` (int32[n_accounts, 2]) holds the newest row of each
    account before `begin` and is brought up to `end`.
    """
    n_accounts = len(heads)
    stamps = np.full(n_accounts, -1, np.int64)
    firsts, lasts = np.empty(n_accounts, np.int32), np.empty(n_accounts, np.int32)
    rows, after = np.empty(budget + 1, np.int64), np.empty(budget + 1, np.int64)
    path = np.empty((longest + 1, 3), np.int64)
    for row in range(begin, end):
        home, start, horizon = sources[row], targets[row], seconds[row] - window
        line = out[places[row - begin]]
        line[column : column + longest + 1] = 0
        shortest, cut = 0, 0
        if home != start and heads[start, 0] >= 0 and seconds[heads[start, 0]] >= horizon:
            n_returns = _returns(
                row, home, horizon, sources, seconds, previous, heads, stamps, firsts, lasts, rows, after, budget
            )
            left = budget - n_returns
            cut = 2 if n_returns < 0 else 0
            if n_returns > 0:
                if stamps[start] == row:
                    n = _closing(-1, firsts[start], rows, after)
                    line[column] = n
                    shortest = 2 if n else 0
                for length in range(3, longest + 1):
                    n, left, deep = _count_of_length(
                        length, home, start, rows[0], row, horizon, targets, seconds, previous, heads, stamps, firsts,
                        rows, after, left, path,
                    )  # fmt: skip
                    line[column + length - 2] = n
                    shortest = length if n and not shortest else shortest
                    cut = length if left < 0 else 0
                    if cut or not deep:
                        break
        line[column + longest - 1] = shortest
        line[column + longest] = cut
        heads[home, 0] = row
        heads[start, 1] = row
