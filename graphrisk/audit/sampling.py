"""A random sample of accounts for review, in strata on both sides of the line between listed and not listed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphrisk.tables import TEXT, UTC_TIME

FloatArray = npt.NDArray[np.float64]
LongArray = npt.NDArray[np.int64]

ABOVE = ("high", "medium", "low")
BELOW = ("near", "tied", "alone")
"""Not listed: at least a tenth of the way to a sure ring; tied to somebody; tied to nobody."""
NEAR_SCORE = 0.05
LEAST_PER_STRATUM = 10

SCHEMA = pa.schema(
    [
        ("audit_id", TEXT),
        ("scan_id", TEXT),
        ("as_of", UTC_TIME),
        ("entity_id", TEXT),
        ("stratum", TEXT),
        ("n_stratum", pa.int64()),
    ]
)


@dataclass(frozen=True)
class Stratum:
    """Accounts of one kind.

    Parameters
    ----------
    name : str
    n_accounts, n_reviewed, n_bad : int
        In all; of the sample with a verdict; of these found guilty.
    """

    name: str
    n_accounts: int
    n_reviewed: int
    n_bad: int

    def __post_init__(self) -> None:
        if not 0 <= self.n_bad <= self.n_reviewed <= self.n_accounts:
            raise ValueError(
                "a stratum must have 0 <= `n_bad` <= `n_reviewed` <= `n_accounts`, "
                f"got {self.n_bad}, {self.n_reviewed}, {self.n_accounts}"
            )

    @property
    def is_above(self) -> bool:
        """Whether its accounts are in listed rings."""
        return self.name in ABOVE


def draw_sample(features: pa.Table, rings: pa.Table, scan: pa.Table, *, n_accounts: int, seed: int) -> pa.Table:
    """Draw accounts for review.

    The strata are the bands of the listed rings and, below the line, `BELOW`. Each gets a number in proportion to
    ``N sqrt(p (1 - p))`` with its accounts ``N`` and their mean score ``p`` (Neyman's allocation, with the scores for
    what is not known yet), but at least ten or all of it.

    Parameters
    ----------
    features, rings, scan : pyarrow.Table
        `entity_feature`, `ring` and `scan` of one scan.
    n_accounts : int
        How many to draw, at least 60.
    seed : int

    Returns
    -------
    pyarrow.Table
        Of `SCHEMA`, in random order; the same for the same scan, number and seed. O(accounts log accounts).

    Raises
    ------
    ValueError
        If fewer than 60 are asked for: no stratum could be judged.

    References
    ----------
    Cochran (1977), Sampling Techniques, section 5.5.
    """
    least = LEAST_PER_STRATUM * len(ABOVE + BELOW)
    if n_accounts < least:
        raise ValueError(f"`n_accounts` must be at least {least}, got {n_accounts}")
    accounts = features.filter(pc.equal(features["entity_type"], "account")).sort_by("entity_id")
    strata, scores = _strata(accounts, rings), accounts["score"].to_numpy()
    names = [name for name in (*ABOVE, *BELOW) if (strata == name).any()]
    rows = [np.flatnonzero(strata == name) for name in names]
    wanted = allocate(
        np.array([len(row) for row in rows]),
        np.array([scores[row].mean() for row in rows]),
        min(n_accounts, len(scores)),
    )
    facts = scan.to_pylist()[0]
    audit_id = name_audit(facts["scan_id"], n_accounts, seed)
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(audit_id.encode()).digest()[:8], "big"))
    drawn = [rng.choice(row, size=k, replace=False) for row, k in zip(rows, wanted.tolist(), strict=True)]
    # reviewers must not guess from the order what the scan thinks of an account
    order = rng.permutation(np.concatenate(drawn)) if drawn else np.empty(0, np.int64)
    sizes = {name: len(row) for name, row in zip(names, rows, strict=True)}
    n = len(order)
    columns = {
        "audit_id": [audit_id] * n,
        "scan_id": [facts["scan_id"]] * n,
        "as_of": [facts["as_of"]] * n,
        "entity_id": accounts["entity_id"].take(order).to_pylist(),
        "stratum": strata[order].tolist(),
        "n_stratum": [sizes[name] for name in strata[order].tolist()],
    }
    return pa.Table.from_pydict(columns, schema=SCHEMA)


def name_audit(scan_id: str, n_accounts: int, seed: int) -> str:
    """Name an audit by all that it depends on."""
    return "a" + hashlib.sha256(f"{scan_id}\n{n_accounts}\n{seed}".encode()).hexdigest()[:11]


def _strata(accounts: pa.Table, rings: pa.Table) -> npt.NDArray[np.object_]:
    band = dict(zip(rings["ring_id"].to_pylist(), rings["band"].to_pylist(), strict=True))
    near = accounts["score"].to_numpy() >= NEAR_SCORE
    tied = accounts["affinity_degree"].to_numpy() > 0
    below = np.where(near, BELOW[0], np.where(tied, BELOW[1], BELOW[2]))
    pairs = zip(accounts["ring_id"].to_pylist(), below.tolist(), strict=True)
    return np.array([band.get(ring, under) for ring, under in pairs], dtype=object)


def allocate(sizes: LongArray, shares: FloatArray, n: int) -> LongArray:
    """Share `n` draws out to strata.

    Parameters
    ----------
    sizes : array of int64, shape (n_strata,)
    shares : array of float64, shape (n_strata,)
        Expected share of bad accounts in each.
    n : int
        At most the sum of `sizes`.

    Returns
    -------
    array of int64, shape (n_strata,)
        Sums to `n`, or to the least that every stratum needs.
    """
    expected = np.clip(shares, 0.01, 0.99)
    weights = sizes * np.sqrt(expected * (1 - expected))
    given = np.minimum(sizes, LEAST_PER_STRATUM).astype(np.int64)
    while (left := n - int(given.sum())) > 0:
        room = sizes - given
        open_weights = np.where(room > 0, weights, 0.0)
        more = np.minimum(room, np.floor(left * open_weights / open_weights.sum()).astype(np.int64))
        if more.sum() == 0:
            more[int(np.argmax(open_weights))] = 1
        given = given + more
    return given
