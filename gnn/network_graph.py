"""What a network reads: nodes of several types with features, and typed edges between them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from algorithms.sampling import EdgeType, Neighbourhood, Relation
from gnn.typed_edges import TypedEdges

FloatArray = npt.NDArray[np.float32]

ACTORS = ("account", "wallet")
"""Types of nodes that sets may hold, in the order in which they are numbered there."""


@dataclass(frozen=True, eq=False)
class NetworkGraph:
    """Nodes with features and typed edges along which messages run.

    Parameters
    ----------
    features : dict of str to array of float32, shape (n_nodes, n_features)
        By node type.
    edges : dict of (source type, name, target type) to TypedEdges

    Raises
    ------
    ValueError
        If edges lead to nodes that have no features.
    """

    features: Mapping[str, FloatArray]
    edges: Mapping[EdgeType, TypedEdges]

    def __post_init__(self) -> None:
        for (source, name, target), edges in self.edges.items():
            want = len(self.features.get(source, ())), len(self.features.get(target, ()))
            if (edges.n_sources, edges.n_targets) != want:
                raise ValueError(
                    f"edges {source}-{name}-{target} must join {want[0]} with {want[1]} nodes, "
                    f"got {edges.n_sources} with {edges.n_targets}"
                )

    @property
    def n_edges(self) -> int:
        """Number of edges of all types."""
        return sum(len(edges) for edges in self.edges.values())

    @property
    def n_actors(self) -> int:
        """Number of accounts and wallets."""
        return sum(len(self.features.get(kind, ())) for kind in ACTORS)

    def data_hash(self) -> str:
        """SHA-256 over all features and edges."""
        digest = hashlib.sha256()
        for kind in sorted(self.features):
            digest.update(kind.encode())
            digest.update(np.ascontiguousarray(self.features[kind]).tobytes())
        for edge_type in sorted(self.edges):
            edges = self.edges[edge_type]
            digest.update("-".join(edge_type).encode())
            for part in (edges.indptr, edges.sources, edges.features):
                digest.update(part.tobytes())
        return digest.hexdigest()

    @cached_property
    def relations(self) -> dict[EdgeType, Relation]:
        """The edges as the sampler walks them: from targets back to the sources that they hear."""
        return {
            (target, name, source): Relation(edges.indptr, edges.sources, edges.first_seen)
            for (source, name, target), edges in self.edges.items()
        }

    def part(self, found: Neighbourhood) -> NetworkGraph:
        """The part of this graph that was sampled from `relations`; O(nodes and edges of the part)."""
        features = {
            kind: of_kind[found.nodes[kind]] if kind in found.nodes else of_kind[:0]
            for kind, of_kind in self.features.items()
        }
        edges = {}
        for (source, name, target), whole in self.edges.items():
            back = (target, name, source)
            to, at = found.links[back]
            rows = found.entries[back]
            edges[source, name, target] = TypedEdges.from_pairs(
                len(features[source]),
                len(features[target]),
                at,
                to,
                features=whole.features[rows],
                first_seen=whole.first_seen[rows],
            )
        return NetworkGraph(features, edges)

    def to_hetero_data(self) -> Any:
        """Turn it into a PyG `HeteroData` with ``x``, ``edge_index`` and ``edge_attr``, for layers of PyG's.

        Raises
        ------
        ImportError
            If PyG is not installed.
        """
        try:
            import torch
            from torch_geometric.data import HeteroData
        except ImportError as error:
            raise ImportError("HeteroData needs PyG; install it with `pip install graphrisk[torch]`") from error

        data = HeteroData()
        for kind, values in self.features.items():
            data[kind].x = torch.from_numpy(values)
        for edge_type, edges in self.edges.items():
            data[edge_type].edge_index = torch.from_numpy(np.stack([edges.sources, edges.targets]).astype(np.int64))
            data[edge_type].edge_attr = torch.from_numpy(edges.features)
        return data
