"""Two steps of Leiden that threads share by communities: refining them, and making a node of each."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from algorithms._merging_kernels import group, merge_groups, renumber, share_groups
from algorithms._refining_kernels import Inner, Parts, refine_groups
from algorithms._threads import side_by_side, stretches

IntArray = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float64]
LongArray = npt.NDArray[np.int64]


def refine(
    rows: Any,
    mass: FloatArray,
    labels: IntArray,
    n_labels: int,
    resolution: float,
    seed: np.uint64,
    inner: tuple[IntArray, FloatArray],
    rooms: tuple[FloatArray, IntArray, FloatArray],
    parallel_work: int,
) -> tuple[IntArray, int]:
    """Split every community into well-connected parts; returns the part of each node, and how many there are.

    Costs the entries of the graph; `inner` has room for their ends and weights, and `rooms` holds for every thread a
    row of sums, which are zero, of ids, and of gains.
    """
    n = len(mass)
    group_starts, members = group(labels, n_labels)
    before, bounds = share_groups(rows.starts, rows.ends, group_starts, members, len(rooms[0]))
    parts = Parts(np.empty(n, np.int32), np.empty(n), np.empty(n), np.empty(n, np.uint8))
    within = Inner(np.empty(n, np.int64), *inner)
    given = (group_starts, members, before, rows, mass, labels, resolution, seed, parts, within)
    shares = _shares(bounds, before[-1] > parallel_work)
    side_by_side(refine_groups, [(*share, *given, *(room[t] for room in rooms)) for t, share in enumerate(shares)])
    found, n_parts = renumber(parts.of_node)
    return found, int(n_parts)


def merge(
    rows: Any,
    labels: IntArray,
    n_groups: int,
    indices: IntArray,
    weights: FloatArray,
    sums: FloatArray,
    parallel_work: int,
) -> tuple[LongArray, LongArray]:
    """Make the graph of the groups in rows with gaps, in `indices` and `weights`; returns their starts and ends.

    `sums` holds for every thread a row of zeros.
    """
    group_starts, members = group(labels, n_groups)
    before, bounds = share_groups(rows.starts, rows.ends, group_starts, members, len(sums))
    ends = np.empty(n_groups, np.int64)
    given = (group_starts, members, before, rows, labels, ends, indices, weights)
    shares = _shares(bounds, before[-1] > parallel_work)
    side_by_side(merge_groups, [(*share, *given, sums[t]) for t, share in enumerate(shares)])
    return before[:-1], ends


def _shares(bounds: LongArray, parallel: bool) -> list[tuple[int, int]]:
    """First and last group of each thread, or of the only one."""
    if not parallel:
        return [(0, int(bounds[-1]))]
    return stretches(bounds)
