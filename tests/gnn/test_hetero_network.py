import subprocess
import sys

import numpy as np
import pytest
from _entities import AS_OF, graph_of, rows_of

torch = pytest.importorskip("torch", reason="networks need `pip install graphrisk[torch]`")

from gnn.aggregation import EdgeTensors  # noqa: E402
from gnn.entity_network import entity_network  # noqa: E402
from gnn.hetero_network import GraphTensors, HeteroNetwork, Schema  # noqa: E402
from gnn.network_graph import NetworkGraph  # noqa: E402


@pytest.fixture(scope="module")
def graph():
    return entity_network(graph_of(rows_of()[0]), AS_OF)


def embed(graph, **options):
    torch.manual_seed(0)
    network = HeteroNetwork(Schema.of(graph), **options).eval()
    with torch.no_grad():
        return network(GraphTensors.of(graph))


def test_every_node_gets_a_finite_embedding_of_the_width(graph):
    out = embed(graph, width=32, n_layers=3)
    assert {kind: tuple(h.shape) for kind, h in out.items()} == {
        kind: (len(values), 32) for kind, values in graph.features.items()
    }
    assert all(torch.isfinite(h).all() for h in out.values())


@pytest.mark.parametrize("n_heads", [1, 4])
def test_embeddings_and_gradients_are_those_of_the_same_network_in_pyg(graph, n_heads):
    pytest.importorskip("torch_geometric", reason="the twin needs `pip install graphrisk[torch]`")
    from _pyg_twin import Twin

    torch.manual_seed(1)
    network = HeteroNetwork(Schema.of(graph), n_heads=n_heads).eval()
    one = network(GraphTensors.of(graph))
    two = Twin(network)(graph.to_hetero_data())
    for kind in one:
        torch.testing.assert_close(one[kind], two[kind], atol=1e-4, rtol=1e-4)
    weights = list(network.parameters())
    gradients = [
        torch.autograd.grad(sum(h.square().mean() for h in out.values()), weights, allow_unused=True)
        for out in (one, two)
    ]
    for left, right in zip(*gradients, strict=True):
        assert (left is None) == (right is None)
        if left is not None:
            torch.testing.assert_close(left, right, atol=1e-4, rtol=1e-3)


def test_embeddings_follow_when_accounts_are_numbered_anew():
    rows, _ = rows_of(seed=3)
    order = np.random.default_rng(0).permutation(rows["n"])
    one, two = (embed(entity_network(graph_of(rows, o), AS_OF)) for o in (None, order))
    torch.testing.assert_close(one["account"], two["account"][torch.tensor(order)], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(one["device"], two["device"], atol=1e-5, rtol=1e-4)


def test_other_devices_scatter_to_the_same_embeddings(graph):
    torch.manual_seed(0)
    network = HeteroNetwork(Schema.of(graph)).eval()
    plain = GraphTensors.of(graph)
    scattered = {
        types: EdgeTensors(
            held.edges,
            held.features,
            held.shares,
            *(torch.tensor(e).long() for e in (held.edges.sources, held.edges.targets)),
        )
        for types, held in plain.edges.items()
    }
    with torch.no_grad():
        one, two = network(plain), network(GraphTensors(plain.features, scattered))
    torch.testing.assert_close(one["account"], two["account"], atol=1e-5, rtol=1e-4)


def test_one_layer_sees_neighbours_and_no_further(graph):
    uses = graph.edges["device", "used_by", "account"]
    device = int(uses.sources[0])
    hearing = set(uses.targets[uses.sources == device].tolist())
    moved = {**graph.features, "device": graph.features["device"].copy()}
    moved["device"][device] += 1
    before, after = (embed(NetworkGraph(f, graph.edges), n_layers=1)["account"] for f in (graph.features, moved))
    assert set(torch.nonzero((before != after).any(dim=1))[:, 0].tolist()) == hearing


def test_types_with_names_of_attributes_and_with_dots_are_types_like_others(graph):
    names = {"device": "type", "ip": "a.b", "account": "account"}
    features = {names[kind]: values for kind, values in graph.features.items()}
    edges = {(names[s], name, names[t]): e for (s, name, t), e in graph.edges.items()}
    assert set(embed(NetworkGraph(features, edges))) == {"account", "type", "a.b"}


def test_a_graph_with_other_types_is_refused(graph):
    schema = Schema.of(graph)
    grown = NetworkGraph({**graph.features, "email": np.zeros((1, 3), np.float32)}, graph.edges)
    with pytest.raises(ValueError, match="that the network was made for, got email with 3 features"):
        schema.check(grown)
    schema.check(NetworkGraph({"account": graph.features["account"]}, {}))  # fewer types are well


def test_heads_that_do_not_divide_the_width_are_refused(graph):
    with pytest.raises(ValueError, match="`n_heads` must divide `width`, got 3 and 64"):
        HeteroNetwork(Schema.of(graph), n_heads=3)


def test_edges_without_nodes_are_refused(graph):
    with pytest.raises(ValueError, match="edges account-uses-device must join 300 with 0 nodes, got 300 with"):
        NetworkGraph({"account": graph.features["account"]}, {k: v for k, v in graph.edges.items() if k[2] == "device"})


def test_the_base_packages_load_no_torch_and_a_network_says_what_it_needs():
    script = """
import sys
import graphrisk, gnn, loaders, algorithms, gnn.entity_network
assert not {"torch", "torch_geometric", "safetensors"} & set(sys.modules)
sys.modules["torch"] = None
try:
    import gnn.hetero_network
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "networks need PyTorch; install it with `pip install graphrisk[torch]`"
