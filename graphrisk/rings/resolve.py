"""From overlapping candidates to listed rings: the best-scored first, near-copies of it dropped."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt

from algorithms.graph import Graph
from graphrisk.rings.candidates import Candidates

FloatArray = npt.NDArray[np.float64]
LongArray = npt.NDArray[np.int64]
IntArray = npt.NDArray[np.int32]

APART = 0.05


def resolve(
    candidates: Candidates, nats: FloatArray, least: float, overlap: float, size_bonus: float = 0.0
) -> LongArray:
    """Choose candidates by score so that no two share most of the smaller one.

    Parameters
    ----------
    candidates : Candidates
    nats : array of float64, shape (n,)
        Score of each candidate.
    least : float
        Candidates below are not chosen.
    overlap : float
        A candidate is dropped if it shares this part of the smaller of the two with a better one.
    size_bonus : float
        Nats for each e-fold more members when candidates compete: of a group and its core the group is wanted, unless
        the core scores better by more than it is smaller. The score itself does not change.

    Returns
    -------
    array of int64
        Indices of the chosen candidates, best first. O(members).
    """
    sizes = candidates.sizes
    first = candidates.members[candidates.starts[:-1]] if len(candidates) else np.empty(0, np.int32)
    order = np.lexsort((first, -sizes, -(nats + size_bonus * np.log(np.maximum(sizes, 1)))))
    chosen: list[int] = []
    rings_of: dict[int, list[int]] = {}
    for c in order[nats[order] >= least].tolist():
        members = candidates[c].tolist()
        shared: dict[int, int] = {}
        for member in members:
            for ring in rings_of.get(member, ()):
                shared[ring] = shared.get(ring, 0) + 1
        if any(common >= overlap * min(len(members), sizes[ring]) for ring, common in shared.items()):
            continue
        chosen.append(c)
        for member in members:
            rings_of.setdefault(member, []).append(c)
    listed = np.array(chosen, dtype=np.int64)
    return listed[np.lexsort((first[listed], -sizes[listed], -nats[listed]))]


def swallowed(
    candidates: Candidates, nats: FloatArray, chosen: LongArray, view: Graph, least: float, size: int = 10
) -> LongArray:
    """Find chosen candidates that hold two large groups with next to nothing between them.

    Parameters
    ----------
    candidates : Candidates
    nats : array of float64, shape (n,)
    chosen : array of int64
    view : Graph
        Affinity of the actors.
    least : float
        A group counts if it would be listed by itself, from this score.
    size : int
        And from this many members.

    Returns
    -------
    array of int64
        Those of `chosen` that may have swallowed another ring: two disjoint groups of at least `size` members, each
        worth a place in the list, between which the density of affinity is under a twentieth of that inside either.
    """
    big = np.flatnonzero((nats >= least) & (candidates.sizes >= size))
    of_member: dict[int, list[int]] = {}
    for c in big.tolist():
        for member in candidates[c].tolist():
            of_member.setdefault(member, []).append(c)
    out = []
    for ring in chosen.tolist():
        members = candidates[ring]
        if len(members) < 2 * size:
            continue
        inside: dict[int, int] = {}
        for member in members.tolist():
            for c in of_member.get(member, ()):
                inside[c] = inside.get(c, 0) + 1
        parts = [c for c, n in inside.items() if n == candidates.sizes[c] and n < 0.8 * len(members)]
        disjoint = _disjoint([candidates[c] for c in sorted(parts, key=lambda c: (-nats[c], c))])
        if any(_apart(view, members, one, other) for one, other in combinations(disjoint, 2)):
            out.append(ring)
    return np.array(out, dtype=np.int64)


def _disjoint(groups: list[IntArray]) -> list[IntArray]:
    """Take groups in order as long as they share nobody with those taken."""
    taken: set[int] = set()
    out = []
    for group in groups:
        if taken.isdisjoint(group.tolist()):
            taken.update(group.tolist())
            out.append(group)
    return out


def _apart(view: Graph, members: IntArray, one: IntArray, other: IntArray) -> bool:
    """Whether two groups within a ring have far less affinity between them than inside either."""
    sources, targets, weights = view.subgraph(members).edges()
    in_one, in_other = np.isin(members, one), np.isin(members, other)
    across = weights[(in_one[sources] & in_other[targets]) | (in_other[sources] & in_one[targets])].sum()
    inside = [
        weights[group[sources] & group[targets]].sum() / (group.sum() * (group.sum() - 1) / 2)
        for group in (in_one, in_other)
    ]
    return bool(across / (len(one) * len(other)) < APART * min(inside))
