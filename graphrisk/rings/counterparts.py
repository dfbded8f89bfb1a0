"""How far two searches of the same actors list the same rings."""

from __future__ import annotations

from graphrisk.rings.search import Search

SAME_RING = 0.5


def count_unmatched(found: Search, other: Search) -> int:
    """Count the rings that one search lists and of which the other lists none that is like it.

    Parameters
    ----------
    found, other : Search
        Of the same actors.

    Returns
    -------
    int
        Listed rings of `found` with which no listed ring of `other` has a Jaccard similarity of at least one half.
    """
    rings, others = _sets(found), _sets(other)
    of_member: dict[int, list[int]] = {}
    for number, ring in enumerate(others):
        for member in ring:
            of_member.setdefault(member, []).append(number)
    lost = 0
    for ring in rings:
        near = {number for member in ring for number in of_member.get(member, ())}
        lost += not any(len(ring & others[n]) >= SAME_RING * len(ring | others[n]) for n in near)
    return lost


def _sets(found: Search) -> list[frozenset[int]]:
    return [frozenset(found.candidates[int(c)].tolist()) for c in found.chosen]
