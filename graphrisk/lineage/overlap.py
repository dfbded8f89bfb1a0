"""How much two rings of two scans have in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graphrisk.lineage.ring_set import MEMBER, PART_NAMES, REASON, SIGNAL, RingSet

LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

WEIGHTS = {MEMBER: 0.6, SIGNAL: 0.3, REASON: 0.1}
"""What members, signals and reasons count in an overlap; a part that neither ring has counts for nothing."""
DIGITS = 9


@dataclass(frozen=True, eq=False)
class Overlaps:
    """Pairs of rings that share a member or a signal.

    Parameters
    ----------
    old, new : array of int64, shape (n,)
        Positions in the two sets, sorted.
    overlap : array of float64, shape (n,)
        0 to 1.
    n_members, n_signals : array of int64, shape (n,)
        Shared.
    of_old, of_new : array of float64, shape (n,)
        Share of the members of either that are in the other.
    """

    old: LongArray
    new: LongArray
    overlap: FloatArray
    n_members: LongArray
    n_signals: LongArray
    of_old: FloatArray
    of_new: FloatArray

    def __len__(self) -> int:
        return len(self.old)

    def take(self, which: npt.NDArray[np.bool_]) -> Overlaps:
        """Some of the pairs."""
        return Overlaps(**{name: values[which] for name, values in vars(self).items()})


def find_overlaps(old: RingSet, new: RingSet) -> Overlaps:
    """Compare two sets of rings.

    ``overlap = 0.6 dice(members) + 0.3 dice(signals, by nats) + 0.1 ruzicka(reasons, by nats)``, divided by the
    weights of the parts that at least one of the two has. ``dice = 2 shared / (of one + of the other)``;
    ``ruzicka = sum of the lesser / sum of the greater`` weights. Reasons alone join nobody, for rings of one kind
    look alike in them.

    Parameters
    ----------
    old, new : RingSet

    Returns
    -------
    Overlaps
        Only pairs that share a member or a signal. O(parts + pairs x reasons); no pair is formed that shares nothing.
    """
    both = old + new
    tables = {part: _matrix(both, part) for part in PART_NAMES}
    n = len(old)
    shared = {}
    for part in (MEMBER, SIGNAL):
        used, weights = tables[part]
        shared[part] = ((used[:n] @ sparse.diags_array(weights)) @ used[n:].T).tocsr()
    rows, columns = _sorted_pairs((shared[MEMBER] + shared[SIGNAL]).tocsr())
    total, parts_there = np.zeros(len(rows)), np.zeros(len(rows))
    for part in (MEMBER, SIGNAL):
        used, weights = tables[part]
        sizes = used @ weights
        of_both = sizes[rows] + sizes[n + columns]
        common = _at(shared[part], rows, columns)
        total += WEIGHTS[part] * np.divide(2 * common, of_both, out=np.zeros(len(rows)), where=of_both > 0)
        parts_there += WEIGHTS[part] * (of_both > 0)
    alike, there = _ruzicka(both, rows, n + columns)
    total += WEIGHTS[REASON] * alike
    parts_there += WEIGHTS[REASON] * there
    n_members = _at(shared[MEMBER], rows, columns)
    members = tables[MEMBER][0] @ np.ones(tables[MEMBER][0].shape[1])
    signals = tables[SIGNAL][0]
    n_signals = _at((signals[:n] @ signals[n:].T).tocsr(), rows, columns)
    return Overlaps(
        old=rows,
        new=columns,
        overlap=np.round(total / np.maximum(parts_there, 1e-12), DIGITS),
        n_members=n_members.astype(np.int64),
        n_signals=n_signals.astype(np.int64),
        of_old=np.round(n_members / np.maximum(members[rows], 1), DIGITS),
        of_new=np.round(n_members / np.maximum(members[n + columns], 1), DIGITS),
    )


def _matrix(rings: RingSet, part: str) -> tuple[sparse.csr_array, FloatArray]:
    """Which ring has which part, as ones, and the greatest weight that any ring gives each part."""
    ring, code, weight = rings.coded(part)
    n_codes = int(code.max()) + 1 if len(code) else 0
    weights = np.zeros(n_codes)
    np.maximum.at(weights, code, weight)
    used = sparse.csr_array((np.ones(len(ring)), (ring, code)), shape=(len(rings), n_codes))
    return used, weights


def _sorted_pairs(pairs: sparse.csr_array) -> tuple[LongArray, LongArray]:
    found = pairs.tocoo()
    order = np.lexsort((found.col, found.row))
    return found.row[order].astype(np.int64), found.col[order].astype(np.int64)


def _at(matrix: sparse.csr_array, rows: LongArray, columns: LongArray) -> FloatArray:
    if len(rows) == 0:
        return np.zeros(0)
    return np.asarray(matrix[rows, columns], dtype=np.float64).ravel()


def _ruzicka(rings: RingSet, one: LongArray, other: LongArray) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Likeness of the reasons of pairs of rings, and whether either of a pair has any."""
    ring, code, weight = rings.coded(REASON)
    table = np.zeros((len(rings), int(code.max()) + 1 if len(code) else 0))
    table[ring, code] = weight
    less, more = np.zeros(len(one)), np.zeros(len(one))
    for column in table.T:
        less += np.minimum(column[one], column[other])
        more += np.maximum(column[one], column[other])
    return np.divide(less, more, out=np.zeros(len(one)), where=more > 0), more > 0
