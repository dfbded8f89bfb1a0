"""Mean over neighbours with a gate for each edge, differentiable, without storing a message per edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from algorithms._threads import side_by_side, stretches
from gnn._aggregation_kernels import multiply_ends, sum_neighbours
from gnn._torch import torch
from gnn.typed_edges import TypedEdges

Tensor = Any

SMALL_WORK = 1_000_000
"""Numbers to add below which waking a second thread costs more than it saves."""


@dataclass(frozen=True, eq=False)
class EdgeTensors:
    """Edges as a network holds them, on its device.

    Parameters
    ----------
    edges : TypedEdges
    features : tensor of float32, shape (n_edges, n_features)
    shares : tensor of float32, shape (n_targets, 1)
        One over the number of neighbours of each target.
    sources, targets : tensor of int64, shape (n_edges,), or None
        Only where the device is no CPU.
    """

    edges: TypedEdges
    features: Tensor
    shares: Tensor
    sources: Tensor | None = None
    targets: Tensor | None = None

    @classmethod
    def of(cls, edges: TypedEdges, device: Any = "cpu") -> EdgeTensors:
        """Take edges to a device."""
        shares = 1.0 / np.maximum(np.diff(edges.indptr), 1).astype(np.float32)
        parts: dict[str, Tensor] = {
            "features": torch.tensor(edges.features, device=device),
            "shares": torch.tensor(shares[:, None], device=device),
        }
        if torch.device(device).type != "cpu":
            parts |= {name: torch.tensor(getattr(edges, name), device=device).long() for name in ("sources", "targets")}
        return cls(edges, **parts)


def mean_neighbours(
    edges: EdgeTensors, values: Tensor, gates: Tensor | None = None, *, added_to: Tensor | None = None
) -> Tensor:
    """Mean over the neighbours of each target of their values, each head times the gate of the edge.

    ``out[v, h] = sum(gates[e, h] * values[source(e), h] for edges e at v) / n_edges(v)``; zero without neighbours.

    Parameters
    ----------
    edges : EdgeTensors
    values : tensor, shape (n_sources, width)
    gates : tensor, shape (n_edges, n_heads), optional
        `n_heads` must divide the width; without gates, all are one.
    added_to : tensor, shape (n_targets, width), optional
        Added to the mean in the same pass.

    Returns
    -------
    tensor, shape (n_targets, width)
        O(edges x width) time. On a CPU O(nodes x width + edges x heads) memory, and the same for any number of threads.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    References
    ----------
    Hamilton, Ying and Leskovec (2017), Inductive representation learning on large graphs, section 3.3; gates as in
    Bresson and Laurent (2017), Residual gated graph convnets, equation 11, here from what the edge is.
    """
    ends = edges.edges
    if len(values) != ends.n_sources:
        raise ValueError(f"`values` must have {ends.n_sources} rows, one per source, got {len(values)}")
    if gates is not None and (len(gates) != len(ends) or not gates.shape[1] or values.shape[1] % gates.shape[1]):
        raise ValueError(
            f"`gates` must have {len(ends)} rows and heads that divide {values.shape[1]}, got {tuple(gates.shape)}"
        )
    if edges.sources is None:
        wide = [None if part is None else part.float() for part in (values, gates, added_to)]
        return _MeanNeighbours.apply(*wide, edges).to(values.dtype)
    mean = mean_by_scatter(edges, edges.sources, edges.targets, values, gates)
    return mean if added_to is None else mean + added_to


def mean_by_scatter(
    edges: EdgeTensors, sources: Tensor, targets: Tensor, values: Tensor, gates: Tensor | None = None
) -> Tensor:
    """`mean_neighbours` by operations of PyTorch alone, for other devices; stores a message per edge."""
    messages = values[sources]
    if gates is not None:
        messages = messages * gates.repeat_interleave(values.shape[1] // gates.shape[1], dim=1)
    out = torch.zeros(edges.edges.n_targets, values.shape[1], dtype=messages.dtype, device=values.device)
    return out.index_add(0, targets, messages) * edges.shares.to(messages.dtype)


class _MeanNeighbours(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, gates: Tensor | None, added_to: Tensor | None, edges: EdgeTensors) -> Tensor:
        ctx.edges = edges
        ctx.save_for_backward(values, gates)
        return _sums(edges, (edges.edges.indptr, edges.edges.sources, _IN_ORDER), gates, True, values, added_to)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None, None]:
        values, gates = ctx.saved_tensors
        to_values = to_gates = None
        if ctx.needs_input_grad[0]:
            to_values = _sums(ctx.edges, ctx.edges.edges.transposed, gates, False, gradient)
        if gates is not None and ctx.needs_input_grad[1]:
            to_gates = _products(ctx.edges, gradient, values, gates.shape[1])
        return to_values, to_gates, gradient if ctx.needs_input_grad[2] else None, None


_IN_ORDER = np.empty(0, np.int64)
"""Stands for the places of edges that are in the order of their gates."""
_NO_GATES = _NO_BASE = np.empty((0, 1), np.float32)


def _array(tensor: Tensor) -> Any:
    return tensor.detach().contiguous().numpy()


def _sums(
    edges: EdgeTensors,
    rows: tuple[Any, Any, Any],
    gates: Tensor | None,
    by_row: bool,
    values: Tensor,
    base: Tensor | None = None,
) -> Tensor:
    """Weighted sums over the rows of a CSR, given as row starts, neighbours and places of edges."""
    held = _NO_GATES if gates is None else _array(gates)
    array, shares = _array(values), _array(edges.shares)[:, 0]
    out = np.empty((len(rows[0]) - 1, array.shape[1]), np.float32)
    given = (*rows, held, shares, by_row, array, _NO_BASE if base is None else _array(base))
    side_by_side(sum_neighbours, [(*given, low, high, out) for low, high in _row_shares(rows[0], array.shape[1])])
    return torch.from_numpy(out)


def _products(edges: EdgeTensors, left: Tensor, right: Tensor, n_heads: int) -> Tensor:
    ends = edges.edges
    given = (ends.indptr, ends.sources, _array(left), _array(edges.shares)[:, 0], _array(right), n_heads)
    out = np.empty((len(ends), n_heads), np.float32)
    side_by_side(multiply_ends, [(*given, low, high, out) for low, high in _row_shares(ends.indptr, left.shape[1])])
    return torch.from_numpy(out)


def _row_shares(indptr: Any, width: int) -> list[tuple[int, int]]:
    """Rows for each of torch's threads, with about as many entries each."""
    n_rows, n_entries = len(indptr) - 1, int(indptr[-1])
    n_threads = torch.get_num_threads() if n_entries * width >= SMALL_WORK else 1
    cuts = np.searchsorted(indptr, np.arange(1, n_threads) * n_entries // n_threads)
    return stretches(np.unique(np.concatenate([[0], cuts, [n_rows]])).astype(np.int64)) or [(0, 0)]
