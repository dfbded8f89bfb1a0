"""What `transfer_features` remembers between two batches of a stream; it can be saved and taken up again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from algorithms._window_kernels import NEVER, Accounts, Log, Pairs, expire_all, fill_table

Array = npt.NDArray[Any]
VERSION = 1


@dataclass(frozen=True)
class PatternSettings:
    """What is computed; a saved state goes on only with the settings it began with.

    Parameters
    ----------
    window_seconds : int
        Within which patterns and cycles are sought, and the unit of the windows.
    windows : tuple of int
        Windows of the statistics, in multiples of `window_seconds`, rising.
    longest_cycle : int
        Hops, 2 to 20.
    budget : int
        Most transfers that the search for cycles, and that for patterns, may look at for one row.
    tolerance : float
        Share by which an amount may differ from the one it passes on.
    thresholds : tuple of float
        Reporting thresholds, for structuring.
    near : float
        An amount is just under a threshold from this share of it.
    """

    window_seconds: int = 86400
    windows: tuple[int, ...] = (1, 7, 30)
    longest_cycle: int = 10
    budget: int = 500
    tolerance: float = 0.1
    thresholds: tuple[float, ...] = ()
    near: float = 0.9

    def __post_init__(self) -> None:
        if self.window_seconds < 1:
            raise ValueError(f"`window_seconds` must be positive, got {self.window_seconds}")
        if not self.windows or list(self.windows) != sorted(set(self.windows)) or self.windows[0] < 1:
            raise ValueError(f"`windows` must be positive and rising, got {self.windows}")
        if not 2 <= self.longest_cycle <= 20:
            raise ValueError(f"`longest_cycle` must be from 2 to 20, got {self.longest_cycle}")
        if self.budget < 1:
            raise ValueError(f"`budget` must be positive, got {self.budget}")
        if not 0 <= self.tolerance < 1 or not 0 < self.near < 1:
            raise ValueError(f"`tolerance` and `near` must be below 1, got {self.tolerance} and {self.near}")
        if any(not 0 < threshold < np.inf for threshold in self.thresholds):
            raise ValueError(f"`thresholds` must be positive, got {self.thresholds}")

    @property
    def spans(self) -> npt.NDArray[np.int64]:
        """Windows in seconds."""
        return np.array(self.windows, dtype=np.int64) * self.window_seconds

    @property
    def near_window(self) -> int:
        """Index of the window in which amounts under a threshold are counted: the second, if there is one."""
        return min(1, len(self.windows) - 1)

    @property
    def limits(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Lower ends and thresholds of what is just under."""
        thresholds = np.array(self.thresholds, dtype=np.float64)
        return self.near * thresholds, thresholds


def _grown(array: Array, n: int, fill: int = 0) -> Array:
    """Return an array with at least `n` rows; twice as many as it had when it must grow, so that growth is cheap."""
    if len(array) >= n:
        return array
    out = np.full((max(n, 2 * len(array)), *array.shape[1:]), fill, array.dtype)
    out[: len(array)] = array
    return out


