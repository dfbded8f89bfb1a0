"""The one switch for compiling kernels: lazily, cached on disk, without the GIL."""

from numba import njit

jit = njit(cache=True, nogil=True)
jit_parallel = njit(cache=True, nogil=True, parallel=True)
