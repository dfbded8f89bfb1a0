"""The canonical tables of a world, in chunks of sorted rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from loaders.simulate.chance import LongArray
from loaders.simulate.naming import SIGNAL_TYPES, WALLET, Names
from loaders.simulate.plan import COUNTRIES
from loaders.simulate.spill import Rows
from loaders.simulate.world import CURRENCIES, EVENT_TYPES, PRICES, World

CHUNK = 500_000
TIME = pa.timestamp("us", "UTC")


def times(seconds: LongArray) -> pa.Array:
    """Seconds since the epoch as UTC timestamps."""
    return pa.array(seconds * 1_000_000, pa.int64()).cast(TIME)


def coded(codes: npt.NDArray[np.integer], values: Sequence[str]) -> pa.StringArray:
    """Strings by their index in `values`."""
    return pa.array(list(values), pa.string()).take(pa.array(codes))


def ranges(total: int, step: int) -> Iterator[tuple[int, int]]:
    """Cut 0 .. total into pieces."""
    for low in range(0, total, step):
        yield low, min(low + step, total)


def account_table(world: World, names: Names) -> Iterator[pa.Table]:
    """Accounts in order of their ids."""
    position = np.empty(world.n, np.int32)
    position[world.numbers] = np.arange(world.n, dtype=np.int32)
    for low, high in ranges(world.n, CHUNK):
        who = position[low:high]
        country = world.chance.below("country", world.home[who], len(COUNTRIES))
        yield pa.table(
            {
                "account_id": names.accounts(np.arange(low, high)),
                "created_at": times(world.created[who]),
                "country": coded(country, COUNTRIES),
            }
        )


def link_table(world: World, names: Names) -> Iterator[pa.Table]:
    """Links sorted by account and type, one row per account and signal."""
    for part in world.links.parts():
        rows = _one_per_pair(part, names)
        yield pa.table(
            {
                "account_id": names.accounts(rows["account"].astype(np.int64)),
                "signal_type": coded(rows["kind"], SIGNAL_TYPES),
                "signal_id": _signal_ids(rows, names),
                "first_seen": times(rows["first"]),
                "last_seen": times(rows["last"]),
                "n_events": pa.array(rows["n_events"].astype(np.int64)),
            }
        )


def _one_per_pair(rows: Rows, names: Names) -> Rows:
    """Sort links so that their order tells nothing of how they came about, and join those of one pair."""
    scattered = np.empty(len(rows), np.uint64)
    for kind in range(len(SIGNAL_TYPES)):
        at = np.flatnonzero(rows["kind"] == kind)
        scattered[at] = names.order(kind, rows["signal"][at])
    pair = rows["account"].astype(np.int64) * len(SIGNAL_TYPES) + rows["kind"]
    order = np.lexsort((scattered, pair))
    rows, pair, scattered = rows[order], pair[order], scattered[order]
    if len(rows) == 0:
        return rows
    starts = np.flatnonzero(np.r_[True, (pair[1:] != pair[:-1]) | (scattered[1:] != scattered[:-1])])
    out = rows[starts]
    out["first"] = np.minimum.reduceat(rows["first"], starts)
    out["last"] = np.maximum.reduceat(rows["last"], starts)
    out["n_events"] = np.add.reduceat(rows["n_events"], starts)
    return out


def _signal_ids(rows: Rows, names: Names) -> pa.StringArray:
    by_kind = [np.flatnonzero(rows["kind"] == kind) for kind in range(len(SIGNAL_TYPES))]
    texts = pa.concat_arrays([names.signals(kind, rows["signal"][at]) for kind, at in enumerate(by_kind)])
    back = np.empty(len(rows), np.int64)
    back[np.concatenate(by_kind)] = np.arange(len(rows))
    return texts.take(pa.array(back))


def event_table(world: World, names: Names) -> Iterator[pa.Table]:
    """Events in order of time."""
    for rows in world.events.parts():
        rows = rows[np.lexsort((rows["value"], rows["target"], rows["kind"], rows["account"], rows["seconds"]))]
        target = rows["target"].astype(np.int64)
        ids = names.accounts(np.maximum(target, 0))
        value = rows["value"]
        yield pa.table(
            {
                "account_id": names.accounts(rows["account"].astype(np.int64)),
                "event_type": coded(rows["kind"], EVENT_TYPES),
                "occurred_at": times(rows["seconds"]),
                "target_id": pa.array(np.zeros(0)).cast(pa.string()) if len(ids) == 0 else _null_where(ids, target < 0),
                "value": pa.array(value, mask=np.isnan(value)),
            }
        )


def _null_where(texts: pa.StringArray, absent: npt.NDArray[np.bool_]) -> pa.StringArray:
    return texts.take(pa.array(np.arange(len(texts)), mask=absent))


def transfer_table(world: World, names: Names) -> Iterator[pa.Table]:
    """Transfers in order of time."""
    for rows in world.transfers.parts():
        rows = rows[np.lexsort((names.transfer_order(rows["number"]), rows["seconds"]))]
        sides = {}
        for side in ("source", "target"):
            is_wallet = rows[side] < 0
            sides[f"{side}_type"] = coded(is_wallet.astype(np.int8), ("account", "wallet"))
            sides[f"{side}_id"] = _party_ids(rows[side], names)
        price = PRICES[rows["currency"]]
        amount = np.maximum(np.round(rows["usd"] / price, 8), 1e-8)
        yield pa.table(
            {
                "transfer_id": names.transfers(rows["number"]),
                "occurred_at": times(rows["seconds"]),
                **sides,
                "amount": pa.array(amount),
                "currency": coded(rows["currency"], CURRENCIES),
                "amount_usd": pa.array(rows["usd"]),
            }
        )


def _party_ids(parties: LongArray, names: Names) -> pa.StringArray:
    wallets, accounts = np.flatnonzero(parties < 0), np.flatnonzero(parties >= 0)
    texts = pa.concat_arrays([names.signals(WALLET, -1 - parties[wallets]), names.accounts(parties[accounts])])
    back = np.empty(len(parties), np.int64)
    back[np.concatenate([wallets, accounts])] = np.arange(len(parties))
    return texts.take(pa.array(back))
