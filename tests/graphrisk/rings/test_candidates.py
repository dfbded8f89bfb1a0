"""Candidate rings: what a search at several densities, or one sweep through them, proposes."""

import itertools

import numpy as np
import pytest

from algorithms import Graph
from graphrisk.rings.candidates import find_candidates, partitions
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


def split_communities(settings):
    """How many times a community of one density lies in more than one of the next coarser density."""
    chance = np.random.default_rng(0)
    graph = Graph.from_edges(200, *chance.integers(0, 200, (2, 1500)), chance.uniform(0.05, 0.55, 1500))
    by_density = dict(partitions(graph, settings, 0))
    falling = [by_density[density] for density in sorted(by_density, reverse=True)]
    return sum(len(set(zip(*pair, strict=True))) - pair[0].max() - 1 for pair in itertools.pairwise(falling))


def test_one_sweep_only_joins_communities_whatever_the_order_of_densities():
    densities = [0.02, 0.2, 0.05, 0.2]
    assert split_communities(RingSettings(nested=True, densities=densities)) == 0
    assert split_communities(RingSettings(densities=densities)) > 0
