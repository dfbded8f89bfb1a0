"""Compressed sparse rows of an edge list, by two counting sorts: the matrix is its own transpose."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from algorithms._bucket_kernels import sort_buckets, spread_columns, spread_ends
from algorithms._build_kernels import count_columns, count_ends, merge_repeated, place_blocks, scatter, transpose

IntArray = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float64]
LongArray = npt.NDArray[np.int64]
# starts of rows, columns, weights (none if there were none), repeated entries
Rows = tuple[LongArray, IntArray, FloatArray, int]

PARALLEL_EDGES = 200_000  # fewer do not pay for waking threads
DIRECT_EDGES = 4_000_000  # the entries of so many fit into the last cache, and are best written at once
BUCKET_BITS = 12  # rows of a bucket, whose counters and entries fit into the near caches
MOST_BUCKETS_BITS = 10  # more buckets could not be written to side by side


def build(
    n_nodes: int, sources: IntArray, targets: IntArray, weights: FloatArray
) -> tuple[LongArray, IntArray, FloatArray, int]:
    """Sort the entries by row and column, and merge those of one edge; returns rows and the number of self-loops."""
    direct = len(sources) <= DIRECT_EDGES
    shift = 0 if direct else max(BUCKET_BITS, int(n_nodes).bit_length() - MOST_BUCKETS_BITS)
    n_blocks = numba.get_num_threads() if len(sources) > PARALLEL_EDGES else 1  # the result does not depend on them
    bounds = np.arange(n_blocks + 1) * len(sources) // n_blocks
    # entries that are few enough to be written directly are counted in 32 bits, which take half the cache
    counts = np.zeros((n_blocks, (n_nodes - 1 >> shift) + 1), np.int32 if direct else np.int64)
    loops = count_ends(n_nodes, sources, targets, bounds, shift, counts)
    if loops.min() < 0:
        for name, ids in (("sources", sources), ("targets", targets)):
            if ids.min() < 0 or ids.max() >= n_nodes:
                raise ValueError(f"`{name}` must lie in 0 .. {n_nodes - 1}, got {ids.min()} .. {ids.max()}")
    if direct:
        indptr, indices, out_weights, repeated = _directly(sources, targets, weights, bounds, counts)
    else:
        indptr, indices, out_weights, repeated = _by_buckets(n_nodes, sources, targets, weights, bounds, counts, shift)
    if repeated:
        indptr, indices, out_weights = merge_repeated(indptr, indices, out_weights)
    elif not len(weights):
        out_weights = np.ones(len(indices))
    return indptr, indices, out_weights, int(loops.sum())


def _cut_rows(indptr: LongArray, n_blocks: int) -> LongArray:
    """Blocks of rows with about as many entries each."""
    bounds = np.searchsorted(indptr, np.arange(n_blocks + 1) * int(indptr[-1]) // n_blocks)
    bounds[0], bounds[-1] = 0, len(indptr) - 1
    return bounds


def _directly(
    sources: IntArray, targets: IntArray, weights: FloatArray, bounds: LongArray, counts: npt.NDArray[np.int32]
) -> Rows:
    """Write every entry where it belongs."""
    indptr, at = place_blocks(counts)
    indices, out_weights = scatter(sources, targets, weights, bounds, at, int(indptr[-1]))
    row_bounds = _cut_rows(indptr, len(counts))
    counts[:] = 0
    count_columns(indptr, indices, row_bounds, 0, counts)
    _, at = place_blocks(counts)
    indices, out_weights, repeated = transpose(indptr, indices, out_weights, row_bounds, at)
    return indptr, indices, out_weights, int(repeated)


def _by_buckets(
    n_nodes: int,
    sources: IntArray,
    targets: IntArray,
    weights: FloatArray,
    bounds: LongArray,
    counts: LongArray,
    shift: int,
) -> Rows:
    """Write every entry into its bucket, and sort the buckets."""
    starts, at = place_blocks(counts)
    rows, columns, spread = spread_ends(sources, targets, weights, bounds, shift, at, int(starts[-1]))
    indices, out_weights = np.empty_like(rows), np.empty_like(spread)
    indptr, _ = sort_buckets(n_nodes, starts, shift, rows, columns, spread, indices, out_weights)
    row_bounds = _cut_rows(indptr, len(counts))
    counts[:] = 0
    count_columns(indptr, indices, row_bounds, shift, counts)
    _, at = place_blocks(counts)
    spread_columns(indptr, indices, out_weights, row_bounds, shift, at, rows, columns, spread)
    indptr, repeated = sort_buckets(n_nodes, starts, shift, rows, columns, spread, indices, out_weights)
    return indptr, indices, out_weights, int(repeated)
