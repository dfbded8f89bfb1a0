"""The one switch for compiling kernels: lazily, cached on disk, without the GIL."""

import os

# GNU OpenMP reads this when Numba first starts threads. Threads that spin while they wait for one another take the
# processor from the very thread that they wait for, wherever anything else runs on the machine: there two threads
# were slower than one.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from numba import njit

jit = njit(cache=True, nogil=True)
jit_parallel = njit(cache=True, nogil=True, parallel=True)
