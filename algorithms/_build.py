"""Compressed sparse rows of an edge list, by two counting sorts: the matrix is its own transpose."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from algorithms import _bucket_kernels as buckets
from algorithms._build_kernels import count_columns, count_ends, merge_repeated, place_blocks, scatter, transpose

IntArray = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float64]
LongArray = npt.NDArray[np.int64]
# starts of rows, columns, weights (none if there were none), self-loops (-1 for unknown nodes), repeated entries
Built = tuple[LongArray, IntArray, FloatArray, LongArray, int]

PARALLEL_EDGES = 200_000  # fewer do not pay for waking threads
DIRECT_EDGES = 4_000_000  # the entries of so many fit into the last cache, and are best written at once
BUCKET_BITS = 12  # rows of a bucket, whose counters and entries fit into the near caches
MOST_BUCKETS_BITS = 10  # more buckets could not be written to side by side


def build(
    n_nodes: int, sources: IntArray, targets: IntArray, weights: FloatArray
) -> tuple[LongArray, IntArray, FloatArray, int]:
    """Sort the entries by row and column, and merge those of one edge; returns rows and the number of self-loops."""
    by = _directly if len(sources) <= DIRECT_EDGES else _by_buckets
    indptr, indices, out_weights, loops, repeated = by(n_nodes, sources, targets, weights)
    if loops.min() < 0:
        for name, ids in (("sources", sources), ("targets", targets)):
            if ids.min() < 0 or ids.max() >= n_nodes:
                raise ValueError(f"`{name}` must lie in 0 .. {n_nodes - 1}, got {ids.min()} .. {ids.max()}")
    if repeated:
        indptr, indices, out_weights = merge_repeated(indptr, indices, out_weights)
    elif not len(weights):
        out_weights = np.ones(len(indices))
    return indptr, indices, out_weights, int(loops.sum())


def _cut(n: int) -> LongArray:
    """Blocks of edges, one per thread; the result does not depend on them."""
    n_blocks = numba.get_num_threads() if n > PARALLEL_EDGES else 1
    return np.arange(n_blocks + 1) * n // n_blocks


def _cut_rows(indptr: LongArray, n_blocks: int) -> LongArray:
    """Blocks of rows with about as many entries each."""
    bounds = np.searchsorted(indptr, np.arange(n_blocks + 1) * int(indptr[-1]) // n_blocks)
    bounds[0], bounds[-1] = 0, len(indptr) - 1
    return bounds


def _unknown(loops: LongArray) -> Built:
    return np.zeros(1, np.int64), np.empty(0, np.int32), np.empty(0), loops, 0


def _directly(n_nodes: int, sources: IntArray, targets: IntArray, weights: FloatArray) -> Built:
    """Write every entry where it belongs."""
    bounds = _cut(len(sources))
    counts, loops = count_ends(n_nodes, sources, targets, bounds)
    if loops.min() < 0:
        return _unknown(loops)
    indptr, at = place_blocks(counts)
    indices, out_weights = scatter(sources, targets, weights, bounds, at, int(indptr[-1]))
    row_bounds = _cut_rows(indptr, len(bounds) - 1)
    _, at = place_blocks(count_columns(n_nodes, indptr, indices, row_bounds))
    indices, out_weights, repeated = transpose(indptr, indices, out_weights, row_bounds, at)
    return indptr, indices, out_weights, loops, int(repeated)


def _by_buckets(n_nodes: int, sources: IntArray, targets: IntArray, weights: FloatArray) -> Built:
    """Write every entry into its bucket, and sort the buckets."""
    bounds = _cut(len(sources))
    shift = max(BUCKET_BITS, int(n_nodes).bit_length() - MOST_BUCKETS_BITS)
    n_buckets = (max(n_nodes, 1) - 1 >> shift) + 1
    counts, loops = buckets.count_bucket_ends(n_nodes, sources, targets, bounds, shift, n_buckets)
    if loops.min() < 0:
        return _unknown(loops)
    starts, at = place_blocks(counts)
    rows, columns, spread = buckets.spread_ends(sources, targets, weights, bounds, shift, at, int(starts[-1]))
    indices, out_weights = np.empty_like(rows), np.empty_like(spread)
    indptr, _ = buckets.sort_buckets(n_nodes, starts, shift, rows, columns, spread, indices, out_weights)
    row_bounds = _cut_rows(indptr, len(bounds) - 1)
    _, at = place_blocks(buckets.count_bucket_columns(indptr, indices, row_bounds, shift, n_buckets))
    buckets.spread_columns(indptr, indices, out_weights, row_bounds, shift, at, rows, columns, spread)
    indptr, repeated = buckets.sort_buckets(n_nodes, starts, shift, rows, columns, spread, indices, out_weights)
    return indptr, indices, out_weights, loops, int(repeated)
