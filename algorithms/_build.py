"""Compressed sparse rows of an edge list, by two counting sorts: the matrix is its own transpose."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from algorithms._bucket_kernels import sort_buckets, spread_columns, spread_ends
from algorithms._build_kernels import (
    count_columns,
    count_ends,
    count_repeated,
    merge_repeated,
    place_blocks,
    scatter,
    transpose,
)
from algorithms._threads import side_by_side, stretches

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
    loops = side_by_side(
        count_ends, [(n_nodes, sources, targets, *block, shift, counts[t]) for t, block in enumerate(stretches(bounds))]
    )
    if min(loops) < 0:
        for name, ids in (("sources", sources), ("targets", targets)):
            if ids.min() < 0 or ids.max() >= n_nodes:
                raise ValueError(f"`{name}` must lie in 0 .. {n_nodes - 1}, got {ids.min()} .. {ids.max()}")
    if direct:
        indptr, indices, out_weights, repeated = _directly(sources, targets, weights, bounds, counts)
    else:
        indptr, indices, out_weights, repeated = _by_buckets(n_nodes, sources, targets, weights, bounds, counts, shift)
    if repeated:
        indptr, indices, out_weights = merge_repeated(indptr, indices, out_weights)
        indices, out_weights = indices[: indptr[-1]].copy(), out_weights[: indptr[-1]].copy()
    elif not len(weights):
        out_weights = np.ones(len(indices))
    return indptr, indices, out_weights, int(sum(loops))


def _cut(places: LongArray, n_blocks: int) -> LongArray:
    """Blocks of rows or buckets with about as many entries each, given where these start."""
    bounds = np.searchsorted(places, np.arange(n_blocks + 1) * int(places[-1]) // n_blocks)
    bounds[0], bounds[-1] = 0, len(places) - 1
    return bounds


def _directly(
    sources: IntArray, targets: IntArray, weights: FloatArray, bounds: LongArray, counts: npt.NDArray[np.int32]
) -> Rows:
    """Write every entry where it belongs."""
    indptr, at = place_blocks(counts)
    n_entries = int(indptr[-1])
    loose, loose_weights = np.empty(n_entries, np.int32), np.empty(n_entries if len(weights) else 0)
    side_by_side(
        scatter,
        [(sources, targets, weights, *block, at[t], loose, loose_weights) for t, block in enumerate(stretches(bounds))],
    )
    blocks = stretches(_cut(indptr, len(counts)))
    counts[:] = 0
    side_by_side(count_columns, [(indptr, loose, *block, 0, counts[t]) for t, block in enumerate(blocks)])
    _, at = place_blocks(counts)
    indices, out_weights = np.empty_like(loose), np.empty_like(loose_weights)
    side_by_side(
        transpose,
        [(indptr, loose, loose_weights, *block, at[t], indices, out_weights) for t, block in enumerate(blocks)],
    )
    repeated = side_by_side(count_repeated, [(indptr, indices, *block) for block in blocks])
    return indptr, indices, out_weights, sum(repeated)


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
    n_entries = int(starts[-1])
    rows, columns = np.empty(n_entries, np.int32), np.empty(n_entries, np.int32)
    spread = np.empty(n_entries if len(weights) else 0)
    side_by_side(
        spread_ends,
        [
            (sources, targets, weights, *block, shift, at[t], rows, columns, spread)
            for t, block in enumerate(stretches(bounds))
        ],
    )
    indptr = np.zeros(n_nodes + 1, np.int64)
    indices, out_weights = np.empty_like(rows), np.empty_like(spread)

    def sort() -> int:
        found = (indptr, indices, out_weights)
        blocks = stretches(_cut(starts, len(counts)))
        return sum(
            side_by_side(sort_buckets, [(starts, *block, shift, rows, columns, spread, *found) for block in blocks])
        )

    sort()
    blocks = stretches(_cut(indptr, len(counts)))
    counts[:] = 0
    side_by_side(count_columns, [(indptr, indices, *block, shift, counts[t]) for t, block in enumerate(blocks)])
    _, at = place_blocks(counts)
    side_by_side(
        spread_columns,
        [(indptr, indices, out_weights, *block, shift, at[t], rows, columns, spread) for t, block in enumerate(blocks)],
    )
    return indptr, indices, out_weights, sort()
