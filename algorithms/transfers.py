"""Directed, timed, valued edges between accounts or wallets, as aligned arrays."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int32]
TimeArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Transfers:
    """Transfers between nodes of a graph.

    Parameters
    ----------
    sources, targets : array of int, shape (n,)
        Node ids of the paying and of the receiving side.
    seconds : array of int, shape (n,), optional
        Times in seconds since the epoch, `MISSING_TIME` where absent. None: no transfer has a time.
    amounts : array of float, shape (n,), optional
        Amounts in the currency of each row, NaN where absent. None: no transfer has an amount.
    amounts_usd : array of float, shape (n,), optional
        The same in US dollars, NaN where absent.
    currencies : array of int, shape (n,), optional
        Index into `currency_names`, -1 where absent.
    currency_names : tuple of str
        Currency codes.
    transactions : array of int, shape (n,), optional
        Number of the transaction that a row is part of, -1 where it is one by itself. None: every row is.

    Raises
    ------
    ValueError
        If the arrays differ in length.
    """

    sources: IntArray
    targets: IntArray
    seconds: TimeArray | None = None
    amounts: FloatArray | None = None
    amounts_usd: FloatArray | None = None
    currencies: npt.NDArray[np.int16] | None = None
    currency_names: tuple[str, ...] = field(default=())
    transactions: IntArray | None = None

    def __post_init__(self) -> None:
        dtypes = {"sources": np.int32, "targets": np.int32, "seconds": np.int64, "amounts": np.float64}
        dtypes |= {"amounts_usd": np.float64, "currencies": np.int16, "transactions": np.int32}
        for name, dtype in dtypes.items():
            values = getattr(self, name)
            if values is None:
                continue
            array = np.ascontiguousarray(values, dtype=dtype)
            if array.shape != np.shape(self.sources):
                raise ValueError(f"`{name}` must be as long as `sources` ({len(self.sources)}), got {array.shape}")
            object.__setattr__(self, name, array)

    def __len__(self) -> int:
        return len(self.sources)

    @classmethod
    def empty(cls) -> Transfers:
        """No transfers at all."""
        return cls(np.empty(0, np.int32), np.empty(0, np.int32))
