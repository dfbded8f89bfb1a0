"""One population in parts that share no member and no ring, to learn from some and to measure by others."""

from __future__ import annotations

import logging

import numpy as np
import numpy.typing as npt

from algorithms.communities import find_communities
from algorithms.graph import Graph
from graphrisk.models.labelled import LabelledCandidates, take_candidates

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]

log = logging.getLogger("graphrisk.models")


def find_blocks(labelled: LabelledCandidates) -> tuple[LongArray, LongArray]:
    """Divide candidates and actors into blocks that few candidates reach across.

    Nearly all candidates hang together by shared members, so that what hangs together cannot be parted; blocks are
    communities of candidates, their members, and the rings that they are.

    Parameters
    ----------
    labelled : LabelledCandidates

    Returns
    -------
    of_candidates : array of int64, shape (n,)
    of_actors : array of int64, shape (n_actors,)
        Up to the last that is a member of a candidate. O(members) in practice.
    """
    candidates, is_ring = labelled.candidates, labelled.is_ring
    n, n_actors = len(candidates), int(candidates.members.max(initial=-1)) + 1
    owner = np.repeat(np.arange(n), candidates.sizes)
    rings = n + n_actors + labelled.nearest[is_ring]
    # rings hold together: each of their candidates is tied as much to every member as another one to all of them
    weights = np.concatenate([np.where(is_ring, 1.0, 1 / candidates.sizes)[owner], np.ones(len(rings))])
    graph = Graph.from_edges(
        int(max(rings.max(initial=-1) + 1, n + n_actors)),
        np.concatenate([owner, np.flatnonzero(is_ring)]),
        np.concatenate([n + candidates.members, rings]),
        weights,
    )
    labels = find_communities(graph, objective="modularity").labels.astype(np.int64)
    return labels[:n], labels[n : n + n_actors]


def split_population(labelled: LabelledCandidates, n_parts: int, seed: int) -> list[LabelledCandidates]:
    """Part one population so that no two parts share a member or have candidates near to the same ring.

    Candidates that reach from one part into another, or are near to a ring that is at home in another, are left out.

    Parameters
    ----------
    labelled : LabelledCandidates
    n_parts : int
    seed : int
        Deals the blocks out to the parts.

    Returns
    -------
    list of LabelledCandidates
        Parts that nothing fell into are left out.
    """
    candidates, nearest = labelled.candidates, labelled.nearest
    _, blocks = find_blocks(labelled)
    dealt = np.random.default_rng([seed, 0x59]).integers(n_parts, size=int(blocks.max(initial=-1)) + 1)[blocks]
    part, across = np.full(len(candidates), -1), dealt[candidates.members]
    if len(candidates):
        low, high = (each.reduceat(across, candidates.starts[:-1]) for each in (np.minimum, np.maximum))
        part[low == high] = low[low == high]
    near = (nearest >= 0) & (part >= 0)
    # a ring is at home where most candidates are it, or else are nearest to it
    votes = np.zeros((int(nearest.max(initial=-1)) + 1, n_parts))
    np.add.at(votes, (nearest[near], part[near]), 1 + len(candidates) * labelled.is_ring[near])
    part[near] = np.where(votes.argmax(axis=1)[nearest[near]] == part[near], part[near], -1)
    if n_left_out := int((part < 0).sum()):
        log.info("%d of %d candidates reach into two parts and are left out", n_left_out, len(candidates))
    return [
        take_candidates(labelled, np.flatnonzero(part == number), f"{labelled.name}-{number}")
        for number in range(n_parts)
        if (part == number).any()
    ]
