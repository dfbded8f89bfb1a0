"""How many requests one person or one address may make: a bucket that fills evenly."""

from __future__ import annotations

import threading
import time

MOST_KEYS = 50_000


class RateLimit:
    """Lets each key do so many things a minute, and as many at once.

    Parameters
    ----------
    per_minute : int

    Raises
    ------
    ValueError
        If it is below 1.
    """

    def __init__(self, per_minute: int) -> None:
        if per_minute < 1:
            raise ValueError(f"`per_minute` must be at least 1, got {per_minute}")
        self._per_second = per_minute / 60
        self._most = float(per_minute)
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, key: str, now: float | None = None) -> float:
        """Take one; 0 if it was there, else the seconds until it will be."""
        moment = time.monotonic() if now is None else now
        with self._lock:
            left, at = self._left.pop(key, (self._most, moment))
            left = min(self._most, left + (moment - at) * self._per_second)
            wait = 0.0 if left >= 1 else (1 - left) / self._per_second
            self._left[key] = (left if wait else left - 1, moment)
            while len(self._left) > MOST_KEYS:
                del self._left[next(iter(self._left))]
            return wait
