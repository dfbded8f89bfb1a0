"""Networks on a device that is no CPU, as far as that can be seen without one.

Tensors on PyTorch's device ``meta`` hold no numbers, but an operation on them and on a tensor that was left on the CPU
is refused as one with CUDA would be; and what other devices do instead of the kernels can be done on a CPU.
"""

import dataclasses

import numpy as np
import pytest
from _entities import AS_OF, graph_of, rows_of

torch = pytest.importorskip("torch", reason="networks need `pip install graphrisk[torch]`")

from gnn import aggregation  # noqa: E402
from gnn.actor_sets import ActorSets  # noqa: E402
from gnn.aggregation import EdgeTensors  # noqa: E402
from gnn.entity_network import entity_network  # noqa: E402
from gnn.fitting import device_of  # noqa: E402
from gnn.hetero_network import GraphTensors, Schema  # noqa: E402
from gnn.network_config import NetworkConfig  # noqa: E402
from gnn.network_training import Population, around, make_network, predict_sets, train_network  # noqa: E402
from gnn.ranking import average_precision  # noqa: E402
from gnn.score_heads import SetTensors  # noqa: E402
from gnn.transfer_graph import transfer_graph  # noqa: E402
from gnn.transfer_network import TransferNetwork, TransferTensors  # noqa: E402

CONFIG = NetworkConfig(width=16, n_epochs=20, learning_rate=0.01, dropout=0.1, device="cpu")


def rings_of(seed=0):
    """The network's graph of an exchange, its rings and as many sets that are none, and which are rings."""
    rows, ring = rows_of(seed=seed)
    others = np.flatnonzero(ring < 0)
    lists = [np.flatnonzero(ring == k) for k in range(10)] + [others[6 * k : 6 * k + 6] for k in range(10)]
    sets = ActorSets(np.arange(0, 121, 6), np.concatenate(lists))
    return entity_network(graph_of(rows), AS_OF), sets, np.repeat([1.0, 0.0], 10)


def learns_elsewhere(network, outputs):
    """All gradients of a network's outputs are where the outputs are."""
    assert outputs.device.type == "meta"
    torch.nn.functional.binary_cross_entropy_with_logits(outputs, torch.zeros_like(outputs)).backward()
    devices = {weight.grad.device.type for weight in network.parameters() if weight.grad is not None}
    assert devices == {"meta"}


@pytest.mark.parametrize("head", ["ring", "account"])
@pytest.mark.parametrize("sampled", [False, True])
def test_nothing_of_a_network_over_entities_is_left_on_the_cpu(head, sampled):
    graph, sets, _ = rings_of()
    sets = sets if head == "ring" else ActorSets.singles(20)
    network = make_network(Schema.of(graph), CONFIG, head=head).to("meta")
    tensors = GraphTensors.of(graph, "meta")
    if sampled:
        tensors, sets = around(graph, sets, CONFIG, 0, "meta")
    outputs = network(tensors, SetTensors(sets, "meta"))
    assert outputs.shape == (len(sets),)
    learns_elsewhere(network, outputs)


def test_nothing_of_a_network_over_transfers_is_left_on_the_cpu():
    rows, _ = rows_of()
    whole = graph_of(rows)
    graph = transfer_graph(whole.transfers, whole.n_nodes, AS_OF)
    network = TransferNetwork(width=16).to("meta")
    chosen = torch.arange(5, device="meta")
    learns_elsewhere(network, network(TransferTensors.of(graph, "meta"), chosen))


@pytest.fixture
def without_kernels(monkeypatch):
    """Hand over edges as to devices that the kernels do not know; gives what hands them over to the CPU."""
    to_cpu = EdgeTensors.of

    def elsewhere(edges, device="cpu"):
        ends = {name: torch.tensor(getattr(edges, name)).long() for name in ("sources", "targets")}
        return dataclasses.replace(to_cpu(edges, device), **ends)

    monkeypatch.setattr(EdgeTensors, "of", elsewhere)
    return to_cpu


def test_without_kernels_a_network_says_the_same(without_kernels, monkeypatch):
    graph, sets, _ = rings_of()
    network = make_network(Schema.of(graph), CONFIG).eval()
    there = predict_sets(network, graph, sets, CONFIG)
    monkeypatch.setattr(EdgeTensors, "of", without_kernels)
    monkeypatch.setattr(aggregation, "mean_by_scatter", None)  # would fail if it were called
    np.testing.assert_allclose(predict_sets(network, graph, sets, CONFIG), there, atol=1e-5)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_without_kernels_a_network_learns_in_both_precisions(without_kernels, precision):
    config = dataclasses.replace(CONFIG, precision=precision)
    data = [
        Population(*rings_of(seed), np.full(20, seed == 0), np.full(20, seed == 1))  # one to learn from, one to stop by
        for seed in (0, 1)
    ]
    network = make_network(Schema.of(*(population.graph for population in data)), config)
    trained = train_network(network, data, config)
    graph, sets, targets = rings_of(2)
    assert average_precision(predict_sets(trained.network, graph, sets, config), targets) > 0.9


def test_the_device_is_cuda_where_there_is_one(monkeypatch):
    for there, name in ((True, "cuda"), (False, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda there=there: there)
        assert device_of(NetworkConfig()).type == name
        assert device_of(dataclasses.replace(NetworkConfig(), device="cpu")).type == "cpu"
