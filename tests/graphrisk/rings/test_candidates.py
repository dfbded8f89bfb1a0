"""Candidate rings: the clusters of every view at all densities, and what becomes of them."""

import itertools

import numpy as np

from algorithms import Graph, agglomerate
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


def sets_of(found):
    return [tuple(found[c].tolist()) for c in range(len(found))]


def graph_of(pairs, n):
    sources, targets, weights = zip(*pairs, strict=True)
    return Graph.from_edges(n, sources, targets, weights)


def clique(members, weight):
    return [(a, b, weight) for a, b in itertools.combinations(members, 2)]


def test_planted_groups_are_proposed_once_each():
    found = find_candidates([groups_and_noise()], RingSettings())
    sets = sets_of(found)
    assert len(set(sets)) == len(sets)
    assert {tuple(range(8 * g, 8 * g + 8)) for g in range(10)} <= set(sets)
    assert all(list(members) == sorted(members) for members in sets)
    assert all(4 <= len(members) <= 1000 for members in sets)


def test_what_both_views_propose_stands_where_the_first_proposes_it():
    timed, shared = graph_of(clique(range(6), 0.5), 10), graph_of(clique(range(6), 0.5) + clique(range(6, 10), 0.4), 10)
    assert sets_of(find_candidates([timed, shared], RingSettings())) == [(0, 1, 2, 3, 4, 5), (6, 7, 8, 9)]


def test_a_chain_that_no_density_holds_together_is_proposed_as_a_component():
    chain = graph_of([(k, k + 1, 0.04) for k in range(11)], 12)
    settings = RingSettings(density=0.02)
    starts, _ = agglomerate(chain, least=settings.density).clusters(4, 1000)
    assert np.diff(starts).max(initial=0) < 12
    assert tuple(range(12)) in set(sets_of(find_candidates([chain], settings)))


def test_a_group_is_proposed_with_whom_enough_ties_join_to_it_and_without_hangers_on():
    # the sixth is tied to all, less closely; the seventh to one, as closely as they are to each other
    pairs = [*clique(range(5), 0.9), *((k, 5, 0.5) for k in range(5)), (0, 6, 0.9)]
    sets = set(sets_of(find_candidates([graph_of(pairs, 7)], RingSettings())))
    assert (0, 1, 2, 3, 4, 5) in sets


def test_weakly_joined_halves_are_proposed_each():
    # the two merge at 0.05, and each is only there from its own density on
    pairs = clique(range(6), 0.3) + clique(range(6, 12), 0.3) + [(a, b + 6, 0.05) for a in range(6) for b in range(6)]
    sets = set(sets_of(find_candidates([graph_of(pairs, 12)], RingSettings())))
    assert {tuple(range(6)), tuple(range(6, 12)), tuple(range(12))} <= sets


def test_the_least_density_bounds_what_is_merged():
    # with their triangles the pairs weigh 3.3 inside and 1.25 across; a bridge keeps all of it from being a component
    pairs = clique(range(6), 0.3) + clique(range(6, 12), 0.3) + [(a, b + 6, 0.05) for a in range(6) for b in range(6)]
    graph = graph_of([*pairs, (11, 12, 0.04)], 13)
    whole, halves = tuple(range(12)), {tuple(range(6)), tuple(range(6, 12))}
    for density, found in ((0.1, True), (2.0, False)):
        sets = set(sets_of(find_candidates([graph], RingSettings(density=density))))
        assert (whole in sets) is found
        assert halves <= sets


def test_whoever_shares_as_much_is_a_member_whenever_they_came():
    # by time the sixth is tied to nobody
    timed, shared = graph_of(clique(range(5), 0.9), 8), graph_of(clique(range(6), 0.9), 8)
    sets = sets_of(find_candidates([timed, shared], RingSettings()))
    assert sets == [(0, 1, 2, 3, 4, 5)]
    # sharing that makes no pair likely by itself adds nobody
    weak = graph_of([*clique(range(5), 0.9), *((k, 5, 0.3) for k in range(5))], 8)
    assert (0, 1, 2, 3, 4) in set(sets_of(find_candidates([timed, weak], RingSettings())))


def test_without_ties_there_are_no_candidates():
    found = find_candidates([Graph.from_edges(5, [], []), Graph.from_edges(5, [], [])], RingSettings())
    assert len(found) == 0
    assert found.starts.tolist() == [0]
