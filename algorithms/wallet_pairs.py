"""Pairs of wallets, with when something joined them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class WalletPairs:
    """Pairs of nodes that one act joins; a pair has a row for each such act.

    Parameters
    ----------
    ones, others : array of int32, shape (n,)
        Node ids.
    seconds : array of int64, shape (n,)
        `MISSING_TIME` where absent.
    n_too_wide : int
        Acts that joined more nodes than was allowed and were left out.
    """

    ones: npt.NDArray[np.int32]
    others: npt.NDArray[np.int32]
    seconds: npt.NDArray[np.int64]
    n_too_wide: int = 0

    def __len__(self) -> int:
        return len(self.ones)
