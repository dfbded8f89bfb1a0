"""Which ring of a scan is which ring of the scan before, and which others it descends from."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from graphrisk.lineage.overlap import Overlaps, find_overlaps
from graphrisk.lineage.ring_set import RingSet

HALF = 0.5


@dataclass(frozen=True)
class Match:
    """Descent of the rings of one scan; all rings are positions.

    Parameters
    ----------
    same : dict of int to int
        New ring to the old ring whose id it keeps.
    revived : dict of int to int
        New ring to the remembered ring whose id it takes up again.
    absorbed : dict of int to int
        Old ring to the new ring that it merged into.
    parents : dict of int to list of int
        New ring to the old rings that it split from.
    overlaps : dict of (int, int) to float
        Of every pair of an old and a new ring that are kin.
    revived_overlaps : dict of int to float
        Of every revived ring with what it was.
    """

    same: dict[int, int] = field(default_factory=dict)
    revived: dict[int, int] = field(default_factory=dict)
    absorbed: dict[int, int] = field(default_factory=dict)
    parents: dict[int, list[int]] = field(default_factory=dict)
    overlaps: dict[tuple[int, int], float] = field(default_factory=dict)
    revived_overlaps: dict[int, float] = field(default_factory=dict)


def match_rings(old: RingSet, new: RingSet, remembered: RingSet, *, min_overlap: float) -> Match:
    """Match the rings of a scan to those of the scan before.

    Two rings are kin if they overlap by `min_overlap`, or if one holds half of the other's members. Of all kin, the
    pair that overlaps most is matched first, then the next of which neither is matched yet; ties go to the smaller
    old id, then to the smaller new id. An old ring left over merged into the kin that holds most of it; a new ring
    left over split from its kin. What is new is then matched to the remembered rings in the same way; what split
    from a listed ring only if it and the remembered ring each hold more than half of the other's members.

    Parameters
    ----------
    old, new : RingSet
        Listed before and now; the ids of `new` only break ties.
    remembered : RingSet
        Listed in an earlier scan, but not in the one before.
    min_overlap : float

    Returns
    -------
    Match
        No two new rings keep the same id. O(kin log kin).
    """
    kin = _kin(find_overlaps(old, new), min_overlap)
    overlaps = dict(zip(zip(kin.old.tolist(), kin.new.tolist(), strict=True), kin.overlap.tolist(), strict=True))
    taken = _greedy(kin, old.ids, new.ids)
    same = {n: o for o, n in taken.items()}
    absorbed: dict[int, int] = {}
    parents: dict[int, list[int]] = {}
    for at in _order(kin, old.ids, new.ids, first=kin.of_old):
        before, after = int(kin.old[at]), int(kin.new[at])
        if before not in taken:
            absorbed.setdefault(before, after)
    for before, after in zip(kin.old.tolist(), kin.new.tolist(), strict=True):
        if after not in same:
            parents.setdefault(after, []).append(before)
    loose = [k for k in range(len(new)) if k not in same]
    back = _kin(find_overlaps(remembered, new.take(loose)), min_overlap)
    apart = np.array([k not in parents for k in loose], dtype=bool)
    back = back.take(apart[back.new] | (np.minimum(back.of_old, back.of_new) > HALF))
    returned = _greedy(back, remembered.ids, [new.ids[k] for k in loose])
    likeness = dict(zip(zip(back.old.tolist(), back.new.tolist(), strict=True), back.overlap.tolist(), strict=True))
    return Match(
        same=same,
        revived={loose[n]: o for o, n in returned.items()},
        absorbed=absorbed,
        parents=parents,
        overlaps=overlaps,
        revived_overlaps={loose[n]: likeness[o, n] for o, n in returned.items()},
    )


def _kin(found: Overlaps, min_overlap: float) -> Overlaps:
    near = (found.overlap >= min_overlap) | (np.maximum(found.of_old, found.of_new) >= HALF)
    return found.take(near)


def _order(
    kin: Overlaps, old_ids: list[str], new_ids: list[str], first: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """Pairs from the greatest `first` on; ties by overlap, shared members and the two ids."""
    old_rank, new_rank = (np.argsort(np.argsort(np.array(ids or [""]))) for ids in (old_ids, new_ids))
    keys = (new_rank[kin.new], old_rank[kin.old], -kin.n_members, -kin.overlap, -first)
    return np.lexsort(keys).astype(np.int64) if len(kin) else np.empty(0, np.int64)


def _greedy(kin: Overlaps, old_ids: list[str], new_ids: list[str]) -> dict[int, int]:
    """Match old to new one to one, the nearest pair first."""
    taken: dict[int, int] = {}
    used: set[int] = set()
    for at in _order(kin, old_ids, new_ids, first=kin.overlap):
        before, after = int(kin.old[at]), int(kin.new[at])
        if before not in taken and after not in used:
            taken[before] = after
            used.add(after)
    return taken
