"""The kernel that says of each transfer which flows and small patterns it completes."""

import numpy as np

from algorithms._numba import jit

LONGEST_CHAIN = 100
LOOK_BACK = 32
N_MOTIFS = 9


@jit
def _flow(row, source, horizon, seconds, amounts, previous, heads, chains, tolerance, out, at):
    """Write how long the chain of payments that ends in this row is, and how soon it passes on what came in."""
    amount, longest, conserved, delay, tries = amounts[row], 0, 0, np.nan, 0
    r = heads[source, 1]
    while r >= 0 and seconds[r] >= horizon and tries < LOOK_BACK:
        longest = max(longest, chains[r, 0])
        if amount > 0 and amount <= amounts[r] * (1 + tolerance) and amount >= amounts[r] * (1 - tolerance):
            conserved = max(conserved, chains[r, 1])
            if np.isnan(delay):
                delay = seconds[row] - seconds[r]
        tries += 1
        r = previous[r, 1]
    chains[row, 0] = min(longest + 1, LONGEST_CHAIN)
    chains[row, 1] = min(conserved + 1, LONGEST_CHAIN)
    out[at], out[at + 1], out[at + 2] = chains[row, 0], chains[row, 1], delay


@jit
def _surroundings(mark, source, target, horizon, sources, targets, seconds, previous, heads, payers, payees, left):
    """Mark who paid the source and whom it paid; returns how many of each (payees after the first payer), and steps."""
    n_payers, n_payees, oldest = 0, 1, mark
    r = heads[source, 1]
    while r >= 0 and seconds[r] >= horizon and left > 0:
        left -= 1
        if sources[r] != source:
            n_payers += payers[sources[r]] != mark
            payers[sources[r]] = mark
            oldest = r
        r = previous[r, 1]
    payees[target] = mark
    r = heads[source, 0]
    while r >= 0 and seconds[r] >= horizon and left > 0:
        left -= 1
        if payees[targets[r]] != mark:
            payees[targets[r]] = mark
            n_payees += r > oldest and targets[r] != source
        r = previous[r, 0]
    return n_payers, n_payees, left


@jit
def _two_hops(
    mark,
    source,
    target,
    horizon,
    sources,
    targets,
    seconds,
    previous,
    heads,
    payers,
    payees,
    seen,
    of_middle,
    hits,
    left,
):
    """Compare the source with the others that pay the target: common payers, and common further payees.

    Returns middles between one payer and the target, others with a further payee in common, those payees, and steps.
    """
    most, rivals, common = 0, 0, 0
    r = heads[target, 1]
    while r >= 0 and seconds[r] >= horizon and left > 0:
        left -= 1
        middle, at = sources[r], r
        r = previous[r, 1]
        if middle in (source, target) or seen[middle] == mark:
            continue
        seen[middle] = mark
        q = heads[middle, 1]
        while q >= 0 and seconds[q] >= horizon and left > 0:
            left -= 1
            payer = sources[q]
            # `of_middle` keeps one payer from counting twice for the same middle
            if (
                q < at
                and payers[payer] == mark
                and payer != target
                and payer != middle
                and (of_middle[payer, 0] != at or of_middle[payer, 1] != mark)
            ):
                of_middle[payer, 0] = at
                hits[payer] = hits[payer] + 1 if of_middle[payer, 1] == mark else 1
                of_middle[payer, 1] = mark
                most = max(most, hits[payer])
            q = previous[q, 1]
        q, shares = heads[middle, 0], False
        while q >= 0 and seconds[q] >= horizon and left > 0:
            left -= 1
            payee = targets[q]
            if payees[payee] >= mark and payee != target and payee != source:
                shares = True
                if payees[payee] == mark:
                    common += 1
                    payees[payee] = mark + 1  # counted; marks of rows are two apart
            q = previous[q, 0]
        rivals += shares
    return most + 1 if most else 0, rivals, common, left


@jit
def find_motifs(begin, end, log, heads, window, budget, tolerance, places, out, column):
    """Write the patterns that rows ``begin .. end - 1`` of a log complete within `window`, from `column` on.

    Columns: chain, conserved chain, delay of what is passed on, gathered payers, scattered payees, scatter-gather
    middles, bipartite sources and targets, and whether the search was cut after `budget` rows. `heads` as in
    `count_cycles`.
    """
    sources, targets, seconds, previous = log.sources, log.targets, log.seconds, log.previous
    n = len(heads)
    payers, payees, seen = np.full(n, -1, np.int64), np.full(n, -1, np.int64), np.full(n, -1, np.int64)
    of_middle, hits = np.full((n, 2), -1, np.int64), np.zeros(n, np.int64)
    for row in range(begin, end):
        source, target, horizon = sources[row], targets[row], seconds[row] - window
        line = out[places[row - begin]]
        line[column : column + N_MOTIFS] = 0
        _flow(row, source, horizon, seconds, log.amounts, previous, heads, log.chains, tolerance, line, column)
        if source != target:
            n_payers, n_payees, left = _surroundings(
                2 * row, source, target, horizon, sources, targets, seconds, previous, heads, payers, payees, budget
            )
            line[column + 3], line[column + 4] = n_payers, n_payees if n_payers else 0
            most, rivals, common, left = _two_hops(
                2 * row, source, target, horizon, sources, targets, seconds, previous, heads, payers, payees, seen,
                of_middle, hits, left,
            )  # fmt: skip
            line[column + 5], line[column + 6], line[column + 7] = most, rivals, common
            line[column + 8] = left <= 0
        heads[source, 0] = row
        heads[target, 1] = row
