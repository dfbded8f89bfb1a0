"""A network over the multigraph of transfers that gives one output a transfer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gnn._torch import nn, torch
from gnn.aggregation import EdgeTensors, Tensor, mean_neighbours
from gnn.transfer_graph import TRANSFER_FEATURES, TransferGraph


@dataclass(frozen=True, eq=False)
class TransferTensors:
    """A graph of transfers on the device of a network.

    Parameters
    ----------
    features : tensor of float32, shape (n_transfers, n_features)
    sources, targets : tensor of int64, shape (n_transfers,)
    nodes : tensor of float32, shape (n_nodes, 1)
        1 for ego nodes.
    parallel : EdgeTensors
        From transfers to pairs.
    ways : tuple of EdgeTensors
        From pairs to who is paid, and from pairs to who pays.
    """

    features: Tensor
    sources: Tensor
    targets: Tensor
    nodes: Tensor
    parallel: EdgeTensors
    ways: tuple[EdgeTensors, EdgeTensors]

    @classmethod
    def of(cls, graph: TransferGraph, device: Any = "cpu") -> TransferTensors:
        """Take a graph to a device."""
        parallel, to_targets, to_sources = (EdgeTensors.of(edges, device) for edges in graph.stages())
        return cls(
            torch.tensor(graph.features, device=device),
            torch.tensor(graph.sources, device=device).long(),
            torch.tensor(graph.targets, device=device).long(),
            torch.tensor(graph.ego, device=device).float()[:, None],
            parallel,
            (to_targets, to_sources),
        )


class TransferLayer(nn.Module):
    """One step: transfers tell both of their ends, parallel ones first among themselves, and hear from them.

    In each direction the message of a transfer is ``gelu(A h_end + B e)``. Messages of parallel transfers are averaged,
    then those of all partners; the mean counts once as it is and once times ``ln(1 + partners)``. Then every transfer
    is changed by both of its ends.

    Parameters
    ----------
    width : int
    dropout : float

    References
    ----------
    Egressy et al. (2024), Provably powerful graph neural networks for directed multigraphs, section 4 (reverse
    messages, ports, ego ids); Cardoso, Saleiro and Bizarro (2022), LaundroGraph, section 3 (edge states); Corso et al.
    (2020), Principal neighbourhood aggregation, equation 5 (scaling by degree).
    """

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.from_ends = nn.ModuleList(nn.Linear(width, width, bias=False) for _ in range(2))
        self.from_transfers = nn.ModuleList(nn.Linear(width, width) for _ in range(2))
        self.mix = nn.Linear(5 * width, width)
        self.norm = nn.LayerNorm(width)
        self.change = nn.Sequential(nn.Linear(3 * width, width), nn.LayerNorm(width), nn.GELU())
        self.drop = nn.Dropout(dropout)

    def forward(self, nodes: Tensor, transfers: Tensor, graph: TransferTensors) -> tuple[Tensor, Tensor]:
        """Take states of nodes (n_nodes, width) and of transfers (n_transfers, width) one step on."""
        heard = [nodes]
        for k, ends in enumerate((graph.sources, graph.targets)):
            sent = nn.functional.gelu(self.from_ends[k](nodes)[ends] + self.from_transfers[k](transfers))
            mean = mean_neighbours(graph.ways[k], mean_neighbours(graph.parallel, sent))
            partners = torch.log1p(1 / graph.ways[k].shares)
            heard += [mean, mean * partners]
        nodes = nodes + self.drop(nn.functional.gelu(self.norm(self.mix(torch.cat(heard, dim=1)))))
        both = torch.cat([nodes[graph.sources], nodes[graph.targets], transfers], dim=1)
        return nodes, transfers + self.drop(self.change(both))


class TransferNetwork(nn.Module):
    """Outputs for transfers from what they are and what happens around them.

    Parameters
    ----------
    width, n_layers : int
    dropout : float
    """

    def __init__(self, *, width: int = 64, n_layers: int = 2, dropout: float = 0.2) -> None:
        super().__init__()
        n_features = len(TRANSFER_FEATURES)
        self.lift_nodes = nn.Linear(1, width)
        self.lift_transfers = nn.Sequential(nn.Linear(n_features, width), nn.LayerNorm(width))
        self.layers = nn.ModuleList(TransferLayer(width, dropout) for _ in range(n_layers))
        self.out = nn.Sequential(nn.Linear(3 * width, width), nn.GELU(), nn.Dropout(dropout), nn.Linear(width, 1))

    def forward(self, graph: TransferTensors, chosen: Tensor) -> Tensor:
        """Log-odds before calibration of some transfers, shape (n_chosen,); O(transfers x width²)."""
        nodes, transfers = self.lift_nodes(graph.nodes), self.lift_transfers(graph.features)
        for layer in self.layers:
            nodes, transfers = layer(nodes, transfers, graph)
        sources, targets = graph.sources[chosen], graph.targets[chosen]
        return self.out(torch.cat([nodes[sources], nodes[targets], transfers[chosen]], dim=1))[:, 0].float()
