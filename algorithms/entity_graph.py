"""The heterogeneous graph: typed entities, account-signal links, transfers and events, as aligned arrays."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from algorithms.times import MISSING_TIME
from algorithms.transfers import Transfers

IntArray = npt.NDArray[np.int32]
TimeArray = npt.NDArray[np.int64]


def _align(record: object, dtypes: dict[str, type[np.generic]]) -> None:
    """Bring the arrays of a frozen record to their dtypes and check that they are of one length."""
    length: int | None = None
    for name, dtype in dtypes.items():
        array = np.ascontiguousarray(getattr(record, name), dtype=dtype)
        length = len(array) if length is None else length
        if array.shape != (length,):
            raise ValueError(f"`{name}` must have shape ({length},), got {array.shape}")
        object.__setattr__(record, name, array)


@dataclass(frozen=True, eq=False)
class Links:
    """Account-signal links; one row per pair of nodes, sorted by (account, signal).

    Parameters
    ----------
    accounts, signals : array of int32, shape (n_links,)
        Node ids.
    first_seen, last_seen : array of int64, shape (n_links,)
        Seconds since the epoch, `MISSING_TIME` where absent.
    n_events : array of int32, shape (n_links,)
        How often the pair was seen, at least 1.
    """

    accounts: IntArray
    signals: IntArray
    first_seen: TimeArray
    last_seen: TimeArray
    n_events: IntArray

    def __post_init__(self) -> None:
        dtypes: dict[str, type[np.generic]] = {"accounts": np.int32, "signals": np.int32, "first_seen": np.int64}
        _align(self, dtypes | {"last_seen": np.int64, "n_events": np.int32})

    def __len__(self) -> int:
        return len(self.accounts)

    @classmethod
    def empty(cls) -> Links:
        """No links at all."""
        return cls(*(np.empty(0, np.int64) for _ in range(5)))  # type: ignore[arg-type]


@dataclass(frozen=True, eq=False)
class Events:
    """Timed acts of single accounts, sorted by (account, time, type).

    Parameters
    ----------
    accounts : array of int32, shape (n_events,)
        Node ids of who acted.
    types : array of int16, shape (n_events,)
        Index into `type_names`.
    seconds : array of int64, shape (n_events,)
        Seconds since the epoch, `MISSING_TIME` where absent.
    targets : array of int32, shape (n_events,)
        Node id of the entity acted on (the inviter of a referral, say), -1 where there is none.
    values : array of float64, shape (n_events,)
        Value of the act, NaN where absent.
    type_names : tuple of str
        Event types, such as ``sign_up``, ``login``, ``claim``, ``referral``.
    """

    accounts: IntArray
    types: npt.NDArray[np.int16]
    seconds: TimeArray
    targets: IntArray
    values: npt.NDArray[np.float64]
    type_names: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        dtypes: dict[str, type[np.generic]] = {"accounts": np.int32, "types": np.int16, "seconds": np.int64}
        _align(self, dtypes | {"targets": np.int32, "values": np.float64})

    def __len__(self) -> int:
        return len(self.accounts)

    @classmethod
    def empty(cls) -> Events:
        """No events at all."""
        return cls(*(np.empty(0, np.int64) for _ in range(5)))  # type: ignore[arg-type]

    def of_type(self, name: str) -> npt.NDArray[np.int64]:
        """Rows of one event type; empty if the type never occurs."""
        if name not in self.type_names:
            return np.empty(0, np.int64)
        return np.flatnonzero(self.types == self.type_names.index(name))


@dataclass(frozen=True, eq=False)
class EntityGraph:
    """Typed entities and what joins them.

    Nodes of one type have consecutive ids, and within a type ids follow the order of the names, so that the order of
    input rows never matters. Accounts come first: node ids ``0 .. n_accounts - 1`` are accounts.

    Parameters
    ----------
    types : tuple of str
        Entity types in the order of their ids; the first is ``account``.
    type_starts : array of int64, shape (n_types + 1,)
        Nodes of type k have the ids ``type_starts[k] .. type_starts[k + 1] - 1``.
    names : pyarrow.LargeStringArray, length n_nodes
        The user's id of every node.
    created_at : array of int64, shape (n_accounts,)
        Seconds since the epoch, `MISSING_TIME` where absent.
    links, transfers, events
        What joins the entities.
    attributes : pyarrow.Table, optional
        One row per account in id order: whatever else the `accounts` table said.

    Raises
    ------
    ValueError
        If the parts do not fit together.
    """

    types: tuple[str, ...]
    type_starts: TimeArray
    names: pa.LargeStringArray
    created_at: TimeArray
    links: Links
    transfers: Transfers
    events: Events
    attributes: pa.Table | None = None

    def __post_init__(self) -> None:
        starts = np.ascontiguousarray(self.type_starts, dtype=np.int64)
        object.__setattr__(self, "type_starts", starts)
        object.__setattr__(self, "created_at", np.ascontiguousarray(self.created_at, dtype=np.int64))
        if not self.types or self.types[0] != "account":
            raise ValueError(f"`types` must begin with 'account', got {self.types}")
        if len(starts) != len(self.types) + 1:
            raise ValueError(f"`type_starts` must have one entry more than `types`, got {len(starts)}")
        if len(self.names) != starts[-1]:
            raise ValueError(f"`names` must have {starts[-1]} entries, one per node, got {len(self.names)}")
        if len(self.created_at) != self.n_accounts:
            raise ValueError(f"`created_at` must have {self.n_accounts} entries, got {len(self.created_at)}")

    @property
    def n_nodes(self) -> int:
        """Number of entities of all types."""
        return int(self.type_starts[-1])

    @property
    def n_accounts(self) -> int:
        """Number of accounts; their node ids are ``0 .. n_accounts - 1``."""
        return int(self.type_starts[1])

    def nodes_of(self, entity_type: str) -> range:
        """Node ids of one type; empty if the graph has no such type."""
        if entity_type not in self.types:
            return range(0)
        code = self.types.index(entity_type)
        return range(int(self.type_starts[code]), int(self.type_starts[code + 1]))

    def type_codes(self, nodes: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
        """Index into `types` of each given node."""
        return np.searchsorted(self.type_starts, nodes, side="right") - 1

    def type_of(self, node: int) -> str:
        """Type of one node."""
        return self.types[int(np.searchsorted(self.type_starts, node, side="right")) - 1]

    def name_of(self, node: int) -> str:
        """The user's id of one node."""
        return str(self.names[int(node)].as_py())

    @classmethod
    def from_nodes(cls, types: tuple[str, ...], names: list[list[str]], **parts: object) -> EntityGraph:
        """Build a small graph from names per type; parts that are not given are empty.

        Parameters
        ----------
        types : tuple of str
            Entity types, ``account`` first.
        names : list of list of str
            Names of the nodes of each type, each list in sorted order.
        **parts
            `links`, `transfers`, `events`, `created_at`, `attributes`.
        """
        for kind, of_type in zip(types, names, strict=True):
            if of_type != sorted(set(of_type)):
                raise ValueError(f"names of type {kind!r} must be sorted and distinct")
        starts = np.cumsum([0, *(len(of_type) for of_type in names)])
        flat = pa.array([name for of_type in names for name in of_type], pa.large_string())
        defaults: dict[str, object] = {"links": Links.empty(), "transfers": Transfers.empty(), "events": Events.empty()}
        defaults["created_at"] = np.full(len(names[0]), MISSING_TIME)
        return cls(types, starts, flat, **(defaults | parts))  # type: ignore[arg-type]
