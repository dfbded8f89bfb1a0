"""The one switch for compiling kernels: lazily, cached on disk, without the GIL."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from numba import njit

# GNU OpenMP reads this when Numba first starts threads. Threads that spin while they wait for one another take the
# processor from the very thread that they wait for, wherever anything else runs on the machine: there two threads
# were slower than one.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

IMPORTS = re.compile(rb"^from (\S*\b_\w+) import", re.MULTILINE)


def jit(kernel: Callable[..., Any]) -> Any:
    """Compile a kernel when it is first called."""
    return _stamped(njit(cache=True, nogil=True)(kernel))


def jit_parallel(kernel: Callable[..., Any]) -> Any:
    """Compile a kernel with loops that Numba itself cuts among threads."""
    return _stamped(njit(cache=True, nogil=True, parallel=True)(kernel))


def _stamped(dispatcher: Any) -> Any:
    """Let a cached kernel be compiled anew when a kernel that it calls has changed.

    Numba looks at the file of the kernel alone, and only at its time and size: what was compiled before an upgrade
    would go on calling the old kernels of other files.
    """
    index = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if index is not None:
        index._source_stamp = (index._source_stamp, _hash_of(dispatcher.py_func.__module__))
    return dispatcher


@cache
def _hash_of(module: str) -> str:
    """Hash of the text of a module and of the private ones that it imports from, which are where kernels are."""
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None:
        return ""
    text = Path(file).read_bytes()
    inside = sorted({name.decode() for name in IMPORTS.findall(text)} - {module})
    return hashlib.sha256(text + "".join(map(_hash_of, inside)).encode()).hexdigest()
