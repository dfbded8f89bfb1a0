"""Twins: accounts whose own facts are nearly the same, whoever they deal with."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

FloatArray = npt.NDArray[np.float64]

TWINS = (1, 3, 7, 15, 31)
"""How many other accounts are to be as near as the distance says."""
LEAST_KNOWN = 0.5
"""Share of the accounts of which a fact must be known to be compared."""


def twin_columns(own: dict[str, FloatArray], n: int) -> dict[str, FloatArray]:
    """Say how near the accounts are that are most like each account.

    One hand that opens many accounts does so in a row, with like amounts: they lie close together where others lie
    apart, even if they share nothing. The distance is Euclidean, each fact in units of its standard deviation.

    Parameters
    ----------
    own : dict of str to array of float64, shape (n,)
        Facts that need no graph; NaN where unknown. Constant facts, and those known of fewer than half of the
        accounts, are passed over.
    n : int
        Accounts.

    Returns
    -------
    dict of str to array of float64, shape (n,)
        `twins_within_k`: distance to the k-th nearest other account for each of `TWINS`; NaN for accounts of which a
        compared fact is unknown, and where there are not so many others. Empty if nothing can be compared.
        About O(n log n) in few dimensions, however many accounts are alike in everything.

    References
    ----------
    Ramaswamy, Rastogi and Shim (2000), Efficient algorithms for mining outliers from large data sets, section 3: the
    distance to the k-th neighbour, there for those far away, here for those too close.
    """
    facts = []
    for column in own.values():
        known = np.isfinite(column)
        # asked of the range: the deviation of equal values may be more than 0 by rounding
        if known.any() and known.mean() >= LEAST_KNOWN and np.ptp(column[known]) > 0:
            facts.append(column / column[known].std())
    if not facts:
        return {}
    points = np.column_stack(facts)
    usable = np.isfinite(points).all(axis=1)
    out = {f"twins_within_{k}": np.full(n, np.nan) for k in TWINS}
    if not usable.any():
        return out
    # equal points are one point of the tree that counts for many: a tree of equal points would be searched in full
    places, place_of, count = np.unique(points[usable], axis=0, return_inverse=True, return_counts=True)
    n_near = min(TWINS[-1] + 1, len(places))
    distance, near = cKDTree(places).query(places, k=np.arange(1, n_near + 1))
    reached = np.cumsum(count[near], axis=1) - 1
    for k in TWINS:
        enough = reached >= k
        first = np.asarray(distance)[np.arange(len(places)), enough.argmax(axis=1)]
        out[f"twins_within_{k}"][usable] = np.where(enough.any(axis=1), first, np.nan)[place_of.ravel()]
    return out
