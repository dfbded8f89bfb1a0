"""The heterogeneous network written with PyG's message passing and PyG's container of relations, weights shared."""

import torch
from torch import nn
from torch_geometric.nn import HeteroConv, MessagePassing

from gnn.hetero_network import key


class GatedMean(MessagePassing):
    """Mean of gated messages, then a matrix: what one relation adds."""

    def __init__(self, layer, types):
        super().__init__(aggr="mean")
        self.layer, self.types = [layer], types  # in a list, so that its weights do not count twice

    def forward(self, x, edge_index, edge_attr):
        x = x if isinstance(x, tuple) else (x, x)  # PyG hands over one tensor where both ends are of one type
        name, kind, layer = key(*self.types), self.types[2], self.layer[0]
        gates = 2 * torch.sigmoid(layer.gates[name](edge_attr)) if name in layer.gates else None
        mean = self.propagate(edge_index, x=x, gates=gates, size=(len(x[0]), len(x[1])))
        number = 1 + layer.into[kind].index(self.types)
        return nn.functional.linear(mean, layer.block(layer.mix[key(kind)].weight, number))

    def message(self, x_j, gates):
        if gates is None:
            return x_j
        return (x_j.view(len(x_j), gates.shape[1], -1) * gates[:, :, None]).flatten(1)


class Twin(nn.Module):
    """Has the modules of a `HeteroNetwork`, and runs them as PyG would."""

    def __init__(self, network):
        super().__init__()
        self.network = network
        self.convs = nn.ModuleList(
            HeteroConv({types: GatedMean(layer, types) for types in network.schema.edges}, aggr="sum")
            for layer in network.layers
        )

    def forward(self, data):
        net = self.network
        states = {kind: net.start[key(kind)](net.lift[key(kind)](x)) for kind, x in data.x_dict.items()}
        for conv, layer in zip(self.convs, net.layers, strict=True):
            heard = conv(states, data.edge_index_dict, data.edge_attr_dict)
            sums = {}
            for kind, state in states.items():
                mix = layer.mix[key(kind)]
                sums[kind] = nn.functional.linear(state, layer.block(mix.weight, 0), mix.bias) + heard.get(kind, 0)
            states = {
                kind: states[kind] + layer.drop(nn.functional.gelu(layer.norms[key(kind)](total)))
                for kind, total in sums.items()
            }
        return states
