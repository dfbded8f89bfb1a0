"""Following stolen money: which accounts and transfers it reached, in the tables that a scan reads."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from algorithms.entity_graph import EntityGraph
from algorithms.taint import Taint, TaintMethod, trace_taint
from algorithms.times import MISSING_TIME
from algorithms.transfers import Transfers
from graphrisk.config import ScanConfig, read_config
from graphrisk.hubs import known_hubs
from graphrisk.pipeline import as_loaded, comparable
from graphrisk.stages import Progress
from graphrisk.tables import UTC_TIME
from loaders import load

LongArray = npt.NDArray[np.int64]
TABLES = ("accounts", "transfers")


class TaintError(ValueError):
    """A source does not exist, or the transfers do not say what a method needs."""


@dataclass(frozen=True, eq=False)
class TaintResult:
    """Where the money of given sources went.

    Parameters
    ----------
    graph : EntityGraph
    taint : Taint
        Rows and nodes of the graph.
    sources, services : array of int64
        Node ids: whose money is followed, and into which it is followed but not out of.
    currency : str or None
        Of all amounts; None where the data name none, or several without rates.
    as_of : datetime
    """

    graph: EntityGraph
    taint: Taint
    sources: LongArray
    services: LongArray
    currency: str | None
    as_of: datetime

    def accounts(self) -> pa.Table:
        """Tainted accounts and wallets that are no sources, those that received most first."""
        taint = self.taint
        nodes = np.setdiff1d(np.flatnonzero(taint.accounts), self.sources)
        # an unknown amount may be any
        nodes = nodes[np.lexsort((nodes, -np.nan_to_num(taint.received[nodes], nan=np.inf)))]
        return pa.table(
            {
                **self._names("", nodes),
                "first_tainted_at": _times(taint.first_seconds[nodes]),
                "received": _numbers(taint.received[nodes]),
                "held": _numbers(taint.held[nodes]),
                "balance": _numbers(taint.balances[nodes]),
                "is_service": pa.array(np.isin(nodes, self.services)),
            }
        )

    def transfers(self) -> pa.Table:
        """Tainted transfers in time order, each with the tainted part of its amount."""
        rows, money = np.flatnonzero(self.taint.is_tainted), self.graph.transfers
        seconds = np.full(len(money), MISSING_TIME) if money.seconds is None else money.seconds
        rows = rows[np.argsort(seconds[rows], kind="stable")]
        in_dollars = self.taint.in_dollars
        amounts = money.amounts_usd if in_dollars else money.amounts
        names: list[str | None] = [*money.currency_names, None]  # the last stands for -1
        codes = np.full(len(rows), -1) if money.currencies is None else money.currencies[rows]
        return pa.table(
            {
                "occurred_at": _times(seconds[rows]),
                **self._names("source_", money.sources[rows]),
                **self._names("target_", money.targets[rows]),
                "amount": _numbers(np.full(len(rows), np.nan) if amounts is None else amounts[rows]),
                "currency": pa.array(["USD" if in_dollars else names[code] for code in codes], pa.string()),
                "tainted": _numbers(self.taint.carried[rows]),
            }
        )

    def summary(self) -> dict[str, Any]:
        """Counts and sums."""
        taint = self.taint
        return {
            "method": taint.method,
            "as_of": self.as_of,
            "currency": self.currency,
            "issued": taint.issued,
            "returned_to_sources": taint.absorbed,
            "n_accounts": int(taint.accounts.sum()) - len(self.sources),
            "n_services": int(taint.accounts[np.setdiff1d(self.services, self.sources)].sum()),
            "n_transfers": int(taint.is_tainted.sum()),
            "n_left_out": taint.n_left_out,
            "n_coarsened": taint.n_coarsened,
        }

    def write(self, folder: Path) -> None:
        """Write both tables as Parquet into a new folder, whole or not at all.

        Raises
        ------
        FileExistsError
            If it is there already.
        """
        if folder.exists():
            raise FileExistsError(f"{folder} exists already; choose another name")
        aside = folder.with_name(f".{folder.name}.{os.getpid()}")
        try:
            aside.mkdir()
            for name in TABLES:
                pq.write_table(getattr(self, name)(), aside / f"{name}.parquet")
            aside.rename(folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def _names(self, side: str, nodes: npt.NDArray[np.integer]) -> dict[str, pa.Array]:
        kinds = pa.array(np.array(self.graph.types, dtype=object)[self.graph.type_codes(nodes)], pa.string())
        prefix = side or "entity_"
        return {f"{prefix}type": kinds, f"{prefix}id": self.graph.names.take(pa.array(nodes)).cast(pa.string())}


def trace(
    config: str | Path | ScanConfig,
    *,
    method: TaintMethod,
    sources: Sequence[str] = (),
    transfer_ids: Sequence[str] = (),
    through_services: bool = False,
    frames: Mapping[str, Any] | None = None,
    as_of: datetime | None = None,
    progress: Progress | None = None,
) -> TaintResult:
    """Follow the money of sources through the transfers that a configuration reads.

    Services, which pay many with the money of others, are known hubs: those under ``hubs.known`` and
    ``wallets.exclude``, and what is labelled as one. Money is followed into them, and not out of them.

    Parameters
    ----------
    config : str, Path or ScanConfig
    method : {"poison", "haircut", "fifo"}
        As `algorithms.trace_taint` has them.
    sources : sequence of str
        Accounts and wallets, such as ``wallet:0x12ab``; what has no type is an account.
    transfer_ids : sequence of str
        Single transfers, by their `transfer_id`.
    through_services : bool
        Follow money out of services too.
    frames, as_of, progress
        As `graphrisk.scan` has them.

    Returns
    -------
    TaintResult

    Raises
    ------
    ConfigError, InputError
    TaintError
        If a source does not exist, none is given, or amounts are missing where the method needs them.
    """
    settings = config if isinstance(config, ScanConfig) else read_config(config)
    wanted = list(dict.fromkeys(transfer_ids))
    moment = as_of or settings.scan.as_of
    loaded = load(settings.load_config(), frames=frames, as_of=moment, progress=progress, transactions=wanted)
    graph, money = loaded.graph, loaded.graph.transfers
    nodes = np.unique(np.array([_find(settings, graph, text) for text in sources], dtype=np.int64))
    places = np.full(len(money), -1) if money.transactions is None else money.transactions
    absent = sorted(set(range(len(wanted))) - set(np.unique(places).tolist()))
    if absent:
        raise TaintError(f"no transfer before {loaded.as_of:%Y-%m-%d %H:%M} has the id {wanted[absent[0]]!r}")
    services = known_hubs(graph, comparable(settings), loaded.labels)
    try:
        taint = trace_taint(
            money,
            method=method,
            source_nodes=nodes,
            source_transfers=np.flatnonzero(places >= 0),
            stops=() if through_services else services,
            n_nodes=graph.n_nodes,
        )
    except ValueError as error:
        raise TaintError(str(error)) from error
    stops = np.empty(0, np.int64) if through_services else services
    return TaintResult(graph, taint, nodes, stops, _currency(money, taint.in_dollars), loaded.as_of)


def _find(settings: ScanConfig, graph: EntityGraph, text: str) -> int:
    """The node of ``type:id``."""
    kind, colon, name = text.partition(":")
    if not colon or kind not in graph.types:
        kind, name = "account", text
    of_type = graph.nodes_of(kind)
    for wanted in as_loaded(settings, kind, [name]):
        at = graph.names.slice(of_type.start, len(of_type)).index(wanted).as_py()
        if at >= 0:
            return of_type.start + int(at)
    raise TaintError(f"there is no {kind} {name!r} in the data; name others than accounts as in 'wallet:0x12ab'")


def _currency(money: Transfers, in_dollars: bool) -> str | None:
    """What all amounts are in."""
    if in_dollars or money.currencies is None or len(money) == 0:
        return "USD" if in_dollars else None
    first = int(money.currencies[0])
    return money.currency_names[first] if first >= 0 and (money.currencies == first).all() else None


def _times(seconds: LongArray) -> pa.Array:
    return pa.array(seconds, pa.int64(), mask=seconds == MISSING_TIME).cast(pa.timestamp("s", "UTC")).cast(UTC_TIME)


def _numbers(values: npt.NDArray[np.float64]) -> pa.Array:
    return pa.array(values, pa.float64(), from_pandas=True)  # NaN is null
