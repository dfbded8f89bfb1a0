import numpy as np
import pytest
from _graphs import edge_lists
from hypothesis import given
from hypothesis import strategies as st

import algorithms._build as build_module
from algorithms import Graph


def plain_graph(n, sources, targets, weights):
    """The obvious twin: a dictionary of summed weights."""
    edges = {}
    for s, t, w in zip(sources.tolist(), targets.tolist(), weights.tolist(), strict=True):
        if s != t:
            key = (min(s, t), max(s, t))
            edges[key] = edges.get(key, 0.0) + w
    return edges


@given(edge_lists())
def test_edges_are_merged_and_sorted(rows):
    graph = Graph.from_edges(*rows)
    sources, targets, weights = graph.edges()
    got = {(int(s), int(t)): w for s, t, w in zip(sources, targets, weights, strict=True)}
    assert got == plain_graph(*rows)
    assert list(got) == sorted(got)
    assert graph.n_self_loops == int((rows[1] == rows[2]).sum())
    assert graph.n_edges == len(got)


@given(edge_lists())
def test_the_rows_are_symmetric_and_ascending(rows):
    graph = Graph.from_edges(*rows)
    dense = np.zeros((graph.n_nodes, graph.n_nodes))
    for v in range(graph.n_nodes):
        row = graph.indices[graph.indptr[v] : graph.indptr[v + 1]]
        assert (np.diff(row) > 0).all()
        dense[v, row] = graph.weights[graph.indptr[v] : graph.indptr[v + 1]]
    assert (dense == dense.T).all()
    assert np.allclose(graph.strengths(), dense.sum(axis=1))
    assert (graph.degrees() == (dense > 0).sum(axis=1)).all()


@given(edge_lists(), st.randoms())
def test_the_order_of_edges_changes_nothing(rows, random):
    n, sources, targets, weights = rows
    order = list(range(len(sources)))
    random.shuffle(order)
    one, two = Graph.from_edges(*rows), Graph.from_edges(n, targets[order], sources[order], weights[order])
    assert np.array_equal(one.indptr, two.indptr)
    assert np.array_equal(one.indices, two.indices)
    assert np.array_equal(one.weights, two.weights)


@given(edge_lists(), st.data())
def test_a_subgraph_holds_the_edges_among_its_nodes(rows, data):
    graph = Graph.from_edges(*rows)
    nodes = sorted(data.draw(st.sets(st.integers(0, graph.n_nodes - 1))))
    part = graph.subgraph(nodes)
    of_many = Graph.from_edges(rows[0] + 10_000, *rows[1:]).subgraph(nodes)  # few are searched for, not mapped
    assert all(np.array_equal(a, b) for a, b in zip(part.edges(), of_many.edges(), strict=True))
    want = {
        (nodes.index(s), nodes.index(t)): w for (s, t), w in plain_graph(*rows).items() if s in nodes and t in nodes
    }
    assert {(int(s), int(t)): w for s, t, w in zip(*part.edges(), strict=True)} == want


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((3, [0], [3]), "`targets` must lie in 0 .. 2, got 3 .. 3"),
        ((3, [-1], [1]), "`sources` must lie in 0 .. 2, got -1"),
        ((3, [0, 1], [1]), "must have one length"),
        ((3, [0.5], [1]), "`sources` must hold integers"),
        ((3, [0], [1], [0.0]), "`weights` must be finite and above 0"),
        ((3, [0], [1], [np.nan]), "`weights` must be finite and above 0"),
        ((3, [0], [1], [1.0, 2.0]), "`weights` must have shape"),
        ((-1, [], []), "`n_nodes` must lie in"),
    ],
)
def test_what_is_no_graph_is_refused(args, words):
    with pytest.raises(ValueError, match=words):
        Graph.from_edges(*args)


def test_a_subgraph_of_unsorted_or_unknown_nodes_is_refused():
    graph = Graph.from_edges(3, [0], [1])
    for nodes in ([1, 0], [0, 0], [0, 3], [-1]):
        with pytest.raises(ValueError, match="must be ascending"):
            graph.subgraph(nodes)


def test_an_empty_graph_is_a_graph():
    graph = Graph.from_edges(0, [], [])
    assert (graph.n_nodes, graph.n_edges, len(graph.strengths())) == (0, 0, 0)


@given(edge_lists(), st.sampled_from([0, 200_000]), st.sampled_from([0, 4_000_000]), st.sampled_from([0, 1, 12]))
def test_blocks_of_edges_and_buckets_of_rows_change_nothing(rows, parallel, direct, bits):
    alone = Graph.from_edges(*rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build_module, "PARALLEL_EDGES", parallel)
        patch.setattr(build_module, "DIRECT_EDGES", direct)
        patch.setattr(build_module, "BUCKET_BITS", bits)
        other = Graph.from_edges(*rows)
    for name in ("indptr", "indices", "weights", "n_self_loops"):
        assert np.array_equal(getattr(alone, name), getattr(other, name))


def test_buckets_of_rows_refuse_unknown_nodes_too(monkeypatch):
    monkeypatch.setattr(build_module, "DIRECT_EDGES", -1)
    with pytest.raises(ValueError, match="`targets` must lie in 0"):
        Graph.from_edges(3, [0, 0], [3, 1])