@dataclass
class TransferState:
    """A stream of transfers so far: what lies within the longest window, and sums over all before.

    Make one with ``TransferState()`` or `load`, and hand it to `transfer_features` with each batch in turn; it is
    changed in place. About 350 bytes for each account, 90 for each pair that ever met, 60 for each recent transfer.

    Parameters
    ----------
    settings : PatternSettings
    """

    settings: PatternSettings = field(default_factory=PatternSettings)
    clock: int = np.iinfo(np.int64).min
    unit: str = ""
    n_rows: int = 0
    n_pairs: int = 0
    arrays: dict[str, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.arrays:
            return
        w, near = len(self.settings.windows), len(self.settings.thresholds)
        i4, i8, f8 = np.int32, np.int64, np.float64
        shapes: dict[str, tuple[type, tuple[int, ...]]] = {
            "log_sources": (i4, ()), "log_targets": (i4, ()), "log_seconds": (i8, ()), "log_amounts": (f8, ()),
            "log_pairs": (i4, ()), "log_previous": (i4, (2,)), "log_following": (i4, (2,)), "log_chains": (i4, (2,)),
            "account_heads": (i4, (2,)), "account_times": (i8, (2, 2 + w)), "account_tallies": (i4, (2, 3)),
            "account_counts": (i4, (2, w, 4)), "account_sums": (f8, (2, w, 3)), "account_near": (i4, (near,)),
            "pair_counts": (i4, ()), "pair_times": (i8, (2,)), "pair_amounts": (f8, ()), "pair_gaps": (i8, ()),
            "pair_windows": (i4, (2, w)), "pair_keys": (i8, ()),
        }  # fmt: skip
        self.arrays = {name: np.zeros((0, *shape), dtype) for name, (dtype, shape) in shapes.items()}
        self.arrays["slots"] = np.full(64, -1, i4)

    @property
    def log(self) -> Any:
        """The transfers remembered, as a namedtuple of arrays."""
        return Log(*(self.arrays[f"log_{name}"] for name in Log._fields))

    @property
    def accounts(self) -> Any:
        """What is known of each account."""
        return Accounts(*(self.arrays[f"account_{name}"] for name in Accounts._fields))

    @property
    def pairs(self) -> Any:
        """What is known of each ordered pair of accounts."""
        return Pairs(*(self.arrays[f"pair_{name}"] for name in Pairs._fields))

    def make_room(self, n_rows: int, n_accounts: int) -> None:
        """Forget what no window reaches any more, and make room for a batch."""
        self._forget()
        for name in [name for name in self.arrays if name.startswith("log_")]:
            self.arrays[name] = _grown(self.arrays[name], self.n_rows + n_rows)
        known = len(self.arrays["account_heads"])
        for name in [name for name in self.arrays if name.startswith("account_")]:
            self.arrays[name] = _grown(self.arrays[name], n_accounts)
        self.arrays["account_heads"][known:] = -1
        self.arrays["account_counts"][known:, :, :, 0] = -1
        self.arrays["account_times"][known:, :, 2:] = NEVER
        for name in [name for name in self.arrays if name.startswith("pair_")]:
            self.arrays[name] = _grown(self.arrays[name], self.n_pairs + n_rows)
        size = len(self.arrays["slots"])
        while size < 2 * (self.n_pairs + n_rows):
            size *= 2
        if size > len(self.arrays["slots"]):
            self.arrays["slots"] = np.full(size, -1, np.int32)
            fill_table(self.arrays["slots"], self.arrays["pair_keys"], self.n_pairs)

    def _forget(self) -> None:
        """Drop the rows before the longest window once they are the greater part."""
        spans = self.settings.spans
        seconds = self.arrays["log_seconds"][: self.n_rows]
        gone = int(np.searchsorted(seconds, self.clock - spans[-1])) if self.n_rows else 0
        if gone <= self.n_rows // 2:
            return
        lows, thresholds = self.settings.limits
        expire_all(self.log, self.accounts, self.pairs, self.clock, spans, lows, thresholds, self.settings.near_window)
        for name in [name for name in self.arrays if name.startswith("log_")]:
            self.arrays[name] = self.arrays[name][gone : self.n_rows].copy()
        self.n_rows -= gone
        for name in ("log_previous", "log_following", "account_heads"):
            self.arrays[name] = np.maximum(self.arrays[name] - gone, -1)
        tails = self.arrays["account_counts"][:, :, :, 0]
        self.arrays["account_counts"][:, :, :, 0] = np.maximum(tails - gone, -1)

    def save(self, path: str | Path) -> None:
        """Write the state to an ``.npz`` file of plain arrays, aside first and put in place whole.

        Parameters
        ----------
        path : str or Path
        """
        self._forget()
        target = Path(path)
        facts = {"version": VERSION, "clock": int(self.clock), "unit": self.unit, "settings": asdict(self.settings)}
        facts |= {"n_rows": self.n_rows, "n_pairs": self.n_pairs}
        lengths = {"log": self.n_rows, "pair": self.n_pairs}
        arrays: dict[str, Any] = {
            name: array[: lengths.get(name.split("_")[0], len(array))]
            for name, array in self.arrays.items()
            if name != "slots"
        }
        aside = target.with_name(f".{target.name}.partial")
        try:
            with aside.open("wb") as file:
                np.savez(file, facts=np.frombuffer(json.dumps(facts).encode(), np.uint8), **arrays)
            aside.replace(target)
        finally:
            aside.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: str | Path) -> TransferState:
        """Read a state that `save` wrote.

        Parameters
        ----------
        path : str or Path

        Raises
        ------
        ValueError
            If another version wrote it.
        """
        with np.load(Path(path), allow_pickle=False) as file:
            facts = json.loads(file["facts"].tobytes())
            arrays = {name: file[name] for name in file.files if name != "facts"}
        if facts["version"] != VERSION:
            raise ValueError(f"the state must be of version {VERSION}, got {facts['version']}; begin the stream anew")
        settings = facts["settings"]
        settings |= {key: tuple(settings[key]) for key in ("windows", "thresholds")}
        arrays["slots"] = np.full(64, -1, np.int32)
        state = cls(
            PatternSettings(**settings), facts["clock"], facts["unit"], facts["n_rows"], facts["n_pairs"], arrays
        )
        size = 64
        while size < 2 * state.n_pairs:
            size *= 2
        arrays["slots"] = np.full(size, -1, np.int32)
        fill_table(arrays["slots"], arrays["pair_keys"], state.n_pairs)
        return state
