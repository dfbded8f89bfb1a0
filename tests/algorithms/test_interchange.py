import importlib.util
import os
import subprocess
import sys

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from _graphs import graphs
from hypothesis import given

from algorithms import (
    MISSING_TIME,
    EntityGraph,
    Events,
    Links,
    Transfers,
    entity_graph_from_pandas,
    entity_graph_to_hetero_data,
    entity_graph_to_igraph,
    entity_graph_to_networkx,
    entity_graph_to_pandas,
    from_igraph,
    from_networkx,
    from_scipy,
    to_igraph,
    to_networkx,
    to_scipy,
)


def same(one, two):
    return all(np.array_equal(getattr(one, name), getattr(two, name)) for name in ("indptr", "indices", "weights"))


@given(graphs())
def test_graphs_come_back_from_every_library(graph):
    assert same(graph, from_networkx(to_networkx(graph)))
    assert same(graph, from_igraph(to_igraph(graph)))
    assert same(graph, from_scipy(to_scipy(graph)))


def test_a_matrix_that_is_not_symmetric_is_refused():
    from scipy.sparse import csr_array

    with pytest.raises(ValueError, match="must be square and symmetric"):
        from_scipy(csr_array(np.array([[0.0, 1.0], [0.0, 0.0]])))


@pytest.fixture
def entity_graph():
    return EntityGraph.from_nodes(
        ("account", "device", "wallet"),
        [["a", "b"], ["d"], ["w"]],
        created_at=np.array([5, MISSING_TIME]),
        links=Links(*(np.array(c) for c in ([0, 1], [2, 2], [10, MISSING_TIME], [20, MISSING_TIME], [1, 3]))),
        transfers=Transfers(
            np.array([0, 3]),
            np.array([3, 1]),
            np.array([7, MISSING_TIME]),
            np.array([1.5, np.nan]),
            np.array([np.nan, 2.0]),
            np.array([0, -1]),
            ("EUR",),
        ),
        events=Events(
            np.array([0, 1]),
            np.array([0, 1]),
            np.array([6, 8]),
            np.array([-1, 0]),
            np.array([np.nan, 3.0]),
            ("claim", "referral"),
        ),
    )


def test_an_entity_graph_comes_back_from_pandas(entity_graph):
    back = entity_graph_from_pandas(entity_graph_to_pandas(entity_graph))
    assert back.types == entity_graph.types
    assert back.names.equals(entity_graph.names)
    assert back.created_at.tolist() == entity_graph.created_at.tolist()
    for part in ("links", "transfers", "events"):
        for name, values in vars(getattr(entity_graph, part)).items():
            np.testing.assert_array_equal(np.asarray(values), np.asarray(getattr(getattr(back, part), name)))


def test_frames_hold_names_and_no_invented_times(entity_graph):
    frames = entity_graph_to_pandas(entity_graph)
    assert frames["links"].signal_id.tolist() == ["d", "d"]
    assert frames["links"].first_seen.isna().tolist() == [False, True]
    assert frames["entities"].created_at[0] == pd.Timestamp(5, unit="s", tz="UTC")


def test_a_row_about_an_unlisted_entity_is_refused(entity_graph):
    frames = entity_graph_to_pandas(entity_graph)
    frames["links"].loc[0, "signal_id"] = "other"
    with pytest.raises(ValueError, match=r"got \('device', 'other'\)"):
        entity_graph_from_pandas(frames)


def test_networkx_and_igraph_hold_every_link_and_transfer(entity_graph):
    graph = entity_graph_to_networkx(entity_graph)
    assert isinstance(graph, nx.MultiDiGraph)
    kinds = sorted(data["kind"] for _, _, data in graph.edges(data=True))
    assert kinds == ["link", "link", "transfer", "transfer"]
    assert graph[("account", "a")][("wallet", "w")][0] == {"kind": "transfer", "occurred_at": 7, "amount": 1.5}
    other = entity_graph_to_igraph(entity_graph)
    assert (other.vcount(), other.ecount()) == (4, 4)
    assert other.vs["entity_id"] == ["a", "b", "d", "w"]


def test_hetero_data_holds_every_type():
    if importlib.util.find_spec("torch_geometric") is None:
        message = "PyG is not installed: pip install graphrisk[torch]"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    graph = EntityGraph.from_nodes(
        ("account", "device"),
        [["a", "b"], ["d"]],
        links=Links(*(np.array(c) for c in ([0, 1], [2, 2], [1, 2], [3, 4], [1, 1]))),
    )
    data = entity_graph_to_hetero_data(graph)
    assert data["account"].num_nodes == 2
    assert data["account", "uses", "device"].edge_index.tolist() == [[0, 1], [0, 0]]


def test_without_pyg_the_way_to_get_it_is_told(entity_graph, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r"pip install graphrisk\[torch\]"):
        entity_graph_to_hetero_data(entity_graph)


def test_the_ground_imports_no_heavy_library():
    heavy = "pandas", "networkx", "igraph", "torch", "duckdb"
    script = f"import sys, algorithms; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
