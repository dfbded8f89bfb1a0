"""What was known before a time, and the numbers that are made of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from algorithms.entity_graph import EntityGraph, Events, Links
from algorithms.times import MISSING_TIME
from algorithms.transfers import Transfers

LongArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]

DAY = 86400.0


def known_before(graph: EntityGraph, as_of: int) -> tuple[Links, Transfers, Events]:
    """Links, transfers and events that were known before a time."""
    links, transfers, events = graph.links, graph.transfers, graph.events
    rows = links.first_seen < as_of  # MISSING_TIME is below every time
    late = rows & (links.last_seen >= as_of)
    if late.any():
        raise ValueError(f"links must be loaded as of `as_of` or earlier, got {late.sum()} that were seen later too")
    links = _take(links, rows)
    # a link that went on after `as_of` is loaded as last seen just before it, with all of its events
    links = replace(links, n_events=np.where(links.last_seen == as_of - 1, 1, links.n_events))
    events = _take(events, events.seconds < as_of)
    if transfers.seconds is not None:
        transfers = _take(transfers, transfers.seconds < as_of)
    return links, transfers, events


def _take(record: Any, rows: BoolArray) -> Any:
    parts = {name: values[rows] if isinstance(values, np.ndarray) else values for name, values in vars(record).items()}
    return type(record)(**parts)


def log_days(seconds: LongArray, until: LongArray | int) -> FloatArray:
    """``ln(1 + days)`` from one moment to another, 0 where either is absent or they are the other way round."""
    known = (seconds != MISSING_TIME) & (np.asarray(until) != MISSING_TIME)
    days: FloatArray = np.where(known, np.asarray(until, np.float64) - seconds, 0.0) / DAY
    logs: FloatArray = np.log1p(np.maximum(days, 0.0))
    return logs


def pair_times(transfers: Transfers, pair: LongArray, n_pairs: int) -> tuple[LongArray, LongArray]:
    """First and last known time of the transfers of each pair, `MISSING_TIME` where none is known."""
    first = np.full(n_pairs, np.iinfo(np.int64).max)
    last = np.full(n_pairs, MISSING_TIME)
    if transfers.seconds is not None:
        known = transfers.seconds != MISSING_TIME
        np.minimum.at(first, pair[known], transfers.seconds[known])
        np.maximum.at(last, pair[known], transfers.seconds[known])
    return np.where(last == MISSING_TIME, MISSING_TIME, first), last


def usable_amounts(transfers: Transfers) -> FloatArray:
    """Amount of each transfer, in dollars where known, else as it is; 0 where absent or below."""
    none = np.full(len(transfers), np.nan)
    usd = none if transfers.amounts_usd is None else transfers.amounts_usd
    own = none if transfers.amounts is None else transfers.amounts
    amounts: FloatArray = np.maximum(np.nan_to_num(np.where(np.isnan(usd), own, usd)), 0)
    return amounts
