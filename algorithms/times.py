"""Times inside the engine: whole seconds since 1970-01-01 UTC as ``int64``, with one value for "absent"."""

import numpy as np

MISSING_TIME: int = int(np.iinfo(np.int64).min)
"""Stands for an absent time; every kernel that reads times must skip it, never treat it as a moment."""
