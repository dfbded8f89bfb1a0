"""The kernels of Leiden beside slow twins: what one run of nodes wants, and how communities are refined."""

import numpy as np
import pytest
from _graphs import graphs
from hypothesis import given
from hypothesis import strategies as st

from algorithms import Graph
from algorithms._leiden_steps import refine
from algorithms._merging_kernels import renumber
from algorithms._moving_kernels import NOWHERE, Rows, Rules, Wishes, evaluate_run, start_partition
from algorithms._refining_kernels import RANDOMNESS, chance

LEAST = 1e-12


def rows_of(graph, unit):
    weights = np.ones_like(graph.weights) if unit else graph.weights
    return Rows(graph.indptr[:-1], graph.indptr[1:], graph.indices, weights, unit), weights


def room(graph, threads):
    row = (threads, graph.n_nodes + 1)
    return np.zeros(row), np.empty(row, np.int32), np.empty(row)


def weight_by_group(graph, weights, v, of_node):
    """Weights from a node to the groups of its neighbours, in the order in which these come up."""
    found = {}
    for e in range(graph.indptr[v], graph.indptr[v + 1]):
        group = int(of_node[graph.indices[e]])
        found[group] = found.get(group, 0.0) + float(weights[e])
    return found


def plain_wishes(graph, weights, labels, resolution, most):
    n = graph.n_nodes
    size = np.bincount(labels, minlength=n).astype(float)
    live, targets, to_new = labels.copy(), [], []
    for v in range(n):
        ties = weight_by_group(graph, weights, v, live)
        old = int(live[v])
        stay = ties.pop(old, 0.0) - resolution * (size[old] - 1)
        best, top, weight = old, stay + LEAST, 0.0
        for group, tie in ties.items():
            if tie - resolution * size[group] > top and (most is None or size[group] + 1 <= most):
                best, top, weight = group, tie - resolution * size[group], tie
        if best == old and stay < -LEAST:
            best = NOWHERE
        targets.append(best)
        to_new.append(weight)
        if best >= 0:
            live[v] = best
    return targets, to_new


def check_wishes(graph, unit, resolution, most, labels):
    n = graph.n_nodes
    rows, weights = rows_of(graph, unit)
    parts, _ = start_partition(np.ones(n), np.ones(n, np.int64), labels.copy(), most is not None)
    rules = Rules(resolution, np.iinfo(np.int64).max if most is None else most, LEAST, 0, 0)
    wishes = Wishes(np.empty(n, np.int32), np.empty(n), np.empty(n))
    scratch, touched, _ = room(graph, 1)
    evaluate_run(rows, parts, rules, np.arange(n, dtype=np.int32), 0, n, scratch[0], touched[0], wishes)
    targets, to_new = plain_wishes(graph, weights, labels, resolution, most)
    assert wishes.target.tolist() == targets
    moved = np.array([t not in (NOWHERE, old) for t, old in zip(targets, labels, strict=True)])
    assert wishes.to_new[moved] == pytest.approx(np.array(to_new)[moved])
    assert not scratch.any()


def plain_parts(graph, weights, labels, resolution, seed):
    n = graph.n_nodes
    part = np.arange(n)
    for community in range(labels.max() + 1):
        members = np.flatnonzero(labels == community)
        total = len(members)
        inside = np.isin(np.arange(n), members)
        mass, alone = dict.fromkeys(members.tolist(), 1.0), set(members.tolist())
        # a node of another community stands in a group of its own that nobody asks for
        ties = {int(v): weight_by_group(graph, weights, v, np.where(inside, np.arange(n), -1)) for v in members}
        outward = {v: sum(w for u, w in ties[v].items() if u >= 0) for v in ties}
        for v in members.tolist():
            if v not in alone or outward[v] < resolution * (total - 1):
                continue
            near = weight_by_group(graph, weights, v, np.where(inside, part, -1))
            gains = {
                p: w - resolution * mass[p]
                for p, w in near.items()
                if p >= 0 and outward[p] >= resolution * mass[p] * (total - mass[p])
            }
            gains = {p: gain for p, gain in gains.items() if gain >= 0}
            if not gains:
                continue
            top = max(gains.values())
            likely = {p: max(1 + (gain - top) / (256 * RANDOMNESS), 0) ** 256 for p, gain in gains.items()}
            likely = {p: chance_of if gains[p] > top - 0.3 else 0.0 for p, chance_of in likely.items()}
            drawn = chance(np.uint64(seed), v) * sum(likely.values())
            chosen = next(p for p in gains if gains[p] == top)
            for p, chance_of in likely.items():
                drawn -= chance_of
                if chance_of > 0 and drawn <= 0:
                    chosen = p
                    break
            part[v] = chosen
            outward[chosen] += outward[v] - 2 * near[chosen]
            mass[chosen] += 1
            alone -= {v, chosen}
    return part


def check_parts(graph, unit, resolution, seed, threads, labels):
    n = graph.n_nodes
    labels, n_labels = renumber(labels)
    rows, weights = rows_of(graph, unit)
    rooms = room(graph, threads)
    inner = np.empty(len(weights), np.int32), np.empty(len(weights))
    found, k = refine(rows, np.ones(n), labels, n_labels, resolution, np.uint64(seed), inner, rooms, 0)
    wanted, wanted_k = renumber(plain_parts(graph, weights, labels, resolution, seed).astype(np.int32))
    assert (found.tolist(), k) == (wanted.tolist(), wanted_k)
    assert all(len(set(labels[found == part])) == 1 for part in range(k))
    assert not rooms[0].any()


def crowd(seed):
    """A graph in which a node has many neighbours, unlike most that a strategy draws."""
    chance = np.random.default_rng(seed)
    return chance, Graph.from_edges(40, *chance.integers(0, 40, (2, 200)), chance.integers(1, 4, 200))


@given(graphs(), st.booleans(), st.sampled_from([0.1, 0.5, 1.5]), st.sampled_from([None, 2, 4]), st.data())
def test_every_node_of_a_run_wants_the_best_community_that_it_sees(graph, unit, resolution, most, data):
    n = graph.n_nodes
    labels = data.draw(st.lists(st.integers(0, n - 1), min_size=n, max_size=n))
    check_wishes(graph, unit, resolution, most, np.array(labels, np.int32))


@pytest.mark.parametrize("most", [None, 4])
@pytest.mark.parametrize("seed", range(10))
def test_every_node_of_a_crowd_wants_the_best_community_that_it_sees(seed, most):
    chance, graph = crowd(seed)
    check_wishes(graph, seed % 2 == 0, 0.1, most, chance.integers(0, 15, 40).astype(np.int32))


@given(graphs(), st.booleans(), st.sampled_from([0.05, 0.3, 1.0]), st.integers(0, 9), st.integers(1, 2), st.data())
def test_communities_are_refined_as_the_definition_says(graph, unit, resolution, seed, threads, data):
    n = graph.n_nodes
    labels = data.draw(st.lists(st.integers(0, min(n, 3) - 1), min_size=n, max_size=n))
    check_parts(graph, unit, resolution, seed, threads, np.array(labels, np.int32))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("resolution", [0.03, 0.15, 0.25])
@pytest.mark.parametrize("seed", range(8))
def test_communities_of_a_crowd_are_refined_as_the_definition_says(seed, resolution, threads):
    chance, graph = crowd(seed)
    check_parts(graph, seed % 2 == 0, resolution, seed, threads, chance.integers(0, 2, 40).astype(np.int32))
