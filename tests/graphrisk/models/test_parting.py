"""Parts of one population: no member and no ring on two sides, and little left out."""

import logging

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graphrisk.models.labelled import LabelledCandidates
from graphrisk.models.parting import find_blocks, split_population
from graphrisk.rings.candidates import Candidates

GROUPS = st.lists(st.sets(st.integers(0, 15), min_size=2, max_size=6), max_size=12)


def labelled_of(groups, rings):
    """Candidates with the ring most like each, as `label_candidates` gives it."""
    members = [sorted(group) for group in groups]
    flat = np.array([member for group in members for member in group], np.int32)
    jaccard = np.array([[len(group & ring) / len(group | ring) for ring in rings] for group in groups])
    jaccard = jaccard.reshape(len(groups), len(rings))
    similarity = jaccard.max(axis=1, initial=0)
    nearest = np.where(similarity > 0, jaccard.argmax(axis=1) if rings else -1, -1)
    n = len(groups)
    candidates = Candidates.of_sizes(np.array([len(group) for group in members], np.int64), flat)
    return LabelledCandidates(
        "x", candidates, np.zeros((n, 1)), similarity, nearest, np.arange(n, dtype=float), len(rings)
    )


@given(GROUPS, GROUPS, st.integers(1, 5), st.integers(0, 3))
def test_parts_share_no_member_and_no_ring_and_keep_what_is_whole(groups, rings, n_parts, seed):
    labelled = labelled_of(groups, rings)
    parts = split_population(labelled, n_parts, seed)
    members = [set(part.candidates.members.tolist()) for part in parts]
    near = [set(part.nearest[part.nearest >= 0].tolist()) for part in parts]
    for at, one in enumerate(members):
        assert all(one.isdisjoint(other) for other in members[:at])
        assert all(near[at].isdisjoint(other) for other in near[:at])
    kept = [int(nats) for part in parts for nats in part.log_odds]
    assert len(set(kept)) == len(kept)
    for part in parts:
        for c, nats in enumerate(part.log_odds):
            assert part.candidates[c].tolist() == labelled.candidates[int(nats)].tolist()
    if n_parts == 1:
        assert len(kept) == len(groups)


def chained(n_rings):
    """Rings of eight with their halves as candidates, and a candidate over the edge of each ring and the next."""
    rings = [set(range(8 * r, 8 * r + 8)) for r in range(n_rings)]
    halves = [half for r in range(n_rings) for half in (set(range(8 * r, 8 * r + 4)), set(range(8 * r + 4, 8 * r + 8)))]
    bridges = [{8 * r - 1, 8 * r} for r in range(1, n_rings)]
    return labelled_of([*rings, *halves, *bridges], rings)


def test_rings_that_candidates_chain_together_are_parted(caplog):
    labelled = chained(40)
    of_candidates, of_actors = find_blocks(labelled)
    # every ring is in one block with its halves, though all hangs together
    for ring in range(40):
        assert len(set(of_actors[8 * ring : 8 * ring + 8])) == 1
        assert of_candidates[ring] == of_candidates[40 + 2 * ring] == of_actors[8 * ring]
    with caplog.at_level(logging.INFO, "graphrisk.models"):
        parts = split_population(labelled, 4, seed=0)
    assert len(parts) == 4
    assert sum(part.is_ring.sum() for part in parts) == labelled.is_ring.sum()
    n_left_out = len(labelled.candidates) - sum(len(part.candidates) for part in parts)
    assert 0 < n_left_out <= 39
    assert f"{n_left_out} of {len(labelled.candidates)} candidates reach into two parts" in caplog.text


def test_the_seed_deals_blocks_out():
    labelled = chained(20)
    dealt = [
        [sorted(part.candidates.members.tolist()) for part in split_population(labelled, 3, seed)] for seed in (0, 0, 1)
    ]
    assert dealt[0] == dealt[1] != dealt[2]
