"""A network over nodes and edges of several types: what neighbours are, gated by what each edge is, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from algorithms.sampling import EdgeType
from gnn._torch import nn, torch
from gnn.aggregation import EdgeTensors, Tensor, mean_neighbours
from gnn.network_graph import NetworkGraph


@dataclass(frozen=True)
class Schema:
    """Node types and edge types that a network knows, with the number of features of each.

    Parameters
    ----------
    nodes : dict of str to int
    edges : dict of (source type, name, target type) to int
    """

    nodes: dict[str, int]
    edges: dict[EdgeType, int]

    @classmethod
    def of(cls, *graphs: NetworkGraph) -> Schema:
        """All types that any of the graphs has, in alphabetical order."""
        nodes = {kind: values.shape[1] for graph in graphs for kind, values in graph.features.items()}
        edges = {types: ends.features.shape[1] for graph in graphs for types, ends in graph.edges.items()}
        return cls(dict(sorted(nodes.items())), dict(sorted(edges.items())))

    def check(self, graph: NetworkGraph) -> None:
        """Refuse a graph with types that the network does not know, or with other features.

        Raises
        ------
        ValueError
            If there are any.
        """
        other = Schema.of(graph)
        new = [*(other.nodes.items() - self.nodes.items()), *(other.edges.items() - self.edges.items())]
        for kind, n in new:
            raise ValueError(
                f"the graph must have types and features that the network was made for, got {kind} with {n} features"
            )


@dataclass(frozen=True, eq=False)
class GraphTensors:
    """A graph on the device of a network.

    Parameters
    ----------
    features : dict of str to tensor of float32, shape (n_nodes, n_features)
    edges : dict of edge type to EdgeTensors
    """

    features: Mapping[str, Tensor]
    edges: Mapping[EdgeType, EdgeTensors]

    @classmethod
    def of(cls, graph: NetworkGraph, device: Any = "cpu") -> GraphTensors:
        """Take a graph to a device."""
        features = {kind: torch.tensor(values, device=device) for kind, values in graph.features.items()}
        return cls(features, {types: EdgeTensors.of(edges, device) for types, edges in graph.edges.items()})


class HeteroLayer(nn.Module):
    """One step along all edge types, with what a node was before added to what it becomes.

    ``h'_v = h_v + gelu(norm(W_type h_v + sum_r W_r mean(gate_r(e) * h_u for edges e = (u, v) of type r)))``, with
    ``gate_r(e) = 2 sigmoid(G_r e)``, one number a head, so that an edge that says nothing lets everything pass.

    Parameters
    ----------
    schema : Schema
    width, n_heads : int
    dropout : float
    """

    def __init__(self, schema: Schema, width: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.own = nn.ModuleDict({key(kind): nn.Linear(width, width) for kind in schema.nodes})
        self.norms = nn.ModuleDict({key(kind): nn.LayerNorm(width) for kind in schema.nodes})
        self.heard = nn.ModuleDict({key(*types): nn.Linear(width, width, bias=False) for types in schema.edges})
        self.gates = nn.ModuleDict({key(*types): nn.Linear(n, n_heads) for types, n in schema.edges.items() if n})
        for gate in self.gates.values():
            nn.init.zeros_(gate.bias)
        self.drop = nn.Dropout(dropout)

    def forward(self, states: Mapping[str, Tensor], edges: Mapping[EdgeType, EdgeTensors]) -> dict[str, Tensor]:
        """Take states of shape (n_nodes, width) by type one step on."""
        sums = {kind: self.own[key(kind)](state) for kind, state in states.items()}
        for types, ends in edges.items():
            source, _, target = types
            name = key(*types)
            gates = 2 * torch.sigmoid(self.gates[name](ends.features)) if name in self.gates else None
            # a mean of products is the product of the mean: multiply on the side that has fewer rows
            if ends.edges.n_sources < ends.edges.n_targets and gates is None:
                sums[target] = sums[target] + mean_neighbours(ends, self.heard[name](states[source]))
            else:
                sums[target] = sums[target] + self.heard[name](mean_neighbours(ends, states[source], gates))
        act = nn.functional.gelu
        return {kind: states[kind] + self.drop(act(self.norms[key(kind)](total))) for kind, total in sums.items()}


class HeteroNetwork(nn.Module):
    """Embeddings of the nodes of a typed graph.

    Parameters
    ----------
    schema : Schema
    width : int
        Of the embeddings.
    n_layers : int
        Steps along edges.
    n_heads : int
        Gates for each edge; must divide the width.
    dropout : float

    Raises
    ------
    ValueError
        If the heads do not divide the width.

    References
    ----------
    Schlichtkrull et al. (2018), Modeling relational data with graph convolutional networks, equation 2 (a matrix for
    each relation); Bresson and Laurent (2017), Residual gated graph convnets, equation 11 (gates, residuals).
    """

    def __init__(
        self, schema: Schema, *, width: int = 64, n_layers: int = 2, n_heads: int = 4, dropout: float = 0.2
    ) -> None:
        super().__init__()
        if width % n_heads:
            raise ValueError(f"`n_heads` must divide `width`, got {n_heads} and {width}")
        self.schema = schema
        self.width = width
        self.lift = nn.ModuleDict({key(kind): nn.Linear(n, width) for kind, n in schema.nodes.items()})
        self.start = nn.ModuleDict({key(kind): nn.LayerNorm(width) for kind in schema.nodes})
        self.layers = nn.ModuleList(HeteroLayer(schema, width, n_heads, dropout) for _ in range(n_layers))

    def forward(self, graph: GraphTensors) -> dict[str, Tensor]:
        """Embeddings of all nodes by type, shape (n_nodes, width); O(edges x width + nodes x width²)."""
        states = {kind: self.start[key(kind)](self.lift[key(kind)](values)) for kind, values in graph.features.items()}
        for layer in self.layers:
            states = layer(states, graph.edges)
        return states


def key(*types: str) -> str:
    """Name of a node type or edge type inside a network; a module's name holds no dot and is none of its attributes."""
    return "/".join(types).replace(".", ":") + "/"
