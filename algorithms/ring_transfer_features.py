"""Features of groups of accounts from their transfers: what stays, what comes and goes, and how alike members are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from algorithms._pooling_kernels import pool_groups
from algorithms.account_features import AccountFeatures, pair_counts
from algorithms.named_columns import NamedColumns, most_within, ratio
from algorithms.rows import entries_of
from algorithms.times import MISSING_TIME
from algorithms.transfer_features import TransferFeatures
from algorithms.transfers import Transfers

LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

DAY = 86400
# columns of `transfer_features` of which a ring gets the greatest over the transfers inside it
GREATEST = ("chain", "conserved_chain", "gathered", "scattered", "scatter_gather", "bipartite_sources")
POOLED = ("mean", "spread", "least", "lower", "median", "upper", "greatest", "share_above")


class RingTransferFeatures(NamedColumns):
    """Features of groups of accounts, one row each."""


def pool_members(
    values: npt.ArrayLike, starts: npt.ArrayLike, members: npt.ArrayLike, threshold: float = 0.0
) -> FloatArray:
    """Describe each group by one value of its members.

    Parameters
    ----------
    values : array-like of float, shape (n_accounts,)
        NaN where a member has none.
    starts : array-like of int, shape (n_rings + 1,)
    members : array-like of int
        Members of group k are ``members[starts[k]:starts[k + 1]]``.
    threshold : float

    Returns
    -------
    array of float64, shape (n_rings, 8)
        Columns as in `POOLED`: mean, standard deviation, least, quartiles, greatest, and the share of the members above
        the threshold; NaN where no member has a value. O(members log members).
    """
    edges, who = np.asarray(starts, np.int64), np.asarray(members, np.int64)
    pooled: FloatArray = pool_groups(np.asarray(values, np.float64)[who], edges, float(threshold))
    return pooled


def ring_transfer_features(
    transfers: Transfers,
    starts: npt.ArrayLike,
    members: npt.ArrayLike,
    *,
    rows: TransferFeatures | None = None,
    accounts: AccountFeatures | None = None,
) -> RingTransferFeatures:
    """Describe groups of accounts by the transfers inside them and over their edge. Groups may share members.

    - ``n_inside``, ``n_out``, ``n_in``: transfers between two members, from a member to somebody else, and the reverse;
      ``amount_…`` their sums; ``share_inside``: amount inside over all that members paid; ``passed_on``: amount out
      over amount in.
    - ``pairs_inside``: ordered pairs of members of whom one paid the other; ``density_inside``: over all there could
      be; ``reciprocity``: share of them of whom the other paid back as well.
    - ``amount_entropy``: entropy in nats of the amounts inside and out, told apart to two digits; 0 if all are alike.
    - ``strangers_out``, ``strangers_in``: share of the transfers over the edge between two who have no other one.
    - With times: ``days``: from the first to the last transfer that a member took part in; ``busiest_day``: greatest
      share of them within 24 hours; ``growth``: share of them in the later half of the time, less that in the earlier.
    - With `rows`: ``cycles_inside``: cycles that a transfer inside closes, and the greatest length of chains, number of
      payers gathered, payees scattered, middles of scatter-gather and sources of bipartite groups of a transfer inside.
    - With `accounts`: every column pooled over the members (`pool_members`), as ``<column>_<statistic>``.

    Parameters
    ----------
    transfers : Transfers
        Self-transfers count nowhere; an amount that is missing counts as none.
    starts : array-like of int, shape (n_rings + 1,)
    members : array-like of int
        Members of group k are ``members[starts[k]:starts[k + 1]]``, each once.
    rows : TransferFeatures, optional
        Of the same transfers.
    accounts : AccountFeatures, optional
        Of all accounts.

    Returns
    -------
    RingTransferFeatures
        O(n r log(n r)) for transfers of accounts that are in r groups each.

    Raises
    ------
    ValueError
        If `starts` do not fit `members`, a member comes twice in a group, or `rows` are not as many as the transfers.

    References
    ----------
    Altman et al. (2023), Realistic synthetic financial transactions, section 3 (the patterns).
    """
    edges, who = np.asarray(starts, np.int64), np.asarray(members, np.int64)
    n_rings = len(edges) - 1
    if n_rings < 0 or edges[0] != 0 or edges[-1] != len(who) or (np.diff(edges) < 0).any():
        raise ValueError(f"`starts` must rise from 0 to the number of members ({len(who)}), got {edges.tolist()[:5]}")
    if rows is not None and len(rows) != len(transfers):
        raise ValueError(f"`rows` must be as many as `transfers` ({len(transfers)}), got {len(rows)}")
    belong = _Belonging(edges, who)
    touch = _touching(transfers, belong)
    columns = _money(transfers, touch, n_rings) | _pairs(transfers, touch, np.diff(edges))
    if transfers.seconds is not None:
        columns |= _times(transfers.seconds, touch, n_rings)
    if rows is not None:
        columns |= _patterns(rows, touch, n_rings)
    parts, names = [np.column_stack(list(columns.values()))], list(columns)
    for k, name in enumerate(accounts.names if accounts is not None else ()):
        assert accounts is not None
        parts.append(pool_members(accounts.values[:, k], edges, who))
        names += [f"{name}_{statistic}" for statistic in POOLED]
    return RingTransferFeatures(np.column_stack(parts).astype(np.float32), tuple(names))


class _Belonging:
    """Which groups each account is in."""

    def __init__(self, starts: LongArray, members: LongArray) -> None:
        ring = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        self._n = max(len(starts) - 1, 1)
        self._keys = np.sort(members * self._n + ring)
        if (self._keys[1:] == self._keys[:-1]).any():
            raise ValueError("a group must have each member once, got one twice")

    def of(self, accounts: npt.NDArray[Any]) -> tuple[LongArray, LongArray]:
        """Places in `accounts`, each with one of the groups that the account is in."""
        account = accounts.astype(np.int64)
        low = np.searchsorted(self._keys, account * self._n)
        high = np.searchsorted(self._keys, (account + 1) * self._n)
        at, _ = entries_of(np.column_stack([low, high]).ravel(), 2 * np.arange(len(account)))
        return np.repeat(np.arange(len(account)), high - low), self._keys[at] % self._n

    def holds(self, accounts: npt.NDArray[Any], rings: LongArray) -> BoolArray:
        """Whether each account is in the group beside it."""
        keys = accounts.astype(np.int64) * self._n + rings
        at = np.minimum(np.searchsorted(self._keys, keys), max(len(self._keys) - 1, 0))
        return np.asarray(self._keys[at] == keys) if len(self._keys) else np.zeros(len(keys), bool)


@dataclass(frozen=True, eq=False)
class _Touching:
    """Transfers of members, one entry for each group that they touch."""

    transfer: LongArray
    ring: LongArray
    inside: BoolArray
    out: BoolArray


def _touching(transfers: Transfers, belong: _Belonging) -> _Touching:
    apart = np.flatnonzero(transfers.sources != transfers.targets)
    sources, targets = transfers.sources[apart], transfers.targets[apart]
    paid, of_payer = belong.of(sources)
    got, of_payee = belong.of(targets)
    inside = belong.holds(targets[paid], of_payer)
    # what has both ends inside is told by the payer alone
    comes = ~belong.holds(sources[got], of_payee)
    return _Touching(
        transfer=apart[np.concatenate([paid, got[comes]])],
        ring=np.concatenate([of_payer, of_payee[comes]]),
        inside=np.concatenate([inside, np.zeros(int(comes.sum()), bool)]),
        out=np.concatenate([~inside, np.zeros(int(comes.sum()), bool)]),
    )


def _money(transfers: Transfers, touch: _Touching, n: int) -> dict[str, FloatArray]:
    comes = ~touch.inside & ~touch.out
    sides = {"inside": touch.inside, "out": touch.out, "in": comes}
    columns = {f"n_{side}": np.bincount(touch.ring[use], minlength=n).astype(np.float64) for side, use in sides.items()}
    stranger = (pair_counts(transfers) == 1)[touch.transfer]
    for side in ("out", "in"):
        met = np.bincount(touch.ring[sides[side]], stranger[sides[side]], n)
        columns[f"strangers_{side}"] = ratio(met, columns[f"n_{side}"])
    given = transfers.amounts if transfers.amounts_usd is None else transfers.amounts_usd
    if given is None:
        return columns
    amounts = np.where(np.isfinite(given) & (given > 0), given, 0.0)[touch.transfer]
    sums = {side: np.bincount(touch.ring[use], amounts[use], n).astype(np.float64) for side, use in sides.items()}
    columns |= {f"amount_{side}": total for side, total in sums.items()}
    columns["share_inside"] = ratio(sums["inside"], sums["inside"] + sums["out"])
    columns["passed_on"] = ratio(sums["out"], sums["in"])
    paid = ~comes & (amounts > 0)
    columns["amount_entropy"] = _entropy(touch.ring[paid], amounts[paid], n)
    return columns


def _entropy(rings: LongArray, amounts: FloatArray, n: int) -> FloatArray:
    """Entropy of amounts that are told apart to two digits, NaN where there are none."""
    place = np.floor(np.log10(amounts)).astype(np.int64)
    # a hundredth of a digit over, so that rounding does not part equal amounts
    digits = np.floor(amounts / 10.0 ** (place - 1) + 1e-9).astype(np.int64)
    _, bins = np.unique(np.column_stack([rings, place, digits]), axis=0, return_inverse=True)
    bins = bins.ravel()
    count = np.bincount(bins).astype(np.float64)
    ring_of = np.zeros(len(count), np.int64)
    ring_of[bins] = rings
    total = np.bincount(rings, minlength=n).astype(np.float64)
    part = count / total[ring_of]
    found = np.bincount(ring_of, -part * np.log(part), n)
    return np.where(total > 0, np.maximum(found, 0.0), np.nan)


def _pairs(transfers: Transfers, touch: _Touching, sizes: LongArray) -> dict[str, FloatArray]:
    rows, ring, n = touch.transfer[touch.inside], touch.ring[touch.inside], len(sizes)
    ends = [transfers.sources[rows].astype(np.int64), transfers.targets[rows].astype(np.int64)]
    pairs = np.unique(np.column_stack([ring, *ends]), axis=0)
    both = np.concatenate([pairs, pairs[:, [0, 2, 1]]])
    _, inverse, count = np.unique(both, axis=0, return_inverse=True, return_counts=True)
    mutual = count[inverse.ravel()[: len(pairs)]] == 2
    n_pairs = np.bincount(pairs[:, 0], minlength=n).astype(np.float64)
    return {
        "pairs_inside": n_pairs,
        "density_inside": ratio(n_pairs, (sizes * (sizes - 1)).astype(np.float64)),
        "reciprocity": ratio(np.bincount(pairs[:, 0], mutual, n), n_pairs),
    }


def _times(seconds: LongArray, touch: _Touching, n: int) -> dict[str, FloatArray]:
    known = seconds[touch.transfer] != MISSING_TIME
    ring, when = touch.ring[known], seconds[touch.transfer[known]]
    order = np.lexsort((when, ring))
    ring, when = ring[order], when[order]
    count = np.bincount(ring, minlength=n)
    some = count > 0
    ends = np.cumsum(count)
    first, last = np.zeros(n, np.int64), np.zeros(n, np.int64)
    first[some], last[some] = when[(ends - count)[some]], when[ends[some] - 1]
    since = when - first[ring]
    most = most_within(ring, since, DAY, n)
    late = np.bincount(ring, np.sign(2 * since - (last - first)[ring]), n)
    return {
        "days": np.where(some, (last - first) / DAY, np.nan),
        "busiest_day": ratio(most, count.astype(np.float64)),
        "growth": ratio(late, count.astype(np.float64)),
    }


def _patterns(rows: TransferFeatures, touch: _Touching, n: int) -> dict[str, FloatArray]:
    at, ring = touch.transfer[touch.inside], touch.ring[touch.inside]
    lengths = [name for name in rows.names if name.startswith("cycles_")]
    closed = np.zeros(len(rows))
    for name in lengths:
        closed += np.nan_to_num(rows[name].astype(np.float64))
    columns: dict[str, FloatArray] = {"cycles_inside": np.bincount(ring, closed[at], n).astype(np.float64)}
    for name in GREATEST:
        most = np.zeros(n)
        np.maximum.at(most, ring, np.nan_to_num(rows[name].astype(np.float64))[at])
        columns[f"{name}_inside"] = most
    return columns
