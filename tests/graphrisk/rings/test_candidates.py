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


@pytest.mark.parametrize("side", [0, 1])
def test_a_search_starts_from_the_communities_that_it_is_given(side):
    # one actor is tied as much to the one clique as to the other, and stays where it is
    pairs = [(a, b) for base in (0, 4) for a, b in itertools.combinations(range(base, base + 4), 2)]
    pairs += [(member, 8) for member in range(8)]
    graph = Graph.from_edges(9, *np.array(pairs).T, np.full(len(pairs), 0.9))
    start = np.array([0, 0, 0, 0, 1, 1, 1, 1, side], np.int32)
    settings = RingSettings(densities=[0.5], min_size=3)
    ((_, labels),) = partitions(graph, settings, 0, (start,))
    assert labels[8] == labels[4 * side] != labels[4 * (1 - side)]
    found = find_candidates([graph, graph], settings, 0, (start, 1 - start))
    assert [one[8] == one[4 * side] for one in found.labels] == [True, True]
    assert tuple(sorted([*range(4 * side, 4 * side + 4), 8])) in {tuple(found[c]) for c in range(len(found))}


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
