import dataclasses
import importlib.util
import os
import subprocess
import sys

import networkx as nx
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from _graphs import graphs
from hypothesis import given

from algorithms import (
    MISSING_TIME,
    EntityGraph,
    Events,
    Links,
    Transfers,
    entity_graph_from_hetero_data,
    entity_graph_from_igraph,
    entity_graph_from_networkx,
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
            np.array([3, 0, 0, 3]),
            np.array([1, 3, 3, 0]),
            np.array([MISSING_TIME, 7, 9, 9]),
            np.array([np.nan, 1.5, 2.5, 2.5]),
            np.array([2.0, np.nan, np.nan, 3.0]),
            np.array([-1, 0, -1, 0]),
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


def same_entities(one, two):
    """Compare all parts."""
    assert one.types == two.types
    assert one.names.equals(two.names)
    assert one.created_at.tolist() == two.created_at.tolist()
    for part in ("links", "transfers", "events"):
        for name, values in vars(getattr(one, part)).items():
            np.testing.assert_array_equal(np.asarray(values), np.asarray(getattr(getattr(two, part), name)))


TO_AND_FROM = {
    "pandas": (entity_graph_to_pandas, entity_graph_from_pandas),
    "networkx": (entity_graph_to_networkx, entity_graph_from_networkx),
    "igraph": (entity_graph_to_igraph, entity_graph_from_igraph),
}


@pytest.mark.parametrize("library", TO_AND_FROM)
def test_an_entity_graph_comes_back_from_every_library(entity_graph, library):
    to, back = TO_AND_FROM[library]
    same_entities(entity_graph, back(to(entity_graph)))


def test_attributes_of_accounts_come_back_from_pandas(entity_graph):
    graph = dataclasses.replace(entity_graph, attributes=pa.table({"country": ["DE", None]}))
    frames = entity_graph_to_pandas(graph)
    assert frames["attributes"].account_id.tolist() == ["a", "b"]
    back = entity_graph_from_pandas(frames | {"attributes": frames["attributes"][::-1]})
    assert back.attributes.to_pydict() == {"country": ["DE", None]}


def test_a_graph_of_the_users_own_may_lack_what_it_does_not_know():
    graph = nx.MultiDiGraph()
    graph.add_node(1, entity_type="account", entity_id="b")
    graph.add_node(2, entity_type="account", entity_id="a", created_at=7)
    graph.add_node(3, entity_type="device", entity_id="d")
    graph.add_edge(1, 3, kind="link")
    graph.add_edge(1, 2, kind="transfer", amount=5.0)
    back = entity_graph_from_networkx(graph)
    assert back.names.to_pylist() == ["a", "b", "d"]
    assert back.created_at.tolist() == [7, MISSING_TIME]
    assert (back.links.accounts.tolist(), back.links.n_events.tolist()) == ([1], [1])
    assert back.links.first_seen.tolist() == [MISSING_TIME]
    assert (back.transfers.sources.tolist(), back.transfers.amounts.tolist()) == ([1], [5.0])
    assert np.isnan(back.transfers.amounts_usd).all()


def test_a_graph_of_something_else_is_refused():
    graph = nx.MultiDiGraph()
    graph.add_node("x", entity_type="account")
    with pytest.raises(ValueError, match="every node must have `entity_type` and `entity_id`, got 'x'"):
        entity_graph_from_networkx(graph)
    graph.add_node("x", entity_id="x")
    graph.add_edge("x", "x", kind="knows")
    with pytest.raises(ValueError, match="`kind` of an edge must be one of link, transfer, event, got 'knows'"):
        entity_graph_from_networkx(graph)


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


def test_networkx_and_igraph_hold_every_link_transfer_and_event(entity_graph):
    graph = entity_graph_to_networkx(entity_graph)
    assert isinstance(graph, nx.MultiDiGraph)
    kinds = sorted(data["kind"] for _, _, data in graph.edges(data=True))
    assert kinds == ["event", "event", "link", "link", "transfer", "transfer", "transfer", "transfer"]
    assert graph[("account", "a")][("wallet", "w")][0] == {
        "kind": "transfer",
        "occurred_at": 7,
        "amount": 1.5,
        "currency": "EUR",
    }
    other = entity_graph_to_igraph(entity_graph)
    assert (other.vcount(), other.ecount()) == (4, 8)
    assert other.vs["entity_id"] == ["a", "b", "d", "w"]


def need_pyg():
    if importlib.util.find_spec("torch_geometric") is None:
        message = "PyG is not installed: pip install graphrisk[torch]"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)


def test_hetero_data_holds_every_type(entity_graph):
    need_pyg()
    data = entity_graph_to_hetero_data(entity_graph)
    assert data["account"].num_nodes == 2
    assert data["account", "uses", "device"].edge_index.tolist() == [[0, 1], [0, 0]]
    assert data["account", "act_claim", "account"].edge_index.tolist() == [[0], [0]]
    assert set(data.edge_types) == {
        ("account", "uses", "device"),
        ("account", "transfers", "wallet"),
        ("wallet", "transfers", "account"),
        ("account", "act_claim", "account"),
        ("account", "act_referral", "account"),
    }


def test_an_entity_graph_comes_back_from_hetero_data(entity_graph):
    need_pyg()
    data = entity_graph_to_hetero_data(entity_graph)
    names = {kind: [entity_graph.name_of(k) for k in entity_graph.nodes_of(kind)] for kind in entity_graph.types}
    kept = entity_graph_from_hetero_data(data, names)
    plain = dataclasses.replace(entity_graph.transfers, currencies=None, currency_names=())
    same_entities(dataclasses.replace(entity_graph, transfers=plain), kept)
    assert entity_graph_from_hetero_data(data).names.to_pylist() == ["0", "1", "0", "0"]
    data["account", "knows", "account"].edge_index = data["account", "act_claim", "account"].edge_index
    with pytest.raises(ValueError, match="must be `uses`, `transfers` or begin with `act_`, got 'knows'"):
        entity_graph_from_hetero_data(data)


def test_without_pyg_the_way_to_get_it_is_told(entity_graph, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r"pip install graphrisk\[torch\]"):
        entity_graph_to_hetero_data(entity_graph)


def test_the_ground_imports_no_heavy_library():
    heavy = "pandas", "networkx", "igraph", "torch", "duckdb"
    script = f"import sys, algorithms; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
