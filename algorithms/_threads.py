"""Shares of one piece of work, each done by a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt


def side_by_side(kernel: Callable[..., Any], shares: Sequence[tuple[Any, ...]]) -> list[Any]:
    """Call a kernel that holds no lock with the arguments of every share at once; returns what each gave, in order.

    Waking the threads takes some 0.1 ms. Loops that Numba itself cuts among threads would take as long to compile
    again as the kernel did, so that is left to the one that is called too often for this.
    """
    if len(shares) == 1:
        return [kernel(*shares[0])]
    with ThreadPoolExecutor(len(shares) - 1) as pool:
        others = [pool.submit(kernel, *share) for share in shares[1:]]
        return [kernel(*shares[0]), *(other.result() for other in others)]


def stretches(bounds: npt.NDArray[np.int64]) -> list[tuple[int, int]]:
    """First and last of every stretch between bounds, as integers that every kernel takes for the same type."""
    return list(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True))
