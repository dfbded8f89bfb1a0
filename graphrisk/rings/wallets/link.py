"""What a link between wallets declares, what it reads and what it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms.entity_graph import EntityGraph
from algorithms.times import MISSING_TIME
from algorithms.transactions import Transactions, group_transactions
from graphrisk.rings.wallets.settings import WalletSettings

LongArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Ledger:
    """What links are made from.

    Parameters
    ----------
    graph : EntityGraph
    settings : WalletSettings
    excluded : array of bool, shape (n_nodes,)
        Services, which own the wallets of many.
    exchanges : array of bool, shape (n_nodes,)
        Known wallets of exchanges.
    """

    graph: EntityGraph
    settings: WalletSettings
    excluded: BoolArray
    exchanges: BoolArray

    def transactions(self) -> Transactions:
        """Transactions on UTXO chains that spend nothing of a service."""
        transfers = self.graph.transfers
        usable = ~self.excluded[transfers.sources]
        if transfers.currencies is not None:
            wanted = {name.upper() for name in self.settings.utxo_currencies}
            fits = np.array([name.upper() in wanted for name in transfers.currency_names] + [True])
            usable &= fits[transfers.currencies]  # -1, no currency, is the last
        return group_transactions(transfers, usable)


@dataclass(frozen=True, eq=False)
class Found:
    """Links that were found, one row each.

    Parameters
    ----------
    nodes : array of int, shape (n,)
        Node ids of wallets or accounts.
    anchors : array of int, shape (n,)
        What they share: the node id of an entity, or of the other side of a pair.
    seconds : array of int64, shape (n,)
        `MISSING_TIME` where absent.
    n_too_wide : int
        Acts that were left out because too many take part.
    """

    nodes: npt.NDArray[np.integer]
    anchors: npt.NDArray[np.integer]
    seconds: LongArray
    n_too_wide: int = 0

    def __post_init__(self) -> None:
        for name in ("nodes", "anchors", "seconds"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.int64))

    def __len__(self) -> int:
        return len(self.nodes)

    def take(self, keep: BoolArray) -> Found:
        """Some of the rows."""
        return Found(self.nodes[keep], self.anchors[keep], self.seconds[keep], self.n_too_wide)


@dataclass(frozen=True)
class WalletLink:
    """One way in which wallets show that one hand moves them, declared by one file.

    Parameters
    ----------
    name : str
        The signal type, or the kind of the pair; what the configuration calls it.
    find : callable
        From a ledger to what was found.
    nats : float
        Evidence of one link between two actors, beside what the transfers themselves say of them already (types
        `transfer`, `funder` and `payee`).
    cap : int
        Most actors that may share it, or most others that an actor may be paired with.
    is_pair : bool
        Joins two wallets directly; else they share an entity.
    sentence : str
        The evidence: ``{who}`` of ``{size}`` members, ``{things}`` shared or ``{pairs}`` joined.
    why : str
        Of two members: what they share, before its name, or what they did, after their names.
    relationship : str
        Its type in Neo4j.
    noun, plural : str
        What is shared; a pair for what joins pairs.
    """

    name: str
    find: Callable[[Ledger], Found]
    nats: float
    cap: int
    is_pair: bool
    sentence: str
    why: str
    relationship: str
    noun: str = "pair"
    plural: str = "pairs"


def none_found() -> Found:
    """Nothing."""
    empty = np.empty(0, np.int64)
    return Found(empty, empty, empty)


def times_of(ledger: Ledger, rows: npt.NDArray[np.integer]) -> LongArray:
    """When transfers took place."""
    seconds = ledger.graph.transfers.seconds
    return np.full(len(rows), MISSING_TIME) if seconds is None else seconds[rows]
