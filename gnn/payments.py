"""Transfers as seen by actors: what each paid and got, and with whom."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from algorithms.rows import entries_of
from algorithms.times import MISSING_TIME

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

DAY = 86400.0


@dataclass(frozen=True, eq=False)
class Side:
    """Transfers that actors paid, or those that they got, one actor after the other.

    Parameters
    ----------
    starts : array of int64, shape (n_actors + 1,)
        Transfers of actor a are ``starts[a] .. starts[a + 1] - 1``.
    others : array of int32
        The other party: an actor, or a number above all actors.
    amounts : array of float32
        0 where unknown.
    days : array of float32
        Since the first transfer of all; NaN where unknown.
    """

    starts: LongArray
    others: IntArray
    amounts: npt.NDArray[np.float32]
    days: npt.NDArray[np.float32]

    @property
    def counts(self) -> LongArray:
        """Transfers of each actor."""
        return np.diff(self.starts)

    def dealt(self, order: LongArray, holder: IntArray) -> tuple[Side, LongArray]:
        """Give each actor the transfers of another, with whoever has those of the other party now; and their rows."""
        rows, starts = entries_of(self.starts, order)
        others = self.others[rows]
        among = others < len(order)
        others[among] = holder[others[among]]
        return Side(starts, others, self.amounts[rows], self.days[rows]), rows


@dataclass(frozen=True, eq=False)
class Payments:
    """Transfers between parties, of which some are actors, as these see them.

    Parameters
    ----------
    paid : Side
    got : Side
        The transfers of each actor in the order of their days, those of unknown days last.
    kinds : array of int32
        Of the transfers of `paid`: amounts with the same two first digits have the same number, -1 where unknown.
    """

    paid: Side
    got: Side
    kinds: IntArray

    @classmethod
    def of(
        cls,
        payers: npt.NDArray[np.integer],
        payees: npt.NDArray[np.integer],
        amounts: FloatArray | None,
        seconds: LongArray | None,
        n_actors: int,
    ) -> Payments:
        """Sort transfers by who paid and by who got; what a party pays itself is left out.

        Parameters
        ----------
        payers, payees : array of int, shape (n,)
            Actor index of each, or a number of at least `n_actors`.
        amounts : array of float64, shape (n,), optional
            What is missing or not above 0 is unknown.
        seconds : array of int64, shape (n,), optional
        n_actors : int

        Returns
        -------
        Payments
            O(n log n), 28 bytes a transfer between actors.
        """
        apart = payers != payees
        known = np.zeros(len(payers)) if amounts is None else np.where(np.isfinite(amounts) & (amounts > 0), amounts, 0)
        days = np.full(len(payers), np.nan, np.float32)
        if seconds is not None and (timed := seconds != MISSING_TIME).any():
            days[timed] = (seconds[timed] - seconds[timed].min()) / DAY
        paid, rows = _side(payers, payees, known, days, apart, n_actors)
        in_time = np.flatnonzero(apart)[np.argsort(days[apart], kind="stable")]  # NaN comes last
        got, _ = _side(payees[in_time], payers[in_time], known[in_time], days[in_time], apart[in_time], n_actors)
        return cls(paid, got, leading_digits(known[rows]))

    @cached_property
    def got_totals(self) -> FloatArray:
        """Amount that each actor got."""
        return np.bincount(self._getters, self.got.amounts, len(self.got.starts) - 1).astype(np.float64)

    @cached_property
    def n_got_timed(self) -> LongArray:
        """Transfers that each actor got of which the day is known."""
        return np.bincount(self._getters[~np.isnan(self.got.days)], minlength=len(self.got.starts) - 1)

    @property
    def _getters(self) -> IntArray:
        return np.repeat(np.arange(len(self.got.starts) - 1, dtype=np.int32), self.got.counts)

    def dealt(self, order: LongArray) -> Payments:
        """Deal the payments out to the actors anew: who had them and with whom, as `order` says.

        Parameters
        ----------
        order : array of int64, shape (n_actors,)
            Whose payments each actor has.

        Returns
        -------
        Payments
            O(n + actors).
        """
        holder = np.empty(len(order), np.int32)
        holder[order] = np.arange(len(order), dtype=np.int32)
        paid, rows = self.paid.dealt(order, holder)
        return Payments(paid, self.got.dealt(order, holder)[0], self.kinds[rows])


def leading_digits(amounts: FloatArray) -> IntArray:
    """Number of what amounts are alike to two digits, -1 for those of 0.

    Parameters
    ----------
    amounts : array of float64, shape (n,)
        At least 0.

    Returns
    -------
    array of int32, shape (n,)
    """
    some = amounts > 0
    out = np.full(len(amounts), -1, np.int32)
    place = np.floor(np.log10(amounts[some]))
    # a hundredth of a digit over, so that rounding does not part equal amounts
    digits = np.floor(amounts[some] / 10.0 ** (place - 1) + 1e-9)
    out[some] = (place + 400) * 1000 + digits
    return out


def _side(
    actors: npt.NDArray[np.integer],
    others: npt.NDArray[np.integer],
    amounts: FloatArray,
    days: npt.NDArray[np.float32],
    use: npt.NDArray[np.bool_],
    n_actors: int,
) -> tuple[Side, LongArray]:
    """One side, and the transfers in its order."""
    rows = np.flatnonzero(use & (actors < n_actors))
    rows = rows[np.argsort(actors[rows], kind="stable")]
    starts = np.concatenate([[0], np.cumsum(np.bincount(actors[rows], minlength=n_actors))]).astype(np.int64)
    return Side(starts, others[rows].astype(np.int32), amounts[rows].astype(np.float32), days[rows]), rows
