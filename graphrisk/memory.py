"""Memory that was freed goes back to the system, so that what comes next does not lie on top of it."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache


@cache
def _trim() -> Callable[[int], int] | None:
    """`malloc_trim` of the C library; None where it has none, as musl and those of macOS and Windows."""
    try:
        return getattr(ctypes.CDLL(None), "malloc_trim", None)
    except (OSError, TypeError):
        return None


def give_back() -> None:
    """Give the system all memory that the C library holds free; some milliseconds.

    A scan makes and drops arrays of many sizes. What is freed between two that stay is kept for later by the C library
    and yet is often too small for what comes later.
    """
    if (trim := _trim()) is not None:
        trim(0)
