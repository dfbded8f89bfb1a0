"""Graphs for tests: strategies and generators."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from algorithms import Graph


@st.composite
def edge_lists(draw, most_nodes=14, most_edges=40):
    """Draw a number of nodes and edges with small integer weights, self-loops and parallel edges included."""
    n = draw(st.integers(1, most_nodes))
    node = st.integers(0, n - 1)
    edges = draw(st.lists(st.tuples(node, node, st.integers(1, 4)), max_size=most_edges))
    sources, targets, weights = (np.array(column) for column in zip(*edges, strict=True)) if edges else ([], [], [])
    return n, np.array(sources, np.int64), np.array(targets, np.int64), np.array(weights, np.float64)


@st.composite
def graphs(draw, **sizes):
    """Draw a graph."""
    return Graph.from_edges(*draw(edge_lists(**sizes)))


def planted(n_groups, size, p_in, p_out, seed=0):
    """Make a planted partition: dense groups, sparse between."""
    rng = np.random.default_rng(seed)
    n = n_groups * size
    one, two = np.triu_indices(n, 1)
    same = one // size == two // size
    keep = rng.random(len(one)) < np.where(same, p_in, p_out)
    return Graph.from_edges(n, one[keep], two[keep])
