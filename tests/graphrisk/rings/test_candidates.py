"""Candidate rings: what a search at several densities, or one sweep through them, proposes."""

import itertools

import numpy as np
import pytest

from algorithms import Graph
from graphrisk.rings.candidates import find_candidates
from graphrisk.rings.settings import RingSettings


def groups_and_noise():
    """Ten groups of eight in which everybody is tied to everybody, and twice as many weak ties at random."""
    chance = np.random.default_rng(3)
    pairs = [(8 * g + i, 8 * g + j) for g in range(10) for i, j in itertools.combinations(range(8), 2)]
    weak = chance.integers(0, 200, (2 * len(pairs), 2))
    source, target = np.concatenate([np.array(pairs), weak]).T
    weights = np.concatenate([np.full(len(pairs), 0.8), np.full(len(weak), 0.05)])
    return Graph.from_edges(200, source, target, weights)


@pytest.mark.parametrize("nested", [False, True])
def test_planted_groups_are_proposed_once_each(nested):
    found = find_candidates([groups_and_noise()], RingSettings(nested=nested), seed=0)
    sets = [tuple(found[c]) for c in range(len(found))]
    assert len(set(sets)) == len(sets)
    assert {tuple(range(8 * g, 8 * g + 8)) for g in range(10)} <= set(sets)
    assert set(found.densities) <= {0.0, *RingSettings().densities}


def test_what_one_sweep_proposes_lies_within_each_other_or_apart():
    settings = RingSettings(nested=True, densities=[0.02, 0.3, 0.005], min_size=2)
    found = find_candidates([groups_and_noise()], settings, seed=0)
    by_density = [[set(found[c]) for c in range(len(found)) if found.densities[c] == d] for d in (0.3, 0.02)]
    whole = [s for s in by_density[0] if len(s) == 8]
    assert len(whole) == 10
    for group in whole:
        assert not any(s & group and not (s <= group or group <= s) for s in by_density[1] if len(s) > 8)
