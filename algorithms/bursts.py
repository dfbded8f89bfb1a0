"""Windows that hold more acts than the time around them lets expect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms.tails import negative_binomial_tail

LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

DAY = 86_400
NEAR, FAR = 2, 10
PRIOR = 0.5
STEADY = 10.0
"""Largest shape of a rate's distribution: however many acts are known, rates around differ by a third or so."""


@dataclass(frozen=True, eq=False)
class Bursts:
    """For every act, the window that begins with it.

    Parameters
    ----------
    counts : array of int64, shape (n_acts,)
        Acts of the stream in the window.
    expected : array of float64, shape (n_acts,)
        What the busiest of the times it is held against lets expect.
    nats : array of float64, shape (n_acts,)
        ``-ln`` of the chance of at least so many.
    """

    counts: LongArray
    expected: FloatArray
    nats: FloatArray


def find_bursts(streams: npt.ArrayLike, seconds: npt.ArrayLike, *, width_seconds: int, first: int, last: int) -> Bursts:
    """Hold the acts within each window against those of the same stream around it.

    Given c acts in a time r windows long, the number in a window is negative binomial with mean ``(c + 1/2) / r`` and
    shape ``min(c + 1/2, 10)``: a Poisson number whose rate is known from c acts, and no better than to a third, since
    rates change from hour to hour. The rate is taken from 2 windows on each side, from 10 on each side, and
    from the same hour on the three days before and after; the least surprising of the three counts, so that an
    evening, a campaign of some days and a weekly habit are no bursts.

    Parameters
    ----------
    streams, seconds : array-like of int, shape (n_acts,)
        Which stream an act belongs to, and when it was; in order of stream and time.
    width_seconds : int
    first, last : int
        Between these all acts are known; what lies beyond tells nothing.

    Returns
    -------
    Bursts
        O(n log n).

    Raises
    ------
    ValueError
        If the acts are not in order, or the window has no width.

    References
    ----------
    Krishnamoorthy and Peng (2011), Improved closed-form prediction intervals for binomial and Poisson distributions,
    section 3 (the prior of one half); Kulldorff (1997), A spatial scan statistic, section 2 (windows of all places).
    """
    s, t = np.asarray(streams, dtype=np.int64), np.asarray(seconds, dtype=np.int64)
    if width_seconds < 1:
        raise ValueError(f"`width_seconds` must be at least 1, got {width_seconds}")
    if len(s) > 1 and ((s[1:] < s[:-1]) | ((s[1:] == s[:-1]) & (t[1:] < t[:-1]))).any():
        raise ValueError("`streams` and `seconds` must be in order of stream and time")
    places = _Places(s, t)
    own = places.between(t, t + width_seconds)
    nats, expected = np.full(len(t), np.inf), np.zeros(len(t))
    for spans in (_around(t, width_seconds, NEAR), _around(t, width_seconds, FAR), _other_days(t, width_seconds)):
        others, length = np.zeros(len(t), np.int64), np.zeros(len(t))
        for begin, end in spans:
            begin, end = np.clip(begin, first, last), np.clip(end, first, last)
            others += places.between(begin, end - 1)
            length += end - begin
        known = length > 0
        mean = (others + PRIOR) / (np.where(known, length, width_seconds) / width_seconds)
        shape = np.minimum(others + PRIOR, STEADY)
        found = np.where(known, negative_binomial_tail(own, shape, mean), np.inf)
        expected = np.maximum(expected, np.where(known, mean, 0.0))
        nats = np.minimum(nats, found)
    # a stream whose whole time is one window has nothing to be held against
    nats[~np.isfinite(nats)] = 0.0
    return Bursts(own, expected, np.maximum(nats, 0.0))


class _Places:
    """Counts acts of a stream between two moments."""

    def __init__(self, streams: LongArray, seconds: LongArray) -> None:
        self._low = int(seconds.min(initial=0))
        # far enough apart that no moment that is asked for leaves its stream
        self._gap = int(seconds.max(initial=0)) - self._low + 1
        _, self._rank = np.unique(streams, return_inverse=True)
        self._keys = self._rank * self._gap + (seconds - self._low)

    def between(self, begin: LongArray, end: LongArray) -> LongArray:
        """Acts from one moment to another, both included, for each act's own stream."""
        begin = np.clip(begin - self._low, 0, self._gap)
        end = np.clip(end - self._low, -1, self._gap - 1)
        low = np.searchsorted(self._keys, self._rank * self._gap + begin, "left")
        high = np.searchsorted(self._keys, self._rank * self._gap + end, "right")
        return np.asarray(np.maximum(high - low, 0), np.int64)


def _around(seconds: LongArray, width: int, reach: int) -> list[tuple[LongArray, LongArray]]:
    end = seconds + width + 1
    return [(seconds - reach * width, seconds), (end, end + reach * width)]


def _other_days(seconds: LongArray, width: int) -> list[tuple[LongArray, LongArray]]:
    """Three days before and after, and where the window is longer than a day, the windows before and after."""
    step = max(DAY, width + 1)
    return [(seconds + k * step, seconds + k * step + width + 1) for k in (-3, -2, -1, 1, 2, 3)]
