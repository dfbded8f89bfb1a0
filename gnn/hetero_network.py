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

    def known_part(self, graph: NetworkGraph) -> tuple[NetworkGraph, list[str]]:
        """The part of a graph whose types the network knows, and the names of the types that it does not."""
        features = {kind: v for kind, v in graph.features.items() if self.nodes.get(kind) == v.shape[1]}
        edges = {types: e for types, e in graph.edges.items() if self.edges.get(types) == e.features.shape[1]}
        edges = {types: ends for types, ends in edges.items() if types[0] in features and types[2] in features}
        unknown = [*(graph.features.keys() - features.keys())]
        unknown += ["-".join(types) for types in graph.edges.keys() - edges.keys()]
        return (NetworkGraph(features, edges) if unknown else graph), sorted(unknown)

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

    ``h'_v = h_v + gelu(norm(W_type [h_v, m_1, m_2, ...] + b))``, where ``m_r`` is the mean of ``gate_r(e) * h_u`` over
    the edges ``e = (u, v)`` of the r-th type that leads to the type of v, and ``gate_r(e) = 2 sigmoid(G_r e)`` is one
    number a head, so that an edge that says nothing lets everything pass. A type that a graph lacks counts as zero.

    Parameters
    ----------
    schema : Schema
    width, n_heads : int
    dropout : float
    """

    def __init__(self, schema: Schema, width: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.width = width
        self.into = {kind: [types for types in schema.edges if types[2] == kind] for kind in schema.nodes}
        self.mix = nn.ModuleDict(
            {key(kind): nn.Linear(width * (1 + len(into)), width) for kind, into in self.into.items()}
        )
        self.norms = nn.ModuleDict({key(kind): nn.LayerNorm(width) for kind in schema.nodes})
        self.gates = nn.ModuleDict({key(*types): nn.Linear(n, n_heads) for types, n in schema.edges.items() if n})
        for gate in self.gates.values():
            nn.init.zeros_(gate.bias)
        self.drop = nn.Dropout(dropout)

    def forward(self, states: Mapping[str, Tensor], edges: Mapping[EdgeType, EdgeTensors]) -> dict[str, Tensor]:
        """Take states of shape (n_nodes, width) by type one step on."""
        return {kind: state + self._change(kind, states, edges) for kind, state in states.items()}

    def _change(self, kind: str, states: Mapping[str, Tensor], edges: Mapping[EdgeType, EdgeTensors]) -> Tensor:
        mix = self.mix[key(kind)]
        total = nn.functional.linear(states[kind], self.block(mix.weight, 0), mix.bias)
        for number, types in enumerate(self.into[kind], start=1):
            if types not in edges:
                continue
            ends, gates, state = edges[types], self.gates_of(types, edges[types]), states[types[0]]
            weight = self.block(mix.weight, number)
            # one gate for all of a message leaves mean and product free to change places: multiply fewer rows
            if (gates is None or gates.shape[1] == 1) and ends.edges.n_sources < ends.edges.n_targets:
                total = mean_neighbours(ends, state @ weight.T, gates, added_to=total)
            else:
                total = torch.addmm(total, mean_neighbours(ends, state, gates), weight.T)
        return self.drop(nn.functional.gelu(self.norms[key(kind)](total)))

    def gates_of(self, types: EdgeType, ends: EdgeTensors) -> Tensor | None:
        """Gates of the edges of one type, shape (n_edges, n_heads); None if they have no features."""
        name = key(*types)
        return 2 * torch.sigmoid(self.gates[name](ends.features)) if name in self.gates else None

    def block(self, weight: Tensor, number: int) -> Tensor:
        """Columns of a weight that belong to a node's own state (0) or to the mean over the edges with this number."""
        return weight[:, number * self.width : (number + 1) * self.width]


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
        self, schema: Schema, *, width: int = 64, n_layers: int = 2, n_heads: int = 1, dropout: float = 0.2
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
